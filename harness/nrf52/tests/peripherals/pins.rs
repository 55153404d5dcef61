//! GPIO levels, GPIOTE events and tasks, DETECT, and waking up.

use gauntlet_nrf52::{Chip, ChipStop, Reset, Variant};

use super::{RAM, Registers, chip, sleeper};

const GPIOTE: u32 = 0x4000_6000;
const PORT: u32 = GPIOTE + 0x17C;
const CONFIG: u32 = GPIOTE + 0x510;
const PIN_CNF: u32 = 0x5000_0700;
const PULL_UP: u32 = 3 << 2;
const SENSE_LOW: u32 = 3 << 16;

#[test]
fn edges_of_a_pin_are_events_as_the_polarity_says() {
    for (polarity, rises, falls) in [(1, 1, 0), (2, 0, 1), (3, 1, 1), (0, 0, 0)] {
        let mut chip = chip();
        chip.set(PIN_CNF + 4 * 9, 0);
        chip.set(CONFIG + 8, 1 | 9 << 8 | polarity << 16);
        for (level, expected) in [(true, rises), (true, 0), (false, falls)] {
            chip.drive_pin(9, Some(level));
            assert_eq!(chip.get(GPIOTE + 0x108), expected, "polarity {polarity}");
            chip.set(GPIOTE + 0x108, 0);
        }
    }
}

#[test]
fn tasks_drive_a_pin_over_the_output_register() {
    let mut chip = chip();
    chip.set(CONFIG, 3 | 33 << 8 | 3 << 16 | 1 << 20);
    assert_eq!(chip.pin_level(33), Some(true));
    chip.trigger(GPIOTE);
    assert_eq!(chip.pin_level(33), Some(false));
    chip.trigger(GPIOTE);
    assert_eq!(chip.pin_level(33), Some(true));
    chip.trigger(GPIOTE + 0x60);
    assert_eq!(chip.pin_level(33), Some(false));
    chip.trigger(GPIOTE + 0x30);
    assert_eq!(chip.pin_level(33), Some(true));
    chip.set(CONFIG, 0);
    assert_eq!(chip.pin_level(33), None);
}

#[test]
fn a_button_is_sensed_and_latched() {
    let mut chip = chip();
    chip.set(PIN_CNF + 4 * 11, PULL_UP | SENSE_LOW);
    assert_eq!((chip.pin_level(11), chip.get(PORT)), (Some(true), 0));
    chip.button(11, true);
    assert_eq!((chip.get(PORT), chip.get(0x5000_0520)), (1, 1 << 11));
    chip.set(PORT, 0);
    chip.button(11, true);
    assert_eq!(chip.get(PORT), 0, "only the edge of DETECT counts");
}

#[test]
fn a_button_interrupts() {
    let mut chip = sleeper(Variant::Nrf52832, 6, PORT);
    chip.set(PIN_CNF + 4 * 11, PULL_UP | SENSE_LOW);
    chip.set(GPIOTE + 0x304, 1 << 31);
    chip.button(11, true);
    chip.run_until(chip.now() + 1000);
    assert_eq!(chip.get(RAM), 1);
}

#[test]
fn a_button_wakes_the_chip_from_system_off() {
    let asleep = || {
        let mut chip = Chip::new(Variant::Nrf52840, 1);
        chip.set(PIN_CNF + 4 * 11, PULL_UP | SENSE_LOW);
        chip.set(0x4000_051C, 0x42);
        chip.set(0x4000_0500, 1);
        chip
    };
    let mut chip = asleep();
    assert_eq!(chip.run_until(chip.now() + 64_000), ChipStop::Stopped);
    chip.button(11, true);
    assert_eq!(chip.last_reset(), Reset::WakeFromOff);
    assert_eq!((chip.get(0x4000_0400), chip.get(0x4000_051C)), (1 << 16, 0x42));
    assert_eq!(chip.get(PIN_CNF + 4 * 11), PULL_UP | SENSE_LOW, "the pins keep what they are set to");
    let mut other = asleep();
    other.button(12, true);
    assert_eq!(other.run_until(other.now() + 64_000), ChipStop::Stopped);
}
