//! Versions of a SoftDevice: `7.3.0`.

use super::Refusal;

const EXPECTED: &str = "the version of a SoftDevice, such as `7.3.0`";

/// The version of a SoftDevice, as its information structure and its documents write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoftDeviceVersion(u32);

impl SoftDeviceVersion {
    /// Version 7.3.0: the next one behind that of a device.
    pub const NEXT: Self = Self(7_003_000);

    /// Major version times 1000000, minor times 1000, and bug fix.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let part = |text: &str| match text.parse::<u32>() {
            Ok(part) if part <= 999 && text.bytes().all(|c| c.is_ascii_digit()) => Ok(part),
            _ => Err(Refusal::Form { expected: EXPECTED }),
        };
        let parts = text.split('.').map(part).collect::<Result<Vec<_>, _>>()?;
        match parts.as_slice() {
            [major, minor, fix] => Ok(Self(major * 1_000_000 + minor * 1_000 + fix)),
            _ => Err(Refusal::Form { expected: EXPECTED }),
        }
    }
}

impl std::fmt::Display for SoftDeviceVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0 / 1_000_000, self.0 / 1_000 % 1_000, self.0 % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_three_numbers() {
        assert_eq!(SoftDeviceVersion::parse("7.3.0"), Ok(SoftDeviceVersion::NEXT));
        assert_eq!(SoftDeviceVersion::parse("8.0.12").map(SoftDeviceVersion::number), Ok(8_000_012));
        assert_eq!(SoftDeviceVersion::NEXT.to_string(), "7.3.0");
        for bad in ["7.3", "7.3.0.1", "7.3.x", "7.3.1000", "7..0", "", "+7.3.0"] {
            assert!(SoftDeviceVersion::parse(bad).is_err(), "{bad}");
        }
    }
}
