//! Signing a finished package, with another key or for the first time.

use super::{BuildError, PackedImage, PartSizes, boot_validation, pack};
use crate::keys::SigningKey;
use crate::{Image, ManifestKey, Package};
use gauntlet_protocol::init_packet::{
    FwType, InitCommand, SignatureType, ValidationType, encode_init_command, wrap_signed,
};

/// The package with every image signed by this key, and its ECDSA boot validations made anew: a bootloader checks both with
/// one key. Init commands are kept as they are, byte for byte, unless a boot validation in them changes.
///
/// # Errors
/// [`BuildError::Zip`] when two images have files of one name in different folders.
pub fn sign(package: &Package, key: &SigningKey) -> Result<Vec<u8>, BuildError> {
    let packets: Vec<Vec<u8>> =
        package.images.iter().map(|image| signed(image, key)).collect::<Result<_, _>>()?;
    let images: Vec<PackedImage<'_>> = package
        .images
        .iter()
        .zip(&packets)
        .map(|(image, init_packet)| PackedImage {
            key: image.key,
            name: image.bin_name.strip_suffix(".bin").unwrap_or(&image.bin_name),
            firmware: &image.firmware,
            init_packet,
            parts: parts(image),
        })
        .collect();
    pack(&images)
}

fn parts(image: &Image) -> Option<PartSizes> {
    let InitCommand { sd_size, bl_size, .. } = image.init.init;
    (image.key == ManifestKey::SoftDeviceBootloader)
        .then(|| PartSizes { sd_size: sd_size.unwrap_or(0), bl_size: bl_size.unwrap_or(0) })
}

fn signed(image: &Image, key: &SigningKey) -> Result<Vec<u8>, BuildError> {
    let mut init = image.init.init.clone();
    // The signature is over the first part of an image of two.
    let first_part = match init.fw_type {
        Some(FwType::SoftDeviceBootloader) => init.sd_size.unwrap_or(0) as usize,
        _ => image.firmware.len(),
    };
    let covered = image.firmware.get(..first_part).unwrap_or(&image.firmware);
    let mut renewed = false;
    for record in init.boot_validation.iter_mut().filter(|r| r.kind == ValidationType::EcdsaP256Sha256) {
        *record = boot_validation(record.kind, covered, Some(key))?;
        renewed = true;
    }
    let command = if renewed { encode_init_command(&init) } else { image.signed_bytes().to_vec() };
    Ok(wrap_signed(&command, SignatureType::EcdsaP256Sha256, &key.sign(&command)))
}
