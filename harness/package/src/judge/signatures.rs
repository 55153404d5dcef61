//! Signatures: their form always, their truth when a public key is known.

use super::{Judge, Part, consulted};
use crate::finding::{Finding, Reason, Stage};
use crate::keys::{PublicKey, SignatureError, check_signature_form};
use gauntlet_protocol::init_packet::{InitPacket, ValidationType};

pub(super) fn check(
    judge: &mut Judge<'_>,
    decoded: &InitPacket,
    packet: &[u8],
    firmware: &[u8],
    public_key: Option<&PublicKey>,
) -> Result<(), Finding> {
    match &decoded.signature {
        None => {
            let message = "the init packet is not signed";
            judge.warn(Stage::Signature, Reason::UnsignedPackage, message);
        }
        Some(signature) => {
            let signed = decoded.signed_bytes(packet);
            verify(public_key, signed, &signature.bytes).map_err(|error| {
                let reason = match error {
                    SignatureError::Mismatch => Reason::BadSignature,
                    SignatureError::Length { .. } => Reason::BadSignatureLength,
                    SignatureError::OutOfRange => Reason::SignatureOutOfRange,
                };
                judge.finding(Stage::Signature, reason, error.to_string())
            })?;
        }
    }
    for (kind, bytes, part) in consulted(decoded) {
        if kind != ValidationType::EcdsaP256Sha256 {
            continue;
        }
        let sd_size = decoded.init.sd_size.map_or(0, |size| size as usize).min(firmware.len());
        let covered = match part {
            Part::Whole => firmware,
            Part::SoftDevice => &firmware[..sd_size],
            Part::Rest => &firmware[sd_size..],
        };
        verify(public_key, covered, bytes).map_err(|error| {
            let reason = match error {
                SignatureError::OutOfRange => Reason::SignatureOutOfRange,
                _ => Reason::BootValidationBadSignature,
            };
            judge.finding(Stage::Signature, reason, format!("boot validation: {error}"))
        })?;
    }
    Ok(())
}

fn verify(key: Option<&PublicKey>, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    match key {
        Some(key) => key.verify(message, signature),
        None => check_signature_form(signature),
    }
}
