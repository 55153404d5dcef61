//! Watchpoint and trace unit: the cycle counter and data watchpoints.

use crate::Width;

const TRCENA: u32 = 1 << 24;

/// One comparator.
#[derive(Clone, Copy, Debug, Default)]
struct Comparator {
    compare: u32,
    mask: u32,
    function: u32,
    matched: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Dwt {
    control: u32,
    /// The count while stopped, or the cycle at which it would have been 0.
    count: u64,
    counting: bool,
    trace_enabled: bool,
    comparators: [Comparator; 4],
    fitted: usize,
}

impl Dwt {
    pub(crate) fn new(watchpoints: u8) -> Self {
        Dwt {
            control: u32::from(watchpoints.min(4)) << 28,
            count: 0,
            counting: false,
            trace_enabled: false,
            comparators: [Comparator::default(); 4],
            fitted: usize::from(watchpoints.min(4)),
        }
    }

    /// CYCCNT at `now`.
    fn cycles(&self, now: u64) -> u32 {
        if self.counting { now.wrapping_sub(self.count) as u32 } else { self.count as u32 }
    }

    fn set_cycles(&mut self, value: u32, now: u64) {
        self.count = if self.counting { now.wrapping_sub(u64::from(value)) } else { u64::from(value) };
    }

    /// The core was halted or asleep for so many cycles.
    pub(crate) fn stand_still(&mut self, cycles: u64) {
        if self.counting {
            self.count = self.count.wrapping_add(cycles);
        }
    }

    fn update_counting(&mut self, now: u64) {
        let cycles = self.cycles(now);
        self.counting = self.trace_enabled && self.control & 1 != 0;
        self.set_cycles(cycles, now);
    }

    /// DEMCR.TRCENA gates the whole unit.
    pub(crate) fn set_demcr(&mut self, demcr: u32, now: u64) {
        self.trace_enabled = demcr & TRCENA != 0;
        self.update_counting(now);
    }

    /// Some comparator looks at data accesses.
    pub(crate) fn armed(&self) -> bool {
        self.trace_enabled && self.comparators.iter().any(|c| matches!(c.function & 15, 5..=7))
    }

    /// True when an access hits a watchpoint; remembers it in MATCHED.
    pub(crate) fn hits(&mut self, address: u32, width: Width, write: bool) -> bool {
        let mut hit = false;
        for comparator in &mut self.comparators {
            let wanted = match comparator.function & 15 {
                5 => !write,
                6 => write,
                7 => true,
                _ => false,
            };
            let ignored = !(u32::MAX << comparator.mask.min(31));
            let low = comparator.compare & !ignored;
            let high = low | ignored | ((1 << comparator.mask.min(31)) - 1);
            let last = address.wrapping_add(width.bytes() - 1);
            if wanted && address <= high && last >= low {
                comparator.matched = true;
                hit = true;
            }
        }
        hit
    }

    fn comparator(&mut self, offset: u32) -> Option<&mut Comparator> {
        self.comparators[..self.fitted].get_mut((offset as usize - 0x20) / 16)
    }

    pub(crate) fn read(&mut self, offset: u32, now: u64) -> u32 {
        match offset {
            0x000 => self.control,
            0x004 => self.cycles(now),
            0x020..=0x05C => {
                let Some(comparator) = self.comparator(offset) else {
                    return 0;
                };
                match offset & 15 {
                    0 => comparator.compare,
                    4 => comparator.mask,
                    8 => {
                        let matched = std::mem::take(&mut comparator.matched);
                        comparator.function | u32::from(matched) << 24
                    }
                    _ => 0,
                }
            }
            _ => 0,
        }
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32, now: u64) {
        match offset {
            0x000 => {
                let cycles = self.cycles(now);
                self.control = self.control & 0xF000_0000 | value & 0x007F_1FFF;
                self.counting = self.trace_enabled && self.control & 1 != 0;
                self.set_cycles(cycles, now);
            }
            0x004 => self.set_cycles(value, now),
            0x020..=0x05C => {
                if let Some(comparator) = self.comparator(offset) {
                    match offset & 15 {
                        0 => comparator.compare = value,
                        4 => comparator.mask = value & 0x1F,
                        8 => comparator.function = value & 0x000F_FFAF,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}
