//! Boot validation records: as packets bring them, and as they are stored (6.2, 7.4).

use gauntlet_package::settings::StoredValidation;
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::{BootValidation, ValidationType};
use sha2::{Digest, Sha256};

/// The record for `image`: CRC and SHA-256 are computed here, whatever bytes came with them (VAL-026), a signature is
/// taken over. Without a record it is checked by `otherwise`. `None` for a kind that is not known (PKG-024).
pub(super) fn stored_form(
    record: Option<&BootValidation>,
    image: &[u8],
    otherwise: ValidationType,
) -> Option<StoredValidation> {
    let mut bytes = [0; 64];
    let kind = record.map_or(otherwise, |record| record.kind);
    match kind {
        ValidationType::None => {}
        ValidationType::GeneratedCrc => bytes[..4].copy_from_slice(&crc32(image).to_le_bytes()),
        ValidationType::Sha256 => bytes[..32].copy_from_slice(&Sha256::digest(image)),
        ValidationType::EcdsaP256Sha256 => {
            let given = &record?.bytes;
            let length = given.len().min(64);
            bytes[..length].copy_from_slice(&given[..length]);
        }
        ValidationType::Other(_) => return None,
    }
    Some(StoredValidation { kind, bytes })
}
