//! The init packet by itself: would a bootloader take it, and is there anything odd about it?

use super::{Judge, consulted};
use crate::finding::{Finding, Reason, Stage};
use gauntlet_protocol::init_packet::{
    DecodeError, FwType, HASH_LEN, HashType, InitPacket, MAX_INIT_PACKET, OP_CODE_INIT, Remark, SD_REQ_ANY,
    SIGNATURE_LEN, SignatureType, ValidationType, decode, remarks,
};

pub(super) fn check(judge: &mut Judge<'_>, packet: &[u8]) -> Result<InitPacket, Finding> {
    let refuse = |judge: &Judge<'_>, reason, message: String| {
        Err(judge.finding(Stage::InitPacket, reason, format!("the init packet is not usable: {message}")))
    };
    if packet.is_empty() {
        return refuse(judge, Reason::Empty, "it has no bytes".into());
    }
    if packet.len() > MAX_INIT_PACKET {
        let message = format!("it has {} bytes, a bootloader takes {MAX_INIT_PACKET}", packet.len());
        return refuse(judge, Reason::TooLarge, message);
    }
    let remarks = remarks(packet);
    let decoded = match decode(packet) {
        Ok(decoded) => decoded,
        Err(error) => return refuse(judge, decode_reason(&error, &remarks), error.to_string()),
    };
    for remark in &remarks {
        let (reason, message, fatal) = judge_remark(remark, decoded.is_signed());
        if fatal {
            return refuse(judge, reason, message);
        }
        // An unpacked list is as legal as a packed one.
        if *remark != Remark::UnpackedSdReq {
            judge.warn(Stage::InitPacket, reason, message);
        }
    }
    let fields = refusals(&decoded);
    if let Some((reason, message)) = fields {
        return refuse(judge, reason, message);
    }
    warn(judge, &decoded);
    Ok(decoded)
}

fn decode_reason(error: &DecodeError, remarks: &[Remark]) -> Reason {
    let damaged = remarks.iter().any(|remark| matches!(remark, Remark::Malformed { .. }));
    match error {
        // A packet in which no init command turns up because it can't be followed to its end is damaged.
        DecodeError::NoInitCommand if damaged => Reason::MalformedProtobuf,
        DecodeError::NoInitCommand => Reason::NotAnInitCommand,
        DecodeError::SeveralInitCommands => Reason::DuplicateField,
        DecodeError::BothCommands => Reason::BothCommands,
        DecodeError::MissingField { .. } => Reason::MissingField,
        DecodeError::TooMany { field: "sd_req", .. } => Reason::TooManySdReq,
        DecodeError::TooMany { .. } => Reason::TooManyBootValidation,
        DecodeError::TooLong { field: "signature", .. } => Reason::BadSignatureLength,
        DecodeError::TooLong { field: "hash", .. } => Reason::BadHashLength,
        DecodeError::TooLong { .. } => Reason::BootValidationBytes,
        DecodeError::ValueTooLarge { .. } => Reason::ValueOutOfRange,
        DecodeError::Truncated { .. } | DecodeError::VarintTooLong { .. } | DecodeError::WireType { .. } => {
            Reason::MalformedProtobuf
        }
    }
}

/// Reason, words, and whether a strict reader refuses.
fn judge_remark(remark: &Remark, signed: bool) -> (Reason, String, bool) {
    match remark {
        Remark::UnknownField { message, field } => {
            (Reason::UnknownField, format!("{message} has a field {field} that nobody knows"), false)
        }
        Remark::RepeatedField { message, field } => {
            (Reason::DuplicateField, format!("{message} has field {field} twice"), true)
        }
        Remark::LongVarint { offset } => {
            let message = format!("the number at byte {offset} is written longer than needed");
            (Reason::NonCanonicalVarint, message, false)
        }
        Remark::UnpackedSdReq => (Reason::UnknownField, "sd_req is not packed".into(), false),
        Remark::TrailingBytes { message, offset, count } => {
            let message = format!("{message} ends with {count} bytes, from byte {offset}, that are no field");
            (Reason::TrailingBytes, message, true)
        }
        Remark::FieldsBehindInit { offset } => {
            let message = format!("the fields from byte {offset} on stand behind the init command");
            (Reason::FieldsBehindInit, message, signed)
        }
        Remark::Malformed { offset } => {
            (Reason::MalformedProtobuf, format!("it makes no sense from byte {offset} on"), true)
        }
    }
}

