//! Damage to the init packet.

use super::base::{APP_SIZE, BL_SIZE, BOOT_VALIDATION, Base, FW_VERSION, SD_REQ, TYPE, command, signed};
use super::wire::{join, nested, typed, uint, varint};
use gauntlet_protocol::init_packet::{MAX_INIT_PACKET, SIGNATURE_LEN};
use sha2::{Digest, Sha256};

/// Bytes that look like chance, and are always the same.
pub(super) fn noise(label: &str, len: usize) -> Vec<u8> {
    let blocks = (0u32..)
        .flat_map(|i| Sha256::new().chain_update(label).chain_update(i.to_le_bytes()).finalize().to_vec());
    blocks.take(len).collect()
}

/// The packet without a field, signed again.
pub(super) fn without(base: &Base, number: u32) -> Vec<u8> {
    base.with_fields(&[(number, Vec::new())])
}

pub(super) fn garbage(base: &Base) -> Vec<u8> {
    // A tag of a wire type that does not exist comes first.
    let mut packet = noise("garbage", 140);
    packet[0] = 0xFF;
    packet[1] = 0x0F;
    base.with_packet(&packet)
}

pub(super) fn truncated(base: &Base) -> Vec<u8> {
    let packet = base.packet();
    base.with_packet(&packet[..packet.len() - 10])
}

pub(super) fn trailing(base: &Base) -> Vec<u8> {
    base.with_packet(&[base.packet(), vec![0; 4]].concat())
}

pub(super) fn unknown_field(base: &Base) -> Vec<u8> {
    base.with_packet(&base.sign(&[base.init(), uint(15, 7)].concat()))
}

/// Padded with a field that nobody knows.
pub(super) fn padded(base: &Base, len: usize) -> Vec<u8> {
    let packet = base.packet();
    let mut content = len.saturating_sub(packet.len() + 2);
    while packet.len() + nested(15, &vec![0; content]).len() > len && content > 0 {
        content -= 1;
    }
    base.with_packet(&[packet, nested(15, &vec![0; content])].concat())
}

pub(super) fn largest(base: &Base) -> Vec<u8> {
    padded(base, MAX_INIT_PACKET)
}

pub(super) fn too_large(base: &Base) -> Vec<u8> {
    padded(base, MAX_INIT_PACKET + 1)
}

pub(super) fn both_commands(base: &Base) -> Vec<u8> {
    base.with_packet(&[base.packet(), nested(1, &command(&base.init()))].concat())
}

pub(super) fn two_inits(base: &Base) -> Vec<u8> {
    let second = base.init_with(&[(FW_VERSION, uint(FW_VERSION, 9))]);
    let both = [command(&base.init()), nested(2, &second)].concat();
    base.with_packet(&signed(&both, &base.key.sign(&base.init())))
}

pub(super) fn reset(base: &Base) -> Vec<u8> {
    let reset = [uint(1, 0), nested(3, &uint(1, 5))].concat();
    base.with_packet(&nested(1, &reset))
}

pub(super) fn no_op_code(base: &Base) -> Vec<u8> {
    let init = base.init();
    base.with_packet(&signed(&nested(2, &init), &base.key.sign(&init)))
}

/// A bootloader under the key of an application, with a size of its own.
pub(super) fn bootloader(base: &Base) -> Vec<u8> {
    let size = base.firmware.len() as u64;
    base.with_fields(&[(TYPE, uint(TYPE, 2)), (BL_SIZE, uint(BL_SIZE, size)), (APP_SIZE, uint(APP_SIZE, 0))])
}

pub(super) fn unpacked_ids(base: &Base) -> Vec<u8> {
    let ids = [uint(SD_REQ, 0x0101), uint(SD_REQ, 0x0100)].concat();
    base.with_fields(&[(SD_REQ, ids)])
}

pub(super) fn many_ids(base: &Base) -> Vec<u8> {
    let ids: Vec<u8> = (0x0100..0x0111).flat_map(varint).collect();
    base.with_fields(&[(SD_REQ, nested(SD_REQ, &ids))])
}

/// Other boot validations, signed again.
pub(super) fn validations(base: &Base, records: &[(u64, &[u8])]) -> Vec<u8> {
    let records: Vec<u8> =
        records.iter().flat_map(|(kind, bytes)| typed(BOOT_VALIDATION, *kind, bytes)).collect();
    base.with_fields(&[(BOOT_VALIDATION, records)])
}

pub(super) fn wrong_ecdsa(base: &Base) -> Vec<u8> {
    let signature: [u8; SIGNATURE_LEN] = base.key.sign(b"something else");
    validations(base, &[(3, &signature)])
}

/// The version with one byte more than it needs.
pub(super) fn long_varint(base: &Base) -> Vec<u8> {
    let mut fields = base.fields.clone();
    for field in fields.iter_mut().filter(|field| field.number == FW_VERSION) {
        if let Some(last) = field.bytes.last_mut() {
            *last |= 0x80;
        }
        field.bytes.push(0);
    }
    base.with_packet(&base.sign(&join(&fields)))
}

/// The packet says it is longer than it is.
pub(super) fn overrun(base: &Base) -> Vec<u8> {
    let packet = base.packet();
    let content = packet.len() - 3;
    let tail = &packet[3..];
    base.with_packet(&[&packet[..1], &varint(content as u64 + 100), tail].concat())
}
