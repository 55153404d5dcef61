//! The watchdog. Whoever starts it keeps it: only the resets that stop it do, and a soft reset is none of them.

use super::block::{Block, Device, Layout, World};
use crate::time::tick_start;

const START: u8 = 0;
const TIMEOUT: u8 = 0;
const RUN_STATUS: u32 = 0x400;
const REQUEST_STATUS: u32 = 0x404;
const RELOAD_VALUE: u32 = 0x504;
const RELOAD_ENABLE: u32 = 0x508;
const CONFIG: u32 = 0x50C;
const RELOAD_REQUEST: u32 = 0x600;
const RELOAD_REQUEST_END: u32 = 0x620;
const RELOAD_KEY: u32 = 0x6E52_4635;
/// Bits of CONFIG: it runs while the CPU sleeps, and while a debugger holds it.
const RUNS_ASLEEP: u32 = 1 << 0;
const RUNS_HALTED: u32 = 1 << 3;
/// Ticks from the timeout to the reset.
const GRACE_TICKS: u64 = 2;

/// Register state; the three settings lock when it starts.
#[derive(Debug, Clone)]
pub(crate) struct Watchdog {
    block: Block,
    /// The end of this round has been announced.
    announced: bool,
    running: bool,
    /// Reload registers that still wait for the key.
    requests: u32,
    reload_value: u32,
    reload_enable: u32,
    config: u32,
    /// When the counter was reloaded last, in cycles.
    reloaded: u64,
}

impl Watchdog {
    pub(crate) fn new() -> Self {
        let layout = Layout { base: 0x4001_0000, irq: 16, tasks: 1, events: 1, shorts: 0, inten: false };
        Self {
            block: Block::new(layout),
            announced: false,
            running: false,
            requests: 1,
            reload_value: u32::MAX,
            reload_enable: 1,
            config: RUNS_ASLEEP,
            reloaded: 0,
        }
    }

    /// The cycle at which it resets the chip, unless it is fed before.
    pub(crate) fn bites_at(&self) -> Option<u64> {
        self.running.then(|| self.reloaded + tick_start(self.ticks() + GRACE_TICKS))
    }

    /// The cycle at which its time is up: there is only time for an interrupt then.
    fn times_out_at(&self) -> Option<u64> {
        self.running.then(|| self.reloaded + tick_start(self.ticks()))
    }

    fn ticks(&self) -> u64 {
        u64::from(self.reload_value) + 1
    }

    /// Time has passed in which it stood still, if it does so then. Returns whether it did.
    pub(crate) fn paused(&mut self, cycles: u64, asleep: bool, halted: bool) -> bool {
        let stands = asleep && self.config & RUNS_ASLEEP == 0 || halted && self.config & RUNS_HALTED == 0;
        if stands {
            self.reloaded += cycles;
        }
        stands && self.running
    }
}

impl Device for Watchdog {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, offset: u32, _world: &mut World<'_>) -> Option<u32> {
        Some(match offset {
            RUN_STATUS => self.running.into(),
            REQUEST_STATUS => self.requests,
            RELOAD_VALUE => self.reload_value,
            RELOAD_ENABLE => self.reload_enable,
            CONFIG => self.config,
            RELOAD_REQUEST..RELOAD_REQUEST_END => 0,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, value: u32, world: &mut World<'_>) -> bool {
        match offset {
            RUN_STATUS | REQUEST_STATUS => {}
            RELOAD_VALUE | RELOAD_ENABLE | CONFIG if self.running => {}
            RELOAD_VALUE => self.reload_value = value.max(0xF),
            RELOAD_ENABLE => (self.reload_enable, self.requests) = (value & 0xFF, value & 0xFF),
            CONFIG => self.config = value & (RUNS_ASLEEP | RUNS_HALTED),
            RELOAD_REQUEST..RELOAD_REQUEST_END if value == RELOAD_KEY => {
                self.requests &= !(1 << ((offset - RELOAD_REQUEST) / 4));
                // The last key reloads the counter, and a new round begins. It comes too late once time is up.
                if self.requests == 0 && self.bites_at().is_none_or(|end| world.now < end) {
                    (self.requests, self.reloaded) = (self.reload_enable, world.now);
                    self.announced = false;
                }
            }
            RELOAD_REQUEST..RELOAD_REQUEST_END => {}
            _ => return false,
        }
        true
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        if task == START && !self.running {
            (self.running, self.reloaded) = (true, world.now);
        }
    }

    fn act(&mut self, world: &mut World<'_>) {
        self.announced = true;
        self.block.generate(TIMEOUT, world);
    }

    fn next(&mut self, _now: u64, _listening: bool) -> Option<u64> {
        self.times_out_at().filter(|_| !self.announced)
    }

    /// With a reset that does not stop it, only its event and its interrupt go.
    fn reset(&mut self) {
        self.block.reset();
    }
}
