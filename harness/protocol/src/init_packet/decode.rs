//! Reading init packets with exactly the tolerance of the bootloader (PKG-003..010, PKG-014, PKG-015, PKG-017..019,
//! PKG-021..023, PKG-025..027, PKG-033..036).

use super::wire::{BYTES, Stream, Tag, VARINT};
use super::{
    BootValidation, HASH_LEN, Hash, InitCommand, InitPacket, MAX_BOOT_VALIDATION, MAX_SD_REQ, SIGNATURE_LEN,
    Signature,
};
use std::ops::Range;

/// Why a packet does not decode. The bootloader answers 05 to all of these and keeps the bytes (OBJ-009).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The packet ends inside a field, or a length points past the end of its message (PKG-023).
    #[error("the packet ends too early, at byte {offset}")]
    Truncated {
        /// Where in the packet.
        offset: usize,
    },
    /// A varint of more than ten bytes, or a tag or length of more than five (PKG-035).
    #[error("the number at byte {offset} has too many bytes")]
    VarintTooLong {
        /// Where in the packet.
        offset: usize,
    },
    /// A known field with another wire type, or a wire type that does not exist (PKG-036).
    #[error("field {field} at byte {offset} has wire type {wire_type}, which does not fit")]
    WireType {
        /// Field number.
        field: u32,
        /// Wire type found.
        wire_type: u8,
        /// Where in the packet.
        offset: usize,
    },
    /// An integer above 32 bits or an enum above 255 (PKG-019).
    #[error("{field} is {value}, the largest value the device can hold is {max}")]
    ValueTooLarge {
        /// Field name.
        field: &'static str,
        /// Largest value.
        max: u64,
        /// Value found.
        value: u64,
    },
    /// Hash, signature or boot validation bytes longer than the device can hold (PKG-010, PKG-014).
    #[error("{field} has {found} bytes, at most {max} are allowed")]
    TooLong {
        /// Field name.
        field: &'static str,
        /// Most bytes.
        max: usize,
        /// Bytes found.
        found: usize,
    },
    /// Too many entries of a repeated field (PKG-017).
    #[error("{field} has more than {max} entries")]
    TooMany {
        /// Field name.
        field: &'static str,
        /// Most entries.
        max: usize,
    },
    /// A required field is missing (PKG-009).
    #[error("{message} has no {field}")]
    MissingField {
        /// Message name.
        message: &'static str,
        /// Field name.
        field: &'static str,
    },
    /// No init command inside (PKG-004).
    #[error("there is no init command in the packet")]
    NoInitCommand,
    /// More than one init command (PKG-005).
    #[error("there is more than one init command in the packet")]
    SeveralInitCommands,
    /// Both the signed and the unsigned form (PKG-003).
    #[error("the packet has both a signed and an unsigned command")]
    BothCommands,
}

/// Decodes an init packet as the bootloader does: a packet is accepted here exactly when it is there.
///
/// # Errors
/// [`DecodeError`], the first thing the bootloader's decoder would stop at.
pub fn decode(packet: &[u8]) -> Result<InitPacket, DecodeError> {
    let mut draft = Draft::default();
    draft.packet(&mut Stream::new(packet))?;

    let signed_range = match draft.init_ranges.as_slice() {
        [] => return Err(DecodeError::NoInitCommand),
        _ if draft.has_command && draft.has_signed_command => return Err(DecodeError::BothCommands),
        [range] => range.clone(),
        _ => return Err(DecodeError::SeveralInitCommands),
    };
    let mut init = draft.init;
    if draft.has_signed_command {
        // A signed command is read a second time from the signed bytes, which reach to the end of the enclosing
        // command: what follows the init command there is taken for more of its fields (PKG-008).
        init = InitCommand::default();
        init_command(&mut Stream::over(packet, signed_range.clone()), &mut init)?;
    }
    Ok(InitPacket { op_code: draft.op_code, init, signature: draft.signature, signed_range })
}

