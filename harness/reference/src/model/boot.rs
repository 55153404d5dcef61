//! From reset to an application or to DFU mode (section 10.1).

use gauntlet_nrf52::{Chip, cycles_from_ms};
use gauntlet_package::settings::{BankCode, SETTINGS_LEN, Settings, StoredValidation};
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::ValidationType;
use sha2::{Digest, Sha256};

use super::Halt;
use super::activation::{self, Activated};
use super::dfu::Dfu;
use super::flash::{self, Flash};
use super::protect::{self, Region, protect};
use super::{pages, space, watchdog};
use crate::bugs::PlantedBug;
use crate::build::{Build, Entry, Profile};
use crate::images::SOFTDEVICE_MAGIC;
use crate::layout::{Layout, MBR_END, PAGE, UICR_BOOTLOADER};
use crate::signature;

/// Words of the MBR page (MEM-017).
const MBR_BOOTLOADER: u32 = 0xFF8;
const MBR_PARAMS: u32 = 0xFFC;
/// POWER registers.
const RESETREAS: u32 = 0x4000_0400;
const GPREGRET: u32 = 0x4000_051C;
const GPREGRET2: u32 = 0x4000_0520;
const RESETREAS_PIN: u32 = 1 << 0;
const RESETREAS_OFF: u32 = 1 << 16;
/// DFU entry through GPREGRET: any of these bits asks for it, only the pattern with its start bit is cleared, and these
/// bits are left alone (ACT-023..025).
const ENTRY_BITS: u32 = 0xB1;
const ENTRY_MASK: u32 = 0xF8;
const ENTRY_PATTERN: u32 = 0xB0;
const ENTRY_START: u32 = 0x01;
const ENTRY_KEEP: u32 = 0x4E;
/// GPREGRET2: skip the CRC check once (VAL-032).
const SKIP_MASK: u32 = 0xF8;
const SKIP_PATTERN: u32 = 0xA8;
const SKIP_CRC: u32 = 0x01;
/// Milliseconds of computing that the model charges for one signature check.
pub(super) const SIGNATURE_MS: u64 = 60;
/// Cycles that hashing or checksumming one byte takes.
pub(super) const CYCLES_PER_BYTE: u64 = 20;

/// What follows.
pub(super) enum Next {
    /// Start what the vector table at this address names (ACT-022).
    Application { vector_table: u32 },
    /// DFU mode.
    Dfu(Box<Dfu>),
}

/// What the boot and DFU mode share: who we are and what flash says.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) layout: Layout,
    pub(super) build: Build,
    pub(super) settings: Settings,
    pub(super) flash: Flash,
}

