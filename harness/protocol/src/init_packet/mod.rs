//! The init packet (the `.dat` file of a package, the command object on the wire).
//!
//! | module | what |
//! |---|---|
//! | this one | the types: [`InitPacket`], [`InitCommand`], hash, signature, boot validation |
//! | [`mod@decode`] | reading with exactly the tolerance of the bootloader |
//! | [`mod@encode`] | writing as nrfutil does |
//! | [`mod@remarks`] | what a strict reader says about a packet that the bootloader would take |
//!
//! ```
//! use gauntlet_protocol::init_packet::{FwType, InitCommand, decode, encode_init_command, wrap_unsigned};
//! let init = InitCommand { fw_version: Some(2), hw_version: Some(52), fw_type: Some(FwType::Application), ..Default::default() };
//! let packet = decode(&wrap_unsigned(&encode_init_command(&init)))?;
//! assert_eq!(packet.init, init);
//! assert!(packet.signature.is_none());
//! # Ok::<(), gauntlet_protocol::init_packet::DecodeError>(())
//! ```

pub mod decode;
pub mod encode;
pub mod remarks;
mod wire;

pub use decode::{DecodeError, decode};
pub use encode::{encode_init_command, wrap_signed, wrap_unsigned};
pub use remarks::{Remark, remarks};

use crate::code::byte_code;
use std::ops::Range;

/// Largest init packet a bootloader of SDK 15.3 or later takes, in bytes (PKG-027).
pub const MAX_INIT_PACKET: usize = 512;
/// Largest number of SoftDevice ids (PKG-017).
pub const MAX_SD_REQ: usize = 16;
/// Largest number of boot validation records (PKG-017).
pub const MAX_BOOT_VALIDATION: usize = 3;
/// Length of a SHA-256 digest; a longer hash does not decode (PKG-014).
pub const HASH_LEN: usize = 32;
/// Length of an ECDSA P-256 signature; a longer one does not decode (PKG-010).
pub const SIGNATURE_LEN: usize = 64;
/// `op_code` of an init command. The bootloader ignores the field (PKG-006).
pub const OP_CODE_INIT: u8 = 1;
/// SoftDevice id meaning "any"; counts for external applications only.
pub const SD_REQ_ANY: u32 = 0xFFFE;

byte_code! {
    /// What the image is.
    FwType, "firmware type" {
        /// An application.
        Application = 0, "application", "application";
        /// A SoftDevice.
        SoftDevice = 1, "softdevice", "SoftDevice";
        /// A bootloader.
        Bootloader = 2, "bootloader", "bootloader";
        /// A SoftDevice directly followed by a bootloader.
        SoftDeviceBootloader = 3, "softdevice-bootloader", "SoftDevice and bootloader";
        /// An image the bootloader only stores.
        ExternalApplication = 4, "external-application", "external application";
    }
}

byte_code! {
    /// How the image is hashed. The bootloader takes SHA-256 only (VAL-005).
    HashType, "hash type" {
        /// No hash.
        None = 0, "none", "no hash";
        /// CRC.
        Crc = 1, "crc", "CRC";
        /// A truncated SHA.
        Sha128 = 2, "sha128", "SHA-128";
        /// SHA-256.
        Sha256 = 3, "sha256", "SHA-256";
        /// SHA-512.
        Sha512 = 4, "sha512", "SHA-512";
    }
}

byte_code! {
    /// What the bootloader checks before it starts an image.
    ValidationType, "boot validation type" {
        /// Nothing (VAL-030).
        None = 0, "none", "no validation";
        /// A CRC-32 that the bootloader computes itself.
        GeneratedCrc = 1, "crc", "generated CRC";
        /// A SHA-256 that the bootloader computes itself.
        Sha256 = 2, "sha256", "SHA-256";
        /// An ECDSA P-256 signature over the image, brought along by the package.
        EcdsaP256Sha256 = 3, "ecdsa", "ECDSA P-256 signature";
    }
}

