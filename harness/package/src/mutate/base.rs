//! The good package that a wrong one is made from.

use super::MutateError;
use super::raw_zip::{Entry, RawZip};
use super::wire::{Field, fields, join, nested, typed, uint};
use crate::keys::{SigningKey, TestKey};
use crate::manifest::{MANIFEST_NAME, ManifestKey};
use crate::{Image, Package};
use sha2::{Digest, Sha256};

/// Numbers of fields in the init command.
pub(super) const FW_VERSION: u32 = 1;
pub(super) const HW_VERSION: u32 = 2;
pub(super) const SD_REQ: u32 = 3;
pub(super) const TYPE: u32 = 4;
pub(super) const BL_SIZE: u32 = 6;
pub(super) const APP_SIZE: u32 = 7;
pub(super) const HASH: u32 = 8;
pub(super) const IS_DEBUG: u32 = 9;
pub(super) const BOOT_VALIDATION: u32 = 10;

/// A good package with one application, taken apart and signed.
pub(super) struct Base {
    pub(super) name: String,
    pub(super) firmware: Vec<u8>,
    pub(super) fields: Vec<Field>,
    pub(super) key: SigningKey,
    /// A key that did not sign the package.
    pub(super) other_key: SigningKey,
}

impl Base {
    pub(super) fn of(package: &Package, key: &SigningKey) -> Result<Self, MutateError> {
        let [image @ Image { key: ManifestKey::Application, .. }] = package.images.as_slice() else {
            return Err(MutateError::NotOneApplication);
        };
        if image.firmware.len() < 8 {
            return Err(MutateError::NotOneApplication);
        }
        let base_name = image.bin_name.rsplit('/').next().unwrap_or(&image.bin_name);
        let release = TestKey::Release.signing_key();
        let is_release = key.public_key() == release.public_key();
        Ok(Self {
            name: base_name.strip_suffix(".bin").unwrap_or(base_name).to_owned(),
            firmware: image.firmware.clone(),
            fields: fields(image.signed_bytes()).ok_or(MutateError::OddInitPacket)?,
            key: key.clone(),
            other_key: if is_release { TestKey::Other.signing_key() } else { release },
        })
    }

    pub(super) fn bin(&self) -> String {
        format!("{}.bin", self.name)
    }

    pub(super) fn dat(&self) -> String {
        format!("{}.dat", self.name)
    }

    /// The init command: the bytes to sign.
    pub(super) fn init(&self) -> Vec<u8> {
        join(&self.fields)
    }

    /// The init command with one field encoded otherwise; nothing leaves it out.
    pub(super) fn init_with(&self, changes: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let mut fields = self.fields.clone();
        for (number, bytes) in changes {
            let at = fields.iter().position(|field| field.number >= *number).unwrap_or(fields.len());
            fields.retain(|field| field.number != *number);
            fields.insert(at.min(fields.len()), Field { number: *number, bytes: bytes.clone() });
        }
        join(&fields)
    }

    /// An init packet around an init command, signed.
    pub(super) fn sign(&self, init: &[u8]) -> Vec<u8> {
        signed(&command(init), &self.key.sign(init))
    }

    /// The package with another init packet.
    pub(super) fn with_packet(&self, packet: &[u8]) -> Vec<u8> {
        self.zip(&self.firmware, packet, &self.manifest()).bytes()
    }

    /// The package with some fields of the init command changed, signed again.
    pub(super) fn with_fields(&self, changes: &[(u32, Vec<u8>)]) -> Vec<u8> {
        self.with_packet(&self.sign(&self.init_with(changes)))
    }

    /// The package with other firmware.
    pub(super) fn with_firmware(&self, firmware: &[u8]) -> Vec<u8> {
        self.zip(firmware, &self.packet(), &self.manifest()).bytes()
    }

    /// The package with another manifest.
    pub(super) fn with_manifest(&self, manifest: impl AsRef<[u8]>) -> Vec<u8> {
        self.zip(&self.firmware, &self.packet(), manifest.as_ref()).bytes()
    }

    /// The good init packet.
    pub(super) fn packet(&self) -> Vec<u8> {
        self.sign(&self.init())
    }

    /// The good manifest.
    pub(super) fn manifest(&self) -> Vec<u8> {
        manifest("application", &files(&self.bin(), &self.dat())).into_bytes()
    }

    /// The three entries, to be packed.
    pub(super) fn zip(&self, firmware: &[u8], packet: &[u8], manifest: &[u8]) -> RawZip {
        let entries = vec![
            Entry::stored(&self.bin(), firmware),
            Entry::stored(&self.dat(), packet),
            Entry::stored(MANIFEST_NAME, manifest),
        ];
        RawZip { entries, ..RawZip::default() }
    }

    /// The good package, to be packed.
    pub(super) fn good(&self) -> RawZip {
        self.zip(&self.firmware, &self.packet(), &self.manifest())
    }

    /// Other firmware that its init packet describes rightly.
    pub(super) fn described(&self, firmware: &[u8]) -> Vec<u8> {
        let mut hash = Sha256::digest(firmware).to_vec();
        hash.reverse();
        let init = self.init_with(&[
            (APP_SIZE, uint(APP_SIZE, firmware.len() as u64)),
            (HASH, typed(HASH, 3, &hash)),
            (BOOT_VALIDATION, typed(BOOT_VALIDATION, 1, &[])),
        ]);
        self.zip(firmware, &self.sign(&init), &self.manifest()).bytes()
    }

    /// The hash of the firmware as it stands in the packet.
    pub(super) fn hash(&self) -> Vec<u8> {
        Sha256::digest(&self.firmware).iter().rev().copied().collect()
    }
}

/// A command around an init command.
pub(super) fn command(init: &[u8]) -> Vec<u8> {
    [uint(1, 1), nested(2, init)].concat()
}

/// A packet around a command, with a signature of type ECDSA.
pub(super) fn signed(command: &[u8], signature: &[u8]) -> Vec<u8> {
    nested(2, &[nested(1, command), uint(2, 0), nested(3, signature)].concat())
}

/// The file names of an image in a manifest.
pub(super) fn files(bin: &str, dat: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    format!("\"bin_file\": {}, \"dat_file\": {}", quoted(bin), quoted(dat))
}

/// A manifest with one image.
pub(super) fn manifest(key: &str, members: &str) -> String {
    format!("{{\"manifest\": {{\"{key}\": {{{members}}}}}}}")
}