pub(super) fn boot(chip: &mut Chip, layout: Layout) -> Result<Next, Halt> {
    let layout = where_it_stands(chip, layout)?;
    let mut block = [0; Build::SIZE];
    chip.load(Build::address(&layout), &mut block)?;
    let Ok(build) = Build::from_bytes(&block) else {
        // Damaged code crashes somewhere; what counts is that the device does not come up.
        chip.pass_time(chip.now() + cycles_from_ms(10));
        return Err(Halt::Reset);
    };
    for (word, value) in [(MBR_BOOTLOADER, layout.bootloader), (MBR_PARAMS, layout.backup_page)] {
        if chip.load_word(word)? == u32::MAX {
            chip.nvmc_write_word(word, value)?;
        }
    }

    protect(chip, &layout, Region::MbrPage, 0, MBR_END)?;
    let open = if build.has(PlantedBug::BootloaderEndOpen) { PAGE } else { 0 };
    protect(chip, &layout, Region::Bootloader, layout.bootloader, layout.backup_page - open)?;

    if build.debug_port_disable {
        protect::close_debug_port(chip, &layout)?;
    }
    let settings = load_settings(chip, &layout, &build)?;
    let mut device = Device { layout, build, settings, flash: Flash::blocking() };
    // SET-001, SET-002: cut short on virgin pages it begins again (PWR-018).
    device.commit(chip)?;

    if device.build.has(PlantedBug::MarkTakenByActivation) && device.settings.bank_1.code != BankCode::Invalid
    {
        let _taken = take_skip_flags(chip, &device.build)?;
    }
    // Before any transport is up (ACT-001), and without a host: what was committed is activated after a cut, too (PWR-010).
    let limit_ms = match activation::activate(chip, &mut device)? {
        // Whatever was activated starts from a clean reset (10.1, step 6).
        Activated::Restart => {
            device.delay_reset(chip);
            return Err(Halt::Reset);
        }
        Activated::ExpectMore if device.build.has(PlantedBug::ContinuationTooShort) => {
            Some(device.build.continuation_ms / 10)
        }
        Activated::ExpectMore if device.build.has(PlantedBug::ContinuationTooLong) => {
            Some(device.build.inactivity_ms)
        }
        Activated::ExpectMore => {
            if device.build.has(PlantedBug::ContinuationStays) {
                device.build.inactivity_ms = device.build.continuation_ms;
            }
            Some(device.build.continuation_ms)
        }
        Activated::Nothing => {
            // VAL-038: first of all, and not in a boot that activates something.
            let mark = chip.load_word(GPREGRET2)?;
            let skip_crc = take_skip_flags(chip, &device.build)?;
            if device.build.has(PlantedBug::SkipMarkKept) {
                chip.store_word(GPREGRET2, mark)?;
            }
            let skip_crc = skip_crc || device.build.has(PlantedBug::BootCrcNotChecked);
            // After the inactivity timer ran out this is what starts the application, unless something still asks for DFU mode
            // (TMR-007) or there is none (TMR-008, ACT-013): so DFU mode that nobody uses ends in the application (BTN-022).
            let enter = !application_valid(chip, &device, skip_crc)? || entry_requested(chip, &device)?;
            enter.then_some(device.build.inactivity_ms)
        }
    };
    if let Some(limit_ms) = limit_ms {
        if !device.build.has(PlantedBug::EntryFlagKept) {
            clear_entry_flags(chip, &mut device)?;
        }
        return Ok(Next::Dfu(Box::new(Dfu::start(chip, device, limit_ms)?)));
    }
    let kept = device.build.has(PlantedBug::RecordsKept);
    if device.build.profile == Profile::Ble && has_peer_or_name(&device.settings) && !kept {
        device.settings.peer_data = [0xFF; 64];
        if !device.build.has(PlantedBug::NameKept) {
            device.settings.adv_name = [0xFF; 28];
        }
        device.commit(chip)?;
    }
    // ACT-027.
    let _done = device.sync_backup(chip)?;
    protect_for_application(chip, &device)?;
    Ok(Next::Application { vector_table: MBR_END })
}

/// The map with the bootloader where the words of section 9.4 say it stands: examples of different size begin at different
/// pages. The MBR page comes first, as for the MBR.
pub(super) fn where_it_stands(chip: &mut Chip, layout: Layout) -> Result<Layout, Halt> {
    let mut bootloader = chip.load_word(MBR_BOOTLOADER)?;
    if bootloader == u32::MAX {
        bootloader = chip.load_word(UICR_BOOTLOADER)?;
    }
    let possible =
        bootloader.is_multiple_of(PAGE) && (layout.flash_end / 2..layout.backup_page).contains(&bootloader);
    Ok(if possible { Layout { bootloader, ..layout } } else { layout })
}

/// Applies the load rules of 8.2 to both pages.
pub(super) fn load_settings(chip: &mut Chip, layout: &Layout, build: &Build) -> Result<Settings, Halt> {
    let (mut main, mut backup) = ([0; SETTINGS_LEN], [0; SETTINGS_LEN]);
    chip.load(layout.settings_page, &mut main)?;
    chip.load(layout.backup_page, &mut backup)?;
    Ok(pages::load(&main, &backup, build))
}

/// SET-021, BTN-020: true while a peer or name record stands in the page, whole or not (PWR-023). A cut while they are erased
/// brings them back from the backup, and they are erased again (PWR-017).
fn has_peer_or_name(settings: &Settings) -> bool {
    settings.peer_data[..4] != [0xFF; 4] || settings.adv_name[..4] != [0xFF; 4]
}

impl Device {
    /// Write-and-backup (SET-005): each page only when it differs (SET-006).
    pub(super) fn commit(&mut self, chip: &mut Chip) -> Result<(), Halt> {
        // In this order the backup is what commits: while it is the old one, the old state is what the next boot uses.
        let mut pages = [self.layout.settings_page, self.layout.backup_page];
        if self.build.has(PlantedBug::BackupWrittenFirst) {
            pages.reverse();
        }
        for page in pages {
            // A full queue loses the write, as it does in the field (OBJ-012 is checked by the one caller it matters to).
            let _lost_when_full = self.commit_page(chip, page)?;
        }
        Ok(())
    }

    /// Brings one page up to date; `Err` when the flash queue is full.
    pub(super) fn commit_page(
        &mut self,
        chip: &mut Chip,
        page: u32,
    ) -> Result<Result<(), flash::QueueFull>, Halt> {
        self.settings.update_crcs();
        let content = pages::to_page(&self.settings, &self.build);
        self.write_page(chip, page, &content)
    }

