//! Reading and writing little-endian fields.

use thiserror::Error;

/// Why a packet can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// It ends too early.
    #[error("it ends within a field")]
    TooShort,
    /// There are bytes behind its last field.
    #[error("{0} bytes are left behind its last field")]
    TooLong(usize),
    /// A presence byte that is neither 0 nor 1, or one that must not be 0.
    #[error("a presence byte is {0}")]
    Presence(u8),
    /// Its first byte is of no packet that this side gets.
    #[error("a packet of type {0}")]
    Type(u8),
}

/// Bytes that have not been read.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(DecodeError::TooShort)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(DecodeError::TooShort)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn flag(&mut self) -> Result<bool, DecodeError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(DecodeError::Presence(other)),
        }
    }

    /// A field that may be absent.
    pub(crate) fn opt<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        if self.flag()? { read(self).map(Some) } else { Ok(None) }
    }

    /// Length in one byte, presence, bytes.
    pub(crate) fn buf8(&mut self) -> Result<Vec<u8>, DecodeError> {
        let count = self.u8()?;
        self.present(count.into())
    }

    /// Length in two bytes, presence, bytes.
    pub(crate) fn buf16(&mut self) -> Result<Vec<u8>, DecodeError> {
        let count = self.u16()?;
        self.present(count.into())
    }

    fn present(&mut self, count: usize) -> Result<Vec<u8>, DecodeError> {
        if self.flag()? { Ok(self.take(count)?.to_vec()) } else { Ok(Vec::new()) }
    }

    /// Length in two bytes, bytes: how events carry values.
    pub(crate) fn counted(&mut self) -> Result<Vec<u8>, DecodeError> {
        let count = self.u16()?;
        Ok(self.take(count.into())?.to_vec())
    }

    /// As many items as the two bytes in front of them say.
    pub(crate) fn list<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.u16()?;
        (0..count).map(|_| read(self)).collect()
    }

    pub(crate) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).to_vec()
    }

    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::TooLong(self.0.len())) }
    }
}

/// Bytes that are being written.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    pub(crate) fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn opt<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) -> &mut Self {
        self.u8(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
        self
    }

    /// At most 255 bytes, with length and presence in front.
    pub(crate) fn buf8(&mut self, bytes: &[u8]) -> &mut Self {
        self.u8(bytes.len() as u8).u8(1).bytes(bytes)
    }

    /// At most 65535 bytes, with length and presence in front.
    pub(crate) fn buf16(&mut self, bytes: &[u8]) -> &mut Self {
        self.u16(bytes.len() as u16).u8(1).bytes(bytes)
    }

    pub(crate) fn counted(&mut self, bytes: &[u8]) -> &mut Self {
        self.u16(bytes.len() as u16).bytes(bytes)
    }

    pub(crate) fn list<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) -> &mut Self {
        self.u16(items.len() as u16);
        for item in items {
            write(self, item);
        }
        self
    }

    pub(crate) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}
