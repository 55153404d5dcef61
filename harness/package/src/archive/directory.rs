//! The directory of a zip, and the headers it must agree with.

use super::Limits;
use crate::finding::{Finding, Reason, Stage};
use std::ops::Range;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const END_LEN: usize = 22;
const END64_LOCATOR_LEN: usize = 20;
const CENTRAL_LEN: usize = 46;
const LOCAL_LEN: usize = 30;
const ENCRYPTED: u16 = 1;
const DATA_DESCRIPTOR: u16 = 1 << 3;
const ZIP64_EXTRA: u16 = 1;

/// One line of the directory.
#[derive(Debug, Clone)]
pub(super) struct DirEntry {
    pub(super) name: String,
    pub(super) raw_name: Vec<u8>,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed_size: u64,
    pub(super) size: u64,
    flags: u16,
    external: u32,
    offset: u64,
}

impl DirEntry {
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & ENCRYPTED != 0
    }

    /// The upper half of the external attributes is a Unix mode.
    pub(super) fn is_symlink(&self) -> bool {
        (self.external >> 16) & 0xF000 == 0xA000
    }
}

/// The directory. Offsets count from the end of the prefix.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) entries: Vec<DirEntry>,
    /// Bytes in front of the zip.
    pub(super) prefix: usize,
    /// Where the directory starts: entries must end before.
    start: u64,
}

/// The header in front of an entry.
struct LocalHeader<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    packed_size: u64,
    size: u64,
    name: &'a [u8],
    /// From the header to the end of the packed data.
    range: Range<u64>,
}

impl Directory {
    /// Finds and reads the directory.
    pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Finding> {
        let end = find_end(bytes)?;
        let record = &bytes[end..];
        let disks = [le16(record, 4), le16(record, 6)];
        let mut count = u64::from(le16(record, 10));
        let mut size = u64::from(le32(record, 12));
        let mut offset = u64::from(le32(record, 16));
        let mut directory_end = end;
        if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
            let record64 = find_end64(bytes, end)?;
            directory_end = record64;
            count = le64(bytes, record64 + 32);
            size = le64(bytes, record64 + 40);
            offset = le64(bytes, record64 + 48);
        }
        if disks != [0, 0] {
            return Err(bad("the zip is one part of several"));
        }
        if count > limits.entries as u64 {
            let message = format!("the zip holds {count} entries; the limit is {}", limits.entries);
            return Err(Finding::of_zip(Reason::TooManyEntries, message));
        }
        let short = || bad("the directory of the zip does not fit into the file");
        let size = usize::try_from(size).map_err(|_| short())?;
        let first = directory_end.checked_sub(size).ok_or_else(short)?;
        let prefix = (first as u64).checked_sub(offset).ok_or_else(short)?;
        let mut entries = Vec::new();
        let mut rest = &bytes[first..directory_end];
        for _ in 0..count {
            let (entry, behind) = central_entry(rest).ok_or_else(short)?;
            entries.push(entry);
            rest = behind;
        }
        if !rest.is_empty() {
            return Err(bad("the directory of the zip holds more than it announces"));
        }
        // A prefix is no longer than the file, and that fits.
        Ok(Self { entries, prefix: prefix as usize, start: offset })
    }

    /// Checks that the header in front of each entry says what the directory says, and that no two entries share bytes.
    pub(super) fn check_headers(&self, body: &[u8], warnings: &mut Vec<Finding>) -> Result<(), Finding> {
        let mut headers = Vec::new();
        for entry in &self.entries {
            let header = local_header(body, entry)
                .filter(|header| header.range.end <= self.start)
                .ok_or_else(|| finding(entry, Reason::BadZip, "the entry lies outside of the zip"))?;
            headers.push((entry, header));
        }
        let mut ranges: Vec<_> =
            headers.iter().map(|(entry, header)| (header.range.clone(), *entry)).collect();
        ranges.sort_by_key(|(range, _)| range.start);
        for pair in ranges.windows(2) {
            if pair[1].0.start < pair[0].0.end {
                let message = "the entry shares bytes with another one";
                return Err(finding(pair[1].1, Reason::Overlap, message));
            }
        }
        for (entry, header) in &headers {
            compare(entry, header, warnings)?;
        }
        Ok(())
    }
}

fn compare(entry: &DirEntry, header: &LocalHeader<'_>, warnings: &mut Vec<Finding>) -> Result<(), Finding> {
    let differs = |what: &str| {
        let message = format!("the {what} in front of the entry is not the one in the directory of the zip");
        finding(entry, Reason::LocalHeaderMismatch, message)
    };
    if header.flags & ENCRYPTED != 0 {
        return Err(finding(entry, Reason::Encrypted, "the entry is encrypted"));
    }
    if header.name != entry.raw_name {
        return Err(differs("name"));
    }
    if header.method != entry.method {
        return Err(differs("packing method"));
    }
    // With a data descriptor the header may leave these three at zero.
    let streamed = header.flags & DATA_DESCRIPTOR != 0;
    let same = |in_header: u64, in_directory: u64| in_header == in_directory || streamed && in_header == 0;
    if !same(header.size, entry.size) || !same(header.packed_size, entry.packed_size) {
        return Err(differs("size"));
    }
    if !same(header.crc.into(), entry.crc.into()) {
        warnings.push(differs("checksum"));
    }
    Ok(())
}

