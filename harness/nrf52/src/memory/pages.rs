//! Pages that are shared between snapshots until one of them writes.

use std::sync::Arc;

use super::{PAGE, PageBytes, fresh_version};

#[derive(Debug, Clone)]
struct Page {
    bytes: Arc<PageBytes>,
    version: u64,
}

/// Non-volatile pages. Cloning copies pointers only.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    pages: Vec<Page>,
    blank: Arc<PageBytes>,
}

impl Pages {
    pub(crate) fn blank(count: usize) -> Self {
        let blank = Arc::new([0xFF; PAGE]);
        let version = fresh_version();
        Self { pages: (0..count).map(|_| Page { bytes: Arc::clone(&blank), version }).collect(), blank }
    }

    pub(crate) fn len(&self) -> usize {
        self.pages.len() * PAGE
    }

    #[inline]
    pub(crate) fn version(&self, offset: u32) -> u64 {
        self.pages[offset as usize / PAGE].version
    }

    /// `N` bytes at an offset that may cross a page boundary.
    #[inline]
    pub(crate) fn read<const N: usize>(&self, offset: u32) -> [u8; N] {
        let (page, at) = (offset as usize / PAGE, offset as usize % PAGE);
        let mut value = [0; N];
        if at + N <= PAGE {
            value.copy_from_slice(&self.pages[page].bytes[at..at + N]);
        } else {
            self.copy_out(offset, &mut value);
        }
        value
    }

    #[inline]
    pub(crate) fn word(&self, offset: u32) -> u32 {
        u32::from_le_bytes(self.read(offset))
    }

    pub(crate) fn copy_out(&self, offset: u32, target: &mut [u8]) {
        let mut offset = offset as usize;
        let mut target = target;
        while !target.is_empty() {
            let at = offset % PAGE;
            let count = target.len().min(PAGE - at);
            let (now, later) = target.split_at_mut(count);
            now.copy_from_slice(&self.pages[offset / PAGE].bytes[at..at + count]);
            offset += count;
            target = later;
        }
    }

    pub(crate) fn put_word(&mut self, offset: u32, value: u32) {
        let at = (offset as usize % PAGE) & !3;
        self.change(offset as usize / PAGE)[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn copy_in(&mut self, offset: u32, source: &[u8]) {
        let mut offset = offset as usize;
        let mut source = source;
        while !source.is_empty() {
            let at = offset % PAGE;
            let count = source.len().min(PAGE - at);
            let (now, later) = source.split_at(count);
            self.change(offset / PAGE)[at..at + count].copy_from_slice(now);
            offset += count;
            source = later;
        }
    }

    pub(crate) fn erase(&mut self, page: usize) {
        self.pages[page] = Page { bytes: Arc::clone(&self.blank), version: fresh_version() };
    }

    /// The page itself, as a cheap copy of how it is now.
    pub(crate) fn page(&self, page: usize) -> Arc<PageBytes> {
        Arc::clone(&self.pages[page].bytes)
    }

    pub(crate) fn restore(&mut self, page: usize, bytes: Arc<PageBytes>) {
        self.pages[page] = Page { bytes, version: fresh_version() };
    }

    /// The page for changing; whoever shares it keeps the old content.
    fn change(&mut self, page: usize) -> &mut PageBytes {
        let page = &mut self.pages[page];
        page.version = fresh_version();
        Arc::make_mut(&mut page.bytes)
    }

    /// Version and content of each page.
    pub(crate) fn contents(&self) -> impl Iterator<Item = (u64, &PageBytes)> {
        self.pages.iter().map(|page| (page.version, &*page.bytes))
    }

    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        for page in &self.pages {
            bytes.extend_from_slice(&page.bytes[..]);
        }
        bytes
    }
}

impl PartialEq for Pages {
    fn eq(&self, other: &Self) -> bool {
        self.pages.len() == other.pages.len()
            && self
                .pages
                .iter()
                .zip(&other.pages)
                .all(|(a, b)| Arc::ptr_eq(&a.bytes, &b.bytes) || a.bytes == b.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_keeps_its_content_when_the_original_changes() {
        let mut pages = Pages::blank(2);
        let before = pages.clone();
        pages.put_word(4096, 0x1234_5678);
        assert_eq!(before.word(4096), 0xFFFF_FFFF);
        assert_eq!(pages.word(4096), 0x1234_5678);
        assert_ne!(before.version(4096), pages.version(4096));
        assert_eq!(before.version(0), pages.version(0));
        assert_ne!(before, pages);
        pages.erase(1);
        assert_eq!(before, pages);
    }

    #[test]
    fn reads_and_copies_cross_page_boundaries() {
        let mut pages = Pages::blank(2);
        pages.copy_in(4094, &[1, 2, 3, 4]);
        assert_eq!(pages.word(4094), 0x0403_0201);
        let mut out = [0; 6];
        pages.copy_out(4093, &mut out);
        assert_eq!(out, [0xFF, 1, 2, 3, 4, 0xFF]);
    }
}
