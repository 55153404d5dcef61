//! Keys whose private half everyone has.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{PublicKey, TestKey};

/// A key that protects nothing, since its private half is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// The debug key that comes with the SDK and with nrfutil.
    SdkDebug,
    /// A test key of this project.
    Test(TestKey),
}

/// SHA-256 of the SDK key's public half as a bootloader stores it. The key itself is not ours to hand on.
const SDK_DEBUG: [u8; 32] = [
    0xD6, 0xE6, 0xCF, 0x76, 0x4B, 0x98, 0x09, 0x78, 0xA4, 0x90, 0x8D, 0xF8, 0xB4, 0xDD, 0xBF, 0xAD, 0x34,
    0x33, 0x71, 0xF2, 0xD0, 0x24, 0xA6, 0x7F, 0x3D, 0x7C, 0x7F, 0x44, 0xAB, 0xCE, 0xFF, 0xDD,
];

impl PublicKey {
    /// Whose key it is, when everyone can sign with it.
    #[must_use]
    pub fn published(&self) -> Option<Published> {
        let bytes = self.to_le_bytes();
        if Sha256::digest(bytes).as_slice() == SDK_DEBUG.as_slice() {
            return Some(Published::SdkDebug);
        }
        let test = TestKey::ALL.into_iter().find(|key| key.signing_key().public_key_le() == bytes);
        test.map(Published::Test)
    }
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SdkDebug => f.write_str("the debug key of the SDK"),
            Self::Test(key) => write!(f, "the test key `{}` of Gauntlet", key.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;

    #[test]
    fn test_keys_are_known_and_others_are_not() {
        for key in TestKey::ALL {
            assert_eq!(key.signing_key().public_key().published(), Some(Published::Test(key)));
        }
        let own = SigningKey::from_scalar(&[7; 32]).unwrap();
        assert_eq!(own.public_key().published(), None);
    }
}