/// What has been read so far. Messages given twice are merged, as there.
#[derive(Default)]
struct Draft {
    has_command: bool,
    has_signed_command: bool,
    op_code: Option<u8>,
    init: InitCommand,
    init_ranges: Vec<Range<usize>>,
    signature: Option<Signature>,
}

impl Draft {
    fn packet(&mut self, stream: &mut Stream<'_>) -> Result<(), DecodeError> {
        while let Some(tag) = stream.tag()? {
            match tag.field {
                1 => {
                    self.has_command = true;
                    let mut nested = nested(stream, tag)?;
                    self.command(&mut nested)?;
                    stream.close(&nested);
                }
                2 => {
                    self.has_signed_command = true;
                    let mut nested = nested(stream, tag)?;
                    self.signed_command(&mut nested)?;
                    stream.close(&nested);
                }
                _ => stream.skip(tag)?,
            }
        }
        Ok(())
    }

    fn signed_command(&mut self, stream: &mut Stream<'_>) -> Result<(), DecodeError> {
        let message = "the signed command";
        let (mut has_command, mut kind, mut signature) = (false, None, None);
        while let Some(tag) = stream.tag()? {
            match tag.field {
                1 => {
                    has_command = true;
                    let mut nested = nested(stream, tag)?;
                    self.command(&mut nested)?;
                    stream.close(&nested);
                }
                2 => kind = Some(byte(stream, tag, "signature_type")?),
                3 => signature = Some(bytes(stream, tag, "signature", SIGNATURE_LEN)?),
                _ => stream.skip(tag)?,
            }
        }
        if !has_command {
            return Err(DecodeError::MissingField { message, field: "command" });
        }
        let kind = kind.ok_or(DecodeError::MissingField { message, field: "signature_type" })?.into();
        let bytes = signature.ok_or(DecodeError::MissingField { message, field: "signature" })?;
        self.signature = Some(Signature { kind, bytes });
        Ok(())
    }

    fn command(&mut self, stream: &mut Stream<'_>) -> Result<(), DecodeError> {
        while let Some(tag) = stream.tag()? {
            match tag.field {
                1 => self.op_code = Some(byte(stream, tag, "op_code")?),
                2 => {
                    let mut nested = nested(stream, tag)?;
                    // The device notes all that is left of the command behind the length, not just the init command.
                    let start = nested.pos();
                    self.init_ranges.push(start..start + nested.left() + stream.left());
                    init_command(&mut nested, &mut self.init)?;
                    stream.close(&nested);
                }
                _ => stream.skip(tag)?,
            }
        }
        Ok(())
    }
}

fn init_command(stream: &mut Stream<'_>, init: &mut InitCommand) -> Result<(), DecodeError> {
    while let Some(tag) = stream.tag()? {
        match tag.field {
            1 => init.fw_version = Some(uint(stream, tag, "fw_version")?),
            2 => init.hw_version = Some(uint(stream, tag, "hw_version")?),
            3 => sd_req(stream, tag, &mut init.sd_req)?,
            4 => init.fw_type = Some(byte(stream, tag, "type")?.into()),
            5 => init.sd_size = Some(uint(stream, tag, "sd_size")?),
            6 => init.bl_size = Some(uint(stream, tag, "bl_size")?),
            7 => init.app_size = Some(uint(stream, tag, "app_size")?),
            8 => {
                let (kind, bytes) = typed_bytes(stream, tag, &HASH)?;
                init.hash = Some(Hash { kind: kind.into(), bytes });
            }
            9 => init.is_debug = flag(stream, tag, "is_debug")?,
            10 => {
                if init.boot_validation.len() >= MAX_BOOT_VALIDATION {
                    return Err(DecodeError::TooMany { field: "boot_validation", max: MAX_BOOT_VALIDATION });
                }
                let (kind, bytes) = typed_bytes(stream, tag, &BOOT_VALIDATION)?;
                init.boot_validation.push(BootValidation { kind: kind.into(), bytes });
            }
            _ => stream.skip(tag)?,
        }
    }
    Ok(())
}

/// Names and limit of the two messages that hold a type and bytes.
struct TypedBytes {
    message: &'static str,
    kind: &'static str,
    bytes: &'static str,
    max: usize,
}

