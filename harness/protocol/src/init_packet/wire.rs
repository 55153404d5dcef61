//! Protobuf primitives with the habits of the bootloader's decoder (nanopb).
//!
//! A nested message is read through a copy of the stream. When it ends early (at a zero tag), the enclosing message goes
//! on right behind that zero but still counts the whole nested message as consumed (PKG-033). So position and bytes left
//! are two numbers here, as they are there.

use super::decode::DecodeError;

/// Wire type: variable length integer.
pub(super) const VARINT: u8 = 0;
/// Wire type: eight bytes.
pub(super) const FIXED64: u8 = 1;
/// Wire type: length and that many bytes.
pub(super) const BYTES: u8 = 2;
/// Wire type: four bytes.
pub(super) const FIXED32: u8 = 5;

/// A field number with its wire type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) field: u32,
    pub(super) wire_type: u8,
}

/// A message being read.
#[derive(Debug, Clone)]
pub(super) struct Stream<'a> {
    data: &'a [u8],
    pos: usize,
    left: usize,
}

impl<'a> Stream<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, pos: 0, left: data.len() }
    }

    /// A stream over part of the same bytes, so that positions stay positions in the packet.
    pub(super) fn over(data: &'a [u8], range: std::ops::Range<usize>) -> Self {
        Self { data, pos: range.start, left: range.len() }
    }

    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let byte = (self.left > 0).then(|| self.data.get(self.pos)).flatten();
        let &byte = byte.ok_or(DecodeError::Truncated { offset: self.pos })?;
        self.pos += 1;
        self.left -= 1;
        Ok(byte)
    }

    /// `n` bytes.
    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.pos.saturating_add(n);
        let bytes = (self.left >= n).then(|| self.data.get(self.pos..end)).flatten();
        let bytes = bytes.ok_or(DecodeError::Truncated { offset: self.pos })?;
        self.pos = end;
        self.left -= n;
        Ok(bytes)
    }

    /// A varint of at most `max` bytes (PKG-035); bits above 64 are dropped, as there.
    fn varint_of(&mut self, max: u32) -> Result<u64, DecodeError> {
        let start = self.pos;
        let mut value = 0u64;
        for i in 0..max {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << (7 * i);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::VarintTooLong { offset: start })
    }

    /// A value: up to ten bytes.
    pub(super) fn varint(&mut self) -> Result<u64, DecodeError> {
        self.varint_of(10)
    }

    /// A tag or a length: up to five bytes, of which 32 bits count.
    fn varint32(&mut self) -> Result<u32, DecodeError> {
        Ok(self.varint_of(5)? as u32)
    }

    /// The next tag, or `None` at the end of the message: no byte left, a zero where a tag belongs (PKG-021, PKG-033), or
    /// up to four bytes of an unfinished tag (PKG-022).
    pub(super) fn tag(&mut self) -> Result<Option<Tag>, DecodeError> {
        if self.left == 0 {
            return Ok(None);
        }
        match self.varint32() {
            Ok(0) | Err(DecodeError::Truncated { .. }) => Ok(None),
            Ok(tag) => Ok(Some(Tag { field: tag >> 3, wire_type: (tag & 7) as u8 })),
            Err(error) => Err(error),
        }
    }

    /// The stream of a nested message; the enclosing one counts it as consumed at once.
    pub(super) fn nested(&mut self) -> Result<Stream<'a>, DecodeError> {
        let offset = self.pos;
        let len = self.varint32()? as usize;
        if len > self.left {
            return Err(DecodeError::Truncated { offset });
        }
        self.left -= len;
        Ok(Stream { data: self.data, pos: self.pos, left: len })
    }

    /// Ends a nested message: the enclosing one goes on where the nested one stopped reading.
    pub(super) fn close(&mut self, nested: &Stream<'_>) {
        self.pos = nested.pos;
    }

    /// A length and that many bytes, of which there may be at most `max`.
    pub(super) fn bytes(&mut self, field: &'static str, max: usize) -> Result<&'a [u8], DecodeError> {
        let len = self.varint32()? as usize;
        if len > max {
            return Err(DecodeError::TooLong { field, max, found: len });
        }
        self.take(len)
    }

    /// Jumps over a field nobody knows.
    pub(super) fn skip(&mut self, tag: Tag) -> Result<(), DecodeError> {
        let offset = self.pos;
        match tag.wire_type {
            // The device does not limit the length of a varint that it does not look at.
            VARINT => while self.byte()? & 0x80 != 0 {},
            FIXED64 => drop(self.take(8)?),
            BYTES => {
                let len = self.varint32()? as usize;
                self.take(len)?;
            }
            FIXED32 => drop(self.take(4)?),
            wire_type => return Err(DecodeError::WireType { field: tag.field, wire_type, offset }),
        }
        Ok(())
    }
}

/// Appends a varint in its shortest form.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends an integer field.
pub(super) fn put_uint(out: &mut Vec<u8>, field: u32, value: u64) {
    put_varint(out, u64::from(field << 3 | u32::from(VARINT)));
    put_varint(out, value);
}

/// Appends a bytes field or a nested message.
pub(super) fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_varint(out, u64::from(field << 3 | u32::from(BYTES)));
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
