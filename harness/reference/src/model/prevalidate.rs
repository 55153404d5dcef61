//! The checks at Execute of the init packet, in their order (section 7.1).

use gauntlet_nrf52::{Chip, cycles_from_ms};
use gauntlet_package::keys::swap_halves;
use gauntlet_protocol::init_packet::{
    self, FwType, HashType, InitCommand, InitPacket, SD_REQ_ANY, SignatureType,
};
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
    let settings = &dfu.device.settings;
    // Settings that someone has made up may name a size that there is no room for.
    let size = (settings.progress.cmd_offset as usize).min(settings.init_command.len());
    let bytes = dfu.device.settings.init_command[..size].to_vec();
    let Ok(packet) = init_packet::decode(&bytes) else {
        if dfu.device.build.has(PlantedBug::UndecodableInitDropped) {
            dfu.device.settings.reset_progress();
        }
        // OBJ-009: the bytes stay readable.
        return Ok(Err(ResultCode::InvalidObject.into()));
    };
    let verdict = judge(chip, &dfu.device, &packet, &bytes)?;
    dfu.init = Some(packet);
    if verdict.is_err() {
        // OBJ-010.
        dfu.fw_addr = 0;
        dfu.fw_size = 0;
        if !dfu.device.build.has(PlantedBug::RefusedInitReadable) {
            dfu.device.settings.reset_progress();
        }
    }
    Ok(verdict)
}

/// The first check that fails decides (VAL-001), so a bad signature comes before wrong hardware (VAL-002).
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
    // PKG-020.
    let known = match init.fw_type {
        None | Some(FwType::Other(_)) => false,
        Some(FwType::ExternalApplication) => device.build.external_application,
        Some(_) => true,
    };
    if !known {
        return Ok(Err(ExtendedError::InitCommandInvalid.into()));
    }
    // PKG-016: no hash is one of the wrong type.
    if init.hash.as_ref().map(|hash| hash.kind) != Some(HashType::Sha256)
        && !device.build.has(PlantedBug::HashTypeNotChecked)
    {
        return Ok(Err(ExtendedError::WrongHashType.into()));
    }
    // VAL-007, VAL-008: only a debug build lets a packet switch these off.
    let debug = device.build.debug || device.build.has(PlantedBug::DebugFlagObeyed);
    if !(debug && init.is_debug)
        && let Err(refusal) = versions(chip, device, init)?
    {
        return Ok(Err(refusal));
    }
    if init.image_size() == 0 && !device.build.has(PlantedBug::EmptyImageAccepted) {
        return Ok(Err(ExtendedError::InitCommandInvalid.into()));
    }
    // VAL-019.
    let replaces_bootloader = matches!(init.fw_type, Some(FwType::Bootloader | FwType::SoftDeviceBootloader));
    let region = device.layout.backup_page - device.layout.bootloader;
    let unseen = device.build.has(PlantedBug::CombinedBootloaderTooLarge)
        && init.fw_type == Some(FwType::SoftDeviceBootloader);
    if replaces_bootloader && !unseen && init.bl_size.unwrap_or(0) > region {
        return Ok(Err(ResultCode::InsufficientResources.into()));
    }
    Ok(Ok(()))
}

