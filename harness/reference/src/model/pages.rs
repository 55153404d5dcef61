//! The settings pages as bytes: which of two counts, and where a build has its fields (section 8).
//!
//! [`Settings`] names the fields as version 2 of a BLE build has them. What a build has elsewhere is moved here, on the way
//! from and to flash.

use std::ops::Range;

use gauntlet_package::settings::{SETTINGS_LEN, Settings, StoredValidation};

use crate::bugs::PlantedBug;
use crate::build::{Build, Profile, SettingsVersion};

/// Bytes of version 1: init packet of 256 bytes, peer data, name.
const V1_LEN: usize = 0x1B8;
const V1_PEER_DATA: Range<usize> = 0x15C..0x19C;
const V1_NAME: Range<usize> = 0x19C..0x1B8;
/// Covered by the first word, without the flag that only the main page has.
const HEAD: Range<usize> = 0x004..0x058;
const FLAG_END: usize = 0x05C;
/// The CRC over the boot validation records, and the records.
const RECORDS: Range<usize> = 0x25C..0x323;
/// In front of the records' bytes: kind of SoftDevice, application and bootloader validation.
const KINDS: [usize; 3] = [0x260, 0x2A1, 0x2E2];
const KIND_CRC: u8 = 1;
/// What the backup has a say in with updates from the application (section 8.2).
const HEAD_BESIDE_APP: [Range<usize>; 3] = [0x004..0x014, 0x018..0x030, 0x034..0x038];
const VERSION: usize = 0x004;
const BANK_0_CRC: Range<usize> = 0x01C..0x020;

/// Bytes of a page that `build` writes and compares as a whole.
pub(super) fn length(build: &Build) -> usize {
    match build.settings_version {
        SettingsVersion::V1 => V1_LEN,
        SettingsVersion::V2 => SETTINGS_LEN,
    }
}

/// The settings that `build` works with after it has read both pages. A main page that someone edited counts only where
/// there is no valid backup, except for its flag, peer data and name (SET-003, SET-004).
pub(super) fn load(main: &[u8; SETTINGS_LEN], backup: &[u8; SETTINGS_LEN], build: &Build) -> Settings {
    let valid = parse(main).is_some_and(|settings| settings.crc_ok());
    let bytes = match (valid, valid_backup(backup, build)) {
        (true, true) if build.has(PlantedBug::MainPageWins) => *main,
        (true, true) => {
            let mut merged = *main;
            for mut range in from_backup(build) {
                if range.end == HEAD.end && build.has(PlantedBug::OffsetOfBackupIgnored) {
                    range.end -= 4;
                }
                merged[range.clone()].copy_from_slice(&backup[range]);
            }
            merged
        }
        (true, false) => *main,
        (false, true) if !build.has(PlantedBug::LoneBackupIgnored) => *backup,
        (false, _) => Settings::zeroed(version(build)).to_bytes(),
    };
    from_page(bytes, build)
}

/// The settings in one page, whatever the other says.
pub(super) fn from_page(mut bytes: [u8; SETTINGS_LEN], build: &Build) -> Settings {
    match build.settings_version {
        SettingsVersion::V1 => {
            let (peer, name) = (bytes[V1_PEER_DATA].to_vec(), bytes[V1_NAME].to_vec());
            bytes[V1_PEER_DATA.start..].fill(0xFF);
            move_records(&mut bytes, &peer, &name, build);
        }
        SettingsVersion::V2
            if build.settings_compatibility && bytes[VERSION..VERSION + 4] == [1, 0, 0, 0] =>
        {
            upgrade(&mut bytes, build);
        }
        // A version that nobody knows is used as it is (SET-010).
        SettingsVersion::V2 => {}
    }
    // The length is that of a page, so it can be read.
    parse(&bytes).unwrap_or_else(|| Settings::zeroed(version(build)))
}

