//! Two keys for tests and demonstrations. Everyone knows them: a product must never use them.

use super::SigningKey;

/// A published key of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestKey {
    /// The key the reference device trusts.
    Release,
    /// A good key that the reference device does not know: signs packages that must be refused.
    Other,
}

/// A name that is not one of the test keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no test key `{name}`; the test keys are `release` and `other`")]
pub struct UnknownTestKey {
    /// The name given.
    pub name: String,
}

impl TestKey {
    /// Both keys.
    pub const ALL: [Self; 2] = [Self::Release, Self::Other];

    /// The name in scenario files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Other => "other",
        }
    }

    /// The key.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the two numbers below are constants, and a test loads both")]
    pub fn signing_key(self) -> SigningKey {
        SigningKey::from_scalar(self.scalar()).expect("a published constant")
    }

    /// The private number, most significant byte first.
    fn scalar(self) -> &'static [u8; 32] {
        match self {
            Self::Release => &RELEASE,
            Self::Other => &OTHER,
        }
    }
}

impl std::str::FromStr for TestKey {
    type Err = UnknownTestKey;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|key| key.name() == name);
        known.ok_or_else(|| UnknownTestKey { name: name.to_owned() })
    }
}

const RELEASE: [u8; 32] = [
    0x49, 0x39, 0xCB, 0x88, 0xC7, 0x5A, 0xDC, 0x3C, 0xAB, 0x1C, 0xA2, 0x8E, 0xF2, 0xCC, 0xD5, 0x05, 0xD8,
    0xFC, 0x25, 0x59, 0x49, 0xCB, 0xB3, 0xEC, 0x9F, 0xAB, 0x6B, 0x86, 0x9C, 0x4E, 0xA6, 0xAF,
];
const OTHER: [u8; 32] = [
    0x2B, 0x60, 0xFB, 0xC2, 0x81, 0x25, 0xCD, 0x80, 0x50, 0x96, 0x0D, 0x13, 0xB8, 0x5F, 0x15, 0x34, 0xA3,
    0x61, 0x33, 0x05, 0x8A, 0xB9, 0x67, 0xC5, 0x9C, 0x5E, 0x24, 0x3A, 0x4A, 0x00, 0x9B, 0xA8,
];
