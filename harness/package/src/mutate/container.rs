//! Damage to the zip.

use super::base::Base;
use super::packet::noise;
use super::raw_zip::{Entry, Header, RawZip};
use crate::manifest::MANIFEST_NAME;

const MIB: usize = 1024 * 1024;
/// Places of the entries.
pub(super) const BIN: usize = 0;
pub(super) const DAT: usize = 1;
const MANIFEST: usize = 2;

/// The good zip, changed.
pub(super) fn zip(base: &Base, change: impl FnOnce(&mut RawZip)) -> Vec<u8> {
    let mut zip = base.good();
    change(&mut zip);
    zip.bytes()
}

/// The good zip with an entry more.
pub(super) fn extra(base: &Base, name: &str) -> Vec<u8> {
    zip(base, |zip| zip.entries.push(Entry::stored(name, b"harmless\n")))
}

pub(super) fn folder(base: &Base) -> Vec<u8> {
    zip(base, |zip| zip.entries.push(Entry { mode: 0o040_755, ..Entry::stored("folder/", &[]) }))
}

pub(super) fn without(base: &Base, at: usize) -> Vec<u8> {
    zip(base, |zip| drop(zip.entries.remove(at)))
}

pub(super) fn without_manifest(base: &Base) -> Vec<u8> {
    without(base, MANIFEST)
}

/// All entries, changed.
pub(super) fn each(base: &Base, change: impl Fn(&mut Entry)) -> Vec<u8> {
    zip(base, |zip| zip.entries.iter_mut().for_each(change))
}

pub(super) fn deflated(base: &Base) -> Vec<u8> {
    each(base, |entry| {
        let name = String::from_utf8_lossy(&entry.name).into_owned();
        *entry = Entry::deflated(&name, &entry.packed, 0);
    })
}

pub(super) fn with_header(base: &Base, header: Header) -> Vec<u8> {
    each(base, |entry| entry.header = header)
}

/// The good bytes with something in front or behind.
pub(super) fn around(base: &Base, before: usize, behind: usize) -> Vec<u8> {
    [noise("before", before), base.good().bytes(), noise("behind", behind)].concat()
}

pub(super) fn cut(base: &Base, keep: impl FnOnce(usize) -> usize) -> Vec<u8> {
    let mut bytes = base.good().bytes();
    bytes.truncate(keep(bytes.len()));
    bytes
}

/// A changed byte that the checksum does not know of.
pub(super) fn wrong_crc(base: &Base, at: usize) -> Vec<u8> {
    zip(base, |zip| {
        if let Some(byte) = zip.entries[at].packed.last_mut() {
            *byte ^= 1;
        }
    })
}

/// A second entry of a name: the one or the other is right.
pub(super) fn two_bins(base: &Base, good_first: bool) -> Vec<u8> {
    let wrong = Entry::stored(&base.bin(), &noise("wrong", base.firmware.len()));
    zip(base, |zip| zip.entries.insert(usize::from(good_first), wrong))
}

pub(super) fn two_manifests(base: &Base) -> Vec<u8> {
    zip(base, |zip| zip.entries.push(Entry::stored(MANIFEST_NAME, b"{\"manifest\": {}}")))
}

/// A second entry that differs in letter case only.
pub(super) fn look_alike(base: &Base) -> Vec<u8> {
    let (name, upper) = (base.bin(), base.bin().to_uppercase());
    let other = if upper == name { name.to_lowercase() } else { upper };
    let wrong = noise("wrong", base.firmware.len());
    zip(base, |zip| zip.entries.push(Entry::stored(&other, &wrong)))
}

pub(super) fn symlink(base: &Base) -> Vec<u8> {
    let link = Entry { mode: 0o120_777, ..Entry::stored(&base.bin(), b"/etc/hostname") };
    zip(base, |zip| zip.entries[BIN] = link)
}

pub(super) fn huge_bin(base: &Base) -> Vec<u8> {
    zip(base, |zip| zip.entries[BIN] = Entry::deflated(&base.bin(), &[], 64 * MIB))
}

pub(super) fn huge_extra(base: &Base) -> Vec<u8> {
    zip(base, |zip| zip.entries.push(Entry::deflated("extra.bin", &[], 32 * MIB)))
}

pub(super) fn declared_huge(base: &Base) -> Vec<u8> {
    let bin = Entry { size: 0xFFFF_FFF0, ..Entry::deflated(&base.bin(), &base.firmware, 0) };
    zip(base, |zip| zip.entries[BIN] = bin)
}

pub(super) fn declared_small(base: &Base) -> Vec<u8> {
    let size = base.firmware.len() as u32;
    let bin = Entry { size, ..Entry::deflated(&base.bin(), &base.firmware, 8 * MIB) };
    zip(base, |zip| zip.entries[BIN] = bin)
}

pub(super) fn many_entries(base: &Base) -> Vec<u8> {
    let names = (0..1500).map(|i| format!("extra/{i}"));
    zip(base, |zip| zip.entries.extend(names.map(|name| Entry::stored(&name, &[]))))
}

pub(super) fn overlapping(base: &Base) -> Vec<u8> {
    zip(base, |zip| zip.entries.push(Entry { shared: true, ..Entry::stored("overlap.bin", b"1234567890") }))
}
