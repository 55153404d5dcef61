//! Which fields of the settings may change, and when: everything else stays as it was (7.6, 8.1, SET-016, SET-021).

use std::ops::Range;

use gauntlet_package::settings::{BankCode, Settings};

use super::shadow::Shadow;
use super::work::Work;
use super::{Wrong, wrong};

/// Both CRC words are judged for themselves.
const CRCS: [Range<usize>; 2] = [0x000..0x004, 0x25C..0x260];
const VERSIONS: Range<usize> = 0x008..0x010;
const BANK_0: Range<usize> = 0x018..0x024;
const BANK_1: Range<usize> = 0x024..0x030;
const WRITE_OFFSET: Range<usize> = 0x030..0x034;
const SD_SIZE: Range<usize> = 0x034..0x038;
const PROGRESS: Range<usize> = 0x038..0x058;
const FLAG: Range<usize> = 0x058..0x05C;
const INIT_COMMAND: Range<usize> = 0x05C..0x25C;
const BOOT_VALIDATION: Range<usize> = 0x260..0x323;

/// Fields with their names in a finding.
const FIELDS: [(Range<usize>, &str); 13] = [
    (0x004..0x008, "the settings version"),
    (VERSIONS, "the versions"),
    (0x010..0x018, "bank layout and current bank"),
    (BANK_0, "bank 0"),
    (BANK_1, "bank 1"),
    (WRITE_OFFSET, "the write offset"),
    (SD_SIZE, "the size of the SoftDevice"),
    (PROGRESS, "the progress"),
    (FLAG, "the flag that asks for DFU mode"),
    (INIT_COMMAND, "the init packet"),
    (BOOT_VALIDATION, "the boot validation"),
    (0x323..0x380, "what the application has left"),
    (0x380..usize::MAX, "what is behind it"),
];

/// Judges the main page `new` that was written where the settings were `old`.
pub(super) fn stay(shadow: &Shadow, work: &Work, old: &[u8], new: &[u8]) -> Result<(), Wrong> {
    let (Ok(was), Ok(is)) = (Settings::parse(old), Settings::parse(new)) else { return Ok(()) };
    let mut expected = old.to_vec();
    let mut may_change = |range: Range<usize>| expected[range.clone()].copy_from_slice(&new[range]);
    CRCS.into_iter().for_each(&mut may_change);
    let cleared = is.bank_1.code == BankCode::Invalid;
    match work {
        // What becomes of them when an image was accepted is judged with the image.
        Work::Receive { .. } if !cleared && is.bank_1 != was.bank_1 => {
            [VERSIONS, BANK_0, BANK_1, WRITE_OFFSET, SD_SIZE, PROGRESS, INIT_COMMAND, BOOT_VALIDATION]
                .into_iter()
                .for_each(&mut may_change);
        }
        Work::Receive { .. } => {
            [BANK_0, WRITE_OFFSET, PROGRESS, INIT_COMMAND].into_iter().for_each(&mut may_change);
            // A final Execute that failed (7.6); only clearing leads here.
            may_change(BANK_1);
        }
        // A chunk is in place (ACT-002).
        Work::Copy(_) if is.bank_1.code == was.bank_1.code => may_change(WRITE_OFFSET),
        // Activation has ended, whether it worked or not (SET-016, ACT-017). Only an application gets a new record.
        Work::Copy(_) | Work::Bootloader { .. } => {
            [BANK_1, WRITE_OFFSET].into_iter().for_each(&mut may_change);
            if was.bank_1.code == BankCode::Application {
                may_change(BANK_0);
            }
        }
        Work::Ended => {}
    }
    // SET-022.
    if shadow.build.entry.settings_flag && is.enter_buttonless_dfu == 0 {
        may_change(FLAG);
    }
    // SET-021: both at once, and everything else stays. Builds for serial lines leave them alone.
    let records = shadow.records();
    if !shadow.build.profile.is_serial() && new[records.clone()].iter().all(|byte| *byte == 0xFF) {
        may_change(records);
    }
    match differs(&expected, new) {
        None => Ok(()),
        Some(name) => wrong(
            "a settings page changes in the fields that its cause is about, and in no others (7.6, 8.1, SET-016)",
            format!("{name} changed"),
        ),
    }
}

/// The first field in which two pages differ, the CRC words aside.
pub(super) fn differs(one: &[u8], other: &[u8]) -> Option<&'static str> {
    let at = one
        .iter()
        .zip(other)
        .enumerate()
        .position(|(at, (one, other))| one != other && !CRCS.iter().any(|crc| crc.contains(&at)))?;
    FIELDS.into_iter().find_map(|(range, name)| range.contains(&at).then_some(name))
}
