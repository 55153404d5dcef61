//! Damage to signature and hash.

use super::base::{Base, FW_VERSION, HASH, command, signed};
use super::wire::{nested, typed, uint};
use crate::keys::swap_halves;
use gauntlet_protocol::crc32;

fn with_signature(base: &Base, change: impl FnOnce([u8; 64]) -> Vec<u8>) -> Vec<u8> {
    let init = base.init();
    base.with_packet(&signed(&command(&init), &change(base.key.sign(&init))))
}

pub(super) fn flip(base: &Base, at: usize, bit: u8) -> Vec<u8> {
    with_signature(base, |mut signature| {
        signature[at] ^= bit;
        signature.to_vec()
    })
}

pub(super) fn big_endian(base: &Base) -> Vec<u8> {
    with_signature(base, |signature| swap_halves(&signature).to_vec())
}

pub(super) fn swapped(base: &Base) -> Vec<u8> {
    with_signature(base, |signature| [&signature[32..], &signature[..32]].concat())
}

pub(super) fn resized(base: &Base, len: usize) -> Vec<u8> {
    with_signature(base, |signature| {
        let mut signature = signature.to_vec();
        signature.resize(len, 0);
        signature
    })
}

pub(super) fn zero(base: &Base) -> Vec<u8> {
    with_signature(base, |_| vec![0; 64])
}

/// The form of other protocols: two numbers with lengths of their own.
pub(super) fn der(base: &Base) -> Vec<u8> {
    with_signature(base, |signature| {
        let halves = swap_halves(&signature);
        let number = |half: &[u8]| {
            let start = half.iter().position(|byte| *byte != 0).unwrap_or(half.len() - 1);
            // A set top bit would mean a negative number.
            let sign: &[u8] = if half[start] >= 0x80 { &[0] } else { &[] };
            let digits = [sign, &half[start..]].concat();
            [&[0x02, digits.len() as u8][..], &digits].concat()
        };
        let both = [number(&halves[..32]), number(&halves[32..])].concat();
        [&[0x30, both.len() as u8][..], &both].concat()
    })
}

pub(super) fn wrong_key(base: &Base) -> Vec<u8> {
    let init = base.init();
    base.with_packet(&signed(&command(&init), &base.other_key.sign(&init)))
}

pub(super) fn over_command(base: &Base) -> Vec<u8> {
    let command = command(&base.init());
    base.with_packet(&signed(&command, &base.key.sign(&command)))
}

pub(super) fn of_type(base: &Base, kind: u64) -> Vec<u8> {
    let init = base.init();
    let parts = [nested(1, &command(&init)), uint(2, kind), nested(3, &base.key.sign(&init))];
    base.with_packet(&nested(2, &parts.concat()))
}

pub(super) fn missing(base: &Base) -> Vec<u8> {
    base.with_packet(&nested(1, &command(&base.init())))
}

pub(super) fn tampered_version(base: &Base) -> Vec<u8> {
    let signature = base.key.sign(&base.init());
    let version = |number| vec![(FW_VERSION, uint(FW_VERSION, number))];
    let mut init = base.init_with(&version(99));
    if init == base.init() {
        init = base.init_with(&version(98));
    }
    base.with_packet(&signed(&command(&init), &signature))
}

pub(super) fn hash(base: &Base, kind: u64, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut hash = base.hash();
    change(&mut hash);
    base.with_fields(&[(HASH, typed(HASH, kind, &hash))])
}

pub(super) fn hash_crc(base: &Base) -> Vec<u8> {
    hash(base, 1, |hash| *hash = crc32(&base.firmware).to_le_bytes().to_vec())
}