fn finding(entry: &DirEntry, reason: Reason, message: impl Into<String>) -> Finding {
    Finding::about(Stage::Zip, &entry.name, reason, message)
}

fn bad(message: &str) -> Finding {
    Finding::of_zip(Reason::BadZip, message)
}

/// The end record must be the last thing in the file, with the comment it announces.
fn find_end(bytes: &[u8]) -> Result<usize, Finding> {
    let lowest = bytes.len().saturating_sub(END_LEN + usize::from(u16::MAX));
    let ends = (lowest..bytes.len().saturating_sub(END_LEN - 1)).rev();
    let mut with_data_behind = None;
    for at in ends.filter(|&at| bytes[at..].starts_with(&END_SIGNATURE)) {
        let end = at + END_LEN + usize::from(le16(bytes, at + 20));
        if end == bytes.len() {
            return Ok(at);
        }
        if end < bytes.len() {
            with_data_behind = with_data_behind.or(Some(bytes.len() - end));
        }
    }
    Err(match with_data_behind {
        Some(count) => {
            let message = format!("there are {count} bytes behind the end of the zip");
            Finding::of_zip(Reason::TrailingData, message)
        }
        None => bad("this is not a zip file, or its end is missing"),
    })
}

/// The end record for large zips, which some writers always use.
fn find_end64(bytes: &[u8], end: usize) -> Result<usize, Finding> {
    let missing = || bad("the zip64 end record is missing or damaged");
    let locator = end.checked_sub(END64_LOCATOR_LEN).ok_or_else(missing)?;
    // The record lies right in front of its locator; the offset in the locator would not count a prefix.
    let record = locator.checked_sub(56).ok_or_else(missing)?;
    let whole = bytes[locator..].starts_with(b"PK\x06\x07") && bytes[record..].starts_with(b"PK\x06\x06");
    whole.then_some(record).ok_or_else(missing)
}

/// One line of the directory and what is behind it.
fn central_entry(bytes: &[u8]) -> Option<(DirEntry, &[u8])> {
    let fixed = bytes.get(..CENTRAL_LEN).filter(|fixed| fixed.starts_with(b"PK\x01\x02"))?;
    let lengths = [28, 30, 32].map(|at| usize::from(le16(fixed, at)));
    let (raw_name, rest) = bytes[CENTRAL_LEN..].split_at_checked(lengths[0])?;
    let (extra, rest) = rest.split_at_checked(lengths[1])?;
    let (_, rest) = rest.split_at_checked(lengths[2])?;
    let mut sizes = [24, 20, 42].map(|at| u64::from(le32(fixed, at)));
    widen(&mut sizes, extra)?;
    let [size, packed_size, offset] = sizes;
    let entry = DirEntry {
        name: String::from_utf8_lossy(raw_name).into_owned(),
        raw_name: raw_name.to_vec(),
        method: le16(fixed, 10),
        crc: le32(fixed, 16),
        packed_size,
        size,
        flags: le16(fixed, 8),
        external: le32(fixed, 38),
        offset,
    };
    Some((entry, rest))
}

fn local_header<'a>(body: &'a [u8], entry: &DirEntry) -> Option<LocalHeader<'a>> {
    let at = usize::try_from(entry.offset).ok()?;
    let fixed = body.get(at..)?.get(..LOCAL_LEN).filter(|fixed| fixed.starts_with(b"PK\x03\x04"))?;
    let lengths = [26, 28].map(|at| usize::from(le16(fixed, at)));
    let (name, rest) = body[at + LOCAL_LEN..].split_at_checked(lengths[0])?;
    let (extra, _) = rest.split_at_checked(lengths[1])?;
    let mut sizes = [22, 18].map(|at| u64::from(le32(fixed, at)));
    widen(&mut sizes, extra)?;
    let [size, packed_size] = sizes;
    let data = entry.offset + (LOCAL_LEN + lengths[0] + lengths[1]) as u64;
    Some(LocalHeader {
        flags: le16(fixed, 6),
        method: le16(fixed, 8),
        crc: le32(fixed, 14),
        packed_size,
        size,
        name,
        range: entry.offset..data.checked_add(entry.packed_size)?,
    })
}

/// Replaces the fields that are FFFFFFFF by those of the zip64 extra field, which holds just these, in this order.
fn widen(fields: &mut [u64], mut extra: &[u8]) -> Option<()> {
    let mut wide: &[u8] = &[];
    while let [i0, i1, l0, l1, rest @ ..] = extra {
        let len = usize::from(u16::from_le_bytes([*l0, *l1]));
        let (content, behind) = rest.split_at_checked(len)?;
        if u16::from_le_bytes([*i0, *i1]) == ZIP64_EXTRA {
            wide = content;
        }
        extra = behind;
    }
    for field in fields.iter_mut().filter(|field| **field == 0xFFFF_FFFF) {
        // Without the extra field the value is meant as it stands.
        let Some((value, rest)) = wide.split_first_chunk() else { break };
        *field = u64::from_le_bytes(*value);
        wide = rest;
    }
    Some(())
}

fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

/// `N` bytes; the callers have checked that they are there.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}
