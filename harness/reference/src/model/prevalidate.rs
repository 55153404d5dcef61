//! The checks at Execute of the init packet, in their order (section 7.1).

use gauntlet_nrf52::{Chip, cycles_from_ms};
use gauntlet_protocol::init_packet::{self, FwType, HashType, InitCommand, InitPacket, SignatureType};
use gauntlet_protocol::{ExtendedError, ResultCode};

use super::Halt;
use super::boot::{Device, SIGNATURE_MS};
use super::dfu::Dfu;
use super::requests::Refusal;
use crate::bugs::PlantedBug;
use crate::build::Profile;
use crate::signature;

/// Judges the stored packet; on success it is the one in force.
pub(super) fn check(chip: &mut Chip, dfu: &mut Dfu) -> Result<Result<(), Refusal>, Halt> {
    let size = dfu.device.settings.progress.cmd_offset as usize;
    let bytes = dfu.device.settings.init_command[..size].to_vec();
    let Ok(packet) = init_packet::decode(&bytes) else {
        // OBJ-009: the bytes stay readable.
        return Ok(Err(ResultCode::InvalidObject.into()));
    };
    let verdict = judge(chip, &dfu.device, &packet, &bytes)?;
    dfu.init = Some(packet);
    if verdict.is_err() {
        // OBJ-010.
        dfu.fw_addr = 0;
        dfu.fw_size = 0;
        dfu.device.settings.reset_progress();
    }
    Ok(verdict)
}

fn judge(
    chip: &mut Chip,
    device: &Device,
    packet: &InitPacket,
    bytes: &[u8],
) -> Result<Result<(), Refusal>, Halt> {
    if let Err(refusal) = signed(chip, device, packet, bytes) {
        return Ok(Err(refusal));
    }
    let init = &packet.init;
    let Some(fw_type) = init.fw_type else {
        return Ok(Err(ExtendedError::InitCommandInvalid.into()));
    };
    // This build activates applications only; anything else is a type it does not know (VAL-004).
    if fw_type != FwType::Application {
        return Ok(Err(ExtendedError::InitCommandInvalid.into()));
    }
    if init.hash.as_ref().map(|hash| hash.kind) != Some(HashType::Sha256) {
        return Ok(Err(ExtendedError::WrongHashType.into()));
    }
    match init.hw_version {
        None => return Ok(Err(ExtendedError::InitCommandInvalid.into())),
        Some(version)
            if version != device.build.hw_version && !device.build.has(PlantedBug::HardwareNotChecked) =>
        {
            return Ok(Err(ExtendedError::HwVersionFailure.into()));
        }
        Some(_) => {}
    }
    if !softdevice_allowed(chip, device, init)? && !device.build.has(PlantedBug::SoftDeviceNotChecked) {
        return Ok(Err(ExtendedError::SdVersionFailure.into()));
    }
    if let Err(refusal) = version_allowed(device, init) {
        return Ok(Err(refusal));
    }
    if init.image_size() == 0 {
        return Ok(Err(ExtendedError::InitCommandInvalid.into()));
    }
    Ok(Ok(()))
}

/// Steps 4 to 7.
fn signed(chip: &mut Chip, device: &Device, packet: &InitPacket, bytes: &[u8]) -> Result<(), Refusal> {
    let required = device.build.require_signature || packet.init.fw_type != Some(FwType::Application);
    if !required {
        return Ok(());
    }
    let Some(signature) = &packet.signature else {
        if device.build.has(PlantedBug::UnsignedAccepted) {
            return Ok(());
        }
        return Err(ExtendedError::SignatureMissing.into());
    };
    if signature.kind != SignatureType::EcdsaP256Sha256 {
        return Err(ExtendedError::WrongSignatureType.into());
    }
    let Ok(raw) = <&[u8; 64]>::try_from(signature.bytes.as_slice()) else {
        return Err(ResultCode::OperationFailed.into());
    };
    chip.pass_time(chip.now() + cycles_from_ms(SIGNATURE_MS));
    if !signature::verify(&device.build.public_key, packet.signed_bytes(bytes), raw)
        && !device.build.has(PlantedBug::SignatureNotChecked)
    {
        return Err(ResultCode::InvalidObject.into());
    }
    Ok(())
}

/// 7.3, rows that an application can meet.
fn softdevice_allowed(chip: &mut Chip, device: &Device, init: &InitCommand) -> Result<bool, Halt> {
    let first = init.sd_req.first().copied();
    if !device.softdevice_present(chip)? {
        return Ok(match first {
            Some(first) if first != 0 => false,
            _ => !device.build.downgrade_prevention || init.fw_version.is_some(),
        });
    }
    let fwid = chip.load_word(0x300C)? & 0xFFFF;
    let names_it = init.sd_req.contains(&fwid);
    Ok(match first {
        None => false,
        Some(first) if first != 0 => names_it,
        Some(_) if init.sd_req.len() == 1 || !device.build.downgrade_prevention => true,
        Some(_) => device.build.profile != Profile::Ble && names_it,
    })
}

/// VAL-009..012, VAL-039.
fn version_allowed(device: &Device, init: &InitCommand) -> Result<(), Refusal> {
    if !device.build.downgrade_prevention {
        return Ok(());
    }
    let Some(version) = init.fw_version else {
        return Err(ExtendedError::InitCommandInvalid.into());
    };
    let stored = device.settings.app_version;
    let allowed = version > stored || version == stored && device.build.accept_same_version;
    if !allowed && !device.build.has(PlantedBug::VersionNotChecked) {
        return Err(ExtendedError::FwVersionFailure.into());
    }
    Ok(())
}