byte_code! {
    /// How the init command is signed. The bootloader takes ECDSA P-256 only (PKG-012).
    SignatureType, "signature type" {
        /// ECDSA on P-256 with SHA-256.
        EcdsaP256Sha256 = 0, "ecdsa-p256-sha256", "ECDSA P-256 with SHA-256";
        /// Ed25519.
        Ed25519 = 1, "ed25519", "Ed25519";
    }
}

/// The hash of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hash {
    /// How it was made.
    pub kind: HashType,
    /// The bytes as they stand in the packet: a SHA-256 digest with its last byte first. At most 32.
    pub bytes: Vec<u8>,
}

impl Hash {
    /// A SHA-256 hash from a digest in its usual order.
    #[must_use]
    pub fn sha256(digest: [u8; HASH_LEN]) -> Self {
        Self { kind: HashType::Sha256, bytes: digest.iter().rev().copied().collect() }
    }

    /// The digest in its usual order, as the bootloader compares it: bytes missing at the end of a short hash are zero
    /// (PKG-015).
    #[must_use]
    pub fn digest(&self) -> [u8; HASH_LEN] {
        std::array::from_fn(|i| self.bytes.get(HASH_LEN - 1 - i).copied().unwrap_or(0))
    }
}

/// One boot validation record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootValidation {
    /// What is checked.
    pub kind: ValidationType,
    /// Signature bytes (r little-endian, s little-endian) for [`ValidationType::EcdsaP256Sha256`], else usually empty. At most 64.
    pub bytes: Vec<u8>,
}

/// The signature of an init packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// How it was made.
    pub kind: SignatureType,
    /// r little-endian, then s little-endian. At most 64 bytes; a shorter one decodes and is refused later (PKG-011).
    pub bytes: Vec<u8>,
}

/// The part of the packet that says what the image is and where it may go. Fields that are absent are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitCommand {
    /// Firmware version.
    pub fw_version: Option<u32>,
    /// Hardware version.
    pub hw_version: Option<u32>,
    /// Acceptable SoftDevice ids, in the order of the packet.
    pub sd_req: Vec<u32>,
    /// What the image is.
    pub fw_type: Option<FwType>,
    /// SoftDevice part of the image, in bytes.
    pub sd_size: Option<u32>,
    /// Bootloader part of the image, in bytes.
    pub bl_size: Option<u32>,
    /// Application image, in bytes.
    pub app_size: Option<u32>,
    /// Hash of the image.
    pub hash: Option<Hash>,
    /// Version checks are off, on a debug bootloader only (VAL-007).
    pub is_debug: bool,
    /// Boot validation records, one per image part.
    pub boot_validation: Vec<BootValidation>,
}

impl InitCommand {
    /// Length of the image in bytes by the rule of the bootloader (section 7.5), without the check against the bootloader
    /// region: 0 when the size that the type needs is absent.
    #[must_use]
    pub fn image_size(&self) -> u32 {
        let Some(kind) = self.fw_type else { return 0 };
        if matches!(kind, FwType::Application | FwType::ExternalApplication) {
            return self.app_size.unwrap_or(0);
        }
        let bit = |mask, size: Option<u32>| if kind.code() & mask != 0 { size.unwrap_or(0) } else { 0 };
        bit(1, self.sd_size).wrapping_add(bit(2, self.bl_size))
    }
}

/// A decoded init packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitPacket {
    /// `op_code` if present; without effect (PKG-006).
    pub op_code: Option<u8>,
    /// The init command, as the bootloader sees it.
    pub init: InitCommand,
    /// The signature; `None` for an unsigned packet.
    pub signature: Option<Signature>,
    /// Where the signed bytes lie in the packet: the init command up to the end of the enclosing command (PKG-008). A
    /// signature must be checked over these bytes as received, never over a copy encoded again.
    pub signed_range: Range<usize>,
}

impl InitPacket {
    /// True when the packet carries a signature, good or bad.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// The signed bytes of `packet`, which must be the bytes this was decoded from. Empty if it is too short to be that.
    #[must_use]
    pub fn signed_bytes<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        packet.get(self.signed_range.clone()).unwrap_or_default()
    }
}
