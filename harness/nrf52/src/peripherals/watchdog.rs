//! The watchdog's registers. It does not bite yet: nothing here counts its time down.

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

/// Register state; the three settings lock when it starts.
#[derive(Debug, Clone)]
pub(crate) struct Watchdog {
    running: bool,
    /// Reload registers that still wait for the key.
    requests: u32,
    reload_value: u32,
    reload_enable: u32,
    config: u32,
}

impl Watchdog {
    pub(crate) fn new() -> Self {
        Self { running: false, requests: 1, reload_value: u32::MAX, reload_enable: 1, config: 1 }
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

    pub(crate) fn write(&mut self, offset: u32, value: u32) {
        match offset {
            START if value & 1 == 1 => self.running = true,
            RELOAD_VALUE if !self.running => self.reload_value = value.max(0xF),
            RELOAD_ENABLE if !self.running => {
                (self.reload_enable, self.requests) = (value & 0xFF, value & 0xFF)
            }
            CONFIG if !self.running => self.config = value & 9,
            RELOAD_REQUEST..0x620 if value == RELOAD_KEY => {
                self.requests &= !(1 << ((offset - RELOAD_REQUEST) / 4));
                // The last key reloads the counter, and a new round begins.
                if self.requests == 0 {
                    self.requests = self.reload_enable;
                }
            }
            _ => {}
        }
    }
}
