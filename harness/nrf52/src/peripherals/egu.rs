//! Event generators: sixteen tasks that do nothing but raise their event. They share their lines with the software
//! interrupts, which are pended through the interrupt controller.

use super::block::{Block, Device, Layout, World};

#[derive(Debug, Clone)]
pub(crate) struct Egu {
    block: Block,
}

impl Egu {
    pub(crate) fn new(base: u32, irq: u8) -> Self {
        let layout = Layout { base, irq, tasks: 0xFFFF, events: 0xFFFF, shorts: 0, inten: true };
        Self { block: Block::new(layout) }
    }
}

impl Device for Egu {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, _offset: u32, _world: &mut World<'_>) -> Option<u32> {
        None
    }

    fn write(&mut self, _offset: u32, _value: u32, _world: &mut World<'_>) -> bool {
        false
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        self.block.generate(task, world);
    }

    fn act(&mut self, _world: &mut World<'_>) {}

    fn next(&mut self, _now: u64, _listening: bool) -> Option<u64> {
        None
    }

    fn reset(&mut self) {
        self.block.reset();
    }
}
