//! What a new settings page may say, when the one before it and flash itself are known.

use gauntlet_package::settings::{Bank, BankCode, Settings};
use gauntlet_protocol::init_packet::{FwType, InitCommand};

use super::shadow::{Shadow, init_on_record};
use super::work::Work;
use super::{Wrong, validation, wrong};

/// Judges a main page that has just been written with `new` where `old` counted.
pub(super) fn follows(shadow: &Shadow, work: &Work, old: &Settings, new: &Settings) -> Result<(), Wrong> {
    let layout = |settings: &Settings| (settings.bank_layout, settings.bank_current);
    if layout(old) != layout(new) && new.version == old.version {
        return wrong("bank layout and current bank stay (8.1)", "they were changed");
    }
    match work {
        Work::Receive { place, .. } if new.bank_1 != old.bank_1 && new.bank_1.code != BankCode::Invalid => {
            received(shadow, *place, old, new)
        }
        Work::Receive { place, .. } => {
            let grows = shadow.build.profile.is_serial();
            if !grows && ![old.bank_0, Bank::default()].contains(&new.bank_0) {
                let found = format!("{:?} became {:?}", old.bank_0, new.bank_0);
                return wrong("bank 0 is kept or given up as a whole (MEM-012, MEM-015, 7.6)", found);
            }
            let ended =
                old.progress.cmd_size != 0 && new.progress.cmd_size == 0 && init_on_record(old).is_some();
            let start = new.update_start_address();
            if let Some((place, _)) = place.filter(|(place, _)| ended && *place != start) {
                let found = format!("{start:#010x} instead of {place:#010x}");
                return wrong(
                    "the start address is on record when an update has ended (SET-012, 7.6)",
                    found,
                );
            }
            versions_stay(old, new)
        }
        Work::Copy(copy) if new.bank_1.code == old.bank_1.code => {
            let length = copy.chunk.min(copy.size.saturating_sub(copy.done));
            let expected = copy.done + length;
            if new.write_offset != old.write_offset && new.write_offset != expected {
                let found = format!("{:#x} instead of {expected:#x}", new.write_offset);
                return wrong("the write offset grows by what was copied (ACT-002)", found);
            }
            if new.write_offset != old.write_offset && !is_copied(shadow, copy, length) {
                return wrong(
                    "the write offset is on record when the bytes are in place (ACT-002, PWR-011)",
                    format!("{:#x} is, and they are not", new.write_offset),
                );
            }
            versions_stay(old, new)
        }
        Work::Copy(_) if old.bank_1.code == BankCode::Application => activated(shadow, old, new),
        Work::Copy(_) | Work::Bootloader { .. } | Work::Ended => versions_stay(old, new),
    }
}

fn is_copied(shadow: &Shadow, copy: &super::work::Copy, length: u32) -> bool {
    let length = length.next_multiple_of(4);
    shadow.bytes(copy.target + copy.done, length) == shadow.bytes(copy.source + copy.done, length)
}

/// 7.6: the final Execute has accepted an image.
fn received(shadow: &Shadow, place: Option<(u32, u32)>, old: &Settings, new: &Settings) -> Result<(), Wrong> {
    let Some(init) = init_on_record(old) else {
        return wrong("what is received has its init packet on record (OBJ-011)", "there was none");
    };
    let (start, Bank { size, crc, code }) = (new.update_start_address(), new.bank_1);
    if size != init.image_size() || Some(code) != code_of(&init) {
        let found = format!("{size} bytes, {code}");
        return wrong("bank 1 has the size and the kind of the init packet (7.6)", found);
    }
    if place.is_some_and(|(place, _)| place != start) {
        let found = format!("{start:#010x}");
        return wrong("the start address on record is where the image was received (SET-015)", found);
    }
    if shadow.crc(start, size) != Some(crc) {
        return wrong("bank 1 has the CRC of the image in flash (SET-015)", "that is another one");
    }
    validation::follows(shadow, &init, start, old, new)?;
    if code == BankCode::Application
        && (new.bank_0.code != BankCode::Invalid || shadow.bank_1_start(new) != start)
    {
        let found = format!("{:?}", new.bank_0);
        return wrong(
            "bank 0 keeps its size and loses its code when its successor was received (7.6)",
            found,
        );
    }
    let unrecorded = shadow.build.debug && init.is_debug;
    let version = init.fw_version.unwrap_or(0);
    let raised =
        |kinds: &[BankCode], old: u32| if kinds.contains(&code) && !unrecorded { version } else { old };
    let expected = (
        raised(&[BankCode::Application], old.app_version),
        raised(&[BankCode::Bootloader, BankCode::SoftDeviceBootloader], old.bootloader_version),
    );
    if (new.app_version, new.bootloader_version) != expected {
        let found = format!("{} and {}", new.app_version, new.bootloader_version);
        return wrong("the versions on record are those of 7.6 (VAL-036)", found);
    }
    let with_softdevice = matches!(code, BankCode::SoftDevice | BankCode::SoftDeviceBootloader);
    let sd_size = if with_softdevice { init.sd_size.unwrap_or(0) } else { old.sd_size };
    if new.sd_size != sd_size {
        return wrong("the size of the SoftDevice on record is that of 7.6", format!("{}", new.sd_size));
    }
    Ok(())
}

/// ACT-004, ACT-005: an application has been copied.
fn activated(shadow: &Shadow, old: &Settings, new: &Settings) -> Result<(), Wrong> {
    versions_stay(old, new)?;
    let right = shadow.crc(shadow.bank_0_start(), old.bank_1.size) == Some(old.bank_1.crc);
    let recorded = new.bank_0 == Bank { code: BankCode::Application, ..old.bank_1 };
    match (right, recorded) {
        (true, false) => {
            wrong("an application whose CRC is right is on record in bank 0 (ACT-004)", "it is not")
        }
        (false, _) if new.bank_0.code == BankCode::Application => {
            wrong("an application whose CRC is wrong is not valid (ACT-005)", "it is on record")
        }
        _ => Ok(()),
    }
}

/// VAL-036: only the final Execute changes versions.
fn versions_stay(old: &Settings, new: &Settings) -> Result<(), Wrong> {
    let words = |settings: &Settings| (settings.app_version, settings.bootloader_version, settings.sd_size);
    if words(old) == words(new) {
        return Ok(());
    }
    let found = format!("{:?} became {:?}", words(old), words(new));
    wrong("versions and the size of the SoftDevice change with the final Execute only (VAL-036)", found)
}

fn code_of(init: &InitCommand) -> Option<BankCode> {
    Some(match init.fw_type? {
        FwType::Application => BankCode::Application,
        FwType::SoftDevice => BankCode::SoftDevice,
        FwType::Bootloader => BankCode::Bootloader,
        FwType::SoftDeviceBootloader => BankCode::SoftDeviceBootloader,
        FwType::ExternalApplication => BankCode::ExternalApplication,
        FwType::Other(_) => return None,
    })
}
