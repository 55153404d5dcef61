//! Firmware files: Intel HEX and plain binaries, turned into images as nrfutil does (PKG-030).
//!
//! ```
//! use gauntlet_package::image::{Segment, firmware, read_hex, write_hex};
//! let hex = write_hex(&[Segment { address: 0x26000, data: vec![1, 2, 3] }]);
//! assert_eq!(hex, ":020000040002F8\n:0360000001020397\n:00000001FF\n");
//! assert_eq!(read_hex(hex.as_bytes())?[0].data, [1, 2, 3]);
//! // An image is padded to a word.
//! assert_eq!(firmware("app.hex", hex.as_bytes())?, [1, 2, 3, 0xFF]);
//! # Ok::<(), gauntlet_package::image::ImageError>(())
//! ```

use ihex::{Reader, ReaderError, ReaderOptions, Record};
use std::collections::BTreeMap;

/// End of the MBR: nothing below belongs to an image.
pub const MBR_END: u32 = 0x1000;
/// Start of the UICR: nothing from here on belongs to an image.
pub const UICR_START: u32 = 0x1000_0000;
/// Largest image: far above the flash of every chip.
const MAX_SPAN: u32 = 16 * 1024 * 1024;
/// SoftDevice magic number, and where older SoftDevices keep it.
const SD_MAGIC: [u8; 4] = 0x51B1_E5DBu32.to_le_bytes();
const SD_MAGIC_NOW: u32 = 0x3004;
const SD_MAGIC_OLD: [u32; 4] = [0x4004, 0x5004, 0x6004, 0x7004];
/// Where images with an older SoftDevice start for nrfutil.
const OLD_START: u32 = 0x3000;

/// Consecutive bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Address of the first byte.
    pub address: u32,
    /// The bytes; not empty.
    pub data: Vec<u8>,
}

/// A firmware file that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Not text.
    #[error("this is not an Intel HEX file (binaries must end in lower-case .bin)")]
    NotText,
    /// A broken line.
    #[error("line {line} is not Intel HEX: {error}")]
    Record {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        error: ReaderError,
    },
    /// Two lines hold the same address.
    #[error("line {line} writes address 0x{address:08x} a second time")]
    Overlap {
        /// Counted from 1.
        line: usize,
        /// First address that is written again.
        address: u32,
    },
    /// A line goes over the end of the address space.
    #[error("line {line} goes beyond the last address")]
    AddressOverflow {
        /// Counted from 1.
        line: usize,
    },
    /// Nothing left between MBR and UICR.
    #[error("the file holds no byte between the MBR and the UICR")]
    Empty,
    /// The bytes lie too far apart.
    #[error("the image would reach from 0x{start:08x} to 0x{end:08x}, the limit is 16 MiB")]
    TooLarge {
        /// First address.
        start: u32,
        /// Address behind the last byte.
        end: u32,
    },
}

/// Reads an Intel HEX file: segments in ascending order, with a hole between any two.
///
/// # Errors
/// Broken records, overlapping data.
pub fn read_hex(text: &[u8]) -> Result<Vec<Segment>, ImageError> {
    let text = std::str::from_utf8(text).map_err(|_| ImageError::NotText)?;
    let mut records: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut base = 0u32;
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        let content = content.trim();
        if content.is_empty() {
            continue;
        }
        // One reader per line, so that an error has its line.
        let options = ReaderOptions { stop_after_first_error: true, stop_after_eof: true };
        let record = match Reader::new_with_options(content, options).next() {
            Some(Ok(record)) => record,
            Some(Err(error)) => return Err(ImageError::Record { line, error }),
            None => continue,
        };
        match record {
            Record::ExtendedLinearAddress(upper) => base = u32::from(upper) << 16,
            Record::ExtendedSegmentAddress(segment) => base = u32::from(segment) << 4,
            Record::StartLinearAddress(_) | Record::StartSegmentAddress { .. } => {}
            Record::EndOfFile => break,
            Record::Data { offset, value } => {
                if value.is_empty() {
                    continue;
                }
                let address = base.checked_add(offset.into()).ok_or(ImageError::AddressOverflow { line })?;
                insert(&mut records, address, value, line)?;
            }
        }
    }
    Ok(merge(records))
}

fn insert(
    records: &mut BTreeMap<u32, Vec<u8>>,
    address: u32,
    value: Vec<u8>,
    line: usize,
) -> Result<(), ImageError> {
    let end = u64::from(address) + value.len() as u64;
    if end > 1 << 32 {
        return Err(ImageError::AddressOverflow { line });
    }
    // Only the neighbours can overlap: all others overlapped them when they were put in.
    if let Some((&start, before)) = records.range(..=address).next_back()
        && u64::from(start) + before.len() as u64 > u64::from(address)
    {
        return Err(ImageError::Overlap { line, address });
    }
    if let Some((&next, _)) = records.range(address..).next()
        && u64::from(next) < end
    {
        return Err(ImageError::Overlap { line, address: next });
    }
    records.insert(address, value);
    Ok(())
}