    /// SET-019: makes the backup what the main page is, byte by byte. At this point the main page is the truth, not the
    /// backup (PWR-020).
    pub(super) fn sync_backup(&mut self, chip: &mut Chip) -> Result<Result<(), flash::QueueFull>, Halt> {
        let mut content = vec![0; pages::length(&self.build)];
        chip.load(self.layout.settings_page, &mut content)?;
        self.write_page(chip, self.layout.backup_page, &content)
    }

    fn write_page(
        &mut self,
        chip: &mut Chip,
        page: u32,
        content: &[u8],
    ) -> Result<Result<(), flash::QueueFull>, Halt> {
        if page == self.layout.backup_page && self.build.has(PlantedBug::BackupNotWritten) {
            return Ok(Ok(()));
        }
        // SET-006. What is still queued for the page is not seen.
        let mut present = vec![0; content.len()];
        chip.load(page, &mut present)?;
        let rewritten = page == self.layout.settings_page && self.build.has(PlantedBug::SettingsRewritten);
        if present == content && !rewritten {
            return Ok(Ok(()));
        }
        self.flash.replace_page(chip, page, content)
    }

    /// TMR-010: waits between the last flash write and a reset.
    pub(super) fn delay_reset(&self, chip: &mut Chip) {
        if !self.build.has(PlantedBug::ResetDelayIgnored) {
            chip.pass_time(chip.now() + cycles_from_ms(self.build.reset_delay_ms.into()));
        }
    }

    /// True when a SoftDevice stands at its place (MEM-001).
    pub(super) fn softdevice_present(&self, chip: &mut Chip) -> Result<bool, Halt> {
        Ok(chip.load_word(0x3004)? == SOFTDEVICE_MAGIC)
    }
}

/// VAL-031, VAL-032: reads and clears the flags that skip CRC checks for this boot.
fn take_skip_flags(chip: &mut Chip, build: &Build) -> Result<bool, Halt> {
    let allowed = build.skip_crc;
    if allowed.system_off
        && chip.load_word(RESETREAS)? & RESETREAS_OFF != 0
        && !build.has(PlantedBug::WakeUpChecked)
    {
        if !build.has(PlantedBug::WakeUpReasonKept) {
            chip.store_word(RESETREAS, RESETREAS_OFF)?;
        }
        return Ok(true);
    }
    let register = chip.load_word(GPREGRET2)?;
    let loosely = build.has(PlantedBug::MarkComparedLoosely) && register & 0xF0 == SKIP_PATTERN & 0xF0;
    let marked = register & SKIP_MASK == SKIP_PATTERN || loosely || build.has(PlantedBug::SkipByAnyMark);
    if !allowed.gpregret2 || !marked || register & SKIP_CRC == 0 {
        return Ok(false);
    }
    let kept = !(SKIP_PATTERN | SKIP_CRC);
    let kept = if build.has(PlantedBug::SkipRegisterClearedWhole) { 0 } else { kept };
    chip.store_word(GPREGRET2, register & kept)?;
    Ok(true)
}

/// VAL-027..030: may the application in bank 0 be started?
pub(super) fn application_valid(chip: &mut Chip, device: &Device, skip_crc: bool) -> Result<bool, Halt> {
    if device.settings.bank_0.code != BankCode::Application {
        return Ok(false);
    }
    let [of_softdevice, of_application] = pages::records(&device.settings, &device.build);
    if device.softdevice_present(chip)? && !device.build.has(PlantedBug::SoftDeviceNotCheckedAtStart) {
        let size = device.settings.sd_size;
        if !holds(chip, device, of_softdevice, MBR_END, size, skip_crc)? {
            return Ok(false);
        }
    }
    let start = space::bank_0_start(chip)?;
    let size = device.settings.bank_0.size;
    if device.build.has(PlantedBug::BootCrcOfFirstPage) && size > PAGE {
        // What is wrong behind the first page is not seen.
        let first = flash::read(chip, start, PAGE)?;
        return Ok(first.iter().any(|byte| *byte != 0xFF));
    }
    holds(chip, device, of_application, start, size, skip_crc)
}

