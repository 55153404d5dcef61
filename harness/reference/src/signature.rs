//! ECDSA P-256 as the bootloader stores it: every number with its least significant byte first (6.2).

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};

/// True when `signature` (r then s) over `message` was made with the key of `public_key` (X then Y).
pub(crate) fn verify(public_key: &[u8; 64], message: &[u8], signature: &[u8; 64]) -> bool {
    let mut point = [0x04; 65];
    let mut raw = [0; 64];
    for half in [0..32, 32..64] {
        for (at, byte) in half.clone().zip(half.rev()) {
            point[1 + at] = public_key[byte];
            raw[at] = signature[byte];
        }
    }
    let key = VerifyingKey::from_sec1_bytes(&point);
    let signature = Signature::from_slice(&raw);
    match (key, signature) {
        (Ok(key), Ok(signature)) => key.verify(message, &signature).is_ok(),
        _ => false,
    }
}
