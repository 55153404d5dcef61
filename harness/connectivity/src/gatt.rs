//! Types of the GATT client's calls and events.

use crate::bytes::{DecodeError, Reader, Writer};

/// Kind of a UUID that is not in the SoftDevice's table.
pub const UNKNOWN: u8 = 0;
/// Kind of a UUID of the Bluetooth SIG.
pub const SIG: u8 = 1;
/// Kind of the first base that is registered; the next ones follow.
pub const FIRST_VENDOR: u8 = 2;

/// A UUID as the SoftDevice has it: 16 bits, and whose they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uuid {
    /// The 16 bits in which UUIDs of one base differ.
    pub value: u16,
    /// [`UNKNOWN`], [`SIG`], or the number of a registered base.
    pub kind: u8,
}

impl Uuid {
    /// A UUID of the Bluetooth SIG.
    #[must_use]
    pub const fn sig(value: u16) -> Self {
        Self { value, kind: SIG }
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { value: from.u16()?, kind: from.u8()? })
    }

    pub(crate) fn write(to: &mut Writer, uuid: &Self) {
        to.u16(uuid.value).u8(uuid.kind);
    }
}

/// Handles from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub start: u16,
    /// The last.
    pub end: u16,
}

impl Range {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { start: from.u16()?, end: from.u16()? })
    }

    pub(crate) fn write(to: &mut Writer, range: &Self) {
        to.u16(range.start).u16(range.end);
    }
}

/// How a procedure of the GATT client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// 0, or 0x0100 and an ATT error; see [`crate::codes::gatt_status`].
    pub code: u16,
    /// The handle that the error is about.
    pub handle: u16,
}

impl Status {
    /// It went well.
    pub const SUCCESS: Self = Self { code: 0, handle: 0 };

    /// The ATT error `code` about `handle`.
    #[must_use]
    pub fn att(code: u8, handle: u16) -> Self {
        Self { code: 0x0100 | u16::from(code), handle }
    }

    /// The ATT error, if it was one.
    #[must_use]
    pub fn att_error(&self) -> Option<u8> {
        let [low, high] = self.code.to_le_bytes();
        (high == 1).then_some(low)
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { code: from.u16()?, handle: from.u16()? })
    }

    pub(crate) fn write(self, to: &mut Writer) {
        to.u16(self.code).u16(self.handle);
    }
}

/// A primary service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// What it is.
    pub uuid: Uuid,
    /// Its handles.
    pub range: Range,
}

impl Service {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { uuid: Uuid::read(from)?, range: Range::read(from)? })
    }

    pub(crate) fn write(to: &mut Writer, service: &Self) {
        Uuid::write(to, &service.uuid);
        Range::write(to, &service.range);
    }
}

/// A characteristic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Characteristic {
    /// What it is.
    pub uuid: Uuid,
    /// Bits: 0 broadcast, 1 read, 2 write without response, 3 write, 4 notify, 5 indicate, 6 signed write.
    pub properties: u8,
    /// Whether it has extended properties.
    pub extended: u8,
    /// Handle of its declaration.
    pub declaration: u16,
    /// Handle of its value.
    pub value: u16,
}

impl Characteristic {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (uuid, properties, extended) = (Uuid::read(from)?, from.u8()?, from.u8()?);
        Ok(Self { uuid, properties, extended, declaration: from.u16()?, value: from.u16()? })
    }

    pub(crate) fn write(to: &mut Writer, characteristic: &Self) {
        Uuid::write(to, &characteristic.uuid);
        to.u8(characteristic.properties).u8(characteristic.extended);
        to.u16(characteristic.declaration).u16(characteristic.value);
    }
}

/// An attribute behind a characteristic's declaration; the value itself is one, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// Its handle.
    pub handle: u16,
    /// What it is.
    pub uuid: Uuid,
}

impl Descriptor {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { handle: from.u16()?, uuid: Uuid::read(from)? })
    }

    pub(crate) fn write(to: &mut Writer, descriptor: &Self) {
        to.u16(descriptor.handle);
        Uuid::write(to, &descriptor.uuid);
    }
}

/// [`Write::op`] of a Write Request.
pub const WRITE_REQUEST: u8 = 1;
/// [`Write::op`] of a Write Command.
pub const WRITE_COMMAND: u8 = 2;
/// [`Write::op`] of a Prepare Write Request.
pub const PREPARE_WRITE: u8 = 4;
/// Kind of a handle value that is not confirmed.
pub const NOTIFICATION: u8 = 1;
/// Kind of a handle value that the host confirms.
pub const INDICATION: u8 = 2;

/// What is written, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// [`WRITE_REQUEST`], [`WRITE_COMMAND`], or another operation of ATT.
    pub op: u8,
    /// For execute requests only.
    pub flags: u8,
    /// Where to.
    pub handle: u16,
    /// For long writes only.
    pub offset: u16,
    /// The value.
    pub value: Vec<u8>,
}

impl Write {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (op, flags) = (from.u8()?, from.u8()?);
        Ok(Self { op, flags, handle: from.u16()?, offset: from.u16()?, value: from.buf16()? })
    }

    pub(crate) fn write(to: &mut Writer, write: &Self) {
        to.u8(write.op).u8(write.flags).u16(write.handle).u16(write.offset).buf16(&write.value);
    }
}
