//! What is on record for the checks at every start: which of the records of the init packet, and over which bytes (7.4).

use gauntlet_package::settings::{Settings, StoredValidation};
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::{FwType, InitCommand, ValidationType};
use sha2::{Digest, Sha256};

use super::shadow::Shadow;
use super::{Wrong, wrong};

/// Judges the three records after `init` was accepted for the image at `start`.
pub(super) fn follows(
    shadow: &Shadow,
    init: &InitCommand,
    start: u32,
    old: &Settings,
    new: &Settings,
) -> Result<(), Wrong> {
    // Other versions have no such records.
    if new.version != 2 {
        return Ok(());
    }
    let kind = init.fw_type;
    let with_softdevice = matches!(kind, Some(FwType::SoftDevice | FwType::SoftDeviceBootloader));
    let with_bootloader = matches!(kind, Some(FwType::Bootloader | FwType::SoftDeviceBootloader));
    let (sd_size, bl_size) = (init.sd_size.unwrap_or(0), init.bl_size.unwrap_or(0));
    let behind = if with_softdevice { sd_size } else { 0 };
    let of = |number, offset: u32, size, otherwise| Part {
        number,
        start: start.wrapping_add(offset),
        size,
        otherwise,
    };
    let crc = ValidationType::GeneratedCrc;
    let softdevice = with_softdevice.then(|| of(0, 0, sd_size, crc));
    let bootloader =
        with_bootloader.then(|| of(usize::from(with_softdevice), behind, bl_size, ValidationType::None));
    let application = (kind == Some(FwType::Application)).then(|| of(0, 0, init.image_size(), crc));
    let records = [
        ("SoftDevice", softdevice, &old.validation_sd, &new.validation_sd),
        ("application", application, &old.validation_app, &new.validation_app),
        ("bootloader", bootloader, &old.validation_bootloader, &new.validation_bootloader),
    ];
    for (name, part, before, after) in records {
        let right = match part {
            Some(part) => part.is_recorded(shadow, init, after),
            None => before == after,
        };
        if !right {
            let rule =
                "the boot validation on record is that of the init packet, over the image (7.4, VAL-026)";
            return wrong(rule, format!("that of the {name} is {:?}", after.kind));
        }
    }
    Ok(())
}

/// A part of an image, and which record is about it.
struct Part {
    number: usize,
    start: u32,
    size: u32,
    /// What counts without that record.
    otherwise: ValidationType,
}

impl Part {
    fn is_recorded(&self, shadow: &Shadow, init: &InitCommand, stored: &StoredValidation) -> bool {
        let given = init.boot_validation.get(self.number);
        if stored.kind != given.map_or(self.otherwise, |given| given.kind) {
            return false;
        }
        let image = shadow.bytes(self.start, self.size);
        match stored.kind {
            ValidationType::GeneratedCrc => stored.stored_crc() == crc32(&image),
            ValidationType::Sha256 => stored.bytes[..32] == Sha256::digest(&image)[..],
            ValidationType::EcdsaP256Sha256 => {
                given.is_some_and(|given| stored.bytes.starts_with(&given.bytes))
            }
            ValidationType::None => true,
            ValidationType::Other(_) => false,
        }
    }
}
