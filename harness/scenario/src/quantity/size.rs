//! Sizes: `20 KiB`, `4097`, `4 B`.

use super::{Refusal, number::whole};

const EXPECTED: &str = "a size, such as `20 KiB`, `4097` or `4 B`";

/// The size of an image in bytes, 1 byte to 1 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u32);

impl Size {
    /// The largest size, the whole flash of the largest chip: 1 MiB.
    pub const MAX: Self = Self(1024 * 1024);

    /// A size of whole KiB. Sizes beyond the range become the nearest one in it.
    #[must_use]
    pub const fn from_kib(kib: u32) -> Self {
        match kib {
            0 => Self(1),
            1..=1024 => Self(kib * 1024),
            _ => Self::MAX,
        }
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        match u32::try_from(amount(text).ok_or(Refusal::Form { expected: EXPECTED })?) {
            Ok(bytes) if (1..=Self::MAX.0).contains(&bytes) => Ok(Self(bytes)),
            _ => Err(Refusal::Range {
                value: text.to_owned(),
                what: "a size",
                low: "1 B".to_owned(),
                high: Self::MAX.to_string(),
            }),
        }
    }
}

/// Bytes with or without a unit, `10 KiB` or `10240`; 0 too.
pub(crate) fn amount(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    // Hexadecimal digits are letters too, so a unit is looked for from behind.
    let (number, factor) = [("KiB", 1024), ("MiB", 1024 * 1024), ("B", 1)]
        .into_iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .filter(|(number, _)| !(digits == text.len() && number.starts_with("0x")))
        .unwrap_or((text, 1));
    Some(whole(number.trim_end_matches(' '))?.saturating_mul(factor))
}

/// A number of bytes that is counted or stands in a record, 0 to 4294967295.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u32);

impl Bytes {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let count = amount(text).ok_or(Refusal::Form { expected: EXPECTED })?;
        u32::try_from(count).map(Self).map_err(|_| Refusal::Range {
            value: text.to_owned(),
            what: "a number of bytes",
            low: "0".to_owned(),
            high: u32::MAX.to_string(),
        })
    }
}

impl std::str::FromStr for Size {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::parse(text)
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            bytes if bytes.is_multiple_of(1024 * 1024) => write!(f, "{} MiB", bytes / (1024 * 1024)),
            bytes if bytes.is_multiple_of(1024) => write!(f, "{} KiB", bytes / 1024),
            bytes => write!(f, "{bytes} B"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_a_unit() {
        for (text, bytes) in [
            ("20 KiB", 20 * 1024),
            ("20KiB", 20 * 1024),
            ("4097", 4097),
            ("4 B", 4),
            ("0x1000", 4096),
            ("0x1B", 27),
            ("0x10 KiB", 16 * 1024),
            ("1 MiB", 1024 * 1024),
        ] {
            assert_eq!(Size::parse(text).map(Size::bytes), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn a_size_prints_as_it_is_written() {
        for text in ["20 KiB", "4097 B", "4 B", "1 MiB"] {
            assert_eq!(Size::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn counted_bytes_may_be_none() {
        for (text, bytes) in [("0", 0), ("0 KiB", 0), ("10 KiB", 10_240), ("0xFFFFFFFF", u32::MAX)] {
            assert_eq!(Bytes::parse(text), Ok(Bytes(bytes)), "{text}");
        }
        assert!(matches!(Bytes::parse("4096 MiB"), Err(Refusal::Range { .. })));
        assert!(matches!(Bytes::parse("10 KB"), Err(Refusal::Form { .. })));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "KiB", "20 kB", "20 KB", "-1", "1.5 KiB", "0x", "20  K", "²"] {
            assert_eq!(Size::parse(text), Err(Refusal::Form { expected: EXPECTED }), "{text}");
        }
        for text in ["0", "0 KiB", "1025 KiB", "2 MiB", "99999999999999999999 MiB"] {
            assert!(matches!(Size::parse(text), Err(Refusal::Range { .. })), "{text}");
        }
    }
}