/// Step 10: hardware, SoftDevice and firmware version, in this order.
fn versions(chip: &mut Chip, device: &Device, init: &InitCommand) -> Result<Result<(), Refusal>, Halt> {
    match init.hw_version {
        None if device.build.has(PlantedBug::MissingHardwareAccepted) => {}
        None => return Ok(Err(ExtendedError::InitCommandInvalid.into())),
        Some(version)
            if version > device.build.hw_version && device.build.has(PlantedBug::NewerHardwareAccepted)
                || version < device.build.hw_version
                    && device.build.has(PlantedBug::OlderHardwareAccepted) => {}
        Some(version)
            if device.build.has(PlantedBug::HardwareComparedShort)
                && version & 0xFF == device.build.hw_version & 0xFF => {}
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
    Ok(version_allowed(device, init))
}

/// Steps 4 to 7: a packet that is signed as it should be goes on to the other checks (PKG-001), one without signature only
/// where none is required (PKG-002).
fn signed(chip: &mut Chip, device: &Device, packet: &InitPacket, bytes: &[u8]) -> Result<(), Refusal> {
    // 7.2: what is not an application, or beside a serial build a SoftDevice, is always signed.
    let by_configuration = match packet.init.fw_type {
        Some(FwType::Application) => true,
        Some(FwType::SoftDevice) => device.build.profile != Profile::Ble,
        _ => device.build.has(PlantedBug::UnsignedSystemAccepted),
    };
    if by_configuration && !device.build.require_signature {
        return Ok(());
    }
    let Some(signature) = &packet.signature else {
        let softdevice = packet.init.fw_type == Some(FwType::SoftDevice);
        if device.build.has(PlantedBug::UnsignedAccepted)
            || softdevice && device.build.has(PlantedBug::SoftDeviceUnsigned)
        {
            return Ok(());
        }
        // VAL-003, for an application in the release configuration.
        return Err(ExtendedError::SignatureMissing.into());
    };
    if signature.kind != SignatureType::EcdsaP256Sha256
        && !device.build.has(PlantedBug::SignatureTypeNotChecked)
    {
        return Err(ExtendedError::WrongSignatureType.into());
    }
    let Ok(raw) = <&[u8; 64]>::try_from(signature.bytes.as_slice()) else {
        return Err(ResultCode::OperationFailed.into());
    };
    chip.pass_time(chip.now() + cycles_from_ms(SIGNATURE_MS));
    let holds = |raw| signature::verify(&device.build.public_key, packet.signed_bytes(bytes), raw);
    let either = device.build.has(PlantedBug::SignatureInEitherOrder);
    let mut other = *raw;
    other[63] ^= 1;
    let last_bit = device.build.has(PlantedBug::SignatureLastBitIgnored) && holds(&other);
    let zero = device.build.has(PlantedBug::ZeroSignatureAccepted) && *raw == [0; 64];
    let accepted = holds(raw)
        || zero
        || last_bit
        || either && holds(&swap_halves(raw))
        || device.build.has(PlantedBug::SignatureNotChecked);
    if !accepted {
        return Err(ResultCode::InvalidObject.into());
    }
    Ok(())
}

/// The table of 7.3, which says for each kind of image what its list must name (VAL-017).
fn softdevice_allowed(chip: &mut Chip, device: &Device, init: &InitCommand) -> Result<bool, Halt> {
    if device.build.has(PlantedBug::SystemSdReqIgnored) && init.fw_type != Some(FwType::Application) {
        return Ok(true);
    }
    let external = init.fw_type == Some(FwType::ExternalApplication);
    let ble = device.build.profile == Profile::Ble;
    let protected = device.build.downgrade_prevention || ble && init.fw_type == Some(FwType::SoftDevice);
    let any = external && init.sd_req.contains(&SD_REQ_ANY);
    let first = init.sd_req.first().copied();
    if !device.softdevice_present(chip)? {
        return Ok(match first {
            Some(first) if first != 0 => any,
            _ => !protected || init.fw_version.is_some(),
        });
    }
    let fwid = chip.load_word(0x300C)? & 0xFFFF;
    let any = any || device.build.has(PlantedBug::AnySoftDeviceAccepted) && init.sd_req.contains(&SD_REQ_ANY);
    let only_first = device.build.has(PlantedBug::OnlyFirstSdReq);
    let short = device.build.has(PlantedBug::SdReqComparedShort);
    let names_it = if only_first {
        first == Some(fwid)
    } else {
        init.sd_req.iter().any(|&named| named == fwid || short && named & 0xFF == fwid & 0xFF)
    };
    Ok(match (first, init.fw_type) {
        (None, _) => device.build.has(PlantedBug::EmptySdReqAccepted),
        (Some(first), _) if first != 0 => names_it || any,
        (_, Some(FwType::Application)) if init.sd_req.len() == 1 || !protected => true,
        (_, Some(FwType::Application)) => !ble && names_it,
        (_, Some(FwType::SoftDevice)) => !protected,
        (_, Some(FwType::Bootloader | FwType::SoftDeviceBootloader)) => true,
        _ => false,
    })
}

/// VAL-009..016, VAL-039. So the same application can be sent twice (FLT-029), and the same bootloader can't (FLT-030).
fn version_allowed(device: &Device, init: &InitCommand) -> Result<(), Refusal> {
    let prevention = device.build.downgrade_prevention;
    let same_accepted = device.build.accept_same_version && !device.build.has(PlantedBug::SameVersionRefused);
    let of_application = matches!(init.fw_type, Some(FwType::Application | FwType::SoftDevice));
    let required = match init.fw_type {
        Some(FwType::SoftDevice) => false,
        Some(FwType::Application) => prevention,
        _ => true,
    };
    let Some(version) = init.fw_version else {
        let system = !of_application && device.build.has(PlantedBug::BootloaderWithoutVersion);
        let required = required && !system && !device.build.has(PlantedBug::MissingVersionAccepted);
        return if required { Err(ExtendedError::InitCommandInvalid.into()) } else { Ok(()) };
    };
    let allowed = if of_application {
        let (mut version, mut stored) = (version, device.settings.app_version);
        if device.build.has(PlantedBug::VersionComparedSigned) {
            // As signed numbers, moved into the order of the unsigned ones.
            (version, stored) = (version ^ 0x8000_0000, stored ^ 0x8000_0000);
        }
        if device.build.has(PlantedBug::VersionComparedShort) {
            (version, stored) = (version & 0xFFFF, stored & 0xFFFF);
        }
        let softdevice = init.fw_type == Some(FwType::SoftDevice);
        !prevention
            || softdevice && device.build.has(PlantedBug::SoftDeviceVersionIgnored)
            || version > stored
            || version == stored && same_accepted
    } else {
        version > device.settings.bootloader_version
            || version == device.settings.bootloader_version
                && device.build.has(PlantedBug::SameBootloaderAccepted)
            || device.build.has(PlantedBug::BootloaderDowngradeAccepted)
    };
    if !allowed && !device.build.has(PlantedBug::VersionNotChecked) {
        return Err(ExtendedError::FwVersionFailure.into());
    }
    Ok(())
}