/// True when the bytes at `start` are what `validation` says.
pub(super) fn holds(
    chip: &mut Chip,
    device: &Device,
    validation: StoredValidation,
    start: u32,
    size: u32,
    skip_crc: bool,
) -> Result<bool, Halt> {
    let skipped =
        validation.kind == ValidationType::GeneratedCrc || device.build.has(PlantedBug::HashSkipped);
    if validation.kind == ValidationType::None || skipped && skip_crc {
        return Ok(true);
    }
    if size > device.layout.flash_end.saturating_sub(start) {
        return Ok(false);
    }
    let image = flash::read(chip, start, size)?;
    watchdog::pass_time(chip, chip.now() + u64::from(size) * CYCLES_PER_BYTE)?;
    Ok(match validation.kind {
        // A debug build takes a mismatch for valid (VAL-033).
        ValidationType::GeneratedCrc => crc32(&image) == validation.stored_crc() || device.build.debug,
        ValidationType::Sha256 => Sha256::digest(&image)[..] == validation.bytes[..32],
        ValidationType::EcdsaP256Sha256 => {
            watchdog::pass_time(chip, chip.now() + cycles_from_ms(SIGNATURE_MS))?;
            signature::verify(&device.build.public_key, &image, &validation.bytes)
        }
        _ => false,
    })
}

/// ACT-026: the entry button connects its pin to ground.
fn button_pressed(chip: &mut Chip, pin: u8) -> Result<bool, Halt> {
    const IN: u32 = 0x5000_0510;
    const PIN_CNF: u32 = 0x5000_0700;
    const INPUT_WITH_PULL_UP: u32 = 0x0C;
    const DISCONNECTED: u32 = 0x02;
    let config = PIN_CNF + 4 * u32::from(pin);
    chip.store_word(config, INPUT_WITH_PULL_UP)?;
    let level = chip.load_word(IN)? >> pin & 1;
    chip.store_word(config, DISCONNECTED)?;
    Ok(level == 0)
}

/// Section 10.3 behind its first row: is DFU mode asked for, in a way that the build knows?
fn entry_requested(chip: &mut Chip, device: &Device) -> Result<bool, Halt> {
    let Entry { button, pin_reset, gpregret, settings_flag } = device.build.entry;
    let button = button && !device.build.has(PlantedBug::ButtonIgnored);
    Ok(button && button_pressed(chip, device.layout.dfu_button)?
        || pin_reset && chip.load_word(RESETREAS)? & RESETREAS_PIN != 0
        || gpregret && register_asks(chip.load_word(GPREGRET)?, &device.build)
        || settings_flag && device.settings.enter_buttonless_dfu == 1)
}

/// ACT-023..025.
fn register_asks(register: u32, build: &Build) -> bool {
    if build.has(PlantedBug::EntryByAnyBit) {
        return register & 0xFF != 0;
    }
    if build.has(PlantedBug::EntryByPatternOnly) {
        return register & ENTRY_MASK == ENTRY_PATTERN && register & ENTRY_START != 0;
    }
    register & ENTRY_BITS != 0
}

/// Takes back what asked for DFU mode, as far as the build looks at it. ACT-023: anything but the exact pattern stays in the
/// register and enters DFU mode again and again (ACT-024). SET-022: the flag goes by a write of the main page alone.
fn clear_entry_flags(chip: &mut Chip, device: &mut Device) -> Result<(), Halt> {
    let entry = device.build.entry;
    if entry.pin_reset && chip.load_word(RESETREAS)? & RESETREAS_PIN != 0 {
        chip.store_word(RESETREAS, RESETREAS_PIN)?;
    }
    let register = chip.load_word(GPREGRET)?;
    let loosely = device.build.has(PlantedBug::RequestClearedLoosely);
    let cleared = register & ENTRY_MASK == ENTRY_PATTERN && (register & ENTRY_START != 0 || loosely)
        || device.build.has(PlantedBug::AnyRequestCleared);
    if entry.gpregret && cleared {
        let kept = if device.build.has(PlantedBug::RegisterClearedWhole) { 0 } else { ENTRY_KEEP };
        chip.store_word(GPREGRET, register & kept)?;
    }
    if entry.settings_flag && device.settings.enter_buttonless_dfu == 1 {
        device.settings.enter_buttonless_dfu = 0;
        // Flash access is blocking here, so there is no queue to be full.
        let _done = device.commit_page(chip, device.layout.settings_page)?;
    }
    Ok(())
}

/// MEM-019, SET-025: what the application may not change. BLE builds leave the settings page to it.
fn protect_for_application(chip: &mut Chip, device: &Device) -> Result<(), Halt> {
    let layout = &device.layout;
    protect(chip, layout, Region::Backup, layout.backup_page, layout.backup_page + PAGE)?;
    if device.build.profile != Profile::Ble {
        protect(chip, layout, Region::Settings, layout.settings_page, layout.settings_page + PAGE)?;
    }
    let open = if device.build.has(PlantedBug::LastPageOpen) { PAGE } else { 0 };
    let end = space::bank_1_start(chip, device)? - open;
    protect(chip, layout, Region::Firmware, 0, end)
}
