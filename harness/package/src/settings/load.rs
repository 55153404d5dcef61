//! Which of the two pages counts: the rules at boot (section 8.2).

use super::Settings;

/// Where loaded settings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadedFrom {
    /// Both pages are valid: the backup, except for the fields that only the main page has (SET-003).
    Both,
    /// Only the main page is valid.
    Main,
    /// Only the backup is valid.
    Backup,
    /// Neither: all zero, version 2 (SET-002).
    Neither,
}

/// The settings a BLE bootloader without update-from-app works with after it has read both pages, and where they come
/// from. CRC words are as found; the bootloader computes them anew when it writes the pages back (SET-001).
#[must_use]
pub fn load(main: &[u8], backup: &[u8]) -> (Settings, LoadedFrom) {
    let main = Settings::parse(main).ok().filter(Settings::crc_ok);
    let backup = Settings::parse(backup).ok().filter(Settings::valid_as_backup);
    match (main, backup) {
        (Some(main), Some(backup)) => {
            let Settings { crc, enter_buttonless_dfu, peer_data, adv_name, .. } = main;
            let merged = Settings { crc, enter_buttonless_dfu, peer_data, adv_name, ..backup };
            (merged, LoadedFrom::Both)
        }
        (Some(main), None) => (main, LoadedFrom::Main),
        (None, Some(backup)) => (backup, LoadedFrom::Backup),
        (None, None) => (Settings::zeroed(2), LoadedFrom::Neither),
    }
}
