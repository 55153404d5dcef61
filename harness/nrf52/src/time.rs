//! Virtual time: one unit, the CPU cycle.

/// CPU clock. One cycle is 15.625 ns.
pub const CYCLES_PER_SECOND: u64 = 64_000_000;

/// Cycles in a number of microseconds.
pub const fn cycles_from_us(us: u64) -> u64 {
    us * (CYCLES_PER_SECOND / 1_000_000)
}

/// Cycles in a number of milliseconds.
pub const fn cycles_from_ms(ms: u64) -> u64 {
    ms * (CYCLES_PER_SECOND / 1_000)
}

/// Whole microseconds in a number of cycles, rounded down.
pub const fn us_from_cycles(cycles: u64) -> u64 {
    cycles / (CYCLES_PER_SECOND / 1_000_000)
}