const HASH: TypedBytes = TypedBytes { message: "the hash", kind: "hash_type", bytes: "hash", max: HASH_LEN };
const BOOT_VALIDATION: TypedBytes = TypedBytes {
    message: "the boot validation",
    kind: "boot_validation.type",
    bytes: "boot_validation.bytes",
    max: SIGNATURE_LEN,
};

fn typed_bytes(stream: &mut Stream<'_>, tag: Tag, names: &TypedBytes) -> Result<(u8, Vec<u8>), DecodeError> {
    let mut nested = nested(stream, tag)?;
    let (mut kind, mut value) = (None, None);
    while let Some(tag) = nested.tag()? {
        match tag.field {
            1 => kind = Some(byte(&mut nested, tag, names.kind)?),
            2 => value = Some(bytes(&mut nested, tag, names.bytes, names.max)?),
            _ => nested.skip(tag)?,
        }
    }
    stream.close(&nested);
    let missing = |field| DecodeError::MissingField { message: names.message, field };
    Ok((kind.ok_or_else(|| missing(names.kind))?, value.ok_or_else(|| missing(names.bytes))?))
}

/// Packed and unpacked form are both taken, also mixed (PKG-018).
fn sd_req(stream: &mut Stream<'_>, tag: Tag, list: &mut Vec<u32>) -> Result<(), DecodeError> {
    let too_many = DecodeError::TooMany { field: "sd_req", max: MAX_SD_REQ };
    if tag.wire_type != BYTES {
        if list.len() >= MAX_SD_REQ {
            return Err(too_many);
        }
        list.push(uint(stream, tag, "sd_req")?);
        return Ok(());
    }
    let mut packed = stream.nested()?;
    while packed.left() > 0 {
        if list.len() >= MAX_SD_REQ {
            return Err(too_many);
        }
        list.push(uint32("sd_req", packed.varint()?)?);
    }
    stream.close(&packed);
    Ok(())
}

fn expect(stream: &Stream<'_>, tag: Tag, wire_type: u8) -> Result<(), DecodeError> {
    if tag.wire_type == wire_type {
        return Ok(());
    }
    Err(DecodeError::WireType { field: tag.field, wire_type: tag.wire_type, offset: stream.pos() })
}

fn nested<'a>(stream: &mut Stream<'a>, tag: Tag) -> Result<Stream<'a>, DecodeError> {
    expect(stream, tag, BYTES)?;
    stream.nested()
}

fn bytes(stream: &mut Stream<'_>, tag: Tag, field: &'static str, max: usize) -> Result<Vec<u8>, DecodeError> {
    expect(stream, tag, BYTES)?;
    Ok(stream.bytes(field, max)?.to_vec())
}

fn uint(stream: &mut Stream<'_>, tag: Tag, field: &'static str) -> Result<u32, DecodeError> {
    expect(stream, tag, VARINT)?;
    uint32(field, stream.varint()?)
}

fn uint32(field: &'static str, value: u64) -> Result<u32, DecodeError> {
    u32::try_from(value).map_err(|_| DecodeError::ValueTooLarge { field, max: u32::MAX.into(), value })
}

/// Enums are single bytes in the device.
fn byte(stream: &mut Stream<'_>, tag: Tag, field: &'static str) -> Result<u8, DecodeError> {
    expect(stream, tag, VARINT)?;
    let value = stream.varint()?;
    u8::try_from(value).map_err(|_| DecodeError::ValueTooLarge { field, max: u8::MAX.into(), value })
}

/// Booleans are signed bytes in the device, taken from the low 32 bits (PKG-025).
fn flag(stream: &mut Stream<'_>, tag: Tag, field: &'static str) -> Result<bool, DecodeError> {
    expect(stream, tag, VARINT)?;
    let value = stream.varint()?;
    let signed = i8::try_from(value as u32 as i32);
    signed.map(|byte| byte != 0).map_err(|_| DecodeError::ValueTooLarge { field, max: 127, value })
}
