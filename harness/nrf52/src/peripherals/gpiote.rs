//! Pins as tasks and events.

use super::{
    block::{Block, Device, Layout, World},
    gpio::Gpio,
};

const CHANNELS: usize = 8;
const SET: u8 = 12;
const CLEAR: u8 = 24;
const PORT: u8 = 31;
const CONFIG: u32 = 0x510;
const EVENT_MODE: u32 = 1;
const TASK_MODE: u32 = 3;

#[derive(Debug, Clone)]
pub(crate) struct Gpiote {
    block: Block,
    config: [u32; CHANNELS],
    /// Level of each channel's pin when it was looked at last.
    level: [bool; CHANNELS],
    detected: bool,
}

impl Gpiote {
    pub(crate) fn new() -> Self {
        let layout = Layout {
            base: 0x4000_6000,
            irq: 6,
            tasks: 0xFF | 0xFF << SET | 0xFF << CLEAR,
            events: 0xFF | 1 << PORT,
            shorts: 0,
            inten: false,
        };
        Self { block: Block::new(layout), config: [0; CHANNELS], level: [false; CHANNELS], detected: false }
    }

    fn mode(&self, channel: usize) -> u32 {
        self.config[channel] & 3
    }

    fn pin(&self, channel: usize) -> u8 {
        (self.config[channel] >> 8 & 0x3F) as u8
    }

    fn polarity(&self, channel: usize) -> u32 {
        self.config[channel] >> 16 & 3
    }

    /// Pins may have changed: events of the channels that watch them, and the one of the whole port.
    pub(crate) fn observe(&mut self, world: &mut World<'_>) {
        for channel in (0..CHANNELS).filter(|&channel| self.config[channel] & 3 == EVENT_MODE) {
            let level = world.gpio.level(self.pin(channel));
            let before = std::mem::replace(&mut self.level[channel], level);
            let rises = level && !before && self.polarity(channel) & 1 != 0;
            let falls = !level && before && self.polarity(channel) & 2 != 0;
            if rises || falls {
                self.block.generate(channel as u8, world);
            }
        }
        let detected = world.gpio.detect();
        if detected && !self.detected {
            self.block.generate(PORT, world);
        }
        self.detected = detected;
    }

    fn configure(&mut self, channel: usize, value: u32, gpio: &mut Gpio) {
        if self.mode(channel) == TASK_MODE {
            gpio.own(self.pin(channel), None);
        }
        self.config[channel] = value & 0x0013_3F03;
        let pin = self.pin(channel);
        if self.mode(channel) == TASK_MODE {
            gpio.own(pin, Some(value >> 20 & 1 == 1));
        }
        self.level[channel] = gpio.level(pin);
    }
}

fn channel_of(offset: u32) -> Option<usize> {
    let index = (offset.checked_sub(CONFIG)? / 4) as usize;
    (index < CHANNELS).then_some(index)
}

impl Device for Gpiote {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, offset: u32, _world: &mut World<'_>) -> Option<u32> {
        channel_of(offset).map(|channel| self.config[channel])
    }

    fn write(&mut self, offset: u32, value: u32, world: &mut World<'_>) -> bool {
        let channel = channel_of(offset);
        if let Some(channel) = channel {
            self.configure(channel, value, world.gpio);
        }
        channel.is_some()
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        let channel = usize::from(task % SET);
        if channel >= CHANNELS || self.mode(channel) != TASK_MODE {
            return;
        }
        let pin = self.pin(channel);
        let level = match (task / SET, self.polarity(channel)) {
            (1, _) => true,
            (2, _) => false,
            (_, 1) => true,
            (_, 2) => false,
            (_, 3) => !world.gpio.driven_level(pin),
            _ => return,
        };
        world.gpio.own(pin, Some(level));
    }

    fn act(&mut self, _world: &mut World<'_>) {}

    fn next(&mut self, _now: u64, _listening: bool) -> Option<u64> {
        None
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
