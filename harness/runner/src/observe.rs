//! What the probe finds: everything that judgement rests on.

use gauntlet_bench::{Board, Debugger, Device, Mode, ProbeError, Region};
use gauntlet_engine::PeerAddress;
use gauntlet_package::settings::{SETTINGS_LEN, Settings};
use gauntlet_protocol::crc32;
use gauntlet_record::{Event, RegionDigest, Sha256, Word};
use sha2::Digest;

use crate::closed;
use crate::gatt::factory_address;
use crate::trouble::Trouble;

/// Where the witness application leaves its words.
const WITNESS_ADDRESS: u32 = gauntlet_bench::WITNESS_ADDRESS;
const PAGE: u32 = 0x1000;
/// Bit 0 of this register says that the watchdog runs.
const WATCHDOG_RUNS: u32 = 0x4001_0400;
/// No flash lies there or above.
const FLASH_LIMIT: u32 = 0x1000_0000;

/// A device as the probe reads it.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The whole flash, from address 0.
    flash: Vec<u8>,
    uicr: Vec<u8>,
    /// What lies where, as the flash itself says.
    regions: Vec<Region>,
    /// The witness that runs, if one does.
    pub(crate) witness: Option<u32>,
    /// For each page of flash whether the firmware has closed it; unknown of a device that is locked.
    closed: Option<Vec<bool>>,
    /// Whether the watchdog runs; unknown of a device that is locked.
    pub(crate) watchdog: Option<bool>,
    /// The address that its radio was made with; unknown of a device that is locked.
    pub(crate) address: Option<PeerAddress>,
    /// Part, variant, bytes of ROM and RAM and the size of a page, as the chip's factory information says; unknown of a device
    /// that is locked.
    pub(crate) hardware: Option<[u32; 5]>,
    /// What the device was doing before the probe came.
    pub(crate) mode: Mode,
}

/// What an application stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ground {
    /// First byte of bank 0 (MEM-002).
    pub(crate) base: u32,
    /// Firmware id of the SoftDevice, if there is one (MEM-001).
    pub(crate) fwid: Option<u16>,
}

impl Ground {
    /// An update may have replaced the SoftDevice, so the device is asked and not the set-up.
    pub(crate) fn of(flash: &[u8]) -> Self {
        let word = |at: usize| flash.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        match (word(0x3004), word(0x3008), word(0x300C)) {
            (Some(0x51B1_E5DB), Some(end), Some(fwid)) => {
                let base = end.checked_next_multiple_of(0x1000).unwrap_or(u32::MAX);
                Self { base, fwid: Some((fwid & 0xFFFF) as u16) }
            }
            _ => Self { base: 0x1000, fwid: None },
        }
    }
}

/// Reads the whole device through the probe. It runs on afterwards. A device whose access port is closed is read past that,
/// which only some benches can.
pub(crate) fn read(board: &dyn Board, device: &Device, mode: Mode) -> Result<Snapshot, Trouble> {
    let regions = device.regions();
    let mut ranges: Vec<_> = regions.iter().map(|region| region.start..region.end).collect();
    ranges.push(WITNESS_ADDRESS..WITNESS_ADDRESS + 8);
    // Registers can't be read past a lock.
    let (mut closed, mut watchdog, mut address, mut hardware) = (None, None, None, None);
    let mut segments = match board.attach() {
        Err(ProbeError::Locked { .. }) => board.read_past_lock(&ranges)?,
        attached => {
            let mut debugger = attached?;
            let segments = debugger.read_back(&ranges)?;
            closed = Some(closed::pages(&mut debugger, device.variant, device.layout().flash_end / PAGE)?);
            watchdog = Some(debugger.read_word(WATCHDOG_RUNS)? & 1 == 1);
            address = Some(factory_address(&mut debugger)?);
            hardware = Some(factory_hardware(&mut debugger)?);
            debugger.detach()?;
            segments
        }
    };
    let witness = segments.pop().map(|segment| segment.bytes).unwrap_or_default();
    let word = |at: usize| witness.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let is_there = word(0) == Some(gauntlet_bench::WITNESS_MAGIC);
    // Regions of flash lie end to end; UICR is far above.
    let (mut flash, mut uicr) = (Vec::new(), Vec::new());
    for (region, segment) in regions.iter().zip(segments) {
        if region.start < FLASH_LIMIT { flash.extend(segment.bytes) } else { uicr = segment.bytes }
    }
    Ok(Snapshot {
        regions: device.regions_with(Ground::of(&flash).base),
        flash,
        uicr,
        closed,
        watchdog,
        address,
        hardware,
        witness: word(4).filter(|_| is_there),
        mode,
    })
}

