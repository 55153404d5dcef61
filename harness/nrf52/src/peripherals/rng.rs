//! The random number generator. Its bytes come from the chip's seed.

use super::block::{Block, Device, Layout, World};
use crate::{noise::Noise, time::cycles_from_us};

const START: u8 = 0;
const STOP: u8 = 1;
const VALUE_READY: u8 = 0;
const CONFIG: u32 = 0x504;
const VALUE: u32 = 0x508;
/// Time for one byte, as it comes and with the correction of bias.
const RAW: u64 = cycles_from_us(30);
const CORRECTED: u64 = cycles_from_us(120);

#[derive(Debug, Clone)]
pub(crate) struct Rng {
    block: Block,
    noise: Noise,
    corrects: bool,
    value: u8,
    /// When the next byte is ready, while it runs.
    ready_at: Option<u64>,
}

impl Rng {
    pub(crate) fn new(noise: Noise) -> Self {
        let layout = Layout { base: 0x4000_D000, irq: 13, tasks: 0b11, events: 1, shorts: 1, inten: false };
        Self { block: Block::new(layout), noise, corrects: false, value: 0, ready_at: None }
    }

    fn period(&self) -> u64 {
        if self.corrects { CORRECTED } else { RAW }
    }
}

impl Device for Rng {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, offset: u32, _world: &mut World<'_>) -> Option<u32> {
        match offset {
            CONFIG => Some(self.corrects.into()),
            VALUE => Some(self.value.into()),
            _ => None,
        }
    }

    fn write(&mut self, offset: u32, value: u32, _world: &mut World<'_>) -> bool {
        match offset {
            CONFIG => self.corrects = value & 1 == 1,
            VALUE => {}
            _ => return false,
        }
        true
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        match task {
            START if self.ready_at.is_none() => self.ready_at = Some(world.now + self.period()),
            STOP => self.ready_at = None,
            _ => {}
        }
    }

    fn act(&mut self, world: &mut World<'_>) {
        self.value = self.noise.next() as u8;
        self.block.generate(VALUE_READY, world);
        self.ready_at = (!self.block.has_short(0)).then(|| world.now + self.period());
    }

    fn next(&mut self, _now: u64, _listening: bool) -> Option<u64> {
        self.ready_at
    }

    /// The bytes go on where they were: a reset is no new chip.
    fn reset(&mut self) {
        *self = Self::new(self.noise.clone());
    }
}
