//! What each kind of reset, and the loss of power, does to the peripherals.

use gauntlet_nrf52::{Chip, Reset, Variant, cycles_from_ms};

use super::{RAM, Registers, chip, sleeper, start_lf_clock};

const RTC: u32 = 0x4001_1000;
const WDT: u32 = 0x4001_0000;
const PIN: u32 = 0x5000_0704;
const KINDS: [Reset; 7] = [
    Reset::BrownOut,
    Reset::Pin,
    Reset::Watchdog,
    Reset::Soft,
    Reset::Lockup,
    Reset::CtrlAp,
    Reset::WakeFromOff,
];

#[test]
fn every_reset_stops_what_was_running() {
    for kind in KINDS {
        let mut chip = chip();
        start_lf_clock(&mut chip);
        chip.set(RTC + 0x304, 1);
        chip.set(0x4000_0518, 1);
        chip.trigger(RTC);
        chip.trigger(0x4000_9000);
        chip.trigger(0x4000_D000);
        chip.set(0x4001_F504, 1 << 30);
        chip.set(0x4000_2500, 8);
        chip.set(0x4001_4104, 1);
        chip.set(PIN, 1);
        chip.trigger(WDT);
        chip.wait(cycles_from_ms(1));
        let effects = kind.effects();
        chip.reset(kind);
        chip.wait(cycles_from_ms(1));
        for register in [
            RTC + 0x304,
            RTC + 0x504,
            RTC + 0x100,
            0x4001_F500,
            0x4000_2500,
            0x4001_4104,
            0x4000_0418,
            0x4000_0518,
            0x4000_D100,
        ] {
            assert_eq!(chip.get(register), 0, "{register:#x} after {kind:?}");
        }
        chip.trigger(0x4000_9040);
        assert_eq!(chip.get(0x4000_9540), 0);
        assert_eq!(chip.get(WDT + 0x400), u32::from(!effects.stops_watchdog), "{kind:?}");
        assert_eq!(chip.get(PIN), if effects.clears_gpio { 2 } else { 1 }, "{kind:?}");
    }
}

#[test]
fn a_reset_takes_the_interrupt_away() {
    let mut chip = sleeper(Variant::Nrf52832, 20, 0x4001_4100);
    chip.set(0x4001_4304, 1);
    chip.trigger(0x4001_4000);
    chip.reset(Reset::Soft);
    chip.set(RAM, 0);
    chip.run_until(chip.now() + cycles_from_ms(1));
    assert_eq!(chip.get(RAM), 0);
}

#[test]
fn without_power_nothing_ticks_and_the_host_talks_to_nobody() {
    let mut chip = chip();
    start_lf_clock(&mut chip);
    chip.trigger(RTC);
    chip.uart_send(0, b"hello");
    chip.power_off();
    chip.pass_time(chip.now() + cycles_from_ms(100));
    assert_eq!((chip.uart_unheard(0), chip.uart_waiting(0)), (5, 0));
    chip.power_on();
    assert_eq!((chip.get(RTC + 0x504), chip.get(0x4000_0418)), (0, 0));
}

#[test]
fn ram_that_is_switched_off_forgets_and_the_rest_does_not() {
    const POWERSET: u32 = 0x4000_0914;
    const POWERCLR: u32 = 0x4000_0918;
    let mut chip = chip();
    let sections = [RAM + 0x1FFC, RAM + 0x2000, RAM + 0x3000, RAM + 0x4000];
    for address in sections {
        chip.set(address, 0x1234_5678);
    }
    chip.set(POWERCLR, 0b10);
    assert_eq!(chip.get(POWERSET), 0xFFFD);
    chip.set(POWERSET, 0b10);
    let kept = sections.map(|address| chip.get(address) == 0x1234_5678);
    assert_eq!(kept, [true, true, false, true]);
}

#[test]
fn only_retained_ram_outlives_system_off() {
    for variant in [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840] {
        let mut chip = Chip::new(variant, 1);
        let last = RAM + chip.profile().ram_size - 4;
        for address in [RAM, RAM + 0x1000, RAM + 0x2000, last] {
            chip.set(address, 0x1234_5678);
        }
        chip.set(0x4000_0904, 1 << 17);
        chip.set(0x4000_0500, 1);
        chip.reset(Reset::WakeFromOff);
        let kept = [RAM, RAM + 0x1000, RAM + 0x2000, last].map(|address| chip.get(address) == 0x1234_5678);
        assert_eq!(kept, [false, true, false, false], "{variant:?}");
    }
}

#[test]
fn every_section_of_ram_has_its_bit() {
    for variant in [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840] {
        let profile = variant.profile();
        let parts = (0..profile.ram_blocks).flat_map(|block| (0..16).map(move |section| (block, section)));
        let end =
            parts.filter_map(|(block, section)| profile.ram_section(block, section)).fold(0, |end, part| {
                assert_eq!(part.start, end);
                part.end
            });
        assert_eq!(end, profile.ram_size, "{variant:?}");
    }
}
