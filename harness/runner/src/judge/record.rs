//! Whether the settings page is in order: what no update may leave behind, whatever a scenario asks for.

use gauntlet_bench::{Mode, Profile};
use gauntlet_package::settings::{Bank, BankCode, INIT_COMMAND_LEN, Progress, Settings, StoredValidation};
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::ValidationType;
use sha2::{Digest, Sha256};

use super::{Check, Evidence};

/// The version of settings that these rules are about.
const VERSION: u32 = 2;

/// Fields that must agree with each other, with what was there before, or with what the device does.
pub(super) fn in_order(evidence: &Evidence<'_>) -> Option<Check> {
    let settings = evidence.after.settings().0.filter(|settings| settings.version == VERSION)?;
    let before = evidence.before.settings().0;
    let runs = evidence.after.mode == Mode::Application;
    let wrong = [
        // SET-001: both CRC words are made anew with every write.
        (!settings.boot_validation_crc_ok()).then_some("the CRC of the boot validation records is wrong"),
        init_packet(&settings),
        // SET-016; what the bank held is cleared together with its code.
        (settings.bank_1.code == BankCode::Invalid && settings.bank_1 != Bank::default())
            .then_some("bank 1 is empty and has a size or a CRC"),
        // Copying is over, and no data is on record that would stand there.
        (settings.bank_1.code == BankCode::Invalid
            && settings.progress.fw_offset == 0
            && settings.write_offset != 0)
            .then_some("nothing is being received or copied, and there is a write offset"),
        before
            .is_some_and(|before| {
                (before.bank_layout, before.bank_current) != (settings.bank_layout, settings.bank_current)
            })
            .then_some("bank layout or current bank was changed"),
        (runs
            && evidence.forgets_records()
            && (settings.peer_data != [0xFF; 64] || settings.adv_name != [0xFF; 28]))
            .then_some("the application runs, and peer data or name is still there"),
    ];
    let found = wrong.into_iter().flatten().next();
    Some(Check::new("settings in order", "in order", found.unwrap_or("in order"), found.is_none()))
}

/// The stored init packet and how far its data got (SET-014, SET-015).
fn init_packet(settings: &Settings) -> Option<&'static str> {
    let Progress { cmd_size, cmd_offset, cmd_crc, obj_size, fw_crc_last, fw_offset, fw_offset_last, .. } =
        settings.progress;
    let size = cmd_size as usize;
    if size == 0 {
        let blank = [0x00, 0xFF].iter().any(|fill| settings.init_command == [*fill; INIT_COMMAND_LEN]);
        let nothing = [cmd_offset, cmd_crc, obj_size, fw_crc_last, fw_offset, fw_offset_last] == [0; 6];
        return match (blank, nothing) {
            (false, _) => Some("no init packet is on record, and there are bytes of one"),
            (true, false) => Some("no init packet is on record, and there is progress"),
            (true, true) => None,
        };
    }
    let Some((packet, behind)) = settings.init_command.split_at_checked(size) else {
        return Some("the init packet on record is longer than there is room for");
    };
    if cmd_offset != cmd_size {
        Some("an init packet is on record that is not complete")
    } else if cmd_crc != crc32(packet) {
        Some("the init packet on record has another CRC than its bytes")
    } else if behind.iter().any(|byte| *byte != 0xFF) {
        Some("behind the init packet on record are bytes of another one")
    } else if fw_offset_last > fw_offset || fw_offset - fw_offset_last > obj_size {
        Some("the offsets of the data on record contradict each other")
    } else {
        None
    }
}

/// What the settings say of the application that stands in flash and counts as valid; nothing when there is none.
pub(super) fn of_application(evidence: &Evidence<'_>, firmware: &[u8]) -> Option<Check> {
    let settings = evidence.after.settings().0.filter(|settings| settings.version == VERSION)?;
    if settings.bank_0.code != BankCode::Application || firmware.is_empty() {
        return None;
    }
    let crc = crc32(firmware);
    let found = if settings.bank_0.size as usize != firmware.len() {
        format!("{} bytes instead of {}", settings.bank_0.size, firmware.len())
    } else if settings.bank_0.crc != crc {
        format!("CRC {:08x} instead of {crc:08x}", settings.bank_0.crc)
    } else {
        return Some(validation("record of bank 0", &settings.validation_app, firmware));
    };
    Some(Check::new("record of bank 0", "that of the application", found, false))
}

/// SET-016, VAL-028: the record of a SoftDevice that is in place.
pub(super) fn of_softdevice(evidence: &Evidence<'_>, image: &[u8]) -> Option<Check> {
    let settings = evidence.after.settings().0.filter(|settings| settings.version == VERSION)?;
    let name = "record of the softdevice";
    if settings.sd_size as usize != image.len() {
        let found = format!("{} bytes instead of {}", settings.sd_size, image.len());
        return Some(Check::new(name, "that of the softdevice", found, false));
    }
    Some(validation(name, &settings.validation_sd, image))
}

/// What is stored to check `image` at boot is right (VAL-026). A signature is left to the device.
fn validation(name: &str, stored: &StoredValidation, image: &[u8]) -> Check {
    let ok = match stored.kind {
        ValidationType::GeneratedCrc => stored.stored_crc() == crc32(image),
        ValidationType::Sha256 => stored.bytes[..32] == Sha256::digest(image)[..],
        ValidationType::None | ValidationType::EcdsaP256Sha256 | ValidationType::Other(_) => true,
    };
    let right = "right for the image";
    Check::new(name, right, if ok { right } else { "its boot validation is that of another image" }, ok)
}

impl Evidence<'_> {
    /// SET-021: a BLE bootloader clears what an application has left for it before it starts one. An application with a
    /// buttonless service may have left something since.
    fn forgets_records(&self) -> bool {
        let leaves = |application: gauntlet_bench::Application| application.buttonless.is_some();
        self.device.build.profile == Profile::Ble
            && self.device.firmware.is_none()
            && !self.device.application.is_some_and(leaves)
    }
}
