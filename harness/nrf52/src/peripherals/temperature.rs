//! The temperature sensor.

use super::block::{Block, Device, Layout, World};
use crate::time::cycles_from_us;

const START: u8 = 0;
const STOP: u8 = 1;
const DATA_READY: u8 = 0;
const TEMPERATURE: u32 = 0x508;
const TRIM: u32 = 0x520;
const TRIM_WORDS: usize = 21;
const MEASUREMENT: u64 = cycles_from_us(36);

/// A0 to A5 at 0x520, B0 to B5 at 0x540, T0 to T4 at 0x560, with the reset values of the nRF52832.
const TRIM_RESET: [u32; TRIM_WORDS] = [
    0x320, 0x343, 0x35D, 0x400, 0x47F, 0x37B, 0, 0, 0x3FCC, 0x3F98, 0x3F98, 0x12, 0x6A, 0x3DD0, 0, 0, 0xE2,
    0, 0x14, 0x19, 0x50,
];

#[derive(Debug, Clone)]
pub(crate) struct Temperature {
    block: Block,
    /// What surrounds the chip, in quarters of a degree Celsius.
    pub(crate) surroundings: i32,
    measured: i32,
    ready_at: Option<u64>,
    trim: [u32; TRIM_WORDS],
}

impl Temperature {
    pub(crate) fn new() -> Self {
        let layout = Layout { base: 0x4000_C000, irq: 12, tasks: 0b11, events: 1, shorts: 0, inten: false };
        Self { block: Block::new(layout), surroundings: 100, measured: 0, ready_at: None, trim: TRIM_RESET }
    }
}

fn trim_word(offset: u32) -> Option<usize> {
    let index = (offset.checked_sub(TRIM)? / 4) as usize;
    (index < TRIM_WORDS).then_some(index)
}

impl Device for Temperature {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, offset: u32, _world: &mut World<'_>) -> Option<u32> {
        match offset {
            TEMPERATURE => Some(self.measured as u32),
            _ => trim_word(offset).map(|index| self.trim[index]),
        }
    }

    fn write(&mut self, offset: u32, value: u32, _world: &mut World<'_>) -> bool {
        match (offset, trim_word(offset)) {
            (TEMPERATURE, _) => true,
            (_, Some(index)) => {
                self.trim[index] = value;
                true
            }
            _ => false,
        }
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        match task {
            START => self.ready_at = Some(world.now + MEASUREMENT),
            STOP => self.ready_at = None,
            _ => {}
        }
    }

    fn act(&mut self, world: &mut World<'_>) {
        self.ready_at = None;
        self.measured = self.surroundings;
        self.block.generate(DATA_READY, world);
    }

    fn next(&mut self, _now: u64, _listening: bool) -> Option<u64> {
        self.ready_at
    }

    fn reset(&mut self) {
        *self = Self { surroundings: self.surroundings, ..Self::new() };
    }
}
