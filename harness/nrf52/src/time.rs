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

/// The 32768 Hz clock, which ticks every 1953.125 cycles: the cycle in which a tick begins.
pub(crate) const fn tick_start(tick: u64) -> u64 {
    (tick as u128 * 15_625).div_ceil(8) as u64
}

/// The tick a cycle belongs to.
pub(crate) const fn tick_at(cycle: u64) -> u64 {
    (cycle as u128 * 8 / 15_625) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_exact() {
        assert_eq!([0, 1, 2, 8].map(tick_start), [0, 1954, 3907, 15_625]);
        assert_eq!(tick_start(32_768), CYCLES_PER_SECOND);
        for tick in [0, 1, 7, 8, 12_345, 1 << 40] {
            assert_eq!(tick_at(tick_start(tick)), tick);
            assert_eq!(tick_at(tick_start(tick + 1) - 1), tick);
        }
    }
}
