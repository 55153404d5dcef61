//! Keys and signatures: ECDSA on P-256 with SHA-256, in the byte order of the bootloader.
//!
//! Everywhere in Secure DFU a pair of 32-byte numbers (r and s of a signature, X and Y of a public key) is stored with each
//! half reversed (section 6.2 of the specification). The functions here take and give that order.
//!
//! ```
//! use gauntlet_package::keys::TestKey;
//! let key = TestKey::Release.signing_key();
//! let signature = key.sign(b"message");
//! assert!(key.public_key().verify(b"message", &signature).is_ok());
//! assert!(TestKey::Other.signing_key().public_key().verify(b"message", &signature).is_err());
//! ```

mod export;
mod pem;
mod published;
mod test_keys;

pub use published::Published;
pub use test_keys::{TestKey, UnknownTestKey};

use p256::ecdsa::signature::{Signer, Verifier};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use std::path::{Path, PathBuf};

/// A key that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read.
    #[error("the key file {} can't be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No PEM block inside.
    #[error(
        "this is not a PEM key file; a line `-----BEGIN ...` is missing (DER files must be converted first)"
    )]
    NotPem,
    /// A passphrase is needed.
    #[error("the key is encrypted; save it without a passphrase first")]
    Encrypted,
    /// Another kind of PEM block.
    #[error("a {wanted} key is needed, but the file holds `{found}`")]
    OtherKind {
        /// `signing` or `public`.
        wanted: &'static str,
        /// Label of the PEM block.
        found: String,
    },
    /// Another curve or algorithm: no bootloader could verify its signatures.
    #[error("the key is {found}; Secure DFU needs P-256 (also called prime256v1 or secp256r1)")]
    OtherCurve {
        /// Name of the curve or algorithm.
        found: &'static str,
    },
    /// The contents are damaged.
    #[error("the contents of the key file are damaged")]
    Malformed,
    /// 64 bytes that are no point of the curve.
    #[error("these 64 bytes are not a public key of the curve P-256")]
    NotAPoint,
}

/// A signature that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not 64 bytes.
    #[error("the signature has {found} bytes, an ECDSA P-256 signature has 64")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// r or s is zero or not below the order of the curve: no key and no message can give this.
    #[error("the signature holds a number that no P-256 signature can hold")]
    OutOfRange,
    /// Well formed, but made with another key or over other bytes.
    #[error("the signature does not belong to this key and these bytes")]
    Mismatch,
}

/// Reverses each 32-byte half: from the byte order of the wire to the usual one, or back.
#[must_use]
pub fn swap_halves(bytes: &[u8; 64]) -> [u8; 64] {
    let mut swapped = *bytes;
    swapped[..32].reverse();
    swapped[32..].reverse();
    swapped
}

/// Checks that the bytes can be a signature at all, without a key.
///
/// # Errors
/// [`SignatureError::Length`] and [`SignatureError::OutOfRange`].
pub fn check_signature_form(signature: &[u8]) -> Result<(), SignatureError> {
    parse_signature(signature).map(drop)
}

fn parse_signature(signature: &[u8]) -> Result<p256::ecdsa::Signature, SignatureError> {
    let halves = signature.try_into().map_err(|_| SignatureError::Length { found: signature.len() })?;
    p256::ecdsa::Signature::from_slice(&swap_halves(halves)).map_err(|_| SignatureError::OutOfRange)
}

/// A private key. Its value appears in no output of this type.
#[derive(Clone)]
pub struct SigningKey(p256::ecdsa::SigningKey);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl SigningKey {
    /// Reads a SEC1 (`EC PRIVATE KEY`, also behind an `EC PARAMETERS` block) or unencrypted PKCS#8 (`PRIVATE KEY`) PEM.
    ///
    /// # Errors
    /// [`KeyError`]; other curves are refused, which nrfutil does not do.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::find(text, "signing", &["EC PRIVATE KEY", "PRIVATE KEY"])?;
        let secret = if block.label == "PRIVATE KEY" {
            p256::SecretKey::from_pkcs8_pem(&block.text).ok()
        } else {
            p256::SecretKey::from_sec1_pem(&block.text).ok()
        };
        secret.map(|secret| Self(secret.into())).ok_or_else(|| block.fault())
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// As [`Self::from_pem`], and [`KeyError::Read`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_pem(&pem::read(path)?)
    }

    /// Takes the 32 bytes of the private number, most significant first.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the number is zero or not below the order of the curve.
    pub fn from_scalar(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        p256::ecdsa::SigningKey::from_slice(bytes).map(Self).map_err(|_| KeyError::Malformed)
    }

    /// Signs: r little-endian, then s little-endian. The same key and message always give the same signature (RFC 6979).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: p256::ecdsa::Signature = self.0.sign(message);
        swap_halves(&signature.to_bytes().into())
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// The public half as the 64 bytes stored in a bootloader.
    #[must_use]
    pub fn public_key_le(&self) -> [u8; 64] {
        self.public_key().to_le_bytes()
    }
}

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(p256::ecdsa::VerifyingKey);

impl PublicKey {
    /// Reads an SPKI (`PUBLIC KEY`) PEM. A private key is taken as well; its public half is used.
    ///
    /// # Errors
    /// [`KeyError`]; other curves are refused.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::find(text, "public", &["PUBLIC KEY", "EC PRIVATE KEY", "PRIVATE KEY"])?;
        if block.label != "PUBLIC KEY" {
            return SigningKey::from_pem(&block.text).map(|key| key.public_key());
        }
        p256::ecdsa::VerifyingKey::from_public_key_pem(&block.text).map(Self).map_err(|_| block.fault())
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// As [`Self::from_pem`], and [`KeyError::Read`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_pem(&pem::read(path)?)
    }

    /// Takes the 64 bytes stored in a bootloader (`pk`): X little-endian, then Y little-endian.
    ///
    /// # Errors
    /// [`KeyError::NotAPoint`].
    pub fn from_le_bytes(bytes: &[u8; 64]) -> Result<Self, KeyError> {
        let mut sec1 = [0x04; 65];
        sec1[1..].copy_from_slice(&swap_halves(bytes));
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&sec1).map(Self).map_err(|_| KeyError::NotAPoint)
    }

    /// The 64 bytes stored in a bootloader (`pk`): X little-endian, then Y little-endian.
    #[must_use]
    pub fn to_le_bytes(&self) -> [u8; 64] {
        let point = self.0.to_sec1_point(false);
        let mut key = [0; 64];
        // An uncompressed point is 04, X, Y: 65 bytes.
        key.copy_from_slice(&point.as_bytes()[1..]);
        swap_halves(&key)
    }

    /// Verifies a signature in the byte order of the wire.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let signature = parse_signature(signature)?;
        self.0.verify(message, &signature).map_err(|_| SignatureError::Mismatch)
    }
}
