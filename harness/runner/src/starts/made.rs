//! What the specification makes of a start.

use gauntlet_bench::{Build, Mode, Profile};
use gauntlet_package::settings::{BankCode, Settings, StoredValidation};
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::ValidationType;
use sha2::{Digest, Sha256};

use super::chosen::Chosen;
use super::{Firmware, SOFTDEVICE};
use crate::audit;

/// Where a BLE build has peer data and name, each with its CRC in front (8.1).
const RECORDS: usize = 0x324;
const RECORD_CRCS: [usize; 2] = [0x324, 0x364];

/// What must be there when the device has come to rest.
pub(super) struct Made {
    pub(super) mode: Mode,
    /// The settings page and its backup.
    pub(super) pages: [Vec<u8>; 2],
    /// GPREGRET and GPREGRET2.
    pub(super) registers: [u8; 2],
}

impl Made {
    /// `None` for a build whose pages are not those of version 2.
    pub(super) fn of(chosen: &Chosen, build: &Build, firmware: &Firmware) -> Option<Self> {
        let [main, backup] = &chosen.pages;
        let page = audit::loaded(build, main, backup)?;
        let settings = Settings::parse(&page).ok()?;
        let [first, second] = chosen.registers;
        let (unchecked, second) = unchecked(build, chosen.woken, second);
        let asked = build.entry.gpregret && first & 0xB1 != 0
            || build.entry.settings_flag && settings.enter_buttonless_dfu == 1;
        if asked || !valid(&settings, build, firmware, unchecked) {
            // ACT-023, ACT-024.
            let exact = build.entry.gpregret && first & 0xF8 == 0xB0 && first & 1 == 1;
            let first = if exact { first & 0x4E } else { first };
            return Some(Self {
                mode: Mode::Dfu,
                pages: [without_flag(&settings, build, &page), page],
                registers: [first, second],
            });
        }
        let page = without_records(page, build);
        Some(Self { mode: Mode::Application, pages: [page.clone(), page], registers: [first, second] })
    }
}

/// VAL-031, VAL-032: whether CRCs go unchecked, and what is left of the mark.
fn unchecked(build: &Build, woken: bool, mark: u8) -> (bool, u8) {
    if woken && build.skip_crc.system_off {
        return (true, mark);
    }
    let asked = build.skip_crc.gpregret2 && mark & 0xF8 == 0xA8 && mark & 1 == 1;
    if asked { (true, mark & !0xA9) } else { (false, mark) }
}

/// VAL-027 to VAL-030.
fn valid(settings: &Settings, build: &Build, firmware: &Firmware, unchecked: bool) -> bool {
    let was = &firmware.settings;
    let holds = |record: &StoredValidation, start: u32, size: u32, known: (&StoredValidation, u32)| {
        let Some(image) = firmware.bytes(start, size) else {
            return record.kind == ValidationType::None
                || record.kind == ValidationType::GeneratedCrc && unchecked;
        };
        match record.kind {
            ValidationType::None => true,
            // VAL-033.
            ValidationType::GeneratedCrc => unchecked || build.debug || record.stored_crc() == crc32(image),
            ValidationType::Sha256 => record.bytes[..32] == Sha256::digest(image)[..],
            // The only signature that can be right is the one that was there.
            ValidationType::EcdsaP256Sha256 => (record, size) == known,
            ValidationType::Other(_) => false,
        }
    };
    let softdevice = firmware.ground.fwid.is_none()
        || holds(&settings.validation_sd, SOFTDEVICE, settings.sd_size, (&was.validation_sd, was.sd_size));
    let application = holds(
        &settings.validation_app,
        firmware.ground.base,
        settings.bank_0.size,
        (&was.validation_app, was.bank_0.size),
    );
    settings.bank_0.code == BankCode::Application && softdevice && application
}

/// SET-022: the flag goes from the main page alone.
fn without_flag(settings: &Settings, build: &Build, page: &[u8]) -> Vec<u8> {
    if !build.entry.settings_flag || settings.enter_buttonless_dfu != 1 {
        return page.to_vec();
    }
    let mut settings = Settings { enter_buttonless_dfu: 0, ..settings.clone() };
    settings.update_crcs();
    settings.to_bytes().to_vec()
}

/// SET-021: what an application left for a BLE bootloader goes before one is started.
fn without_records(mut page: Vec<u8>, build: &Build) -> Vec<u8> {
    let written = |at: usize| page.get(at..at + 4) != Some(&[0xFF; 4][..]);
    if build.profile == Profile::Ble && RECORD_CRCS.into_iter().any(written) {
        page[RECORDS..].fill(0xFF);
    }
    page
}
