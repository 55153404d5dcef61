//! RTC: exact ticks, prescaler, compare and its blind spot, overflow, enables.

use gauntlet_nrf52::NextTick;

use super::{Registers, chip, start_lf_clock, to_tick};

const RTC: u32 = 0x4001_1000;
const START: u32 = RTC;
const STOP: u32 = RTC + 4;
const CLEAR: u32 = RTC + 8;
const TRIGGER_OVERFLOW: u32 = RTC + 0xC;
const TICK: u32 = RTC + 0x100;
const OVERFLOW: u32 = RTC + 0x104;
const COMPARE: u32 = RTC + 0x140;
const EVTENSET: u32 = RTC + 0x344;
const EVTENCLR: u32 = RTC + 0x348;
const COUNTER: u32 = RTC + 0x504;
const PRESCALER: u32 = RTC + 0x508;
const CC: u32 = RTC + 0x540;
const SECOND: u64 = 64_000_000;

#[test]
fn a_second_has_32768_ticks_and_every_one_begins_in_its_cycle() {
    let mut chip = chip();
    start_lf_clock(&mut chip);
    to_tick(&mut chip);
    chip.trigger(START);
    chip.wait(SECOND);
    assert_eq!(chip.get(COUNTER), 32_768);
    let tick = chip.now() * 8 / 15_625 + 1;
    let edge = (tick * 15_625).div_ceil(8);
    chip.pass_time(edge - 1);
    assert_eq!(chip.get(COUNTER), 32_768);
    chip.pass_time(edge);
    assert_eq!(chip.get(COUNTER), 32_769);
}

#[test]
fn the_prescaler_divides_and_locks_while_it_runs() {
    let mut chip = chip();
    start_lf_clock(&mut chip);
    chip.set(PRESCALER, 327);
    chip.trigger(START);
    chip.set(PRESCALER, 0);
    assert_eq!(chip.get(PRESCALER), 327);
    chip.wait(SECOND);
    assert_eq!(chip.get(COUNTER), 99);
    chip.trigger(STOP);
    chip.wait(SECOND);
    assert_eq!(chip.get(COUNTER), 99);
    chip.trigger(CLEAR);
    assert_eq!(chip.get(COUNTER), 0);
}

#[test]
fn without_its_clock_it_waits() {
    let mut chip = chip();
    chip.trigger(START);
    chip.wait(SECOND);
    assert_eq!(chip.get(COUNTER), 0);
    start_lf_clock(&mut chip);
    chip.wait(SECOND);
    assert!((32_768..32_820).contains(&chip.get(COUNTER)));
    let count = chip.get(COUNTER);
    chip.trigger(0x4000_000C);
    chip.wait(SECOND);
    assert_eq!(chip.get(COUNTER), count);
}

#[test]
fn events_come_only_where_they_are_enabled_and_when_the_counter_becomes_the_value() {
    let mut chip = chip();
    start_lf_clock(&mut chip);
    chip.set(CC, 10);
    chip.set(CC + 4, 10);
    chip.set(EVTENSET, 1 << 16);
    chip.trigger(START);
    chip.wait(9 * 1954);
    assert_eq!(chip.get(COMPARE), 0);
    chip.wait(2 * 1954);
    assert_eq!([COMPARE, COMPARE + 4, TICK].map(|event| chip.get(event)), [1, 0, 0]);
    assert_eq!(chip.get(EVTENCLR), 1 << 16);
    // The value it has now matches only after a whole round.
    chip.set(COMPARE, 0);
    let count = chip.get(COUNTER);
    chip.set(CC, count);
    chip.wait(SECOND);
    assert_eq!(chip.get(COMPARE), 0);
    chip.set(EVTENSET, 1);
    chip.wait(1954);
    assert_eq!(chip.get(TICK), 1);
}

#[test]
fn zero_after_clear_does_not_match() {
    let mut chip = chip();
    start_lf_clock(&mut chip);
    chip.set(EVTENSET, 1 << 16);
    chip.trigger(START);
    chip.wait(SECOND);
    chip.set(CC, 0);
    chip.trigger(CLEAR);
    chip.wait(SECOND);
    assert_eq!(chip.get(COMPARE), 0);
}

#[test]
fn overflow_comes_sixteen_ticks_after_the_task() {
    let mut chip = chip();
    start_lf_clock(&mut chip);
    chip.set(EVTENSET, 0b10);
    chip.trigger(START);
    to_tick(&mut chip);
    chip.trigger(TRIGGER_OVERFLOW);
    assert_eq!(chip.get(COUNTER), 0xFF_FFF0);
    chip.wait(15 * 1954);
    assert_eq!((chip.get(OVERFLOW), chip.get(COUNTER)), (0, 0xFF_FFFF));
    chip.wait(1954);
    assert_eq!((chip.get(OVERFLOW), chip.get(COUNTER)), (1, 0));
}

#[test]
fn two_ticks_ahead_is_always_seen_and_one_as_the_rule_says() {
    for (rule, ahead, seen) in [
        (NextTick::ByPhase, 1, 0),
        (NextTick::ByPhase, 2, 1),
        (NextTick::Missed, 1, 0),
        (NextTick::Missed, 2, 1),
        (NextTick::Seen, 1, 1),
        (NextTick::Random, 2, 1),
    ] {
        let mut chip = chip();
        chip.set_next_tick(rule);
        start_lf_clock(&mut chip);
        chip.set(EVTENSET, 1 << 16);
        chip.trigger(START);
        to_tick(&mut chip);
        let count = chip.get(COUNTER);
        chip.set(CC, count + ahead);
        chip.wait(SECOND / 10);
        assert_eq!(chip.get(COMPARE), seen, "{rule:?}, {ahead} ahead");
    }
}
