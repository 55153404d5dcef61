//! The real-time counters: 24 bits at 32768 Hz, or a whole part of it.

use super::block::{Block, Device, Layout, World};
use crate::{
    noise::hash,
    time::{tick_at, tick_start},
};

const START: u8 = 0;
const STOP: u8 = 1;
const CLEAR: u8 = 2;
const TRIGGER_OVERFLOW: u8 = 3;
const TICK: u8 = 0;
const OVERFLOW: u8 = 1;
const COMPARE: u8 = 16;
const EVTEN: u32 = 0x340;
const EVTENSET: u32 = 0x344;
const EVTENCLR: u32 = 0x348;
const COUNTER: u32 = 0x504;
const PRESCALER: u32 = 0x508;
const CC: u32 = 0x540;
const MASK: u32 = 0xFF_FFFF;

/// Whether a counter sees a compare value that lies just one tick ahead when it is written. Real chips may or may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NextTick {
    /// It is missed if less than a whole period of the 32768 Hz clock is left.
    #[default]
    ByPhase,
    /// It is missed.
    Missed,
    /// It is seen.
    Seen,
    /// Either, as the seed of the chip has it.
    Random,
}

#[derive(Debug, Clone)]
pub(crate) struct Rtc {
    block: Block,
    compares: u8,
    started: bool,
    /// The 32768 Hz clock runs.
    clocked: bool,
    /// The counter's value at tick `since`.
    base: u32,
    since: u64,
    prescaler: u32,
    cc: [u32; 4],
    /// Ticks up to this one are not compared: the value was written too late for them.
    blind_until: [u64; 4],
    evten: u32,
}

impl Rtc {
    pub(crate) fn new(base: u32, irq: u8, compares: u8) -> Self {
        let events = 0b11 | ((1 << compares) - 1) << COMPARE;
        let layout = Layout { base, irq, tasks: 0xF, events, shorts: 0, inten: false };
        Self {
            block: Block::new(layout),
            compares,
            started: false,
            clocked: false,
            base: 0,
            since: 0,
            prescaler: 0,
            cc: [0; 4],
            blind_until: [0; 4],
            evten: 0,
        }
    }

    /// The 32768 Hz clock was switched on or off.
    pub(crate) fn set_clocked(&mut self, now: u64, clocked: bool) {
        self.hold(now);
        self.clocked = clocked;
    }

    pub(crate) fn is_clocked(&self) -> bool {
        self.clocked
    }

    fn step(&self) -> u64 {
        u64::from(self.prescaler) + 1
    }

    fn counts(&self) -> bool {
        self.started && self.clocked
    }

    /// Increments since tick `since`.
    fn increments(&self, now: u64) -> u64 {
        if self.counts() { tick_at(now).saturating_sub(self.since) / self.step() } else { 0 }
    }

    fn count(&self, now: u64) -> u32 {
        (u64::from(self.base) + self.increments(now)) as u32 & MASK
    }

    /// Counting goes on from here, in phase.
    fn hold(&mut self, now: u64) {
        let since =
            if self.counts() { self.since + self.increments(now) * self.step() } else { tick_at(now) };
        (self.base, self.since) = (self.count(now), since);
    }

    fn set_count(&mut self, now: u64, count: u32) {
        (self.base, self.since) = (count, tick_at(now));
    }

    fn enabled(&self) -> u32 {
        self.evten | self.block.inten
    }

    fn compare_registers(&self) -> std::ops::Range<u8> {
        0..self.compares
    }

    fn compare_register(&self, offset: u32) -> Option<usize> {
        let index = (offset.checked_sub(CC)? / 4) as usize;
        (index < usize::from(self.compares)).then_some(index)
    }

    fn set_compare(&mut self, index: usize, value: u32, world: &World<'_>) {
        self.cc[index] = value & MASK;
        let tick = tick_at(world.now);
        let missed = match world.next_tick {
            NextTick::ByPhase => tick_start(tick + 1) - world.now < tick_start(1),
            NextTick::Missed => true,
            NextTick::Seen => false,
            NextTick::Random => hash(world.seed, world.now) & 1 == 1,
        };
        self.blind_until[index] = tick + u64::from(missed);
    }

    /// Increments from now until compare register `index` matches, never 0.
    fn until_compare(&self, index: usize, now: u64) -> u64 {
        let whole = u64::from(MASK) + 1;
        let distance = match self.cc[index].wrapping_sub(self.count(now)) & MASK {
            0 => whole,
            distance => u64::from(distance),
        };
        let tick = self.since + (self.increments(now) + distance) * self.step();
        if tick <= self.blind_until[index] { distance + whole } else { distance }
    }
}

impl Device for Rtc {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, offset: u32, world: &mut World<'_>) -> Option<u32> {
        match offset {
            EVTEN | EVTENSET | EVTENCLR => Some(self.evten),
            COUNTER => Some(self.count(world.now)),
            PRESCALER => Some(self.prescaler),
            _ => self.compare_register(offset).map(|index| self.cc[index]),
        }
    }

    fn write(&mut self, offset: u32, value: u32, world: &mut World<'_>) -> bool {
        match offset {
            EVTEN => self.evten = value,
            EVTENSET => self.evten |= value,
            EVTENCLR => self.evten &= !value,
            COUNTER => {}
            PRESCALER if self.started => {}
            PRESCALER => self.prescaler = value & 0xFFF,
            _ => match self.compare_register(offset) {
                Some(index) => self.set_compare(index, value, world),
                None => return false,
            },
        }
        true
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        match task {
            START if !self.started => {
                self.hold(world.now);
                self.started = true;
            }
            STOP => {
                self.hold(world.now);
                self.started = false;
            }
            CLEAR => self.set_count(world.now, 0),
            TRIGGER_OVERFLOW => self.set_count(world.now, 0xFF_FFF0),
            _ => {}
        }
    }

    fn act(&mut self, world: &mut World<'_>) {
        let count = self.count(world.now);
        let enabled = |event: u8| self.evten >> event & 1 == 1 || self.block.inten >> event & 1 == 1;
        let tick = tick_at(world.now);
        let mut events = 0_u32;
        if enabled(TICK) {
            events |= 1 << TICK;
        }
        if count == 0 && enabled(OVERFLOW) {
            events |= 1 << OVERFLOW;
        }
        for index in self.compare_registers() {
            let register = usize::from(index);
            if enabled(COMPARE + index) && self.cc[register] == count && tick > self.blind_until[register] {
                events |= 1 << (COMPARE + index);
            }
        }
        for event in (0..32).filter(|event| events >> event & 1 == 1) {
            self.block.generate(event, world);
        }
    }

    fn next(&mut self, now: u64, _listening: bool) -> Option<u64> {
        let enabled = self.enabled();
        if !self.counts() || enabled == 0 {
            return None;
        }
        let mut soonest = u64::MAX;
        if enabled >> TICK & 1 == 1 {
            soonest = 1;
        }
        if enabled >> OVERFLOW & 1 == 1 {
            soonest = soonest.min(u64::from(MASK - self.count(now)) + 1);
        }
        for index in self.compare_registers().filter(|index| enabled >> (COMPARE + index) & 1 == 1) {
            soonest = soonest.min(self.until_compare(index.into(), now));
        }
        let soonest = (soonest != u64::MAX).then_some(soonest)?;
        Some(tick_start(self.since + (self.increments(now) + soonest) * self.step()))
    }

    fn reset(&mut self) {
        let Self { compares, .. } = *self;
        let mut block = self.block.clone();
        block.reset();
        *self = Self { block, ..Self::new(0, 0, compares) };
    }
}
