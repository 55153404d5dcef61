//! Everything that survives a power cut: flash and UICR, and how one operation changes them.

use std::{collections::HashMap, sync::Arc};

use super::{PAGE, PageBytes, Pages};
use crate::{
    noise::hash,
    nvmc::{FlashAction, FlashOp, Outcome, Tear, TearPattern},
    variant::{Profile, Variant},
};

/// Address of the user information page.
pub(crate) const UICR: u32 = 0x1000_1000;

/// Flash and UICR of a chip. Copies are cheap: pages are shared until they differ.
#[derive(Debug, Clone, PartialEq)]
pub struct NonVolatile {
    pub(crate) flash: Pages,
    pub(crate) uicr: Pages,
}

/// Numbers that tell contents apart, remembered page by page: a page keeps its number as long as nobody changes it.
#[derive(Debug, Default)]
pub(crate) struct Digests(HashMap<u64, u64>);

impl Digests {
    /// The number of a content. Two different ones have the same with a chance of one in 2^64.
    pub(crate) fn of(&mut self, array: &NonVolatile) -> u64 {
        [&array.flash, &array.uicr].into_iter().flat_map(Pages::contents).fold(
            0,
            |digest, (version, bytes)| {
                let page = self.0.entry(version).or_insert_with(|| {
                    bytes
                        .as_chunks::<8>()
                        .0
                        .iter()
                        .fold(0, |sum, &chunk| hash(sum, u64::from_le_bytes(chunk)))
                });
                hash(digest, *page)
            },
        )
    }
}

/// What an operation replaced, to take it back when power fails before it is finished.
#[derive(Debug, Clone)]
pub(crate) enum Undo {
    Word { address: u32, value: u32 },
    Page { page: usize, bytes: Arc<PageBytes> },
    Everything(Box<NonVolatile>),
}

impl NonVolatile {
    /// Erased flash and UICR of a chip.
    pub fn blank(variant: Variant) -> Self {
        Self::blank_for(&variant.profile())
    }

    pub(crate) fn blank_for(profile: &Profile) -> Self {
        Self { flash: Pages::blank(profile.flash_pages() as usize), uicr: Pages::blank(1) }
    }

    /// A copy of the flash.
    pub fn flash(&self) -> Vec<u8> {
        self.flash.to_vec()
    }

    /// A copy of the UICR page.
    pub fn uicr(&self) -> Vec<u8> {
        self.uicr.to_vec()
    }

    /// Puts bytes where they belong without any flash rule: for images prepared by tests and reports.
    ///
    /// Returns false, with nothing changed, when a byte would lie outside flash and UICR.
    pub fn put(&mut self, address: u32, bytes: &[u8]) -> bool {
        let length = bytes.len();
        let fits = |base: u32, pages: &Pages| {
            address >= base
                && (address - base) as usize <= pages.len()
                && length <= pages.len() - (address - base) as usize
        };
        if fits(0, &self.flash) {
            self.flash.copy_in(address, bytes);
            true
        } else if fits(UICR, &self.uicr) {
            self.uicr.copy_in(address - UICR, bytes);
            true
        } else {
            false
        }
    }

    /// The word at an aligned address, if it lies in flash or UICR.
    pub fn word(&self, address: u32) -> Option<u32> {
        let (pages, offset) = self.place(address)?;
        Some(pages.word(offset & !3))
    }

    /// Bytes from `address` on: `size` of them, fewer where flash or UICR ends, none outside of both.
    pub fn bytes(&self, address: u32, size: u32) -> Vec<u8> {
        let Some((pages, offset)) = self.place(address) else { return Vec::new() };
        let mut bytes = vec![0; (size as usize).min(pages.len() - offset as usize)];
        pages.copy_out(offset, &mut bytes);
        bytes
    }

    /// Does to the array what a recorded operation did.
    pub fn apply(&mut self, op: &FlashOp) {
        let tear = match op.outcome {
            Outcome::Complete => Tear::After,
            Outcome::Torn(pattern) => Tear::Torn(pattern),
            Outcome::Failed => Tear::Before,
        };
        self.perform(op.action, tear);
    }

    /// Performs an action, complete or torn, and says what it replaced.
    pub(crate) fn perform(&mut self, action: FlashAction, tear: Tear) -> Option<Undo> {
        let pattern = match tear {
            Tear::Before => return None,
            Tear::After => None,
            Tear::Torn(pattern) => Some(pattern),
        };
        match action {
            FlashAction::Program { address, value } => {
                let old = self.word(address)?;
                let falling = old & !value;
                let fallen = pattern.map_or(falling, |pattern| pattern.moved(0, 1, falling));
                self.put_word(address, old & !fallen);
                Some(Undo::Word { address, value: old })
            }
            FlashAction::ErasePage { address } => self.erase_page(address, pattern),
            FlashAction::ErasePart { address, percent } if percent < 100 => {
                let partly = TearPattern::Density { percent, seed: u64::from(address) };
                self.erase_page(address, Some(partly))
            }
            FlashAction::ErasePart { address, .. } => self.erase_page(address, pattern),
            FlashAction::EraseUicr => {
                let before = self.clone();
                raise(&mut self.uicr, 0, pattern, 0, PAGE / 4);
                Some(Undo::Everything(Box::new(before)))
            }
            FlashAction::EraseAll => {
                let before = self.clone();
                let pages = self.flash.len() / PAGE;
                let words = (pages + 1) * PAGE / 4;
                for page in 0..pages {
                    raise(&mut self.flash, page, pattern, page * PAGE / 4, words);
                }
                raise(&mut self.uicr, 0, pattern, pages * PAGE / 4, words);
                Some(Undo::Everything(Box::new(before)))
            }
        }
    }

    pub(crate) fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Word { address, value } => self.put_word(address, value),
            Undo::Page { page, bytes } => self.flash.restore(page, bytes),
            Undo::Everything(before) => *self = *before,
        }
    }

    fn erase_page(&mut self, address: u32, pattern: Option<TearPattern>) -> Option<Undo> {
        let page = address as usize / PAGE;
        if page * PAGE >= self.flash.len() {
            return None;
        }
        let bytes = self.flash.page(page);
        raise(&mut self.flash, page, pattern, 0, PAGE / 4);
        Some(Undo::Page { page, bytes })
    }

    fn put_word(&mut self, address: u32, value: u32) {
        if (address as usize) < self.flash.len() {
            self.flash.put_word(address, value);
        } else if self.place(address).is_some() {
            self.uicr.put_word(address - UICR, value);
        }
    }

    fn place(&self, address: u32) -> Option<(&Pages, u32)> {
        if (address as usize) < self.flash.len() {
            Some((&self.flash, address))
        } else {
            let offset = address.checked_sub(UICR)?;
            ((offset as usize) < self.uicr.len()).then_some((&self.uicr, offset))
        }
    }
}

/// Lets the bits of a page rise: all of them, or those the pattern picks out of `words` words, this page's first one
/// being number `first`.
fn raise(pages: &mut Pages, page: usize, pattern: Option<TearPattern>, first: usize, words: usize) {
    let Some(pattern) = pattern else { return pages.erase(page) };
    let mut bytes = *pages.page(page);
    for (index, word) in bytes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let old = u32::from_le_bytes(*word);
        *word = (old | pattern.moved(first + index, words, !old)).to_le_bytes();
    }
    pages.restore(page, Arc::new(bytes));
}
