//! Programs on the CPU, firmware in the host, and debuggers on both.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod adiv5;

use std::sync::{Arc, Mutex};

use adiv5::{connect, peek, poke};
use gauntlet_nrf52::{
    Chip, ChipStop, Cut, FlashAction, Guest, GuestStep, Machine, MachineStop, Reset, Source, Tear, Variant,
    cycles_from_ms, cycles_from_us,
};

const RAM: u32 = 0x2000_0000;
const DHCSR: u32 = 0xE000_EDF0;
const DCRSR: u32 = 0xE000_EDF4;
const DCRDR: u32 = 0xE000_EDF8;
const AIRCR: u32 = 0xE000_ED0C;
const HALT: u32 = 0xA05F_0003;
const STEP: u32 = 0xA05F_0005;
const RUN: u32 = 0xA05F_0001;
const S_HALT: u32 = 1 << 17;

/// A chip with this code at its reset vector.
fn chip(variant: Variant, code: &[u16]) -> Chip {
    let mut chip = Chip::new(variant, 1);
    let mut image = vec![0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0];
    image.extend(code.iter().flat_map(|half| half.to_le_bytes()));
    assert!(chip.put_image(0, &image));
    chip.reset(Reset::PowerOn);
    chip
}

/// Calls the guest, stores what it returns at the start of RAM, and stays there.
const CALL_GUEST: [u16; 5] = [
    0xDED1, // udf #0xD1
    0x2101, // movs r1, #1
    0x0749, // lsls r1, r1, #29
    0x6008, // str r0, [r1]
    0xE7FE, // b .
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Reset(Reset),
    Enter(u8),
    Poll,
}

/// Firmware that writes one word to flash with each poll, and leaves after a number of them.
struct Writer {
    calls: Arc<Mutex<Vec<Call>>>,
    left: u32,
    last: GuestStep,
}

impl Guest for Writer {
    fn reset(&mut self, cause: Reset) {
        self.calls.lock().unwrap().push(Call::Reset(cause));
    }

    fn enter(&mut self, _chip: &mut Chip, trap: u8) -> GuestStep {
        self.calls.lock().unwrap().push(Call::Enter(trap));
        GuestStep::Stay
    }

    fn poll(&mut self, chip: &mut Chip, until: u64) -> GuestStep {
        self.calls.lock().unwrap().push(Call::Poll);
        if self.left == 0 {
            return self.last;
        }
        self.left -= 1;
        match chip.nvmc_write_word(0x1000 + 4 * self.left, self.left) {
            Ok(()) => chip.pass_time(until.min(chip.now() + cycles_from_us(100))),
            Err(_) => return GuestStep::PowerLost,
        }
        GuestStep::Stay
    }
}

fn with_writer(left: u32, last: GuestStep) -> (Machine, Arc<Mutex<Vec<Call>>>) {
    let calls = Arc::default();
    let writer = Writer { calls: Arc::clone(&calls), left, last };
    (Machine::with_guest(chip(Variant::Nrf52832, &CALL_GUEST), Box::new(writer)), calls)
}

#[test]
fn a_guest_is_entered_polled_and_returns_to_the_cpu() {
    let (mut machine, calls) = with_writer(2, GuestStep::Return { r0: 0x600D_CAFE });
    assert_eq!(machine.run_for(cycles_from_ms(2)), MachineStop::Limit);
    assert_eq!(*calls.lock().unwrap(), [Call::Enter(0xD1), Call::Poll, Call::Poll, Call::Poll]);
    assert_eq!(machine.chip.load_word(RAM), Ok(0x600D_CAFE));
    assert_eq!(machine.chip.load_word(0x1004), Ok(1));
    assert!(!machine.is_guest_entered());
}

#[test]
fn without_a_guest_a_trap_is_an_undefined_instruction() {
    let mut machine = Machine::new(chip(Variant::Nrf52832, &CALL_GUEST));
    assert_eq!(machine.run_for(cycles_from_ms(1)), MachineStop::Limit);
    assert_eq!(machine.chip.last_reset(), Reset::Lockup);
}

#[test]
fn a_guest_that_resets_starts_over() {
    let (mut machine, calls) = with_writer(0, GuestStep::Reset(Reset::Soft));
    machine.run_for(cycles_from_us(25));
    let calls = calls.lock().unwrap();
    assert_eq!(calls[..4], [Call::Enter(0xD1), Call::Poll, Call::Reset(Reset::Soft), Call::Enter(0xD1)]);
    assert!(calls.len() < 20, "each reset takes its time");
}

