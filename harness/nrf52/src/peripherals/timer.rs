//! The timers: 8 to 32 bits at 16 MHz, divided by a power of two.

use super::block::{Block, Device, Layout, World};

const START: u8 = 0;
const STOP: u8 = 1;
const COUNT: u8 = 2;
const CLEAR: u8 = 3;
const SHUTDOWN: u8 = 4;
const CAPTURE: u8 = 16;
const COMPARE: u8 = 16;
const SHORT_STOP: u8 = 8;
const MODE: u32 = 0x504;
const BIT_MODE: u32 = 0x508;
const PRESCALER: u32 = 0x510;
const CC: u32 = 0x540;
/// CPU cycles in a cycle of the 16 MHz clock.
const CYCLES: u64 = 4;

#[derive(Debug, Clone)]
pub(crate) struct Timer {
    block: Block,
    compares: u8,
    running: bool,
    /// The count at cycle `since`.
    base: u32,
    since: u64,
    mode: u32,
    bit_mode: u32,
    prescaler: u32,
    cc: [u32; 6],
}

impl Timer {
    pub(crate) fn new(base: u32, irq: u8, compares: u8) -> Self {
        let each = (1 << compares) - 1;
        let layout = Layout {
            base,
            irq,
            tasks: 0x1F | each << CAPTURE,
            events: each << COMPARE,
            shorts: each | each << SHORT_STOP,
            inten: false,
        };
        Self {
            block: Block::new(layout),
            compares,
            running: false,
            base: 0,
            since: 0,
            mode: 0,
            bit_mode: 0,
            prescaler: 4,
            cc: [0; 6],
        }
    }

    fn mask(&self) -> u32 {
        match self.bit_mode {
            1 => 0xFF,
            2 => 0xFF_FFFF,
            3 => u32::MAX,
            _ => 0xFFFF,
        }
    }

    fn step(&self) -> u64 {
        CYCLES << self.prescaler
    }

    /// It follows the clock, and not the COUNT task.
    fn follows_clock(&self) -> bool {
        self.running && self.mode == 0
    }

    fn increments(&self, now: u64) -> u64 {
        if self.follows_clock() { now.saturating_sub(self.since) / self.step() } else { 0 }
    }

    fn count(&self, now: u64) -> u32 {
        (u64::from(self.base) + self.increments(now)) as u32 & self.mask()
    }

    fn set_count(&mut self, now: u64, count: u32) {
        (self.base, self.since) = (count, now);
    }

    /// Counting goes on from here, in phase: before anything that changes how it counts.
    fn hold(&mut self, now: u64) {
        let since = if self.follows_clock() { self.since + self.increments(now) * self.step() } else { now };
        (self.base, self.since) = (self.count(now), since);
    }

    fn compare_register(&self, offset: u32) -> Option<usize> {
        let index = (offset.checked_sub(CC)? / 4) as usize;
        (index < usize::from(self.compares)).then_some(index)
    }

    /// The count has just become what it is: events and shortcuts of the registers that hold it.
    fn compare(&mut self, world: &mut World<'_>) {
        let (count, mask) = (self.count(world.now), self.mask());
        for index in 0..self.compares {
            if self.cc[usize::from(index)] & mask == count {
                self.block.generate(COMPARE + index, world);
                if self.block.has_short(index) {
                    self.set_count(world.now, 0);
                }
                if self.block.has_short(SHORT_STOP + index) {
                    self.hold(world.now);
                    self.running = false;
                }
            }
        }
    }
}

impl Device for Timer {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, offset: u32, _world: &mut World<'_>) -> Option<u32> {
        match offset {
            MODE => Some(self.mode),
            BIT_MODE => Some(self.bit_mode),
            PRESCALER => Some(self.prescaler),
            _ => self.compare_register(offset).map(|index| self.cc[index]),
        }
    }

    fn write(&mut self, offset: u32, value: u32, world: &mut World<'_>) -> bool {
        match offset {
            MODE => {
                self.hold(world.now);
                self.mode = value & 3;
            }
            BIT_MODE => {
                self.hold(world.now);
                self.bit_mode = value & 3;
                self.base &= self.mask();
            }
            PRESCALER => {
                self.hold(world.now);
                self.prescaler = (value & 0xF).min(9);
            }
            _ => match self.compare_register(offset) {
                Some(index) => self.cc[index] = value,
                None => return false,
            },
        }
        true
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        match task {
            START if !self.running => {
                self.hold(world.now);
                self.running = true;
            }
            STOP => {
                self.hold(world.now);
                self.running = false;
            }
            COUNT if self.running && self.mode != 0 => {
                self.set_count(world.now, self.base.wrapping_add(1) & self.mask());
                self.compare(world);
            }
            CLEAR => self.set_count(world.now, 0),
            SHUTDOWN => {
                self.set_count(world.now, 0);
                self.running = false;
            }
            CAPTURE.. => {
                let count = self.count(world.now);
                if let Some(cc) = self.cc.get_mut(usize::from(task - CAPTURE)) {
                    *cc = count;
                }
            }
            _ => {}
        }
    }

    fn act(&mut self, world: &mut World<'_>) {
        self.compare(world);
    }

    fn next(&mut self, now: u64, listening: bool) -> Option<u64> {
        if !self.follows_clock() {
            return None;
        }
        let (count, mask) = (self.count(now), self.mask());
        // An event that is set already and drives nothing changes nothing when it happens again.
        let matters = |index: &u8| {
            listening
                || !self.block.is_set(COMPARE + index)
                || self.block.has_short(*index)
                || self.block.has_short(SHORT_STOP + index)
        };
        let distances = (0..self.compares).filter(matters).map(|index| {
            match self.cc[usize::from(index)].wrapping_sub(count) & mask {
                0 => u64::from(mask) + 1,
                distance => u64::from(distance),
            }
        });
        let distance = distances.min()?;
        Some(self.since + (self.increments(now) + distance) * self.step())
    }

    fn reset(&mut self) {
        let mut block = self.block.clone();
        block.reset();
        *self = Self { block, ..Self::new(0, 0, self.compares) };
    }
}
