//! Flash as it was before each operation, and what it says: the same rules as those of the bootloader, written again.

use std::cell::OnceCell;

use gauntlet_bench::flash_log::{FlashAction, FlashOp, NonVolatile};
use gauntlet_bench::{Build, Device, Layout};
use gauntlet_package::settings::{SETTINGS_LEN, Settings};
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::{self, InitCommand};
use gauntlet_reference::layout::{MBR_END, PAGE};

/// Where a SoftDevice has its magic and the address of its end (MEM-001, MEM-002).
pub(super) const SD_MAGIC_WORD: u32 = 0x3004;
pub(super) const SD_MAGIC: u32 = 0x51B1_E5DB;
const SD_END_WORD: u32 = 0x3008;

/// Flash at some moment.
pub(super) struct Shadow {
    array: NonVolatile,
    pub(super) layout: Layout,
    /// How the bootloader is built that stands in flash at the last start.
    pub(super) build: Build,
    /// Settings are asked for at every word, and seldom written.
    in_force: OnceCell<Settings>,
}

impl Shadow {
    pub(super) fn new(array: NonVolatile, device: &Device) -> Self {
        Self { array, layout: device.layout(), build: device.build.clone(), in_force: OnceCell::new() }
    }

    pub(super) fn apply(&mut self, op: &FlashOp) {
        self.array.apply(op);
        let elsewhere = matches!(op.action, FlashAction::Program { address, .. } | FlashAction::ErasePage { address }
            if address < self.layout.backup_page);
        if !elsewhere {
            self.in_force.take();
        }
    }

    /// An update may have brought a bootloader that is built otherwise.
    pub(super) fn read_build(&mut self, device: &Device) {
        if device.firmware.is_some() {
            return;
        }
        let block = self.bytes(Build::address(&self.layout), Build::SIZE as u32);
        let block = block.as_slice().try_into().ok();
        if let Some(Ok(build)) = block.map(Build::from_bytes) {
            self.build = build;
        }
    }

    pub(super) fn word(&self, address: u32) -> Option<u32> {
        self.array.word(address & !3)
    }

    /// `size` bytes; fewer at the end of flash.
    pub(super) fn bytes(&self, address: u32, size: u32) -> Vec<u8> {
        self.array.bytes(address, size)
    }

    /// The CRC of an image in flash; `None` when it would end behind flash.
    pub(super) fn crc(&self, address: u32, size: u32) -> Option<u32> {
        if size > self.layout.flash_end.saturating_sub(address) {
            return None;
        }
        Some(crc32(&self.bytes(address, size)))
    }

    /// A page as settings, whatever its CRC words say.
    pub(super) fn page(&self, page: u32) -> Option<Settings> {
        Settings::parse(&self.bytes(page, SETTINGS_LEN as u32)).ok()
    }

    pub(super) fn main(&self) -> Option<Settings> {
        self.page(self.layout.settings_page).filter(Settings::crc_ok)
    }

    /// SET-007. Settings of version 1 have no boot validation.
    pub(super) fn backup(&self) -> Option<Settings> {
        self.page(self.layout.backup_page).filter(Settings::valid_as_backup)
    }

    /// What the next start would use: the backup where both are valid (8.2), or parts of both where an application may
    /// prepare updates.
    pub(super) fn in_force(&self) -> &Settings {
        self.in_force.get_or_init(|| {
            let merged = self.loaded().filter(|_| self.build.update_from_app);
            let merged = merged.and_then(|page| Settings::parse(&page).ok());
            let one = || self.backup().or_else(|| self.main());
            merged.or_else(one).unwrap_or_else(|| Settings::zeroed(2))
        })
    }

    pub(super) fn softdevice_present(&self) -> bool {
        self.word(SD_MAGIC_WORD) == Some(SD_MAGIC)
    }

    /// MEM-002.
    pub(super) fn bank_0_start(&self) -> u32 {
        match self.word(SD_END_WORD) {
            Some(end) if self.softdevice_present() => page_up(end),
            _ => MBR_END,
        }
    }

    /// MEM-003.
    pub(super) fn bank_1_start(&self, settings: &Settings) -> u32 {
        page_up(self.bank_0_start().wrapping_add(settings.bank_0.size))
    }
}

/// The init packet on record, if it is complete and can be decoded.
pub(super) fn init_on_record(settings: &Settings) -> Option<InitCommand> {
    let progress = settings.progress;
    let whole = progress.cmd_size != 0 && progress.cmd_size == progress.cmd_offset;
    let bytes = settings.init_command.get(..progress.cmd_size as usize).filter(|_| whole)?;
    init_packet::decode(bytes).ok().map(|packet| packet.init)
}

/// `address` rounded up to a page.
pub(super) fn page_up(address: u32) -> u32 {
    address.div_ceil(PAGE).wrapping_mul(PAGE)
}
