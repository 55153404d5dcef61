//! The two clocks and their calibration: the CLOCK half of the page at 0x40000000.

use super::block::{Block, World};
use crate::time::{cycles_from_ms, cycles_from_us};

const HF_START: u8 = 0;
const HF_STOP: u8 = 1;
const LF_START: u8 = 2;
const LF_STOP: u8 = 3;
const CALIBRATE: u8 = 4;
const TIMER_START: u8 = 5;
const TIMER_STOP: u8 = 6;
const HF_STARTED: u8 = 0;
const LF_STARTED: u8 = 1;
const CALIBRATED: u8 = 3;
const TIMER_OVER: u8 = 4;
const TIMER_STARTED: u8 = 10;
const TIMER_STOPPED: u8 = 11;
/// Tasks and events, bit by bit.
pub(super) const TASKS: u32 = 0x7F;
pub(super) const EVENTS: u32 = 0b1100_0001_1011;

const HF_RUN: u32 = 0x408;
const HF_STATUS: u32 = 0x40C;
const LF_RUN: u32 = 0x414;
const LF_STATUS: u32 = 0x418;
const LF_SOURCE_COPY: u32 = 0x41C;
const LF_SOURCE: u32 = 0x518;
const TIMER_INTERVAL: u32 = 0x538;
const CRYSTAL: u32 = 1;
const STATE: u32 = 1 << 16;

const HF_START_UP: u64 = cycles_from_us(360);
/// Start-up of the 32768 Hz sources: RC oscillator, crystal, synthesised.
const LF_START_UP: [u64; 3] = [cycles_from_us(600), cycles_from_ms(250), cycles_from_us(100)];
const CALIBRATION: u64 = cycles_from_ms(16);
const QUARTER_SECOND: u64 = cycles_from_ms(250);

/// A clock that may be starting.
#[derive(Debug, Clone, Copy, Default)]
struct Source {
    requested: bool,
    /// It runs from its source.
    running: bool,
    starts_at: Option<u64>,
}

impl Source {
    fn start(&mut self, at: u64) {
        self.requested = true;
        self.starts_at = Some(at);
    }

    fn stop(&mut self) {
        *self = Self::default();
    }

    /// Returns true once, when its start-up is over.
    fn is_up(&mut self, now: u64) -> bool {
        let up = self.starts_at.take_if(|at| *at <= now).is_some();
        self.running |= up;
        up
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    hf: Source,
    lf: Source,
    lf_source: u32,
    lf_source_copy: u32,
    interval: u32,
    calibrated_at: Option<u64>,
    timer_over_at: Option<u64>,
}

impl Clock {
    /// The 32768 Hz clock ticks. The RC oscillator steps in while the crystal starts.
    pub(super) fn lf_ticks(&self) -> bool {
        self.lf.running || self.lf.requested && self.lf_source_copy == CRYSTAL
    }

    pub(super) fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            HF_RUN => self.hf.requested.into(),
            HF_STATUS => u32::from(self.hf.running) * (STATE | 1),
            LF_RUN => self.lf.requested.into(),
            LF_STATUS => u32::from(self.lf.running) * (STATE | self.lf_source_copy),
            LF_SOURCE_COPY => self.lf_source_copy,
            LF_SOURCE => self.lf_source,
            TIMER_INTERVAL => self.interval,
            _ => return None,
        })
    }

    pub(super) fn write(&mut self, offset: u32, value: u32) -> bool {
        match offset {
            HF_RUN | HF_STATUS | LF_RUN | LF_STATUS | LF_SOURCE_COPY => {}
            LF_SOURCE => self.lf_source = value & 3,
            TIMER_INTERVAL => self.interval = value & 0x7F,
            _ => return false,
        }
        true
    }

    pub(super) fn task(&mut self, task: u8, block: &mut Block, world: &mut World<'_>) {
        let now = world.now;
        match task {
            HF_START => self.hf.start(now + if self.hf.running { 0 } else { HF_START_UP }),
            HF_STOP => self.hf.stop(),
            LF_START => {
                self.lf_source_copy = self.lf_source;
                let start_up = LF_START_UP.get(self.lf_source as usize).copied().unwrap_or(LF_START_UP[0]);
                self.lf.start(now + if self.lf.running { 0 } else { start_up });
            }
            LF_STOP => self.lf.stop(),
            CALIBRATE => self.calibrated_at = Some(now + CALIBRATION),
            TIMER_START => {
                self.timer_over_at = Some(now + u64::from(self.interval) * QUARTER_SECOND);
                block.generate(TIMER_STARTED, world);
            }
            TIMER_STOP => {
                self.timer_over_at = None;
                block.generate(TIMER_STOPPED, world);
            }
            _ => {}
        }
    }

    pub(super) fn act(&mut self, block: &mut Block, world: &mut World<'_>) {
        let due = |at: &mut Option<u64>| at.take_if(|at| *at <= world.now).is_some();
        let events = [
            (HF_STARTED, self.hf.is_up(world.now)),
            (LF_STARTED, self.lf.is_up(world.now)),
            (CALIBRATED, due(&mut self.calibrated_at)),
            (TIMER_OVER, due(&mut self.timer_over_at)),
        ];
        for (event, _) in events.into_iter().filter(|(_, happens)| *happens) {
            block.generate(event, world);
        }
    }

    pub(super) fn next(&self) -> Option<u64> {
        [self.hf.starts_at, self.lf.starts_at, self.calibrated_at, self.timer_over_at]
            .into_iter()
            .flatten()
            .min()
    }
}
