//! TIMER: prescaler, width, capture, compare, shortcuts, counter mode.

use super::{Registers, chip};

const TIMER: u32 = 0x4000_9000;
const START: u32 = TIMER;
const STOP: u32 = TIMER + 4;
const COUNT: u32 = TIMER + 8;
const CLEAR: u32 = TIMER + 0xC;
const CAPTURE: u32 = TIMER + 0x40;
const COMPARE: u32 = TIMER + 0x140;
const SHORTS: u32 = TIMER + 0x200;
const MODE: u32 = TIMER + 0x504;
const BIT_MODE: u32 = TIMER + 0x508;
const PRESCALER: u32 = TIMER + 0x510;
const CC: u32 = TIMER + 0x540;

fn count(chip: &mut gauntlet_nrf52::Chip) -> u32 {
    chip.trigger(CAPTURE + 12);
    chip.get(CC + 12)
}

#[test]
fn it_counts_microseconds_after_a_reset_and_wraps_at_its_width() {
    let mut chip = chip();
    assert_eq!(chip.get(PRESCALER), 4);
    chip.trigger(START);
    chip.wait(64 * 1000);
    assert_eq!(count(&mut chip), 1000);
    chip.wait(64 * 65_536);
    assert_eq!(count(&mut chip), 1000);
    chip.set(BIT_MODE, 3);
    chip.wait(64 * 65_536);
    assert_eq!(count(&mut chip), 66_536);
    chip.trigger(STOP);
    chip.wait(64_000);
    assert_eq!(count(&mut chip), 66_536);
    chip.trigger(CLEAR);
    assert_eq!(count(&mut chip), 0);
}

#[test]
fn a_compare_comes_in_its_cycle_and_a_write_to_it_keeps_the_phase() {
    let mut chip = chip();
    chip.set(PRESCALER, 0);
    chip.trigger(START);
    chip.wait(3);
    chip.set(CC, 5);
    chip.wait(16);
    assert_eq!(chip.get(COMPARE), 0);
    chip.wait(1);
    assert_eq!(chip.get(COMPARE), 1);
}

#[test]
fn shortcuts_clear_and_stop() {
    let mut chip = chip();
    chip.set(CC, 100);
    chip.set(SHORTS, 1);
    chip.trigger(START);
    chip.wait(64 * 1050);
    assert_eq!((count(&mut chip), chip.get(COMPARE)), (50, 1));
    chip.set(SHORTS, 1 << 8);
    chip.wait(64 * 1000);
    assert_eq!(count(&mut chip), 100);
}

#[test]
fn the_value_it_starts_with_is_no_match() {
    let mut chip = chip();
    chip.set(BIT_MODE, 1);
    chip.trigger(START);
    chip.wait(64 * 255);
    assert_eq!(chip.get(COMPARE), 0);
    chip.wait(64);
    assert_eq!(chip.get(COMPARE), 1);
}

#[test]
fn as_a_counter_it_counts_tasks() {
    let mut chip = chip();
    chip.set(MODE, 1);
    chip.set(CC, 2);
    chip.trigger(COUNT);
    chip.trigger(START);
    chip.wait(64_000);
    chip.trigger(COUNT);
    assert_eq!((count(&mut chip), chip.get(COMPARE)), (1, 0));
    chip.trigger(COUNT);
    assert_eq!((count(&mut chip), chip.get(COMPARE)), (2, 1));
}
