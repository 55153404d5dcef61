//! Whole numbers, and the small numbers that have a type of their own.

use std::ops::RangeInclusive;

use super::Refusal;

/// Reads a whole number, decimal or `0x`. Larger numbers than `u64` holds stand as the largest one, so that they are
/// reported as out of range.
pub(crate) fn whole(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    Some(u64::from_str_radix(digits, radix).unwrap_or(u64::MAX))
}

/// Reads a whole number that has to be in a range.
pub(crate) fn number(text: &str, what: &'static str, range: RangeInclusive<u64>) -> Result<u64, Refusal> {
    let negative = text.strip_prefix('-').is_some_and(|digits| whole(digits).is_some());
    let value = match whole(text) {
        Some(value) => value,
        None if !negative => {
            return Err(Refusal::Form { expected: "a whole number, decimal or 0x" });
        }
        None => 0,
    };
    if negative || !range.contains(&value) {
        let (low, high) = (range.start().to_string(), range.end().to_string());
        return Err(Refusal::Range { value: text.to_owned(), what, low, high });
    }
    Ok(value)
}

/// The number by which the witness application is recognised, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Witness(u16);

impl Witness {
    /// Witness 1, which is in a device by default.
    pub const FIRST: Self = Self(1);

    /// The witness with this number, unless it is 0.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl std::fmt::Display for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The firmware id of a SoftDevice, 16 bits. 0xFFFE stands for any in an init packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fwid(u16);

impl Fwid {
    /// The SoftDevice with this firmware id.
    #[must_use]
    pub const fn new(fwid: u16) -> Self {
        Self(fwid)
    }

    /// The firmware id.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl std::fmt::Display for Fwid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "0x{:04X}", self.0)
    }
}
