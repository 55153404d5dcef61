//! What a start makes of the two settings pages (8.2, SET-001, SET-008): written again from the rules, byte by byte.

use std::ops::Range;

use gauntlet_bench::Profile;
use gauntlet_package::settings::{SETTINGS_LEN, Settings};

use super::shadow::Shadow;

/// Covered by the first CRC, without the flag that only the main page has.
const HEAD: Range<usize> = 0x004..0x058;
/// From the init packet to the end of the boot validation records; one byte of padding follows where the peer data is aligned.
const TAIL: Range<usize> = 0x05C..0x323;
/// Peer data and name together, where version 1 has them.
const RECORDS_V1: Range<usize> = 0x15C..0x1B8;
/// Kinds of the three boot validation records.
const KINDS: [usize; 3] = [0x260, 0x2A1, 0x2E2];
const BANK_0_CRC: Range<usize> = 0x01C..0x020;

impl Shadow {
    /// The page that a start works with and writes wherever the flash differs; `None` for a build that has another layout
    /// or another rule, and for a bootloader that nobody here has built.
    pub(super) fn loaded(&self) -> Option<Vec<u8>> {
        if self.build.settings_version.init_packet_max() < 512 || self.build.update_from_app {
            return None;
        }
        let page = |page| self.bytes(page, SETTINGS_LEN as u32);
        let (main, backup) = (page(self.layout.settings_page), page(self.layout.backup_page));
        let mut bytes = match (self.main().is_some(), self.backup().is_some()) {
            (true, true) => {
                let mut merged = main;
                for range in [HEAD, TAIL.start..TAIL.end + self.padding()] {
                    merged[range.clone()].copy_from_slice(&backup[range]);
                }
                merged
            }
            (true, false) => main,
            (false, true) => backup,
            (false, false) => Settings::zeroed(2).to_bytes().to_vec(),
        };
        if self.build.settings_compatibility && bytes[4..8] == [1, 0, 0, 0] {
            self.upgrade(&mut bytes);
        }
        let mut settings = Settings::parse(&bytes).ok()?;
        settings.update_crcs();
        Some(settings.to_bytes().to_vec())
    }

    /// Where peer data and name stand: to the end of the page.
    pub(super) fn records(&self) -> Range<usize> {
        let start = TAIL.end + self.padding();
        start..start + RECORDS_V1.len()
    }

    fn padding(&self) -> usize {
        usize::from(self.build.profile == Profile::Ble)
    }

    /// SET-008, SET-009.
    fn upgrade(&self, bytes: &mut [u8]) {
        let records = bytes[RECORDS_V1].to_vec();
        for (at, kind) in KINDS.into_iter().zip([0, 1, 0]) {
            bytes[at] = kind;
        }
        bytes.copy_within(BANK_0_CRC, KINDS[1] + 1);
        bytes[self.records()].copy_from_slice(&records);
        bytes[4..8].copy_from_slice(&2_u32.to_le_bytes());
    }
}
