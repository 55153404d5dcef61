//! One clock for the chip and for the client: cycles of the chip as instants of the paused tokio clock.

use std::time::Duration;

use gauntlet_nrf52::{CYCLES_PER_SECOND, cycles_from_us};
use tokio::time::Instant;

/// Ties a chip's cycle counter to tokio time.
///
/// The runtime must have been started with paused time; it then advances by itself whenever every task waits, so that a
/// client's timeouts and the chip share one clock that has nothing to do with the wall.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    origin: Instant,
    cycle: u64,
}

impl VirtualClock {
    /// Declares that the chip is at `cycle` now. Must be called inside the runtime.
    pub fn starting_at(cycle: u64) -> Self {
        Self { origin: Instant::now(), cycle }
    }

    /// The chip's cycle that belongs to the present instant.
    pub fn cycle_now(&self) -> u64 {
        let micros = Instant::now().duration_since(self.origin).as_micros();
        self.cycle + cycles_from_us(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// The instant that belongs to `cycle`.
    pub fn instant(&self, cycle: u64) -> Instant {
        let nanos = cycle.saturating_sub(self.cycle).saturating_mul(1000) / (CYCLES_PER_SECOND / 1_000_000);
        self.origin + Duration::from_nanos(nanos)
    }
}
