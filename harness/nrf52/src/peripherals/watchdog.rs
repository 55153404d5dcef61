//! The watchdog. Whoever starts it keeps it: only the resets that stop it do, and a soft reset is none of them.

/// Base address.
pub(crate) const BASE: u32 = 0x4001_0000;

const START: u32 = 0x000;
const RUN_STATUS: u32 = 0x400;
const REQUEST_STATUS: u32 = 0x404;
const RELOAD_VALUE: u32 = 0x504;
const RELOAD_ENABLE: u32 = 0x508;
const CONFIG: u32 = 0x50C;
const RELOAD_REQUEST: u32 = 0x600;
const RELOAD_KEY: u32 = 0x6E52_4635;
/// Bits of CONFIG: it runs while the CPU sleeps, and while a debugger holds it.
const RUNS_ASLEEP: u32 = 1 << 0;
const RUNS_HALTED: u32 = 1 << 3;
/// Ticks from the timeout to the reset.
const GRACE_TICKS: u64 = 2;

/// Register state; the three settings lock when it starts.
#[derive(Debug, Clone)]
pub(crate) struct Watchdog {
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
        Self {
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
        let ticks = u64::from(self.reload_value) + 1 + GRACE_TICKS;
        // 64 MHz by 32768 Hz is 1953.125.
        self.running.then(|| self.reloaded + ticks * 15_625 / 8)
    }

    /// Time has passed in which it stood still, if it does so then.
    pub(crate) fn paused(&mut self, cycles: u64, asleep: bool, halted: bool) {
        let stands = asleep && self.config & RUNS_ASLEEP == 0 || halted && self.config & RUNS_HALTED == 0;
        if stands {
            self.reloaded += cycles;
        }
    }

    pub(crate) fn read(&self, offset: u32) -> u32 {
        match offset {
            RUN_STATUS => self.running.into(),
            REQUEST_STATUS => self.requests,
            RELOAD_VALUE => self.reload_value,
            RELOAD_ENABLE => self.reload_enable,
            CONFIG => self.config,
            _ => 0,
        }
    }

    pub(crate) fn write(&mut self, now: u64, offset: u32, value: u32) {
        match offset {
            START if value & 1 == 1 && !self.running => (self.running, self.reloaded) = (true, now),
            RELOAD_VALUE if !self.running => self.reload_value = value.max(0xF),
            RELOAD_ENABLE if !self.running => {
                (self.reload_enable, self.requests) = (value & 0xFF, value & 0xFF)
            }
            CONFIG if !self.running => self.config = value & (RUNS_ASLEEP | RUNS_HALTED),
            RELOAD_REQUEST..0x620 if value == RELOAD_KEY => {
                self.requests &= !(1 << ((offset - RELOAD_REQUEST) / 4));
                // The last key reloads the counter, and a new round begins. It comes too late once time is up.
                if self.requests == 0 && self.bites_at().is_none_or(|end| now < end) {
                    (self.requests, self.reloaded) = (self.reload_enable, now);
                }
            }
            _ => {}
        }
    }
}