/// What the bootloader refuses in a packet that decodes, as far as it does not depend on the device.
fn refusals(decoded: &InitPacket) -> Option<(Reason, String)> {
    let init = &decoded.init;
    if let Some(signature) = &decoded.signature {
        if signature.kind != SignatureType::EcdsaP256Sha256 {
            let message = format!("the signature is {}, not ECDSA P-256", signature.kind);
            return Some((Reason::UnsupportedSignatureType, message));
        }
        if signature.bytes.len() != SIGNATURE_LEN {
            let found = signature.bytes.len();
            let message = format!("the signature has {found} bytes, it must have {SIGNATURE_LEN}");
            return Some((Reason::BadSignatureLength, message));
        }
    }
    let missing = |field: &str| Some((Reason::MissingField, format!("{field} is missing")));
    let kind = match init.fw_type {
        None => return missing("type"),
        Some(FwType::Other(code)) => {
            return Some((Reason::UnknownType, format!("nobody knows the type {code}")));
        }
        Some(kind) => kind,
    };
    let Some(hash) = &init.hash else { return missing("hash") };
    if hash.kind != HashType::Sha256 {
        return Some((Reason::UnsupportedHashType, format!("the hash is {}, not SHA-256", hash.kind)));
    }
    if hash.bytes.len() != HASH_LEN {
        let message = format!("the hash has {} bytes, a SHA-256 has {HASH_LEN}", hash.bytes.len());
        return Some((Reason::BadHashLength, message));
    }
    if init.hw_version.is_none() {
        return missing("hw_version");
    }
    // A SoftDevice needs no version (VAL-013).
    if init.fw_version.is_none() && kind != FwType::SoftDevice {
        return missing("fw_version");
    }
    let sizes = match kind {
        FwType::SoftDevice => vec![("sd_size", init.sd_size)],
        FwType::Bootloader => vec![("bl_size", init.bl_size)],
        FwType::SoftDeviceBootloader => vec![("sd_size", init.sd_size), ("bl_size", init.bl_size)],
        _ => vec![("app_size", init.app_size)],
    };
    for (name, size) in sizes {
        if size.unwrap_or(0) == 0 {
            return Some((Reason::MissingField, format!("{name} is missing or zero")));
        }
    }
    for (kind, bytes, _) in consulted(decoded) {
        match kind {
            ValidationType::Other(code) => {
                let message = format!("nobody knows the boot validation type {code}");
                return Some((Reason::UnknownBootValidation, message));
            }
            ValidationType::EcdsaP256Sha256 if bytes.len() != SIGNATURE_LEN => {
                let found = bytes.len();
                let message =
                    format!("the ECDSA boot validation has {found} bytes, it must have {SIGNATURE_LEN}");
                return Some((Reason::BootValidationBytes, message));
            }
            _ => {}
        }
    }
    None
}

fn warn(judge: &mut Judge<'_>, decoded: &InitPacket) {
    let mut warn = |reason, message: &str| judge.warn(Stage::InitPacket, reason, message);
    let init = &decoded.init;
    if decoded.op_code != Some(OP_CODE_INIT) {
        warn(Reason::MissingOpCode, "the operation code is not that of an init command");
    }
    if init.is_debug {
        warn(Reason::DebugBit, "the debug bit is set");
    }
    if init.sd_req.is_empty() {
        warn(Reason::SdReqEmpty, "the list of SoftDevice ids is empty");
    }
    if init.sd_req.iter().any(|&id| id > u32::from(u16::MAX)) {
        warn(Reason::SdReqWide, "a SoftDevice id has more than 16 bits");
    }
    let external = init.fw_type == Some(FwType::ExternalApplication);
    // A debug package is about to skip the check anyway.
    if init.sd_req.contains(&SD_REQ_ANY) && !external && !init.is_debug {
        warn(Reason::SdReqAny, "0xFFFE is not an id of any SoftDevice");
    }
    for (kind, bytes, _) in consulted(decoded) {
        if kind != ValidationType::EcdsaP256Sha256 && !bytes.is_empty() {
            let message = "the boot validation carries bytes that the bootloader computes itself";
            warn(Reason::BootValidationBytesIgnored, message);
        }
    }
}
