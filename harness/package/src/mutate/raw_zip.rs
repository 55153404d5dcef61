//! A zip writer that writes what it is told, right or wrong.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use gauntlet_protocol::crc32_continue;
use std::io::Write;

const DEFLATED: u16 = 8;
/// "Version made by": a Unix system, so that the mode of a file counts.
const MADE_BY: u16 = 0x0314;
/// 1 January 2020, midnight.
const TIME_AND_DATE: u32 = 0x5021_0000;

/// How the header in front of an entry tells the sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    Plain,
    /// In the extra field for large files.
    Zip64,
    /// Not at all: they follow the data.
    Streamed,
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    /// The name in front of the entry, if it is another one.
    pub(super) local_name: Option<Vec<u8>>,
    /// The bytes as they stand in the zip.
    pub(super) packed: Vec<u8>,
    pub(super) size: u32,
    pub(super) crc: u32,
    /// The checksum in front of the entry, if it is another one.
    pub(super) local_crc: Option<u32>,
    pub(super) method: u16,
    pub(super) flags: u16,
    pub(super) header: Header,
    /// Unix mode.
    pub(super) mode: u32,
    /// Only in the directory: it shares the bytes of the first entry.
    pub(super) shared: bool,
}

impl Entry {
    /// A stored file.
    pub(super) fn stored(name: &str, content: &[u8]) -> Self {
        Self {
            name: name.as_bytes().to_vec(),
            local_name: None,
            packed: content.to_vec(),
            size: content.len() as u32,
            crc: crc32_continue(0, content),
            local_crc: None,
            method: 0,
            flags: 0,
            header: Header::Plain,
            mode: 0o100_644,
            shared: false,
        }
    }

    /// A deflated file of some bytes and then zeros, made without ever holding them all.
    pub(super) fn deflated(name: &str, content: &[u8], zeros: usize) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        let mut crc = crc32_continue(0, content);
        let block = [0; 64 * 1024];
        // Writing into a Vec does not fail.
        let _ = encoder.write_all(content);
        let mut left = zeros;
        while left > 0 {
            let part = &block[..left.min(block.len())];
            crc = crc32_continue(crc, part);
            let _ = encoder.write_all(part);
            left -= part.len();
        }
        let packed = encoder.finish().unwrap_or_default();
        let size = (content.len() + zeros) as u32;
        Self { packed, size, crc, method: DEFLATED, ..Self::stored(name, &[]) }
    }
}

/// A zip.
#[derive(Debug, Clone, Default)]
pub(super) struct RawZip {
    pub(super) entries: Vec<Entry>,
    pub(super) comment: Vec<u8>,
}

impl RawZip {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        for entry in &self.entries {
            let offset = if entry.shared { 0 } else { out.len() as u32 };
            if !entry.shared {
                local(&mut out, entry);
            }
            central(&mut directory, entry, offset);
        }
        let (start, length, count) = (out.len() as u32, directory.len() as u32, self.entries.len() as u16);
        out.extend(directory);
        out.extend(b"PK\x05\x06\0\0\0\0");
        half(&mut out, &[count, count]);
        word(&mut out, &[length, start]);
        half(&mut out, &[self.comment.len() as u16]);
        out.extend(&self.comment);
        out
    }
}

fn flags(entry: &Entry) -> u16 {
    if entry.header == Header::Streamed { entry.flags | 0x0008 } else { entry.flags }
}

fn local(out: &mut Vec<u8>, entry: &Entry) {
    let (packed, crc) = (entry.packed.len() as u32, entry.local_crc.unwrap_or(entry.crc));
    let name = entry.local_name.as_ref().unwrap_or(&entry.name);
    let mut extra = Vec::new();
    let sizes = match entry.header {
        Header::Plain => [crc, packed, entry.size],
        Header::Streamed => [0; 3],
        Header::Zip64 => {
            half(&mut extra, &[0x0001, 16]);
            word(&mut extra, &[entry.size, 0, packed, 0]);
            [crc, u32::MAX, u32::MAX]
        }
    };
    out.extend(b"PK\x03\x04");
    half(out, &[if extra.is_empty() { 20 } else { 45 }, flags(entry), entry.method]);
    word(out, &[TIME_AND_DATE]);
    word(out, &sizes);
    half(out, &[name.len() as u16, extra.len() as u16]);
    out.extend(name);
    out.extend(extra);
    out.extend(&entry.packed);
    if entry.header == Header::Streamed {
        out.extend(b"PK\x07\x08");
        word(out, &[entry.crc, packed, entry.size]);
    }
}

fn central(out: &mut Vec<u8>, entry: &Entry, offset: u32) {
    out.extend(b"PK\x01\x02");
    half(out, &[MADE_BY, 20, flags(entry), entry.method]);
    word(out, &[TIME_AND_DATE, entry.crc, entry.packed.len() as u32, entry.size]);
    half(out, &[entry.name.len() as u16, 0, 0, 0, 0]);
    word(out, &[entry.mode << 16, offset]);
    out.extend(&entry.name);
}

fn half(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn word(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}
