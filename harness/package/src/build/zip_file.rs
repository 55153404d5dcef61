//! The container as nrfutil writes it: stored entries and a manifest with sorted keys.

use super::BuildError;
use crate::manifest::{MANIFEST_NAME, ManifestKey};
use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// One image to be packed. Nothing about it is checked.
#[derive(Debug, Clone, Copy)]
pub struct PackedImage<'a> {
    /// Its key in the manifest.
    pub key: ManifestKey,
    /// Base name of its two entries.
    pub name: &'a str,
    /// Content of `<name>.bin`.
    pub firmware: &'a [u8],
    /// Content of `<name>.dat`.
    pub init_packet: &'a [u8],
    /// Sizes of the two parts of a SoftDevice and bootloader, for the informative part of the manifest.
    pub parts: Option<PartSizes>,
}

/// Sizes of the parts of a combined image in bytes, in the order of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PartSizes {
    /// Bootloader.
    pub bl_size: u32,
    /// SoftDevice.
    pub sd_size: u32,
}

/// An image in the manifest; the fields stand in the order of the alphabet.
#[derive(Serialize)]
struct ManifestEntry {
    bin_file: String,
    dat_file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    info_read_only_metadata: Option<PartSizes>,
}

/// Writes a package. Equal images give equal bytes: the time in the zip is fixed.
///
/// # Errors
/// [`BuildError::Zip`], for example for two images of one name.
pub fn pack(images: &[PackedImage<'_>]) -> Result<Vec<u8>, BuildError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, content: &[u8]| -> Result<(), BuildError> {
        zip.start_file(name, options)?;
        zip.write_all(content).map_err(zip::result::ZipError::from)?;
        Ok(())
    };
    for image in images {
        add(&format!("{}.bin", image.name), image.firmware)?;
        add(&format!("{}.dat", image.name), image.init_packet)?;
    }
    add(MANIFEST_NAME, &manifest(images)?)?;
    Ok(zip.finish()?.into_inner())
}

/// Four spaces of indent, keys sorted.
fn manifest(images: &[PackedImage<'_>]) -> Result<Vec<u8>, BuildError> {
    let entry = |image: &PackedImage<'_>| ManifestEntry {
        bin_file: format!("{}.bin", image.name),
        dat_file: format!("{}.dat", image.name),
        info_read_only_metadata: image.parts,
    };
    let entries: BTreeMap<&str, ManifestEntry> =
        images.iter().map(|image| (image.key.name(), entry(image))).collect();
    let mut out = Vec::new();
    let mut json = serde_json::Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b"    "));
    BTreeMap::from([("manifest", entries)])
        .serialize(&mut json)
        .map_err(|error| zip::result::ZipError::from(std::io::Error::from(error)))?;
    Ok(out)
}
