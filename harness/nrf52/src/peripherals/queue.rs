//! The event queue: when each peripheral acts next.
//!
//! There are few sources, so a fixed array with its smallest entry at hand is faster than a heap, and a snapshot copies
//! it for nothing.

use super::SOURCES;

/// The time of a source that waits for nothing.
pub(crate) const NEVER: u64 = u64::MAX;

#[derive(Debug, Clone, Copy)]
struct Slot {
    at: u64,
    /// Two sources that are due in one cycle act in the order in which their times were set.
    order: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Queue {
    slots: [Slot; SOURCES],
    first: usize,
    set: u64,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self { slots: [Slot { at: NEVER, order: 0 }; SOURCES], first: 0, set: 0 }
    }

    /// The cycle of the earliest event.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.slots[self.first].at
    }

    /// The earliest event, if it is due at `now`: its cycle and its source.
    #[inline]
    pub(crate) fn due(&self, now: u64) -> Option<(u64, usize)> {
        let at = self.next();
        (at <= now && at != NEVER).then_some((at, self.first))
    }

    /// Says when a source acts next.
    pub(crate) fn set(&mut self, source: usize, at: u64) {
        if self.slots[source].at == at {
            return;
        }
        self.set += 1;
        self.slots[source] = Slot { at, order: self.set };
        let key = |slot: &Slot| (slot.at, slot.order);
        if source == self.first {
            let all = self.slots.iter().enumerate();
            self.first = all.min_by_key(|(_, slot)| key(slot)).map_or(0, |(index, _)| index);
        } else if key(&self.slots[source]) < key(&self.slots[self.first]) {
            self.first = source;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_equals_in_the_order_they_were_set() {
        let mut queue = Queue::new();
        for (source, at) in [(5, 30), (2, 10), (7, 20), (1, 10)] {
            queue.set(source, at);
        }
        let mut order = Vec::new();
        while let Some((at, source)) = queue.due(100) {
            order.push((at, source));
            queue.set(source, NEVER);
        }
        assert_eq!(order, [(10, 2), (10, 1), (20, 7), (30, 5)]);
        assert_eq!(queue.next(), NEVER);
    }

    #[test]
    fn nothing_is_due_before_its_time_and_a_time_can_be_taken_back() {
        let mut queue = Queue::new();
        queue.set(3, 10);
        assert_eq!(queue.due(9), None);
        queue.set(3, 50);
        assert_eq!(queue.due(49), None);
        assert_eq!(queue.due(50), Some((50, 3)));
    }
}
