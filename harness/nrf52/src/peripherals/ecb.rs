//! The AES block: encrypts one block in RAM.

use super::{
    aes,
    block::{Block, Device, Layout, World},
};
use crate::time::cycles_from_us;

const BASE: u32 = 0x4000_E000;
const START: u8 = 0;
const STOP: u8 = 1;
const END: u8 = 0;
const ERROR: u8 = 1;
const POINTER: u32 = 0x504;
const ENCRYPTION: u64 = cycles_from_us(7);

#[derive(Debug, Clone)]
pub(crate) struct Ecb {
    block: Block,
    pointer: u32,
    ends_at: Option<u64>,
}

impl Ecb {
    pub(crate) fn new() -> Self {
        let layout = Layout { base: BASE, irq: 14, tasks: 0b11, events: 0b11, shorts: 0, inten: false };
        Self { block: Block::new(layout), pointer: 0, ends_at: None }
    }
}

impl Device for Ecb {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, offset: u32, _world: &mut World<'_>) -> Option<u32> {
        (offset == POINTER).then_some(self.pointer)
    }

    fn write(&mut self, offset: u32, value: u32, _world: &mut World<'_>) -> bool {
        if offset == POINTER {
            self.pointer = value;
        }
        offset == POINTER
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        match task {
            START => self.ends_at = Some(world.now + ENCRYPTION),
            STOP if self.ends_at.take().is_some() => self.block.generate(ERROR, world),
            _ => {}
        }
    }

    /// The block in RAM: key, clear text, result.
    fn act(&mut self, world: &mut World<'_>) {
        self.ends_at = None;
        let (mut key, mut text) = ([0; 16], [0; 16]);
        let done = world.dma_read(BASE, self.pointer, &mut key)
            && world.dma_read(BASE, self.pointer.wrapping_add(16), &mut text)
            && world.dma_write(BASE, self.pointer.wrapping_add(32), &aes::encrypt(&key, &text));
        self.block.generate(if done { END } else { ERROR }, world);
    }

    fn next(&mut self, _now: u64, _listening: bool) -> Option<u64> {
        self.ends_at
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
