//! Decoded instructions, in pages that clones of a core share until one of them changes.

use std::sync::Arc;

use crate::record::Record;

const PAGE: u32 = 0x1000;
/// One record per half-word.
pub(crate) const SLOTS: usize = PAGE as usize / 2;
/// Beyond this many pages (24 KiB each) the cache starts again.
const LIMIT: usize = 512;
const HINTS: usize = 1024;

/// The decoded instructions of one 4 KiB page.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) records: [Record; SLOTS],
}

impl Page {
    const EMPTY: Page = Page { records: [Record::UNDECODED; SLOTS] };
}

#[derive(Clone, Debug)]
struct Entry {
    base: u32,
    version: u64,
    page: Arc<Page>,
}

#[derive(Clone, Debug)]
pub(crate) struct Cache {
    entries: Vec<Entry>,
    /// Where to look first, by a hash of the page number.
    hints: Box<[u16; HINTS]>,
}

fn hint_slot(base: u32) -> usize {
    ((base >> 12) ^ (base >> 20)) as usize % HINTS
}

impl Cache {
    pub(crate) fn new() -> Self {
        Cache { entries: Vec::new(), hints: Box::new([0; HINTS]) }
    }

    /// Index of the page at `base` with content `version`. A page of another version is forgotten first.
    pub(crate) fn find(&mut self, base: u32, version: u64) -> usize {
        let hint = &mut self.hints[hint_slot(base)];
        let mut index = usize::from(*hint);
        if self.entries.get(index).is_none_or(|entry| entry.base != base) {
            index = match self.entries.iter().position(|entry| entry.base == base) {
                Some(index) => index,
                None => {
                    if self.entries.len() >= LIMIT {
                        self.entries.clear();
                    }
                    self.entries.push(Entry { base, version, page: Arc::new(Page::EMPTY) });
                    self.entries.len() - 1
                }
            };
            *hint = index as u16;
        }
        let entry = &mut self.entries[index];
        if entry.version != version {
            entry.version = version;
            match Arc::get_mut(&mut entry.page) {
                Some(page) => page.records.fill(Record::UNDECODED),
                None => entry.page = Arc::new(Page::EMPTY),
            }
        }
        index
    }

    pub(crate) fn page(&self, index: usize) -> &Page {
        &self.entries[index].page
    }

    /// Remembers a decoded instruction. `offset` is its address within the page.
    pub(crate) fn insert(&mut self, index: usize, offset: u32, record: Record) {
        let page = Arc::make_mut(&mut self.entries[index].page);
        if let Some(slot) = page.records.get_mut(offset as usize / 2) {
            *slot = record;
        }
    }

    /// The core itself stored to bytes `low` to `high` of the page it executes, and nothing else changed there.
    pub(crate) fn stored(&mut self, index: usize, version: u64, low: u32, high: u32) {
        let entry = &mut self.entries[index];
        entry.version = version;
        // A 32-bit instruction may begin one half-word earlier.
        let first = (low / 2).saturating_sub(1) as usize;
        let last = (high.div_ceil(2) as usize).min(SLOTS);
        if entry.page.records[first..last].iter().all(|r| *r == Record::UNDECODED) {
            return;
        }
        Arc::make_mut(&mut entry.page).records[first..last].fill(Record::UNDECODED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Op;

    fn nop() -> Record {
        Record::new(Op::Nop)
    }

    #[test]
    fn a_clone_keeps_what_it_had() {
        let mut one = Cache::new();
        let index = one.find(0x1000, 1);
        one.insert(index, 4, nop());
        let mut two = one.clone();
        let at = two.find(0x1000, 2);
        assert_eq!(two.page(at).records[2], Record::UNDECODED);
        let at = one.find(0x1000, 1);
        assert_eq!(one.page(at).records[2], nop());
    }

    #[test]
    fn a_store_forgets_the_instruction_before_too() {
        let mut cache = Cache::new();
        let index = cache.find(0, 1);
        for offset in (0..16).step_by(2) {
            cache.insert(index, offset, nop());
        }
        cache.stored(index, 2, 7, 8);
        let kept: Vec<bool> = cache.page(index).records[..8].iter().map(|r| *r == nop()).collect();
        assert_eq!(kept, [true, true, false, false, true, true, true, true]);
        assert_eq!(cache.find(0, 2), index);
        assert_eq!(cache.page(index).records[0], nop(), "the version was taken over");
    }

    #[test]
    fn many_pages_and_colliding_hints() {
        let mut cache = Cache::new();
        let bases: Vec<u32> =
            (0..300).map(|n| n * PAGE).chain((0..16).map(|n| 0x2000_0000 + n * PAGE)).collect();
        for &base in &bases {
            let index = cache.find(base, 7);
            cache.insert(index, 0, nop().imm(base));
        }
        for &base in &bases {
            let index = cache.find(base, 7);
            assert_eq!(cache.page(index).records[0].imm, base);
        }
    }
}
