//! CRCs of the beginnings of an image.

use gauntlet_protocol::{crc32, crc32_continue};

use crate::Checkpoint;

/// Bytes to be sent, with the CRC of every prefix at hand.
pub(crate) struct Prefixes<'a> {
    bytes: &'a [u8],
    /// The CRC of the first `i * STEP` bytes, so that no prefix costs more than one step.
    marks: Vec<u32>,
}

const STEP: usize = 4096;

impl<'a> Prefixes<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut marks = vec![crc32(&[])];
        let mut crc = marks[0];
        for chunk in bytes.chunks_exact(STEP) {
            crc = crc32_continue(crc, chunk);
            marks.push(crc);
        }
        Self { bytes, marks }
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What a device holds that holds the first `length` bytes; `length` is at most the length of the image.
    pub(crate) fn checkpoint(&self, length: usize) -> Checkpoint {
        let mark = length / STEP;
        let crc = crc32_continue(self.marks[mark], &self.bytes[mark * STEP..length]);
        // Images longer than 4 GiB are refused before they get here.
        Checkpoint { offset: length as u32, crc }
    }

    /// Whether the device, going by what it says, holds nothing but the first bytes of this image.
    pub(crate) fn holds(&self, found: Checkpoint) -> bool {
        usize::try_from(found.offset)
            .is_ok_and(|offset| offset <= self.len() && self.checkpoint(offset).crc == found.crc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_has_its_crc() {
        let bytes: Vec<u8> = (0..10_000u32).map(|i| (i * 7 + i / 256) as u8).collect();
        let prefixes = Prefixes::new(&bytes);
        for length in [0, 1, 4095, 4096, 4097, 8191, 8192, 8193, 10_000] {
            let point = prefixes.checkpoint(length);
            assert_eq!((point.offset as usize, point.crc), (length, crc32(&bytes[..length])), "{length}");
            assert!(prefixes.holds(point));
            assert!(!prefixes.holds(Checkpoint { crc: point.crc ^ 1, ..point }));
        }
        assert!(!prefixes.holds(Checkpoint { offset: 10_001, crc: 0 }));
    }
}
