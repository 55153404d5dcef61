//! RAM. Its bytes are copied with a snapshot: it is small, and stores must cost nothing extra.

use std::ops::Range;

use super::{PAGE, fresh_version};
use crate::noise::Noise;

#[derive(Debug, Clone)]
struct Code {
    version: u64,
    /// The part of the page that has been fetched as code since the version was given.
    fetched: Range<u16>,
}

/// RAM with a content version for each page that only moves when bytes change that were executed: a stack next to a
/// flash algorithm does not make the algorithm be decoded again.
#[derive(Debug)]
pub(crate) struct Ram {
    bytes: Vec<u8>,
    code: Vec<Code>,
}

/// A snapshot gets versions of its own: which bytes were executed is remembered here, but what was decoded from them
/// may be shared, so the two must never mean different content by one version.
impl Clone for Ram {
    fn clone(&self) -> Self {
        let code = self.code.iter().map(|_| Code { version: fresh_version(), fetched: NOTHING }).collect();
        Self { bytes: self.bytes.clone(), code }
    }
}

impl Ram {
    pub(crate) fn new(size: u32) -> Self {
        let code = Code { version: fresh_version(), fetched: NOTHING };
        Self { bytes: vec![0; size as usize], code: vec![code; size as usize / PAGE] }
    }

    /// What RAM holds after power came on: nothing anybody may rely on.
    pub(crate) fn scramble(&mut self, seed: u64) {
        Noise::new(seed).fill(&mut self.bytes);
        self.code.fill(Code { version: fresh_version(), fetched: NOTHING });
    }

    /// What a part of it holds after it was without power.
    pub(crate) fn scramble_part(&mut self, part: Range<u32>, seed: u64) {
        let part = part.start as usize..part.end as usize;
        if let Some(bytes) = self.bytes.get_mut(part.clone()) {
            Noise::new(seed).fill(bytes);
            self.touched(part.start, part.end);
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn version(&self, offset: u32) -> u64 {
        self.code[offset as usize / PAGE].version
    }

    #[inline]
    pub(crate) fn read<const N: usize>(&self, offset: u32) -> Option<[u8; N]> {
        let offset = offset as usize;
        self.bytes.get(offset..offset + N)?.try_into().ok()
    }

    #[inline]
    pub(crate) fn write(&mut self, offset: u32, value: &[u8]) -> Option<()> {
        let start = offset as usize;
        self.bytes.get_mut(start..start + value.len())?.copy_from_slice(value);
        self.touched(start, start + value.len());
        Some(())
    }

    /// Remembers that these bytes were executed. The range is widened by a word on both sides: the core may have
    /// looked at the other half of an instruction.
    pub(crate) fn fetched(&mut self, offset: u32, length: u32) {
        let Some(code) = self.code.get_mut(offset as usize / PAGE) else { return };
        let at = offset as usize % PAGE;
        let start = at.saturating_sub(4) as u16;
        let end = (at + length as usize + 4).min(PAGE) as u16;
        code.fetched = if code.fetched.is_empty() {
            start..end
        } else {
            code.fetched.start.min(start)..code.fetched.end.max(end)
        };
    }

    #[inline]
    fn touched(&mut self, start: usize, end: usize) {
        let mut start = start;
        while start < end {
            let page = start / PAGE;
            let stop = end.min((page + 1) * PAGE);
            let code = &mut self.code[page];
            if start % PAGE < usize::from(code.fetched.end)
                && stop - page * PAGE > usize::from(code.fetched.start)
            {
                *code = Code { version: fresh_version(), fetched: NOTHING };
            }
            start = stop;
        }
    }
}

const NOTHING: Range<u16> = 0..0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_of_executed_bytes_moves_the_version() {
        let mut ram = Ram::new(8192);
        ram.fetched(0x100, 4);
        let version = ram.version(0);
        ram.write(0x200, &[1, 2, 3, 4]).unwrap();
        ram.write(0x1100, &[1]).unwrap();
        assert_eq!(ram.version(0), version);
        ram.write(0xFE, &[0; 4]).unwrap();
        assert_ne!(ram.version(0), version);
    }

    #[test]
    fn a_write_over_a_page_boundary_is_seen_on_both_sides() {
        let mut ram = Ram::new(8192);
        ram.fetched(0x1000, 4);
        let (first, second) = (ram.version(0), ram.version(0x1000));
        ram.write(0xFFE, &[0; 4]).unwrap();
        assert_eq!(ram.version(0), first);
        assert_ne!(ram.version(0x1000), second);
    }

    #[test]
    fn outside_is_refused() {
        let mut ram = Ram::new(4096);
        assert!(ram.read::<4>(4094).is_none());
        assert!(ram.write(4095, &[0, 0]).is_none());
    }
}