/// FICR: INFO.PART, VARIANT, FLASH and RAM in KiB, CODEPAGESIZE.
fn factory_hardware(debugger: &mut Debugger) -> Result<[u32; 5], ProbeError> {
    let mut word = |address: u32| debugger.read_word(address);
    Ok([
        word(0x1000_0100)?,
        word(0x1000_0104)?,
        word(0x1000_0110)?.wrapping_mul(1024),
        word(0x1000_010C)?.wrapping_mul(1024),
        word(0x1000_0010)?,
    ])
}

/// Makes the device forget its witness, so that only one that starts anew is seen. One whose access port is closed keeps it.
pub(crate) fn forget_witness(board: &dyn Board) -> Result<(), ProbeError> {
    let mut debugger = match board.attach() {
        Err(ProbeError::Locked { .. }) => return Ok(()),
        attached => attached?,
    };
    // A bootloader has variables of its own there, and may be running.
    if debugger.read_word(WITNESS_ADDRESS)? == gauntlet_bench::WITNESS_MAGIC {
        debugger.write_word(WITNESS_ADDRESS, 0)?;
        debugger.write_word(WITNESS_ADDRESS + 4, 0)?;
    }
    debugger.detach()
}

impl Snapshot {
    /// The bytes of a region; empty when the device has none of this name.
    pub(crate) fn region(&self, name: &str) -> &[u8] {
        self.place(name).map_or(&[], |region| self.bytes(region))
    }

    /// Where a region lies in this device.
    pub(crate) fn place(&self, name: &str) -> Option<Region> {
        self.regions.iter().find(|region| region.name == name).copied()
    }

    /// The bytes at a place, as many as there are.
    pub(crate) fn bytes(&self, place: Region) -> &[u8] {
        if place.start >= FLASH_LIMIT {
            return &self.uicr;
        }
        let end = self.flash.len().min(place.end as usize);
        self.flash.get(place.start as usize..end).unwrap_or_default()
    }

    /// For each page of flash its first byte, and whether the firmware has closed it; nothing of a device that is locked.
    pub(crate) fn closed_pages(&self) -> Option<impl Iterator<Item = (u32, bool)>> {
        let closed = self.closed.as_ref()?;
        Some((0u32..).step_by(PAGE as usize).zip(closed.iter().copied()))
    }

    /// The whole flash, from address 0.
    pub(crate) fn flash(&self) -> &[u8] {
        &self.flash
    }

    /// What an application stands on.
    pub(crate) fn ground(&self) -> Ground {
        Ground::of(&self.flash)
    }

    /// The settings page, and whether its backup says the same.
    pub(crate) fn settings(&self) -> (Option<Settings>, bool) {
        let page =
            |name: &str| self.region(name).get(..SETTINGS_LEN).and_then(|page| Settings::parse(page).ok());
        let (main, backup) = (page("settings"), page("settings-backup"));
        let same = main == backup;
        (main.filter(Settings::crc_ok), same)
    }

    /// For the journal.
    pub(crate) fn event(&self) -> Event {
        let regions = self
            .regions
            .iter()
            .map(|region| {
                let bytes = self.bytes(*region);
                RegionDigest {
                    name: region.name.to_owned(),
                    start: Word(region.start),
                    len: region.len(),
                    sha256: Sha256(sha2::Sha256::digest(bytes).into()),
                    crc32: Word(crc32(bytes)),
                }
            })
            .collect();
        let mut fields = std::collections::BTreeMap::new();
        let (settings, backup_equal) = self.settings();
        match settings {
            Some(settings) => {
                let mut say = |name: &str, value: String| fields.insert(name.to_owned(), value);
                say("version", settings.version.to_string());
                say("app_version", settings.app_version.to_string());
                say("bootloader_version", settings.bootloader_version.to_string());
                say("bank_0", format!("{} ({} bytes)", settings.bank_0.code, settings.bank_0.size));
                say("bank_1", format!("{} ({} bytes)", settings.bank_1.code, settings.bank_1.size));
                say("backup", if backup_equal { "equal" } else { "different" }.to_owned());
            }
            None => {
                fields.insert("page".to_owned(), "not valid".to_owned());
            }
        }
        Event::ReadBack { regions, settings: fields }
    }
}
