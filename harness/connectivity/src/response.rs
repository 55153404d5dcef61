//! What the SoftDevice says to a call.

use crate::bytes::{DecodeError, Reader, Writer};
use crate::command::op;
use crate::security::KeySet;

/// The answer to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Op code of the call.
    pub op: u8,
    /// 0, or an error; see [`crate::codes::result`].
    pub result: u32,
    /// What else there is, when the result is 0.
    pub data: Data,
}

/// What a response carries behind its result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Data {
    /// Nothing.
    #[default]
    Nothing,
    /// The kind that UUIDs of the new base have.
    UuidKind(u8),
    /// What stands in the way of a longer packet: bytes sent, bytes received, time in µs; all 0 for nothing.
    Limitation([u16; 3]),
    /// Room for the keys of a pairing.
    Keys(Box<KeySet>),
    /// Of calls that are not read here.
    Other(Vec<u8>),
}

impl Response {
    /// The answer with nothing behind its result.
    #[must_use]
    pub fn new(op: u8, result: u32) -> Self {
        Self { op, result, data: Data::Nothing }
    }

    pub(crate) fn encode(&self, to: &mut Writer) {
        to.u8(self.op).u32(self.result);
        match &self.data {
            _ if self.result != 0 => {}
            Data::Nothing => {}
            Data::UuidKind(kind) => {
                to.u8(1).u8(*kind);
            }
            Data::Limitation(limits) => {
                to.u8(1);
                for limit in limits {
                    to.u16(*limit);
                }
            }
            Data::Keys(keys) => {
                to.u8(1);
                KeySet::write(to, keys);
            }
            Data::Other(bytes) => {
                to.bytes(bytes);
            }
        }
    }

    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (op, result) = (from.u8()?, from.u32()?);
        let data = match op {
            // An error stands alone, and what may be absent may be left out.
            _ if result != 0 || from.end().is_ok() => Data::Nothing,
            op::UUID_VS_ADD => from.opt(Reader::u8)?.map_or(Data::Nothing, Data::UuidKind),
            op::DATA_LENGTH_UPDATE => {
                let limits = from.opt(|from| Ok([from.u16()?, from.u16()?, from.u16()?]))?;
                limits.map_or(Data::Nothing, Data::Limitation)
            }
            op::SEC_PARAMS_REPLY => {
                from.opt(KeySet::read)?.map_or(Data::Nothing, |keys| Data::Keys(Box::new(keys)))
            }
            _ => Data::Other(from.rest()),
        };
        Ok(Self { op, result, data })
    }
}
