//! What a start makes of the two settings pages (8.2, SET-001, SET-008): written again from the rules, byte by byte.

use std::ops::Range;

use gauntlet_bench::{Build, Profile};
use gauntlet_package::settings::{SETTINGS_LEN, Settings};

use super::shadow::Shadow;

/// Covered by the first CRC, without the flag that only the main page has.
const HEAD: Range<usize> = 0x004..0x058;
/// The same where the application may prepare updates.
const HEAD_BESIDE_APP: [Range<usize>; 3] = [0x004..0x014, 0x018..0x030, 0x034..0x038];
/// The init packet, behind which the boot validation records follow.
const TAIL_START: usize = 0x05C;
const VALIDATION_START: usize = 0x25C;
const VALIDATION_END: usize = 0x323;
/// Peer data and name together, where version 1 has them.
const RECORDS_V1: Range<usize> = 0x15C..0x1B8;
/// Kinds of the three boot validation records.
const KINDS: [usize; 3] = [0x260, 0x2A1, 0x2E2];
const BANK_0_CRC: Range<usize> = 0x01C..0x020;

impl Shadow {
    /// The page that a start works with and writes wherever the flash differs; `None` for a build that has another layout
    /// or another rule, and for a bootloader that nobody here has built.
    pub(super) fn loaded(&self) -> Option<Vec<u8>> {
        let page = |page| self.bytes(page, SETTINGS_LEN as u32);
        loaded(&self.build, &page(self.layout.settings_page), &page(self.layout.backup_page))
    }

    /// Where peer data and name stand: to the end of the page.
    pub(super) fn records(&self) -> Range<usize> {
        records(&self.build)
    }
}

/// What a start of `build` makes of both pages; `None` for a build whose settings are not of version 2.
pub(crate) fn loaded(build: &Build, main: &[u8], backup: &[u8]) -> Option<Vec<u8>> {
    if build.settings_version.init_packet_max() < 512 {
        return None;
    }
    let read = |page| Settings::parse(page).ok();
    let main_is_valid = read(main).is_some_and(|settings| settings.crc_ok());
    let backup_is_valid = read(backup).is_some_and(|settings| settings.valid_as_backup());
    let mut bytes = match (main_is_valid, backup_is_valid) {
        (true, true) => {
            let mut merged = main.to_vec();
            for range in of_backup(build) {
                merged[range.clone()].copy_from_slice(&backup[range]);
            }
            merged
        }
        (true, false) => main.to_vec(),
        (false, true) => backup.to_vec(),
        (false, false) => Settings::zeroed(2).to_bytes().to_vec(),
    };
    if build.settings_compatibility && bytes[4..8] == [1, 0, 0, 0] {
        upgrade(&mut bytes, build);
    }
    let mut settings = Settings::parse(&bytes).ok()?;
    settings.update_crcs();
    Some(settings.to_bytes().to_vec())
}

/// What the backup has a say in where both pages are valid.
fn of_backup(build: &Build) -> Vec<Range<usize>> {
    let end = records(build).start;
    if !build.update_from_app {
        return vec![HEAD, TAIL_START..end];
    }
    HEAD_BESIDE_APP.into_iter().chain(std::iter::once(VALIDATION_START..end)).collect()
}

/// Records follow the boot validation; in a BLE build they are aligned.
fn records(build: &Build) -> Range<usize> {
    let start = VALIDATION_END + usize::from(build.profile == Profile::Ble);
    start..start + RECORDS_V1.len()
}

/// SET-008, SET-009.
fn upgrade(bytes: &mut [u8], build: &Build) {
    let old = bytes[RECORDS_V1].to_vec();
    for (at, kind) in KINDS.into_iter().zip([0, 1, 0]) {
        bytes[at] = kind;
    }
    bytes.copy_within(BANK_0_CRC, KINDS[1] + 1);
    bytes[records(build)].copy_from_slice(&old);
    bytes[4..8].copy_from_slice(&2_u32.to_le_bytes());
}