#[test]
fn a_cut_during_a_guest_turns_everything_off_until_power_returns() {
    let (mut machine, calls) = with_writer(9, GuestStep::Stay);
    machine.chip.arm_cut(Cut { at_op: 3, tear: Tear::After, off_for: Some(cycles_from_ms(10)) });
    assert_eq!(machine.run_for(cycles_from_ms(5)), MachineStop::PoweredOff);
    assert!(!machine.is_guest_entered());
    assert!(!calls.lock().unwrap().iter().any(|call| matches!(call, Call::Reset(_))));
    machine.run_for(cycles_from_ms(15));
    let calls = calls.lock().unwrap();
    let tail = calls.iter().skip_while(|call| !matches!(call, Call::Reset(_))).take(2).collect::<Vec<_>>();
    assert_eq!(tail, [&Call::Reset(Reset::PowerOn), &Call::Enter(0xD1)]);
    assert_eq!(machine.chip.cut_fired().map(|report| report.op), Some(3));
}

#[test]
fn every_reset_throws_the_guest_out() {
    for kind in [Reset::Soft, Reset::Pin, Reset::Watchdog, Reset::CtrlAp] {
        let (mut machine, calls) = with_writer(100, GuestStep::Stay);
        machine.run_for(cycles_from_ms(1));
        assert!(machine.is_guest_entered());
        machine.reset(kind);
        assert!(!machine.is_guest_entered());
        assert_eq!(calls.lock().unwrap().last(), Some(&Call::Reset(kind)));
    }
}

#[test]
fn a_debugger_holds_the_guest_with_the_cpu() {
    let (mut machine, calls) = with_writer(1_000, GuestStep::Stay);
    machine.run_for(cycles_from_ms(1));
    connect(&mut machine).unwrap();
    poke(&mut machine, DHCSR, HALT).unwrap();
    let (now, polls) = (machine.now(), calls.lock().unwrap().len());
    assert_eq!(machine.run_for(cycles_from_ms(5)), MachineStop::Halted);
    assert_eq!(peek(&mut machine, DHCSR).unwrap() & S_HALT, S_HALT);
    assert_eq!((machine.now(), calls.lock().unwrap().len()), (now, polls), "time stands still");

    poke(&mut machine, DHCSR, STEP).unwrap();
    assert_eq!(peek(&mut machine, DHCSR).unwrap() & S_HALT, S_HALT, "the step is over");
    assert!(calls.lock().unwrap().len() > polls);

    poke(&mut machine, DHCSR, RUN).unwrap();
    let polls = calls.lock().unwrap().len();
    assert_eq!(peek(&mut machine, DHCSR).unwrap() & S_HALT, 0);
    assert!(calls.lock().unwrap().len() > polls, "the guest gets on while the debugger polls");
}

#[test]
fn a_debugger_may_use_the_cpu_for_something_else_meanwhile() {
    let (mut machine, calls) = with_writer(1_000, GuestStep::Stay);
    machine.run_for(cycles_from_ms(1));
    connect(&mut machine).unwrap();
    poke(&mut machine, DHCSR, HALT).unwrap();
    let set_register = |machine: &mut Machine, register: u32, value: u32| {
        poke(machine, DCRDR, value).unwrap();
        poke(machine, DCRSR, 1 << 16 | register).unwrap();
    };
    poke(&mut machine, DCRSR, 15).unwrap();
    let home = peek(&mut machine, DCRDR).unwrap();
    assert_eq!(home, 0xA, "behind the trap");

    // movs r0, #42; bkpt
    poke(&mut machine, RAM + 0x800, 0xBE00_202A).unwrap();
    set_register(&mut machine, 15, RAM + 0x800);
    let polls = calls.lock().unwrap().len();
    poke(&mut machine, DHCSR, RUN).unwrap();
    assert_eq!(peek(&mut machine, DHCSR).unwrap() & S_HALT, S_HALT);
    poke(&mut machine, DCRSR, 0).unwrap();
    assert_eq!(peek(&mut machine, DCRDR), Ok(42));
    assert_eq!(calls.lock().unwrap().len(), polls, "the guest waited");

    set_register(&mut machine, 15, home);
    poke(&mut machine, DHCSR, RUN).unwrap();
    peek(&mut machine, DHCSR).unwrap();
    assert!(calls.lock().unwrap().len() > polls, "and goes on where it was");
}

