//! PPI: channels, groups, forks, wired channels, loops.

use super::{Registers, chip, start_lf_clock};

const PPI: u32 = 0x4001_F000;
const CHENSET: u32 = PPI + 0x504;
const CHENCLR: u32 = PPI + 0x508;
const EGU0: u32 = 0x4001_4000;
const EGU1: u32 = 0x4001_5000;
const TIMER0: u32 = 0x4000_8000;

fn channel(chip: &mut gauntlet_nrf52::Chip, n: u32, event: u32, task: u32) {
    chip.set(PPI + 0x510 + 8 * n, event);
    chip.set(PPI + 0x514 + 8 * n, task);
}

#[test]
fn an_event_drives_every_channel_that_names_it_and_their_forks() {
    let mut chip = chip();
    channel(&mut chip, 0, EGU0 + 0x100, EGU1);
    channel(&mut chip, 7, EGU0 + 0x100, EGU1 + 4);
    chip.set(PPI + 0x910 + 4 * 7, EGU1 + 8);
    chip.trigger(EGU0);
    assert_eq!(chip.get(EGU1 + 0x100), 0, "no channel is enabled");
    chip.set(CHENSET, 1 | 1 << 7);
    chip.trigger(EGU0);
    assert_eq!([0x100, 0x104, 0x108, 0x10C].map(|offset| chip.get(EGU1 + offset)), [1, 1, 1, 0]);
    chip.set(EGU1 + 0x100, 0);
    chip.set(CHENCLR, 1);
    assert_eq!(chip.get(CHENSET), 1 << 7);
    chip.trigger(EGU0);
    assert_eq!(chip.get(EGU1 + 0x100), 0);
}

#[test]
fn an_event_that_is_set_drives_again_but_one_that_software_sets_does_not() {
    let mut chip = chip();
    channel(&mut chip, 0, EGU0 + 0x100, EGU1);
    chip.set(CHENSET, 1);
    chip.set(EGU0 + 0x100, 1);
    assert_eq!(chip.get(EGU1 + 0x100), 0);
    chip.trigger(EGU0);
    assert_eq!(chip.get(EGU1 + 0x100), 1);
    chip.set(EGU1 + 0x100, 0);
    chip.trigger(EGU0);
    assert_eq!(chip.get(EGU1 + 0x100), 1);
}

#[test]
fn groups_switch_their_channels_also_through_a_channel() {
    let mut chip = chip();
    chip.set(PPI + 0x800 + 8, 0b110);
    chip.trigger(PPI + 16);
    assert_eq!(chip.get(PPI + 0x500), 0b110);
    channel(&mut chip, 1, EGU0 + 0x100, PPI + 20);
    chip.trigger(EGU0);
    assert_eq!(chip.get(PPI + 0x500), 0);
}

#[test]
fn the_wired_channels_start_the_timer_from_the_clock() {
    let mut chip = chip();
    start_lf_clock(&mut chip);
    chip.set(0x4000_B540, 10);
    chip.set(0x4000_B344, 1 << 16);
    chip.set(CHENSET, 1 << 31);
    chip.trigger(0x4000_B000);
    chip.wait(20 * 1954);
    chip.trigger(TIMER0 + 0x40);
    let microseconds = chip.get(TIMER0 + 0x540);
    assert!((274..=336).contains(&microseconds), "ten ticks, {microseconds} us");
}

#[test]
fn channels_that_drive_each_other_for_ever_are_switched_off() {
    let mut chip = chip();
    channel(&mut chip, 0, EGU0 + 0x100, EGU1);
    channel(&mut chip, 1, EGU1 + 0x100, EGU0);
    chip.set(CHENSET, 0b11);
    chip.trigger(EGU0);
    assert_eq!(chip.interconnect_loops(), 1);
    assert_eq!((chip.get(EGU1 + 0x100), chip.get(PPI + 0x500)), (1, 0));
}