/// The bytes that `build` writes.
pub(super) fn to_page(settings: &Settings, build: &Build) -> Vec<u8> {
    let bytes = settings.to_bytes();
    match build.settings_version {
        SettingsVersion::V2 => bytes.to_vec(),
        SettingsVersion::V1 => {
            [&bytes[..V1_PEER_DATA.start], &settings.peer_data, &settings.adv_name].concat()
        }
    }
}

/// What is checked of SoftDevice and application at boot. Version 1 has no records: the CRC of bank 0 counts, and the
/// SoftDevice is not looked at, as SET-008 has it.
pub(super) fn records(settings: &Settings, build: &Build) -> [StoredValidation; 2] {
    match build.settings_version {
        SettingsVersion::V1 => [StoredValidation::NONE, StoredValidation::crc(settings.bank_0.crc)],
        SettingsVersion::V2 => [settings.validation_sd, settings.validation_app],
    }
}

fn version(build: &Build) -> u32 {
    match build.settings_version {
        SettingsVersion::V1 => 1,
        SettingsVersion::V2 => 2,
    }
}

fn parse(bytes: &[u8; SETTINGS_LEN]) -> Option<Settings> {
    Settings::parse(bytes).ok()
}

/// SET-007: in version 2 the records must be right, too.
fn valid_backup(backup: &[u8; SETTINGS_LEN], build: &Build) -> bool {
    if build.has(PlantedBug::BackupCrcNotChecked) && backup[VERSION..VERSION + 4] != [0xFF; 4] {
        return parse(backup).is_some();
    }
    parse(backup).is_some_and(|settings| match build.settings_version {
        SettingsVersion::V1 => settings.crc_ok(),
        SettingsVersion::V2 => settings.valid_as_backup(),
    })
}

fn from_backup(build: &Build) -> Vec<Range<usize>> {
    let end = match (build.settings_version, build.profile) {
        (SettingsVersion::V1, _) => V1_PEER_DATA.start,
        // The peer data of a BLE build is aligned, so one byte of padding belongs to what stands in front of it.
        (SettingsVersion::V2, _) if build.has(PlantedBug::BackupRecordsIgnored) => RECORDS.start,
        (SettingsVersion::V2, Profile::Ble) => RECORDS.end + 1,
        (SettingsVersion::V2, _) => RECORDS.end,
    };
    if !build.update_from_app {
        return vec![HEAD, FLAG_END..end];
    }
    let records = RECORDS.start..end.max(RECORDS.start);
    HEAD_BESIDE_APP.into_iter().chain([records]).collect()
}

/// SET-008: records move to their places in version 2, and the application is judged by the CRC of bank 0, zero
/// or not (SET-009). All other bytes stay.
fn upgrade(bytes: &mut [u8; SETTINGS_LEN], build: &Build) {
    let (peer, name) = (bytes[V1_PEER_DATA].to_vec(), bytes[V1_NAME].to_vec());
    for (at, kind) in KINDS.into_iter().zip([0, KIND_CRC, 0]) {
        bytes[at] = kind;
    }
    bytes.copy_within(BANK_0_CRC, KINDS[1] + 1);
    move_records(bytes, &peer, &name, build);
    bytes[VERSION..VERSION + 4].copy_from_slice(&2_u32.to_le_bytes());
}

