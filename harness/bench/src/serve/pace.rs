//! Device time against wall time.

use std::time::{Duration, Instant};

use gauntlet_nrf52::{CYCLES_PER_SECOND, cycles_from_us};

/// Where the wall stands, in cycles of the device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    began: Instant,
    cycle: u64,
}

impl Pace {
    /// The device is at `cycle` now.
    pub(super) fn at(cycle: u64) -> Self {
        Self { began: Instant::now(), cycle }
    }

    /// The cycle that belongs to the present moment.
    pub(super) fn now(&self) -> u64 {
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.cycle.saturating_add(cycles_from_us(micros))
    }
}

/// Cycles as time.
pub(super) fn time(cycles: u64) -> Duration {
    Duration::from_micros(cycles / (CYCLES_PER_SECOND / 1_000_000))
}
