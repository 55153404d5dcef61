//! What the flash has been through: erases of each page, and words written more often than the data sheet allows
//! between two erases. Exceeding a limit changes nothing here; it is reported, because on a board it may.

use std::sync::Arc;

use crate::{
    memory::PAGE,
    nvmc::{FlashAction, Source},
    variant::WriteLimit,
};

const WORDS: usize = PAGE / 4;

/// Writes to a place that has had as many as it may have since its last erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Overwrite {
    /// The word.
    pub address: u32,
    /// When the limit was exceeded for the first time, in cycles.
    pub at: u64,
    /// Who wrote.
    pub source: Source,
}

/// How many reports are kept.
const REPORTS_KEPT: usize = 64;

#[derive(Debug, Clone, Default)]
struct Page {
    erases: u32,
    /// Writes of each word, or of each block, since the last erase; most pages have had none.
    writes: Option<Arc<[u8; WORDS]>>,
}

/// The counts of all flash pages.
#[derive(Debug, Clone)]
pub(crate) struct Wear {
    pages: Vec<Page>,
    pub(crate) overwrites: Vec<Overwrite>,
}

impl Wear {
    pub(crate) fn new(pages: u32) -> Self {
        Self { pages: vec![Page::default(); pages as usize], overwrites: Vec::new() }
    }

    /// Erases of a page since the chip was made.
    pub(crate) fn erases(&self, page: usize) -> u32 {
        self.pages.get(page).map_or(0, |page| page.erases)
    }

    pub(crate) fn count(&mut self, action: FlashAction, limit: WriteLimit, at: u64, source: Source) {
        match action {
            FlashAction::Program { address, .. } => self.count_write(address, limit, at, source),
            FlashAction::ErasePage { address } | FlashAction::ErasePart { address, percent: 100.. } => {
                if let Some(page) = self.pages.get_mut(address as usize / PAGE) {
                    page.erase();
                }
            }
            FlashAction::EraseAll => self.pages.iter_mut().for_each(Page::erase),
            FlashAction::ErasePart { .. } | FlashAction::EraseUicr => {}
        }
    }

    fn count_write(&mut self, address: u32, limit: WriteLimit, at: u64, source: Source) {
        let Some(page) = self.pages.get_mut(address as usize / PAGE) else { return };
        let writes = Arc::make_mut(page.writes.get_or_insert_with(|| Arc::new([0; WORDS])));
        let word = address as usize % PAGE / 4;
        let (place, limit) = match limit {
            WriteLimit::PerWord(limit) => (word, limit),
            WriteLimit::PerBlock { words, writes: limit } => (word / words, limit),
        };
        writes[place] = writes[place].saturating_add(1);
        let exceeds = limit.checked_add(1) == Some(writes[place]);
        if exceeds && self.overwrites.len() < REPORTS_KEPT {
            self.overwrites.push(Overwrite { address, at, source });
        }
    }
}

impl Page {
    fn erase(&mut self) {
        self.erases += 1;
        self.writes = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(wear: &mut Wear, limit: WriteLimit, address: u32, times: u32) {
        for _ in 0..times {
            wear.count(FlashAction::Program { address, value: 0 }, limit, 5, Source::Cpu);
        }
    }

    #[test]
    fn a_word_may_be_written_twice_between_erases() {
        let limit = WriteLimit::PerWord(2);
        let mut wear = Wear::new(2);
        write(&mut wear, limit, 0x1004, 2);
        wear.count(FlashAction::ErasePage { address: 0x1000 }, limit, 5, Source::Cpu);
        write(&mut wear, limit, 0x1004, 2);
        assert!(wear.overwrites.is_empty());
        write(&mut wear, limit, 0x1004, 2);
        assert_eq!(
            wear.overwrites,
            [Overwrite { address: 0x1004, at: 5, source: Source::Cpu }],
            "reported once"
        );
        assert_eq!((wear.erases(0), wear.erases(1)), (0, 1));
    }

    #[test]
    fn a_block_may_be_written_181_times() {
        let limit = WriteLimit::PerBlock { words: 128, writes: 181 };
        let mut wear = Wear::new(1);
        for word in 0..128 {
            write(&mut wear, limit, 4 * word, 1);
        }
        write(&mut wear, limit, 0, 53);
        write(&mut wear, limit, 512, 181);
        assert!(wear.overwrites.is_empty());
        write(&mut wear, limit, 8, 1);
        assert_eq!(wear.overwrites.len(), 1);
    }
}
