//! What is known about an image of a package.

use gauntlet_package::keys::PublicKey;
use gauntlet_package::{Finding, Image};
use gauntlet_record::{HexBytes, Sha256};
use serde::Serialize;
use sha2::Digest;

use super::verifies;

/// One image.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ImageFacts {
    /// Its key in the manifest.
    pub(super) key: &'static str,
    /// What it is, from the init packet.
    pub(super) kind: String,
    pub(super) firmware_file: String,
    pub(super) firmware_bytes: usize,
    pub(super) firmware_sha256: Sha256,
    pub(super) init_packet_file: String,
    pub(super) init_packet_bytes: usize,
    pub(super) fw_version: Option<u32>,
    pub(super) hw_version: Option<u32>,
    /// Firmware ids of SoftDevices that it can run with.
    pub(super) sd_req: Vec<u32>,
    pub(super) sd_size: Option<u32>,
    pub(super) bl_size: Option<u32>,
    pub(super) app_size: Option<u32>,
    pub(super) is_debug: bool,
    pub(super) hash: Option<HashFacts>,
    pub(super) boot_validation: Vec<ValidationFacts>,
    /// Nothing for an unsigned image.
    pub(super) signature: Option<SignatureFacts>,
}

/// The hash in the init packet.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct HashFacts {
    pub(super) kind: String,
    /// In the usual order of the bytes; the packet has them reversed.
    pub(super) digest: HexBytes,
}

/// What the bootloader checks before it starts the image.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ValidationFacts {
    pub(super) kind: String,
    pub(super) bytes: HexBytes,
}

/// The signature of the init packet.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct SignatureFacts {
    pub(super) kind: String,
    /// As in the packet: r, then s, each with its least significant byte first.
    pub(super) bytes: HexBytes,
    /// Whether it belongs to the key that was named; nothing without a key.
    pub(super) verified: Option<bool>,
}

/// A warning, or why the package is refused.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::verb) struct Remark {
    /// Where in the reading it was noticed.
    pub(in crate::verb) stage: &'static str,
    /// The entry of the zip.
    pub(in crate::verb) entry: Option<String>,
    pub(in crate::verb) reason: &'static str,
    pub(in crate::verb) message: String,
    pub(in crate::verb) advice: &'static str,
}

impl ImageFacts {
    pub(super) fn of(image: &Image, key: Option<&PublicKey>) -> Self {
        let init = &image.init.init;
        let hash = init.hash.as_ref().map(|hash| HashFacts {
            kind: hash.kind.name().into_owned(),
            digest: hash.bytes.iter().rev().copied().collect::<Vec<u8>>().into(),
        });
        let signature = image.init.signature.as_ref().map(|signature| SignatureFacts {
            kind: signature.kind.name().into_owned(),
            bytes: signature.bytes.clone().into(),
            verified: key.map(|key| verifies(key, image.signed_bytes(), &signature.bytes)),
        });
        let validations = init.boot_validation.iter();
        Self {
            key: image.key.name(),
            kind: image.kind.name().into_owned(),
            firmware_file: image.bin_name.clone(),
            firmware_bytes: image.firmware.len(),
            firmware_sha256: Sha256(sha2::Sha256::digest(&image.firmware).into()),
            init_packet_file: image.dat_name.clone(),
            init_packet_bytes: image.init_packet.len(),
            fw_version: init.fw_version,
            hw_version: init.hw_version,
            sd_req: init.sd_req.clone(),
            sd_size: init.sd_size,
            bl_size: init.bl_size,
            app_size: init.app_size,
            is_debug: init.is_debug,
            hash,
            boot_validation: validations
                .map(|validation| ValidationFacts {
                    kind: validation.kind.name().into_owned(),
                    bytes: validation.bytes.clone().into(),
                })
                .collect(),
            signature,
        }
    }
}

impl Remark {
    pub(in crate::verb) fn of(finding: &Finding) -> Self {
        Self {
            stage: finding.stage.name(),
            entry: finding.entry.clone(),
            reason: finding.reason.name(),
            message: finding.message.clone(),
            advice: finding.reason.advice(),
        }
    }
}
