//! Numbers in the form in which people read them.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time or a length of time, counted in whole microseconds and written as a number of milliseconds.
///
/// The journal shows `12.345`; inside it is an integer, so that sums and comparisons are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(u64);

impl Millis {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// From whole milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// In microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// In milliseconds, with the fraction.
    pub fn as_f64(self) -> f64 {
        // Exact up to 2^53 microseconds, which is 285 years.
        self.0 as f64 / 1000.0
    }

    /// In seconds, with the fraction.
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1_000_000.0
    }

    /// The time from `earlier` until `self`; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl From<Duration> for Millis {
    /// Rounds down to whole microseconds.
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }
}

impl From<Millis> for Duration {
    fn from(millis: Millis) -> Self {
        Self::from_micros(millis.0)
    }
}

impl Add for Millis {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Millis {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.since(other)
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1000) {
            serializer.serialize_u64(self.0 / 1000)
        } else {
            serializer.serialize_f64(self.as_f64())
        }
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millis = f64::deserialize(deserializer)?;
        let micros = (millis * 1000.0).round();
        if !(0.0..=u64::MAX as f64).contains(&micros) {
            return Err(D::Error::custom("a time must not be negative"));
        }
        Ok(Self(micros as u64))
    }
}

/// A 32-bit value that people know in hexadecimal: an address, a CRC, a word of memory. Written as `"0x00026000"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Word(pub u32);

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

impl FromStr for Word {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).map(Self)
    }
}

/// Some bytes, written as lower-case hexadecimal digits without separators.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct HexBytes(pub Vec<u8>);

impl From<&[u8]> for HexBytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<Vec<u8>> for HexBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for HexBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for HexBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HexBytes({self})")
    }
}

impl FromStr for HexBytes {
    type Err = BadHex;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(BadHex);
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return Err(BadHex);
        }
        pairs
            .iter()
            .map(|&[high, low]| Ok((digit(high)? << 4 | digit(low)?) as u8))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// A text that should have been hexadecimal digits, two for each byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not pairs of hexadecimal digits, or not as many as needed")]
pub struct BadHex;

/// A SHA-256, written as 64 hexadecimal digits in the order in which the algorithm gives the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = BadHex;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<HexBytes>()?.0.try_into().map(Self).map_err(|_| BadHex)
    }
}

/// Serialises the named types through their text form.
macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )*};
}
as_text!(Word, HexBytes, Sha256);

#[cfg(test)]
mod tests {
    use super::*;

    fn round<T: Serialize + for<'a> Deserialize<'a> + PartialEq + fmt::Debug>(value: T, json: &str) {
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
    }

    #[test]
    fn values_are_written_as_people_read_them() {
        round(Millis::from_micros(12_345), "12.345");
        round(Millis::from_millis(7), "7");
        round(Word(0x0002_6000), "\"0x00026000\"");
        round(HexBytes(vec![0x60, 0x06, 0x0b]), "\"60060b\"");
        round(HexBytes(vec![]), "\"\"");
        round(Sha256([0xa5; 32]), &format!("\"{}\"", "a5".repeat(32)));
    }

    #[test]
    fn every_microsecond_survives_the_decimal_form() {
        for micros in (0..5_000_000_000_u64).step_by(7_654_321) {
            let text = serde_json::to_string(&Millis::from_micros(micros)).unwrap();
            assert_eq!(serde_json::from_str::<Millis>(&text).unwrap().as_micros(), micros, "{text}");
        }
    }

    #[test]
    fn bad_values_are_refused() {
        assert!(serde_json::from_str::<Millis>("-1").is_err());
        for bad in ["\"0\"", "\"zz\"", "\"é\"", "\"+1\""] {
            assert!(serde_json::from_str::<HexBytes>(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Sha256>("\"00\"").is_err());
        assert!(serde_json::from_str::<Word>("\"0x1_0000\"").is_err());
    }

    #[test]
    fn a_length_of_time_is_never_negative() {
        assert_eq!(Millis::from_millis(1).since(Millis::from_millis(2)), Millis::ZERO);
        assert_eq!(Millis::from_millis(5) - Millis::from_millis(2), Millis::from_millis(3));
    }
}
