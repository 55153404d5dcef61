//! Init packet, manifest and firmware held against each other.

use super::Judge;
use crate::finding::{Finding, Reason, Stage};
use crate::manifest::{Json, ManifestImage};
use gauntlet_protocol::init_packet::{FwType, InitCommand, InitPacket};
use sha2::{Digest, Sha256};

/// Where the info structure of a SoftDevice keeps its magic number, from the start of the image (address 0x3004).
const SD_MAGIC_OFFSET: usize = 0x2004;
/// The magic number.
const SD_MAGIC: u32 = 0x51B1_E5DB;
/// The MBR below the SoftDevice and the flash page, both in bytes.
const PAGE: u64 = 0x1000;

pub(super) fn check(
    judge: &mut Judge<'_>,
    manifest: &ManifestImage,
    decoded: &InitPacket,
    firmware: &[u8],
) -> Result<(), Finding> {
    let init = &decoded.init;
    let stage = Stage::Consistency;
    if let Some(kind) = init.fw_type.filter(|kind| !manifest.key.fits(*kind)) {
        let message = format!("the manifest says {}, the init packet says {kind}", manifest.key);
        return Err(judge.finding(stage, Reason::TypeMismatch, message));
    }
    let announced = u64::from(init.image_size());
    if announced != firmware.len() as u64 {
        let (bin, found) = (&manifest.bin_file, firmware.len());
        let message = format!("the init packet announces {announced} bytes, {bin} has {found}");
        return Err(judge.finding(stage, Reason::SizeMismatch, message));
    }
    let digest: [u8; 32] = Sha256::digest(firmware).into();
    if init.hash.as_ref().is_none_or(|hash| hash.digest() != digest) {
        let message = format!("the hash in the init packet is not that of {}", manifest.bin_file);
        return Err(judge.finding(stage, Reason::HashMismatch, message));
    }
    if !firmware.len().is_multiple_of(4) {
        let message = format!("{} is not a multiple of four bytes", manifest.bin_file);
        judge.warn(stage, Reason::SizeNotWordAligned, message);
    }
    if matches!(init.fw_type, Some(FwType::SoftDevice | FwType::SoftDeviceBootloader))
        && !softdevice_info_fits(firmware, init.sd_size.unwrap_or(0))
    {
        let message = "the image has no SoftDevice information at 0x3000 that fits its size";
        judge.warn(stage, Reason::SoftDeviceInfo, message);
    }
    if let Some(field) = metadata_lie(&manifest.metadata, init) {
        let message = format!("`{field}` in the manifest differs from the init packet");
        judge.warn(Stage::Manifest, Reason::MetadataMismatch, message);
    }
    Ok(())
}

/// What the device checks at the very end (7.4, steps 2 and 3).
fn softdevice_info_fits(firmware: &[u8], sd_size: u32) -> bool {
    let word = |at: usize| {
        let bytes = firmware.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    };
    let needed = (u64::from(sd_size) + PAGE).next_multiple_of(PAGE);
    word(SD_MAGIC_OFFSET) == Some(SD_MAGIC)
        && word(SD_MAGIC_OFFSET + 4).is_some_and(|size| u64::from(size) >= needed)
}

/// The first field of the informative part of the manifest that contradicts the init packet.
fn metadata_lie<'a>(metadata: &'a [(String, Json)], init: &InitCommand) -> Option<&'a str> {
    let uint = |value: Option<u32>| value.map_or(Json::Null, |value| Json::Uint(value.into()));
    let lies = |(key, value): &&(String, Json)| {
        let truth = match key.as_str() {
            "fw_version" => uint(init.fw_version),
            "hw_version" => uint(init.hw_version),
            "sd_size" => uint(init.sd_size),
            "bl_size" => uint(init.bl_size),
            "app_size" => uint(init.app_size),
            "is_debug" => Json::Bool(init.is_debug),
            "softdevice_req" => Json::Array(init.sd_req.iter().map(|&id| Json::Uint(id.into())).collect()),
            _ => return false,
        };
        *value != truth
    };
    metadata.iter().find(lies).map(|(key, _)| key.as_str())
}
