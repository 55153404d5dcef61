//! What is flashed to make a device under test, and where everything stands.

use std::sync::Arc;

use gauntlet_nrf52::Variant;
use gauntlet_package::settings::{Bank, BankCode, Settings, StoredValidation};
use gauntlet_protocol::crc32;
use gauntlet_reference::images::{self, Buttonless, Segment};
use gauntlet_reference::layout::{MBR_END, PAGE, UICR_BOOTLOADER, UICR_PARAMS};
use gauntlet_reference::{Build, Layout, SettingsVersion};

use crate::target::Firmware;

/// The application that a device starts with: a witness, padded, perhaps with the buttonless service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Application {
    /// The word it leaves in RAM.
    pub witness: u32,
    /// Bytes of the image.
    pub size: u32,
    /// The version on record.
    pub version: u32,
    /// The buttonless service that it offers; a plain witness has none, and sleeps.
    pub buttonless: Option<Buttonless>,
}

impl Application {
    /// Its image, linked at `base`.
    fn image(&self, base: u32) -> Vec<u8> {
        let size = self.size as usize;
        match self.buttonless {
            None => images::witness(base, self.witness, size),
            Some(offered) => images::buttonless(base, self.witness, size, offered),
        }
    }
}

/// A device under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The chip.
    pub variant: Variant,
    /// Firmware id of the stand-in SoftDevice, if there is one.
    pub softdevice: Option<u16>,
    /// How its bootloader is built.
    pub build: Build,
    /// The application in bank 0, if there is one.
    pub application: Option<Application>,
    /// Firmware of its own in place of our start-up stub and bootloader; `build` then says what its bootloader is.
    pub firmware: Option<Arc<Firmware>>,
}

/// A named part of the address space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Its name, as scenarios write it.
    pub name: &'static str,
    /// First byte.
    pub start: u32,
    /// Byte behind the last.
    pub end: u32,
}

impl Region {
    /// Bytes in it.
    pub fn len(&self) -> u32 {
        self.end - self.start
    }

    /// True for a region without a byte.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// Everything that is flashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceImage {
    /// Bytes at addresses, UICR among them.
    pub segments: Vec<Segment>,
    /// The application, as it must be found in bank 0; empty without one.
    pub application: Vec<u8>,
}

/// What fills the application's data area: recognisable, and different in every page.
const APP_DATA_MARK: &[u8; 16] = b"application data";
/// Version of the bootloader on record.
const BOOTLOADER_VERSION: u32 = 1;
/// UICR as the probe sees it.
const UICR: Region = Region { name: "uicr", start: 0x1000_1000, end: 0x1000_1400 };

impl Device {
    /// Where things stand.
    pub fn layout(&self) -> Layout {
        match &self.firmware {
            Some(firmware) => firmware.layout,
            None => Layout::for_profile(self.variant, self.build.profile),
        }
    }

    /// First byte of bank 0.
    pub fn application_base(&self) -> u32 {
        self.layout().application(self.softdevice.is_some())
    }

    /// The parts of the address space, in the order of their addresses and without gaps in flash.
    pub fn regions(&self) -> Vec<Region> {
        self.regions_with(self.application_base())
    }

    /// The same where the application begins at `base`: an update may have replaced the SoftDevice, or given it up.
    pub fn regions_with(&self, base: u32) -> Vec<Region> {
        let layout = self.layout();
        let base = base.clamp(MBR_END, layout.image_area_end());
        let mut regions = vec![
            Region { name: "start-up", start: 0, end: MBR_END },
            Region { name: "softdevice", start: MBR_END, end: base },
            Region { name: "application", start: base, end: layout.image_area_end() },
            Region { name: "app-data", start: layout.image_area_end(), end: layout.bootloader },
            Region { name: "bootloader", start: layout.bootloader, end: layout.backup_page },
            Region { name: "settings-backup", start: layout.backup_page, end: layout.settings_page },
            Region { name: "settings", start: layout.settings_page, end: layout.flash_end },
            UICR,
        ];
        regions.retain(|region| !region.is_empty());
        regions
    }

    /// The images of everything in it: start-up stub, SoftDevice, application, its data, bootloader, both settings pages
    /// and the two UICR words that lead to the bootloader.
    pub fn image(&self) -> DeviceImage {
        let layout = self.layout();
        let base = self.application_base();
        let application = self.application.map_or_else(Vec::new, |app| app.image(base));
        let mut segments = match &self.firmware {
            Some(firmware) => {
                // An application and settings that come with the images make room for those of the case.
                let ours = [base..layout.image_area_end(), layout.backup_page..layout.flash_end];
                firmware.segments.iter().flat_map(|segment| outside(segment, &ours)).collect()
            }
            None => vec![images::start_up()],
        };
        if let Some(fwid) = self.softdevice.filter(|_| self.firmware.is_none()) {
            segments.extend(images::softdevice(&layout, fwid));
        }
        if !application.is_empty() {
            segments.push(Segment::new(base, application.clone()));
        }
        for (number, page) in (layout.image_area_end()..layout.bootloader).step_by(PAGE as usize).enumerate()
        {
            let mut mark = APP_DATA_MARK.to_vec();
            mark.extend((number as u32 + 1).to_le_bytes());
            segments.push(Segment::new(page, mark));
        }
        if self.firmware.is_none() {
            segments.push(images::bootloader(&layout, &self.build));
        }
        // As a factory does it: both pages, so that no older backup can win (SET-018).
        let settings = self.settings(&application).factory_bytes();
        segments.push(Segment::new(layout.backup_page, settings.clone()));
        segments.push(Segment::new(layout.settings_page, settings));
        let words = [(UICR_BOOTLOADER, layout.bootloader), (UICR_PARAMS, layout.backup_page)];
        // What an image brings itself is left as it is.
        let missing: Vec<_> =
            words.into_iter().filter(|(at, _)| !segments.iter().any(|segment| segment.holds(*at))).collect();
        for (address, word) in missing {
            segments.push(Segment::new(address, word.to_le_bytes().to_vec()));
        }
        DeviceImage { segments, application }
    }

    fn settings(&self, application: &[u8]) -> Settings {
        // Of the version that its bootloader writes: with another one both would see a strange page.
        let version = match self.build.settings_version {
            SettingsVersion::V1 => 1,
            SettingsVersion::V2 => 2,
        };
        let mut settings = Settings::zeroed(version);
        settings.bootloader_version = BOOTLOADER_VERSION;
        if let Some(app) = self.application {
            let crc = crc32(application);
            settings.app_version = app.version;
            settings.bank_0 = Bank { size: application.len() as u32, crc, code: BankCode::Application };
            settings.validation_app = StoredValidation::crc(crc);
        }
        settings.peer_data = [0xFF; 64];
        settings.adv_name = [0xFF; 28];
        settings.update_crcs();
        settings
    }
}

/// The parts of a segment that lie in none of the ranges.
fn outside(segment: &Segment, ranges: &[std::ops::Range<u32>]) -> Vec<Segment> {
    let mut parts: Vec<Segment> = Vec::new();
    let kept = (segment.address..).zip(&segment.bytes);
    for (address, byte) in kept.filter(|(address, _)| !ranges.iter().any(|range| range.contains(address))) {
        match parts.last_mut() {
            Some(part) if part.address + part.bytes.len() as u32 == address => part.bytes.push(*byte),
            _ => parts.push(Segment::new(address, vec![*byte])),
        }
    }
    parts
}