fn merge(records: BTreeMap<u32, Vec<u8>>) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (address, data) in records {
        match segments.last_mut() {
            Some(last) if u64::from(last.address) + last.data.len() as u64 == u64::from(address) => {
                last.data.extend(data);
            }
            _ => segments.push(Segment { address, data }),
        }
    }
    segments
}

/// Writes Intel HEX as common tools do: up to 16 bytes in a line, none across a multiple of 16, an address record in front
/// of every change of the upper half, LF at every end.
#[must_use]
pub fn write_hex(segments: &[Segment]) -> String {
    let mut out = String::new();
    let mut line = |record: &Record| {
        // Data records here have at most 16 bytes, so the writer, which fails above 255, never does.
        out.push_str(&record.to_record_string().unwrap_or_default());
        out.push('\n');
    };
    let mut upper = None;
    for segment in segments {
        let mut address = segment.address;
        let mut rest = segment.data.as_slice();
        while !rest.is_empty() {
            let room = 16 - (address % 16) as usize;
            let (value, behind) = rest.split_at(room.min(rest.len()));
            if upper != Some(address >> 16) && (address >> 16 != 0 || upper.is_some()) {
                line(&Record::ExtendedLinearAddress((address >> 16) as u16));
            }
            upper = Some(address >> 16);
            line(&Record::Data { offset: address as u16, value: value.to_vec() });
            address = address.wrapping_add(value.len() as u32);
            rest = behind;
        }
    }
    line(&Record::EndOfFile);
    out
}

/// Pads to a multiple of four bytes with FF.
#[must_use]
pub fn pad_to_word(mut image: Vec<u8>) -> Vec<u8> {
    image.resize(image.len().next_multiple_of(4), 0xFF);
    image
}

/// The image that a firmware file holds, padded to a word: a file named `*.bin` as it is, every other one as Intel HEX
/// without MBR and UICR, with holes FF.
///
/// # Errors
/// [`ImageError`]; an empty `.bin` is [`ImageError::Empty`].
pub fn firmware(file_name: &str, content: &[u8]) -> Result<Vec<u8>, ImageError> {
    if file_name.ends_with(".bin") {
        return if content.is_empty() { Err(ImageError::Empty) } else { Ok(pad_to_word(content.to_vec())) };
    }
    flatten(&read_hex(content)?)
}

/// The image within segments, by the rules of [`firmware`].
///
/// # Errors
/// [`ImageError::Empty`] and [`ImageError::TooLarge`].
pub fn flatten(segments: &[Segment]) -> Result<Vec<u8>, ImageError> {
    let old_softdevice = word_at(segments, SD_MAGIC_NOW) != Some(SD_MAGIC)
        && SD_MAGIC_OLD.iter().any(|&at| word_at(segments, at) == Some(SD_MAGIC));
    let lowest = if old_softdevice { OLD_START } else { MBR_END };
    let inside: Vec<(u32, &[u8])> = segments.iter().filter_map(|s| clip(s, lowest)).collect();
    let (Some(&(start, _)), Some(&(last, tail))) = (inside.first(), inside.last()) else {
        return Err(ImageError::Empty);
    };
    let end = last + tail.len() as u32;
    if end - start > MAX_SPAN {
        return Err(ImageError::TooLarge { start, end });
    }
    let mut image = vec![0xFF; (end - start) as usize];
    for (address, data) in inside {
        let at = (address - start) as usize;
        image[at..at + data.len()].copy_from_slice(data);
    }
    Ok(pad_to_word(image))
}

/// The part of a segment between `lowest` and the UICR.
fn clip(segment: &Segment, lowest: u32) -> Option<(u32, &[u8])> {
    let end = u64::from(segment.address) + segment.data.len() as u64;
    let from = segment.address.max(lowest);
    let to = end.min(UICR_START.into());
    if u64::from(from) >= to {
        return None;
    }
    let skip = (from - segment.address) as usize;
    let len = (to - u64::from(from)) as usize;
    Some((from, &segment.data[skip..skip + len]))
}

fn word_at(segments: &[Segment], address: u32) -> Option<[u8; 4]> {
    let segment = segments.iter().rev().find(|segment| segment.address <= address)?;
    segment.data.get((address - segment.address) as usize..)?.first_chunk().copied()
}
