//! Types of the GAP calls and events.

use std::fmt;

use crate::bytes::{DecodeError, Reader, Writer};

/// A device address, with its type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Address {
    /// Bit 0: resolved by identity; bits 1 to 7: 0 public, 1 random static, 2 and 3 private.
    pub flags: u8,
    /// Least significant byte first.
    pub bytes: [u8; 6],
}

impl Address {
    /// An address, least significant byte first.
    #[must_use]
    pub fn new(bytes: [u8; 6], random: bool) -> Self {
        Self { flags: u8::from(random) << 1, bytes }
    }

    /// Anything but a public address.
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.flags >> 1 != 0
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { flags: from.u8()?, bytes: from.array()? })
    }

    pub(crate) fn write(to: &mut Writer, address: &Self) {
        to.u8(address.flags).bytes(&address.bytes);
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.bytes;
        write!(f, "{g:02X}:{e:02X}:{d:02X}:{c:02X}:{b:02X}:{a:02X}")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", if self.is_random() { "random" } else { "public" })
    }
}

/// How it is looked for advertisers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanParams {
    /// Bit 0: ask for scan responses; bit 1: white list; bit 2: directed reports.
    pub flags: u8,
    /// In 0.625 ms.
    pub interval: u16,
    /// In 0.625 ms.
    pub window: u16,
    /// In s; 0 is no end.
    pub timeout: u16,
}

impl ScanParams {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let flags = from.u8()?;
        Ok(Self { flags, interval: from.u16()?, window: from.u16()?, timeout: from.u16()? })
    }

    pub(crate) fn write(to: &mut Writer, scan: &Self) {
        to.u8(scan.flags).u16(scan.interval).u16(scan.window).u16(scan.timeout);
    }
}

/// Connection parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnParams {
    /// In 1.25 ms.
    pub min_interval: u16,
    /// In 1.25 ms.
    pub max_interval: u16,
    /// Events that the peripheral may sleep through.
    pub latency: u16,
    /// Supervision timeout in 10 ms.
    pub timeout: u16,
}

impl ConnParams {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (min_interval, max_interval) = (from.u16()?, from.u16()?);
        Ok(Self { min_interval, max_interval, latency: from.u16()?, timeout: from.u16()? })
    }

    pub(crate) fn write(to: &mut Writer, conn: &Self) {
        to.u16(conn.min_interval).u16(conn.max_interval).u16(conn.latency).u16(conn.timeout);
    }
}

/// Lengths of link layer packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataLength {
    /// Bytes sent, 27 to 251.
    pub tx_octets: u16,
    /// Bytes received, 27 to 251.
    pub rx_octets: u16,
    /// In µs; 0 lets the SoftDevice choose.
    pub tx_time: u16,
    /// In µs; 0 lets the SoftDevice choose.
    pub rx_time: u16,
}

impl DataLength {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (tx_octets, rx_octets) = (from.u16()?, from.u16()?);
        Ok(Self { tx_octets, rx_octets, tx_time: from.u16()?, rx_time: from.u16()? })
    }

    pub(crate) fn write(to: &mut Writer, length: &Self) {
        to.u16(length.tx_octets).u16(length.rx_octets).u16(length.tx_time).u16(length.rx_time);
    }
}
