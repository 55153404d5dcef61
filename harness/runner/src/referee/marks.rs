//! How much of an object a device may hold, as far as that is known.

use gauntlet_protocol::crc32_continue;

/// Offset and CRC, as Select and Get CRC answer them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) offset: u32,
    pub(super) crc: u32,
}

impl Mark {
    /// From the eight bytes of an answer.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        Some(Self { offset: word(0)?, crc: word(4)? })
    }

    /// The eight bytes of an answer.
    pub(super) fn bytes(self) -> Vec<u8> {
        [self.offset.to_le_bytes(), self.crc.to_le_bytes()].concat()
    }

    /// With `data` behind it.
    pub(super) fn behind(self, data: &[u8]) -> Self {
        Self { offset: self.offset.wrapping_add(data.len() as u32), crc: crc32_continue(self.crc, data) }
    }
}

/// What a device may hold of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Marks {
    /// One of these; `None` is anything.
    list: Option<Vec<Mark>>,
    /// Or, because writes may have been lost, any offset in between, with a CRC that nobody can foretell.
    between: Option<(u32, u32)>,
}

impl Marks {
    /// Exactly this.
    pub(super) fn sure(mark: Mark) -> Self {
        Self { list: Some(vec![mark]), between: None }
    }

    /// One of these, or anything where one of them is anything.
    pub(super) fn one_of(some: impl IntoIterator<Item = Self>) -> Self {
        let (mut list, mut between) = (Vec::new(), None);
        for marks in some {
            let Some(own) = marks.list else { return Self::default() };
            for mark in own {
                if !list.contains(&mark) {
                    list.push(mark);
                }
            }
            between = between.or(marks.between);
        }
        Self { list: Some(list), between }
    }

    /// The only one that it can be.
    pub(super) fn only(&self) -> Option<Mark> {
        match (self.list.as_deref(), self.between) {
            (Some([mark]), None) => Some(*mark),
            _ => None,
        }
    }

    /// Those that it can be, when they are few and nothing was lost.
    pub(super) fn few(&self) -> Option<&[Mark]> {
        if self.between.is_some() { None } else { self.list.as_deref() }
    }

    /// The one without any loss.
    pub(super) fn full(&self) -> Option<Mark> {
        match self.list.as_deref() {
            Some([mark]) => Some(*mark),
            _ => None,
        }
    }

    /// Writes may have been lost.
    pub(super) fn is_loose(&self) -> bool {
        self.between.is_some()
    }

    /// A write that was taken, or perhaps lost.
    pub(super) fn write(&mut self, data: &[u8], lossy: bool) {
        if lossy && self.between.is_none() {
            self.between = self.list.iter().flatten().map(|mark| (mark.offset, mark.offset)).min();
        }
        for mark in self.list.iter_mut().flatten() {
            *mark = mark.behind(data);
            if let Some((_, to)) = &mut self.between {
                *to = (*to).max(mark.offset.saturating_sub(1));
            }
        }
    }

    /// A write that finds no room, unless one before it was lost: then the object may be full of other bytes.
    pub(super) fn overfull(&mut self, end: u32) {
        if let Some((_, to)) = &mut self.between {
            *to = end;
        }
    }

    /// The device says what it holds. False when that can't be.
    pub(super) fn settle(&mut self, said: Mark) -> bool {
        let listed = self.list.as_ref().is_none_or(|list| list.contains(&said));
        let lost = self.between.is_some_and(|(from, to)| (from..=to).contains(&said.offset));
        *self = Self::sure(said);
        listed || lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(bytes: &[u8]) -> Mark {
        Mark::default().behind(bytes)
    }

    #[test]
    fn only_what_was_written_is_there() {
        let mut marks = Marks::sure(Mark::default());
        marks.write(b"1234", false);
        marks.write(b"56789", false);
        assert_eq!(marks.only(), Some(Mark { offset: 9, crc: 0xCBF4_3926 }));
        assert!(!marks.clone().settle(mark(b"1234")));
        assert!(marks.settle(mark(b"123456789")));
    }

    #[test]
    fn a_write_that_may_be_lost_leaves_less_and_never_more() {
        let mut marks = Marks::sure(mark(b"1234"));
        marks.write(b"5678", true);
        assert!(marks.clone().settle(mark(b"1234")));
        assert!(marks.clone().settle(mark(b"12345678")));
        assert!(!marks.clone().settle(Mark { offset: 8, crc: 1 }), "all of it, but other bytes");
        assert!(!marks.clone().settle(Mark { offset: 9, crc: 1 }));
        assert!(!marks.clone().settle(Mark { offset: 3, crc: 1 }));
        // Settled once, it is known.
        assert!(marks.settle(mark(b"1234")) && marks.only() == Some(mark(b"1234")));
    }

    #[test]
    fn anything_is_anything_until_the_device_has_said_it() {
        let mut marks = Marks::one_of([Marks::sure(Mark::default()), Marks::default()]);
        assert_eq!(marks.few(), None);
        assert!(marks.settle(mark(b"1")));
        let two = Marks::one_of([marks.clone(), Marks::sure(Mark::default()), marks.clone()]);
        assert_eq!(two.few(), Some(&[mark(b"1"), Mark::default()][..]));
    }
}
