//! Feeding a watchdog that the application has started: it goes on running over the reset that led here (TMR-014..016).

use gauntlet_nrf52::{Chip, ChipFault, cycles_from_us};

const WDT: u32 = 0x4001_0000;
const RUN_STATUS: u32 = WDT + 0x400;
const RELOAD_VALUE: u32 = WDT + 0x504;
const RELOAD_ENABLE: u32 = WDT + 0x508;
const RELOAD_REQUEST: u32 = WDT + 0x600;
const RELOAD_KEY: u32 = 0x6E52_4635;
/// Registers that are fed. The eighth is not, so a watchdog that asks for it bites (TMR-015).
const FED: u32 = 7;
/// Ticks of the 32768 Hz clock that feeding comes ahead of the end, and the fewest that a timer can be set to (TMR-013).
const AHEAD: u32 = 3200;
const FEWEST: u32 = 150;

/// Starts it with ten minutes, as only a planted bug does.
pub(super) fn start(chip: &mut Chip) -> Result<(), ChipFault> {
    chip.store_word(RELOAD_VALUE, 600 * 32_768)?;
    chip.store_word(WDT, 1)
}

/// Feeds the watchdog if one is running; it is never started here (TMR-016).
pub(super) fn feed(chip: &mut Chip) -> Result<(), ChipFault> {
    if chip.load_word(RUN_STATUS)? & 1 == 0 {
        return Ok(());
    }
    let enabled = chip.load_word(RELOAD_ENABLE)?;
    for register in (0..FED).filter(|register| enabled >> register & 1 == 1) {
        chip.store_word(RELOAD_REQUEST + 4 * register, RELOAD_KEY)?;
    }
    Ok(())
}

/// Lets time pass as with [`Chip::pass_time`], while a timer feeds the watchdog.
pub(super) fn pass_time(chip: &mut Chip, until: u64) -> Result<(), ChipFault> {
    if chip.load_word(RUN_STATUS)? & 1 == 0 {
        chip.pass_time(until);
        return Ok(());
    }
    let ticks = chip.load_word(RELOAD_VALUE)?.saturating_sub(AHEAD).max(FEWEST);
    let interval = cycles_from_us(u64::from(ticks) * 1_000_000 / 32_768);
    while chip.now() < until {
        feed(chip)?;
        chip.pass_time(until.min(chip.now() + interval));
    }
    feed(chip)
}
