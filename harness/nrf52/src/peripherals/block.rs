//! What all peripherals share: tasks, events, shortcuts and the interrupt enables, in the first 0x400 bytes of the page.

use super::{gpio::Gpio, notes::Notes};
use crate::{memory::Ram, soc::RAM};

const EVENTS: u32 = 0x100;
const SHORTS: u32 = 0x200;
const INTEN: u32 = 0x300;
const INTENSET: u32 = 0x304;
const INTENCLR: u32 = 0x308;

/// Which of the registers a peripheral has. Bit k of `tasks` is the task at 4k, bit k of `events` the event at
/// 0x100 + 4k; bit k of the interrupt enables belongs to event k.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) base: u32,
    /// Interrupt line.
    pub(crate) irq: u8,
    pub(crate) tasks: u32,
    pub(crate) events: u32,
    pub(crate) shorts: u32,
    /// INTEN itself can be read and written, not only its set and clear registers.
    pub(crate) inten: bool,
}

/// The state of these registers.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    layout: Layout,
    events: u32,
    pub(crate) shorts: u32,
    pub(crate) inten: u32,
}

/// What a write to the shared part of the page asks for.
pub(crate) enum Written {
    Task(u8),
    Done,
    /// The register is not one of the shared ones.
    Elsewhere,
}

impl Block {
    pub(crate) fn new(layout: Layout) -> Self {
        Self { layout, events: 0, shorts: 0, inten: 0 }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.layout);
    }

    pub(crate) fn line(&self) -> u8 {
        self.layout.irq
    }

    /// The level of the interrupt line: any event that is set and enabled.
    pub(crate) fn irq(&self) -> bool {
        self.events & self.inten != 0
    }

    pub(crate) fn is_set(&self, event: u8) -> bool {
        self.events >> event & 1 == 1
    }

    /// An event happens: its register is set, and the interconnect hears of it even if it was set already.
    pub(crate) fn generate(&mut self, event: u8, world: &mut World<'_>) {
        self.events |= 1 << event;
        world.signals.raise(self.layout.base + EVENTS + 4 * u32::from(event));
    }

    pub(crate) fn has_short(&self, bit: u8) -> bool {
        self.shorts >> bit & 1 == 1
    }

    pub(crate) fn read(&self, offset: u32) -> Option<u32> {
        let bit = |mask: u32| mask >> (offset % 0x80 / 4) & 1 == 1;
        match offset {
            0..0x80 => bit(self.layout.tasks).then_some(0),
            EVENTS..0x180 => bit(self.layout.events).then(|| u32::from(bit(self.events))),
            SHORTS if self.layout.shorts != 0 => Some(self.shorts),
            INTEN if self.layout.inten => Some(self.inten),
            INTENSET | INTENCLR if self.layout.events != 0 => Some(self.inten),
            _ => None,
        }
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) -> Written {
        let index = offset % 0x80 / 4;
        let has = |mask: u32| mask >> index & 1 == 1;
        match offset {
            0..0x80 if has(self.layout.tasks) => {
                return if value & 1 == 1 { Written::Task(index as u8) } else { Written::Done };
            }
            // Writing 1 sets the event for software to see; the interconnect does not hear of it.
            EVENTS..0x180 if has(self.layout.events) => {
                self.events = self.events & !(1 << index) | (value & 1) << index
            }
            SHORTS if self.layout.shorts != 0 => self.shorts = value & self.layout.shorts,
            INTEN if self.layout.inten => self.inten = value & self.layout.events,
            INTENSET if self.layout.events != 0 => self.inten |= value & self.layout.events,
            INTENCLR if self.layout.events != 0 => self.inten &= !value,
            _ => return Written::Elsewhere,
        }
        Written::Done
    }
}

/// Events on their way to the interconnect.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals {
    pub(crate) raised: Vec<u32>,
    /// Some channel of the interconnect is enabled.
    pub(crate) listening: bool,
}

impl Signals {
    fn raise(&mut self, event: u32) {
        if self.listening {
            self.raised.push(event);
        }
    }
}

/// What a peripheral sees of the rest of the chip while it acts.
pub(crate) struct World<'a> {
    /// The cycle in which it acts.
    pub(crate) now: u64,
    pub(crate) signals: &'a mut Signals,
    pub(crate) ram: &'a mut Ram,
    pub(crate) gpio: &'a mut Gpio,
    pub(crate) notes: &'a mut Notes,
    pub(crate) seed: u64,
    pub(crate) next_tick: super::NextTick,
}

impl World<'_> {
    /// A read by EasyDMA. Only data RAM will do, and only under its own name: anything else is refused and noted.
    pub(crate) fn dma_read(&mut self, peripheral: u32, address: u32, target: &mut [u8]) -> bool {
        let start = address.wrapping_sub(RAM) as usize;
        match start.checked_add(target.len()).and_then(|end| self.ram.bytes().get(start..end)) {
            Some(bytes) => target.copy_from_slice(bytes),
            None => {
                self.notes.refuse_dma(peripheral, address, self.now);
                return false;
            }
        }
        true
    }

    /// A write by EasyDMA, by the same rule.
    pub(crate) fn dma_write(&mut self, peripheral: u32, address: u32, bytes: &[u8]) -> bool {
        let written = self.ram.write(address.wrapping_sub(RAM), bytes).is_some();
        if !written {
            self.notes.refuse_dma(peripheral, address, self.now);
        }
        written
    }
}

/// A peripheral with the shared registers.
pub(crate) trait Device {
    fn block(&self) -> &Block;
    fn block_mut(&mut self) -> &mut Block;
    /// Reads one of its own registers; none if it has no such register.
    fn read(&mut self, offset: u32, world: &mut World<'_>) -> Option<u32>;
    /// Writes one; false if it has no such register.
    fn write(&mut self, offset: u32, value: u32, world: &mut World<'_>) -> bool;
    /// One of its tasks is triggered.
    fn task(&mut self, task: u8, world: &mut World<'_>);
    /// The time it asked for has come.
    fn act(&mut self, world: &mut World<'_>);
    /// When it wants to act next: asked after everything that happened to it at `now`.
    fn next(&mut self, now: u64, listening: bool) -> Option<u64>;
    /// Back to reset values, at `now`.
    fn reset(&mut self);
}
