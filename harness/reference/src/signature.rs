//! Signatures as the bootloader stores and receives them: every number with its least significant byte first (6.2).

use gauntlet_package::keys::PublicKey;

/// True when `signature` (r then s) over `message` was made with the key of `public_key` (X then Y).
pub(crate) fn verify(public_key: &[u8; 64], message: &[u8], signature: &[u8; 64]) -> bool {
    PublicKey::from_le_bytes(public_key).is_ok_and(|key| key.verify(message, signature).is_ok())
}
