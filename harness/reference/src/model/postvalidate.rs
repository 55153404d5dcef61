//! The checks at the final Execute, and what success leaves behind (sections 7.4 and 7.6).

use gauntlet_nrf52::Chip;
use gauntlet_package::settings::{BankCode, StoredValidation};
use gauntlet_protocol::init_packet::{BootValidation, ValidationType};
use gauntlet_protocol::{ExtendedError, ResultCode, crc32};
use sha2::{Digest, Sha256};

use super::Halt;
use super::boot::{CYCLES_PER_BYTE, holds};
use super::dfu::Dfu;
use super::flash;
use super::requests::Refusal;
use super::space;
use crate::bugs::PlantedBug;
use crate::build::Profile;

/// Judges the received image and records it in bank 1, or clears bank 1.
pub(super) fn check(chip: &mut Chip, dfu: &mut Dfu) -> Result<Result<(), Refusal>, Halt> {
    let verdict = judge(chip, dfu)?;
    match verdict {
        Ok((validation, crc)) => {
            record(chip, dfu, validation, crc)?;
            Ok(Ok(()))
        }
        Err(refusal) => {
            dfu.invalidate_bank_1();
            Ok(Err(refusal))
        }
    }
}

fn judge(chip: &mut Chip, dfu: &Dfu) -> Result<Result<(StoredValidation, u32), Refusal>, Halt> {
    let image = flash::read(chip, dfu.fw_addr, dfu.fw_size)?;
    chip.pass_time(chip.now() + u64::from(dfu.fw_size) * CYCLES_PER_BYTE);
    let digest: [u8; 32] = Sha256::digest(&image).into();
    let init = dfu.init.as_ref().map(|packet| &packet.init);
    let expected = init.and_then(|init| init.hash.as_ref()).map(|hash| hash.digest());
    if expected != Some(digest) && !dfu.device.build.has(PlantedBug::HashNotChecked) {
        return Ok(Err(ExtendedError::VerificationFailed.into()));
    }
    let record = init.and_then(|init| init.boot_validation.first());
    let validation = match stored_form(record, &image) {
        Some(validation) => validation,
        None => return Ok(Err(ResultCode::InvalidObject.into())),
    };
    if !holds(chip, &dfu.device, validation, dfu.fw_addr, dfu.fw_size, false)? {
        return Ok(Err(ResultCode::InvalidObject.into()));
    }
    Ok(Ok((validation, crc32(&image))))
}

/// The record as it is stored: CRC and SHA-256 are computed here, a signature is taken over (6.2).
fn stored_form(record: Option<&BootValidation>, image: &[u8]) -> Option<StoredValidation> {
    let mut bytes = [0; 64];
    // Without a record an application is checked by CRC.
    let kind = record.map_or(ValidationType::GeneratedCrc, |record| record.kind);
    match kind {
        ValidationType::None => {}
        ValidationType::GeneratedCrc => bytes[..4].copy_from_slice(&crc32(image).to_le_bytes()),
        ValidationType::Sha256 => bytes[..32].copy_from_slice(&Sha256::digest(image)),
        ValidationType::EcdsaP256Sha256 => {
            let given = &record?.bytes;
            let length = given.len().min(64);
            bytes[..length].copy_from_slice(&given[..length]);
        }
        ValidationType::Other(_) => return None,
    }
    Some(StoredValidation { kind, bytes })
}

/// 7.6, rows "application" and "all".
fn record(chip: &mut Chip, dfu: &mut Dfu, validation: StoredValidation, crc: u32) -> Result<(), Halt> {
    let size = dfu.fw_size;
    let Some(init) = dfu.init.as_ref().map(|packet| &packet.init) else { return Ok(()) };
    let version = init.fw_version.unwrap_or(0);
    let replaces_softdevice = init.sd_req.first().is_none_or(|&first| first == 0);
    if replaces_softdevice
        && dfu.device.build.profile != Profile::Ble
        && dfu.device.softdevice_present(chip)?
    {
        let end = chip.load_word(0x3008)?;
        space::forget_softdevice(chip)?;
        let grown = dfu.device.settings.bank_0.size.wrapping_add(end.wrapping_sub(0x1000));
        dfu.device.settings.bank_0.size = grown;
    }
    let settings = &mut dfu.device.settings;
    settings.validation_app = validation;
    settings.bank_1.code = BankCode::Application;
    settings.bank_1.crc = crc;
    settings.bank_1.size = size;
    settings.bank_0.code = BankCode::Invalid;
    settings.app_version = version;
    Ok(())
}
