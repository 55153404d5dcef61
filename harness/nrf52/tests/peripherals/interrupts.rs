//! Events, enables and lines, and the CPU that sleeps until one of them comes.

use gauntlet_nrf52::{Chip, ChipStop, Variant, cycles_from_ms};

use super::{RAM, Registers, chip, sleeper, start_lf_clock};

const EGU: u32 = 0x4001_4000;
const RTC2: u32 = 0x4002_4000;
const BOTH: [Variant; 2] = [Variant::Nrf52832, Variant::Nrf52840];

#[test]
fn events_are_cleared_by_0_set_by_1_and_tasks_read_as_0() {
    let mut chip = chip();
    chip.set(EGU + 4, 0);
    assert_eq!(chip.get(EGU + 0x104), 0);
    chip.trigger(EGU + 4);
    assert_eq!((chip.get(EGU + 4), chip.get(EGU + 0x104), chip.get(EGU + 0x100)), (0, 1, 0));
    chip.set(EGU + 0x104, 0);
    assert_eq!(chip.get(EGU + 0x104), 0);
    chip.set(EGU + 0x104, 1);
    assert_eq!(chip.get(EGU + 0x104), 1);
}

#[test]
fn enables_are_set_and_cleared_bit_by_bit_and_both_registers_read_them() {
    let mut chip = chip();
    chip.set(EGU + 0x304, 0b1101);
    chip.set(EGU + 0x308, 0b0100);
    assert_eq!([0x300, 0x304, 0x308].map(|offset| chip.get(EGU + offset)), [0b1001; 3]);
    chip.set(EGU + 0x300, 0b10);
    assert_eq!(chip.get(EGU + 0x304), 0b10);
    chip.set(RTC2 + 0x304, u32::MAX);
    assert_eq!(chip.get(RTC2 + 0x308), 0xF_0003, "only events that exist");
}

#[test]
fn a_sleeping_cpu_is_woken_at_each_compare() {
    for variant in BOTH {
        let mut chip = sleeper(variant, 36, RTC2 + 0x140);
        start_lf_clock(&mut chip);
        chip.set(RTC2 + 0x304, 1 << 16);
        chip.set(RTC2 + 0x540, 100);
        chip.trigger(RTC2);
        assert_eq!(chip.run_until(chip.now() + cycles_from_ms(3)), ChipStop::Sleeping);
        assert_eq!(chip.get(RAM), 0);
        chip.run_until(chip.now() + cycles_from_ms(1));
        assert_eq!((chip.get(RAM), chip.get(RTC2 + 0x140)), (1, 0));
        assert_eq!(chip.run_until(chip.now() + cycles_from_ms(10)), ChipStop::Sleeping);
        assert_eq!(chip.get(RAM), 1);
    }
}

#[test]
fn an_event_that_is_not_enabled_wakes_nobody_until_it_is() {
    let mut chip = sleeper(Variant::Nrf52832, 20, EGU + 0x100);
    chip.trigger(EGU);
    chip.run_until(chip.now() + 10_000);
    assert_eq!(chip.get(RAM), 0);
    chip.set(EGU + 0x304, 1);
    chip.run_until(chip.now() + 10_000);
    assert_eq!((chip.get(RAM), chip.get(EGU + 0x100)), (1, 0));
}

/// Erases a page from flash: the CPU stands still, the timer goes on.
///
/// ```text
/// 200  ldr r0, NVMC+0x500   202  movs r1, #2     204  str r1, [r0, #4]
/// 206  movs r1, #1          208  lsls r1, r1, #14  20A  str r1, [r0, #8]   20C  b .
/// ```
#[test]
fn peripherals_go_on_while_the_cpu_waits_for_the_flash() {
    let mut chip = Chip::new(Variant::Nrf52832, 1);
    let code: [u16; 10] = [0x4803, 0x2102, 0x6041, 0x2101, 0x0389, 0x6081, 0xE7FE, 0xBF00, 0xE500, 0x4001];
    chip.put_image(0, &[0x00, 0x10, 0x00, 0x20, 0x01, 0x02, 0, 0]);
    chip.put_image(0x200, &code.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<_>>());
    chip.put_image(0x4000, &[0; 16]);
    chip.reset(gauntlet_nrf52::Reset::PowerOn);
    chip.set(0x4000_9540, 1000);
    // Compare 0 captures into register 1 of the same timer: the time stamp of the event itself.
    chip.set(0x4001_F510, 0x4000_9140);
    chip.set(0x4001_F514, 0x4000_A040);
    chip.set(0x4001_F504, 1);
    chip.trigger(0x4000_9000);
    chip.trigger(0x4000_A000);
    let instructions = chip.instructions();
    chip.run_until(chip.now() + cycles_from_ms(50));
    assert_eq!(chip.flash_ops(), 1);
    assert_eq!(chip.instructions() - instructions, 6, "the CPU stands behind the store");
    assert_eq!(chip.get(0x4000_A540), 1000, "in its own cycle, not when the CPU came back");
}

#[test]
fn a_snapshot_runs_on_in_the_same_way() {
    let mut chip = sleeper(Variant::Nrf52840, 36, RTC2 + 0x100);
    start_lf_clock(&mut chip);
    chip.set(RTC2 + 0x304, 1);
    chip.trigger(RTC2);
    chip.trigger(0x4000_D000);
    chip.uart_send(0, b"unheard");
    chip.run_until(chip.now() + cycles_from_ms(3) + 777);
    let mut copy = chip.clone();
    let end = chip.now() + cycles_from_ms(20) + 13;
    let state = |chip: &mut Chip| {
        chip.run_until(end);
        let seen = [RAM, RTC2 + 0x504, 0x4000_D508].map(|address| chip.get(address));
        (chip.now(), chip.instructions(), chip.ram().to_vec(), seen, chip.uart_unheard(0))
    };
    let (first, second) = (state(&mut chip), state(&mut copy));
    assert!(first.3[0] > 600, "it was interrupted all the time");
    assert_eq!(first, second);
}
