//! Packages that are wrong in one chosen respect, for scenarios that prove that a device refuses them.

use crate::keys::swap_halves;
use gauntlet_protocol::init_packet::{
    BootValidation, FwType, Hash, HashType, InitCommand, SignatureType, encode_init_command, wrap_unsigned,
};

/// A field of the init command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `fw_version`.
    FwVersion,
    /// `hw_version`.
    HwVersion,
    /// `sd_req`.
    SdReq,
    /// `type`.
    Type,
    /// `app_size`.
    AppSize,
    /// `sd_size`.
    SdSize,
    /// `bl_size`.
    BlSize,
    /// `hash`.
    Hash,
    /// `boot_validation`.
    BootValidation,
}

/// One thing made wrong. A package signed with another key needs none of these: sign it with
/// [`TestKey::Other`](crate::keys::TestKey::Other), or not at all.
///
/// Each variant names what a device with default configuration answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tamper {
    /// One bit of the hash is wrong, signed all the same. `verification-failed` at the last Execute (VAL-021).
    HashBit,
    /// One bit of the firmware byte at this offset is wrong. `verification-failed` at the last Execute. Beyond the end: the last byte.
    FirmwareBit(usize),
    /// The init packet announces another size than the firmware has, signed all the same.
    ClaimedSize(u32),
    /// Another image type, signed all the same (VAL-004).
    Type(FwType),
    /// Another hash type. `hash-type` (VAL-005).
    HashType(HashType),
    /// A field left out, signed all the same. `init-command-invalid` for most (VAL-006, VAL-012, VAL-018).
    Without(Field),
    /// Other boot validation bytes. For ECDSA `invalid-object` at the last Execute (VAL-025).
    BootValidationBytes(Vec<u8>),
    /// The version is changed after signing. `invalid-object` (PKG-013).
    VersionAfterSigning(u32),
    /// One bit of the signature is wrong. `invalid-object` (PKG-013).
    SignatureBit,
    /// The two halves of the signature have their most significant byte first. `invalid-object` (PKG-013).
    SignatureByteOrder,
    /// The signature is cut to this many bytes. `operation-failed` (PKG-011).
    SignatureLength(usize),
    /// The signature claims another type. `signature-type` (PKG-012).
    SignatureType(SignatureType),
    /// An unsigned command beside the signed one. `invalid-object` (PKG-003).
    BothCommands,
    /// Bytes behind the packet. Zeros are accepted (PKG-021).
    PacketTail(Vec<u8>),
    /// Only the first bytes of the packet. `invalid-object` (PKG-023).
    PacketCut(usize),
}

impl Tamper {
    pub(super) fn before_signing(&self, init: &mut InitCommand) {
        match self {
            Self::HashBit => {
                if let Some(byte) = init.hash.as_mut().and_then(|hash| hash.bytes.first_mut()) {
                    *byte ^= 1;
                }
            }
            Self::ClaimedSize(size) => init.app_size = Some(*size),
            Self::Type(kind) => init.fw_type = Some(*kind),
            Self::HashType(kind) => {
                let bytes = init.hash.take().map(|hash| hash.bytes).unwrap_or_default();
                init.hash = Some(Hash { kind: *kind, bytes });
            }
            Self::Without(field) => match field {
                Field::FwVersion => init.fw_version = None,
                Field::HwVersion => init.hw_version = None,
                Field::SdReq => init.sd_req.clear(),
                Field::Type => init.fw_type = None,
                Field::AppSize => init.app_size = None,
                Field::SdSize => init.sd_size = None,
                Field::BlSize => init.bl_size = None,
                Field::Hash => init.hash = None,
                Field::BootValidation => init.boot_validation.clear(),
            },
            Self::BootValidationBytes(bytes) => {
                for BootValidation { bytes: old, .. } in &mut init.boot_validation {
                    old.clone_from(bytes);
                }
            }
            _ => {}
        }
    }

    pub(super) fn after_signing(
        &self,
        init: &mut InitCommand,
        init_command: &mut Vec<u8>,
        signature: &mut Option<(SignatureType, Vec<u8>)>,
    ) {
        match (self, signature) {
            (Self::VersionAfterSigning(version), _) => {
                init.fw_version = Some(*version);
                *init_command = encode_init_command(init);
            }
            (Self::SignatureBit, Some((_, bytes))) => {
                if let Some(byte) = bytes.first_mut() {
                    *byte ^= 1;
                }
            }
            (Self::SignatureByteOrder, Some((_, bytes))) => {
                if let Ok(signature) = <&[u8; 64]>::try_from(bytes.as_slice()) {
                    *bytes = swap_halves(signature).to_vec();
                }
            }
            (Self::SignatureLength(len), Some((_, bytes))) => bytes.resize(*len, 0),
            (Self::SignatureType(kind), Some((old, _))) => *old = *kind,
            _ => {}
        }
    }

    pub(super) fn finished(&self, init_command: &[u8], packet: &mut Vec<u8>, firmware: &mut [u8]) {
        match self {
            Self::FirmwareBit(offset) => {
                let last = firmware.len().saturating_sub(1);
                if let Some(byte) = firmware.get_mut((*offset).min(last)) {
                    *byte ^= 1;
                }
            }
            Self::BothCommands => packet.extend(wrap_unsigned(init_command)),
            Self::PacketTail(bytes) => packet.extend(bytes),
            Self::PacketCut(len) => packet.truncate(*len),
            _ => {}
        }
    }
}