#[test]
fn a_reset_through_the_debugger_is_a_soft_reset() {
    let (mut machine, calls) = with_writer(1_000, GuestStep::Stay);
    machine.run_for(cycles_from_ms(1));
    connect(&mut machine).unwrap();
    poke(&mut machine, AIRCR, 0x05FA_0004).unwrap();
    assert_eq!(calls.lock().unwrap().last(), Some(&Call::Reset(Reset::Soft)));
    assert_eq!(machine.chip.last_reset(), Reset::Soft);
    machine.dap_read(gauntlet_nrf52::DapPort::Access, 0).expect("the debug port stays up");
}

#[test]
fn a_sleeping_cpu_costs_nothing() {
    // wfe; b back
    let mut chip = chip(Variant::Nrf52840, &[0xBF20, 0xE7FD]);
    chip.run_until(cycles_from_ms(1));
    let instructions = chip.instructions();
    assert_eq!(chip.run_until(cycles_from_ms(60_000)), ChipStop::Sleeping);
    assert!(chip.now() >= cycles_from_ms(60_000));
    assert!(chip.instructions() - instructions < 10);
}

#[test]
fn a_chip_without_firmware_resets_for_ever_and_time_passes() {
    let mut chip = Chip::new(Variant::Nrf52832, 1);
    assert_eq!(chip.run_until(cycles_from_ms(10_000)), ChipStop::Limit);
    assert_eq!(chip.last_reset(), Reset::Lockup);
    assert!(chip.starts() < 2_000, "{} starts in ten seconds", chip.starts());
    assert_eq!(chip.load_word(0x4000_0400), Ok(1 << 3));
}

/// Enables writing, stores to flash at 0x2000, reads READY into R3, stays.
///
/// ```text
/// 08  ldr  r0, [pc, #16]   ; 0x4001E400
/// 0A  movs r1, #1
/// 0C  movs r2, #0x82
/// 0E  lsls r2, r2, #1      ; 0x104
/// 10  str  r1, [r0, r2]    ; CONFIG = Wen
/// 12  movs r4, #2
/// 14  lsls r4, r4, #12
/// 16  str  r1, [r4]
/// 18  ldr  r3, [r0]
/// 1A  b    .
/// 1C  .word 0x4001E400
/// ```
const WRITE_FLASH: [u16; 12] =
    [0x4804, 0x2101, 0x2282, 0x0052, 0x5081, 0x2402, 0x0324, 0x6021, 0x6803, 0xE7FE, 0xE400, 0x4001];

#[test]
fn flash_code_stalls_while_it_programs() {
    for variant in [Variant::Nrf52832, Variant::Nrf52840] {
        let mut chip = chip(variant, &WRITE_FLASH);
        chip.set_recording(true);
        let start = chip.now();
        chip.run_until(start + cycles_from_us(60));
        assert_eq!(chip.core().reg(3), 1, "READY again, when the next instruction ran");
        let [op] = chip.journal() else { panic!("one operation: {:?}", chip.journal()) };
        assert_eq!(op.action, FlashAction::Program { address: 0x2000, value: 1 });
        assert_eq!((op.source, op.pc), (Source::Cpu, 0x16));
        assert_eq!(op.end - op.start, cycles_from_us(41));
        assert!(chip.instructions() > 10);
    }
}

#[test]
fn ram_code_sees_a_busy_controller_only_where_the_chip_lets_it() {
    for (variant, ready) in [(Variant::Nrf52832, 1), (Variant::Nrf52840, 0)] {
        let mut machine = Machine::new(chip(variant, &[0xE7FE]));
        connect(&mut machine).unwrap();
        poke(&mut machine, DHCSR, HALT).unwrap();
        for (index, pair) in WRITE_FLASH.chunks(2).enumerate() {
            let word = u32::from(pair[0]) | u32::from(pair[1]) << 16;
            poke(&mut machine, RAM + 0x808 + 4 * index as u32, word).unwrap();
        }
        poke(&mut machine, DCRDR, RAM + 0x808).unwrap();
        poke(&mut machine, DCRSR, 1 << 16 | 15).unwrap();
        poke(&mut machine, DHCSR, RUN).unwrap();
        machine.run_for(cycles_from_us(100));
        assert_eq!(machine.chip.core().reg(3), ready, "{variant:?}");
        assert_eq!(machine.chip.load_word(0x2000), Ok(1));
    }
}

#[test]
fn a_cut_stops_the_cpu_before_its_next_instruction() {
    let mut chip = chip(Variant::Nrf52832, &WRITE_FLASH);
    chip.arm_cut(Cut { at_op: 0, tear: Tear::After, off_for: None });
    assert_eq!(chip.run_until(cycles_from_ms(1)), ChipStop::PoweredOff);
    assert_eq!(chip.flash()[0x2000..0x2004], [1, 0, 0, 0]);
    assert_ne!(chip.core().reg(3), 1);
}

