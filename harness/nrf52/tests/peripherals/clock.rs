//! CLOCK and POWER: start-up, sources, calibration, warnings.

use super::{Registers, chip};

const CLOCK: u32 = 0x4000_0000;
const MS: u64 = 64_000;

#[test]
fn the_crystal_of_the_cpu_clock_takes_its_time() {
    let mut chip = chip();
    chip.trigger(CLOCK);
    assert_eq!([0x100, 0x408, 0x40C].map(|offset| chip.get(CLOCK + offset)), [0, 1, 0]);
    chip.wait(MS);
    assert_eq!([0x100, 0x408, 0x40C].map(|offset| chip.get(CLOCK + offset)), [1, 1, 0x1_0001]);
    chip.trigger(CLOCK + 4);
    assert_eq!([0x100, 0x408, 0x40C].map(|offset| chip.get(CLOCK + offset)), [1, 0, 0]);
}

#[test]
fn the_slow_clock_has_three_sources_and_counters_tick_while_its_crystal_starts() {
    for (source, start_up) in [(0, MS), (1, 260 * MS), (2, MS / 4)] {
        let mut chip = chip();
        chip.set(CLOCK + 0x518, source);
        chip.trigger(CLOCK + 8);
        chip.trigger(0x4000_B000);
        chip.wait(start_up / 2);
        assert_eq!(chip.get(CLOCK + 0x104), u32::from(source == 2 && start_up / 2 >= 6400));
        let ticked = chip.get(0x4000_B504) > 0;
        assert_eq!(ticked, source == 1, "source {source}");
        chip.wait(start_up / 2);
        let expected = [1, 1, 0x1_0000 | source, source];
        assert_eq!([0x104, 0x414, 0x418, 0x41C].map(|offset| chip.get(CLOCK + offset)), expected);
    }
}

#[test]
fn calibration_ends_and_its_timer_counts_quarter_seconds() {
    let mut chip = chip();
    chip.trigger(CLOCK + 0x10);
    chip.set(CLOCK + 0x538, 2);
    chip.trigger(CLOCK + 0x14);
    chip.wait(499 * MS);
    assert_eq!([0x10C, 0x110, 0x128].map(|offset| chip.get(CLOCK + offset)), [1, 0, 1]);
    chip.wait(2 * MS);
    assert_eq!(chip.get(CLOCK + 0x110), 1);
}

#[test]
fn warnings_and_the_usb_supply_come_from_outside() {
    let mut chip = chip();
    chip.warn_of_power_failure();
    assert_eq!(chip.get(CLOCK + 0x108), 0, "the comparator is off");
    chip.set(CLOCK + 0x510, 1);
    chip.warn_of_power_failure();
    assert_eq!(chip.get(CLOCK + 0x108), 1);
    chip.supply_usb(true);
    chip.supply_usb(true);
    assert_eq!([0x11C, 0x120, 0x124, 0x438].map(|offset| chip.get(CLOCK + offset)), [1, 0, 1, 3]);
    chip.supply_usb(false);
    assert_eq!([0x120, 0x438].map(|offset| chip.get(CLOCK + offset)), [1, 0]);
}