/// Without alignment the two records follow the boot validation at once (section 8.1).
fn move_records(bytes: &mut [u8; SETTINGS_LEN], peer: &[u8], name: &[u8], build: &Build) {
    let aligned = build.profile == Profile::Ble || build.settings_version == SettingsVersion::V1;
    let at = if aligned { RECORDS.end + 1 } else { RECORDS.end };
    bytes[at..at + peer.len()].copy_from_slice(peer);
    bytes[at + peer.len()..at + peer.len() + name.len()].copy_from_slice(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(profile: Profile) -> Build {
        Build::release(profile, [0; 64])
    }

    /// Version 2, a number in every byte that is not looked at, CRCs right.
    fn page(fill: u8) -> [u8; SETTINGS_LEN] {
        let mut settings = parse(&[fill; SETTINGS_LEN]).unwrap();
        settings.version = 2;
        settings.update_crcs();
        settings.to_bytes()
    }

    /// Offsets at which `merged` is not the main page; CRC words aside.
    fn of_backup(build: &Build) -> Vec<usize> {
        let (main, backup) = (page(1), page(9));
        let merged = load(&main, &backup, build).to_bytes();
        (8..SETTINGS_LEN).filter(|&at| !(0x25C..0x260).contains(&at) && merged[at] == 9).collect()
    }

    #[test]
    fn what_comes_from_the_backup_depends_on_the_build() {
        let ranges = |ranges: &[Range<usize>]| -> Vec<usize> {
            ranges.iter().cloned().flatten().filter(|at| !(0x25C..0x260).contains(at)).collect()
        };
        assert_eq!(of_backup(&build(Profile::Ble)), ranges(&[8..0x58, 0x5C..0x324]));
        assert_eq!(of_backup(&build(Profile::Uart)), ranges(&[8..0x58, 0x5C..0x323]));
        let from_app = Build { update_from_app: true, ..build(Profile::Usb) };
        assert_eq!(of_backup(&from_app), ranges(&[8..0x14, 0x18..0x30, 0x34..0x38, 0x25C..0x323]));
    }

    /// Version 1 as its own bootloader writes it: peer data of 5s, a name of 7s.
    fn old_page() -> [u8; SETTINGS_LEN] {
        let mut settings = parse(&[3; SETTINGS_LEN]).unwrap();
        settings.version = 1;
        settings.bank_0.crc = 0x1122_3344;
        let mut bytes = settings.to_bytes();
        bytes[V1_PEER_DATA].fill(5);
        bytes[V1_NAME].fill(7);
        let mut settings = parse(&bytes).unwrap();
        settings.crc = settings.crc_now();
        settings.to_bytes()
    }

    #[test]
    fn records_of_version_1_move_to_the_places_of_the_build() {
        for (profile, at) in [(Profile::Ble, 0x324), (Profile::Uart, 0x323)] {
            let bytes = load(&old_page(), &[0xFF; SETTINGS_LEN], &build(profile)).to_bytes();
            assert_eq!(bytes[VERSION], 2);
            assert_eq!(bytes[at..at + 64], [5; 64], "SET-008");
            assert_eq!(bytes[at + 64..at + 92], [7; 28]);
            assert_eq!(bytes[0x2A1..0x2A6], [1, 0x44, 0x33, 0x22, 0x11]);
            assert_eq!((bytes[0x260], bytes[0x261], bytes[0x2A6], bytes[0x2E2]), (0, 3, 3, 0));
            assert_eq!((bytes[0x15C], bytes[0x19C]), (5, 7), "the old places keep what they had");
        }
        let kept = Build { settings_compatibility: false, ..build(Profile::Ble) };
        assert_eq!(load(&old_page(), &[0xFF; SETTINGS_LEN], &kept).version, 1);
    }

    #[test]
    fn a_build_of_version_1_writes_440_bytes_and_reads_them_back() {
        let old = Build { settings_version: SettingsVersion::V1, ..build(Profile::Ble) };
        let page = old_page();
        let settings = load(&page, &[0xFF; SETTINGS_LEN], &old);
        assert_eq!((settings.peer_data, settings.adv_name), ([5; 64], [7; 28]));
        assert_eq!(to_page(&settings, &old), page[..V1_LEN]);
        assert_eq!(records(&settings, &old)[1].stored_crc(), 0x1122_3344);
        assert_eq!(load(&[0xFF; SETTINGS_LEN], &[0; SETTINGS_LEN], &old).version, 1);
        let mut backup = page;
        backup[0x5C] = 0x77;
        assert_eq!(load(&page, &backup, &old).init_command[0], 0x77, "the records have no CRC here");
    }
}