#[test]
fn a_reset_by_software_runs_the_program_again() {
    // ldr r0, =AIRCR; ldr r1, =key; str r1, [r0]; b .
    let code = [0x4802, 0x4903, 0x6001, 0xE7FE, 0xBF00, 0xBF00, 0xED0C, 0xE000, 0x0004, 0x05FA];
    let mut chip = chip(Variant::Nrf52832, &code);
    let starts = chip.starts();
    chip.run_until(chip.now() + cycles_from_ms(1));
    assert!((50..200).contains(&(chip.starts() - starts)), "{}", chip.starts());
    assert_eq!(chip.last_reset(), Reset::Soft);
}

#[test]
fn boards_can_be_moved_between_threads() {
    fn movable<T: Send>() {}
    movable::<Chip>();
    movable::<Machine>();
}

#[test]
fn snapshots_run_the_same_way() {
    let (machine, _) = with_writer(0, GuestStep::Stay);
    let mut first = machine.chip.clone();
    let mut second = machine.chip.clone();
    for chip in [&mut first, &mut second] {
        chip.run_until(cycles_from_ms(1));
        chip.nvmc_write_word(0x3000, 5).unwrap();
        chip.reset(Reset::Soft);
    }
    assert_eq!(first.now(), second.now());
    assert_eq!(first.ram(), second.ram());
    assert!(first.non_volatile() == second.non_volatile());
}

const WDT: u32 = 0x4001_0000;
const KEY: u32 = 0x6E52_4635;

/// A chip that sleeps, with a watchdog of `ticks` that asks for the registers in `enabled`.
fn watched(ticks: u32, enabled: u32) -> gauntlet_nrf52::Chip {
    let mut chip = gauntlet_nrf52::Chip::new(gauntlet_nrf52::Variant::Nrf52832, 1);
    // A stack, a reset vector, and `wfi; b .-2`.
    let image = [0x2000_1000_u32, 0x0000_0101].map(u32::to_le_bytes).concat();
    assert!(chip.put_image(0, &image));
    assert!(chip.put_image(0x100, &[0x30, 0xBF, 0xFD, 0xE7]));
    chip.reset(gauntlet_nrf52::Reset::PowerOn);
    for (offset, value) in [(0x504, ticks - 1), (0x508, enabled), (0x000, 1)] {
        chip.store_word(WDT + offset, value).unwrap();
    }
    chip
}

#[test]
fn a_watchdog_that_is_not_fed_resets_the_chip_and_says_so() {
    let mut chip = watched(32_768, 1);
    let starts = chip.starts();
    chip.run_until(chip.now() + gauntlet_nrf52::cycles_from_ms(990));
    assert_eq!(chip.starts(), starts);
    // Its settings are locked while it runs.
    chip.store_word(WDT + 0x504, 5).unwrap();
    assert_eq!(chip.load_word(WDT + 0x504).unwrap(), 32_767);
    chip.run_until(chip.now() + gauntlet_nrf52::cycles_from_ms(20));
    assert_eq!((chip.starts(), chip.last_reset()), (starts + 1, gauntlet_nrf52::Reset::Watchdog));
    assert_eq!(chip.load_word(0x4000_0400).unwrap() & 2, 2, "RESETREAS.DOG");
    assert_eq!(chip.load_word(WDT + 0x400).unwrap(), 0, "stopped by the reset");
}

#[test]
fn every_enabled_register_has_to_be_fed_and_a_soft_reset_stops_nothing() {
    for (enabled, fed, alive) in [(0b11, 0b11, true), (0b11, 0b01, false), (0x81, 0x01, false)] {
        let mut chip = watched(16_384, enabled);
        let starts = chip.starts();
        for _ in 0..8 {
            for register in (0..8).filter(|register| fed >> register & 1 == 1) {
                chip.store_word(WDT + 0x600 + 4 * register, KEY).unwrap();
            }
            chip.run_until(chip.now() + gauntlet_nrf52::cycles_from_ms(100));
        }
        assert_eq!(chip.starts() == starts, alive, "{enabled:x} {fed:x}");
    }
    let mut chip = watched(16_384, 1);
    chip.run_until(chip.now() + gauntlet_nrf52::cycles_from_ms(300));
    chip.reset(gauntlet_nrf52::Reset::Soft);
    assert_eq!(chip.load_word(WDT + 0x400).unwrap(), 1);
    chip.run_until(chip.now() + gauntlet_nrf52::cycles_from_ms(300));
    assert_eq!(chip.last_reset(), gauntlet_nrf52::Reset::Watchdog, "its time went on");
}
