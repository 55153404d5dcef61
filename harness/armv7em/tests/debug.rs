//! The debug unit, as a debugger uses it.

mod common;

use common::rig::*;
use common::{Memory, RAM};
use gauntlet_armv7em::{Core, CoreConfig, ResetKind, Stop};

const KEY: u32 = 0xA05F_0000;
const DEBUGEN: u32 = KEY | 1;
const HALT: u32 = KEY | 3;
const STEP: u32 = KEY | 5;
const MASKINTS: u32 = 8;
const S_HALT: u32 = 1 << 17;
const S_SLEEP: u32 = 1 << 18;
const S_LOCKUP: u32 = 1 << 19;
const S_RETIRE: u32 = 1 << 24;
const S_RESET: u32 = 1 << 25;

impl Rig {
    fn register(&mut self, n: u32) -> u32 {
        self.write(DCRSR, n);
        self.read(DCRDR)
    }

    fn set_register(&mut self, n: u32, value: u32) {
        self.write(DCRDR, value);
        self.write(DCRSR, 1 << 16 | n);
    }

    /// Halted at the first instruction.
    fn halted(self) -> Rig {
        self.set(&[(DHCSR, HALT)])
    }

    fn debugger_step(&mut self, flags: u32) {
        self.write(DHCSR, STEP | flags);
        assert_eq!(self.run(1000), Stop::Halted);
    }
}

#[test]
fn halt_reads_back_whatever_caused_it() {
    let mut rig = Rig::new(&[NOP, BKPT, LOOP]).halted();
    assert_eq!(rig.run(100), Stop::Halted);
    let dhcsr = rig.read(DHCSR);
    assert_eq!(dhcsr & (S_HALT | 3), S_HALT | 3);
    rig.write(DHCSR, DEBUGEN);
    assert_eq!(rig.run(100), Stop::Halted);
    assert_eq!(rig.read(DHCSR) & (S_HALT | 3), S_HALT | 3, "halted by BKPT, C_HALT reads 1");
    assert_eq!((rig.core.reg(15), rig.read(DFSR)), (CODE + 2, 3), "on the breakpoint");
    rig.write(DFSR, 3);
    assert_eq!(rig.read(DFSR), 0);
}

#[test]
fn writes_without_the_key_are_ignored() {
    let mut rig = Rig::new(&[LOOP]);
    rig.write(DHCSR, 3);
    assert_eq!(rig.read(DHCSR) & 3, 0);
    assert_eq!(rig.run(100), Stop::Limit);
}

#[test]
fn the_program_cannot_switch_debugging_on() {
    let mut rig = Rig::new(&[0x6008, LOOP]).with(&[(0, HALT), (1, DHCSR)]);
    assert_eq!(rig.run(100), Stop::Limit);
    assert!(!rig.core.is_halted());
}

#[test]
fn every_register_through_dcrsr() {
    let mut rig = Rig::new(&[LOOP]).halted();
    for n in (0..13).chain([14]) {
        rig.set_register(n, 0x1111_0000 + n);
    }
    rig.set_register(15, 0x2001);
    rig.set_register(16, 0xA100_0000);
    rig.set_register(17, 0x2000_1002);
    rig.set_register(18, 0x2000_2003);
    for n in 64..96 {
        rig.set_register(n, n);
    }
    rig.set_register(33, 0x0300_0000);
    for n in (0..13).chain([14]) {
        assert_eq!(rig.register(n), 0x1111_0000 + n);
    }
    assert_eq!(
        [13, 15, 16, 17, 18].map(|n| rig.register(n)),
        [0x2000_1000, 0x2000, 0xA100_0000, 0x2000_1000, 0x2000_2000]
    );
    assert_eq!((rig.register(64), rig.register(95), rig.register(33)), (64, 95, 0x0300_0000));
    // CONTROL, FAULTMASK, BASEPRI and PRIMASK share a register; the stack selection takes effect at once.
    rig.set_register(20, 0x0201_6001);
    assert_eq!(rig.register(20), 0x0201_6001);
    assert_eq!(rig.register(13), 0x2000_2000);
    assert_eq!(rig.register(21), 0, "reserved");
}

#[test]
fn a_running_core_keeps_its_registers_to_itself() {
    let mut rig = Rig::new(&[LOOP]).set(&[(DHCSR, DEBUGEN)]).with(&[(3, 42)]);
    rig.write(DCRDR, 7);
    rig.write(DCRSR, 1 << 16 | 3);
    assert_eq!(rig.core.reg(3), 42);
}

#[test]
fn a_step_executes_exactly_one_instruction() {
    // CMP R0, R0; ITE NE; MOVNE R1, #1; MOVEQ R1, #2.
    let mut rig = Rig::new(&[0x4280, 0xBF14, 0x2101, 0x2102, LOOP]).halted();
    let mut seen = vec![];
    for _ in 0..5 {
        rig.debugger_step(MASKINTS);
        seen.push((rig.core.reg(15) - CODE, rig.core.reg(1)));
    }
    assert_eq!(seen, [(2, 0), (4, 0), (6, 0), (8, 2), (8, 2)]);
    assert_eq!(rig.read(DHCSR) & (S_RETIRE | S_HALT | 7), S_RETIRE | S_HALT | 7);
    assert_eq!(rig.read(DHCSR) & S_RETIRE, 0, "cleared by reading");
}

#[test]
fn a_step_takes_an_interrupt_unless_masked() {
    let mut rig = Rig::new(&[NOP, NOP, LOOP]).irq(0, 0).halted().set(&[(ISPR, 1)]);
    rig.debugger_step(MASKINTS);
    assert_eq!((rig.core.exception(), rig.core.reg(15)), (0, CODE + 2));
    rig.debugger_step(0);
    assert_eq!((rig.core.exception(), rig.core.reg(15)), (IRQ, handler(IRQ)), "entered, nothing executed");
}

#[test]
fn masked_interrupts_stay_pending_while_running() {
    let mut rig = Rig::new(&[LOOP]).irq(0, 0).handle(IRQ, &[LOOP]).set(&[(DHCSR, HALT)]);
    rig.write(DHCSR, DEBUGEN | MASKINTS);
    rig.write(ISPR, 1);
    rig.write(ICSR, 1 << 28);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!((rig.core.exception(), rig.read(ISPR)), (0, 1));
}

#[test]
fn stepping_over_wfi_does_not_hang() {
    let mut rig = Rig::new(&[WFI, LOOP]).halted();
    rig.debugger_step(MASKINTS);
    assert_eq!(rig.core.reg(15), CODE + 2);
}

#[test]
fn a_breakpoint_stops_before_its_instruction_and_hits_again() {
    let mut rig = Rig::new(&[0x2101, 0x2102, 0x2103, LOOP]);
    // The second instruction is in the high half of its word.
    rig = rig.set(&[(DHCSR, DEBUGEN), (0xE000_2008, 2 << 30 | CODE | 1), (0xE000_2000, 3)]);
    assert_eq!(rig.run(100), Stop::Halted);
    assert_eq!((rig.core.reg(15), rig.core.reg(1), rig.read(DFSR)), (CODE + 2, 1, 2));
    rig.write(DHCSR, DEBUGEN);
    assert_eq!(rig.run(100), Stop::Halted);
    assert_eq!(rig.core.reg(1), 1, "as on hardware, resuming meets it again");
    rig.write(0xE000_2000, 2);
    rig.debugger_step(MASKINTS);
    assert_eq!(rig.core.reg(1), 2);
    rig.write(DHCSR, DEBUGEN);
    assert_eq!(rig.run(100), Stop::Limit);
}

#[test]
fn a_breakpoint_inside_an_it_block_keeps_it() {
    // CMP R0, R0; ITE EQ; MOVEQ R1, #1; MOVNE R1, #2; LOOP. The breakpoint is on MOVNE.
    let mut rig = Rig::new(&[0x4280, 0xBF0C, 0x2101, 0x2102, LOOP]);
    rig = rig.set(&[(DHCSR, DEBUGEN), (0xE000_2008, 2 << 30 | (CODE + 4) | 1), (0xE000_2000, 3)]);
    assert_eq!(rig.run(100), Stop::Halted);
    assert_eq!((rig.core.reg(15), rig.core.reg(1)), (CODE + 6, 1));
    assert_ne!(rig.core.xpsr() & 0x0600_FC00, 0);
    rig.write(0xE000_2000, 2);
    rig.write(DHCSR, DEBUGEN);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!(rig.core.reg(1), 1, "the rest of the block was still conditional");
}

#[test]
fn a_breakpoint_without_debugging_is_ignored() {
    let mut rig = Rig::new(&[0x2101, LOOP]).set(&[(0xE000_2008, 1 << 30 | CODE | 1), (0xE000_2000, 3)]);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!(rig.core.reg(1), 1);
}

#[test]
fn disabling_debug_leaves_the_halt() {
    let mut rig = Rig::new(&[BKPT, LOOP]).handle(HARD_FAULT, &[BKPT]).set(&[(DHCSR, DEBUGEN)]);
    assert_eq!(rig.run(100), Stop::Halted);
    rig.write(DHCSR, KEY);
    assert!(!rig.core.is_halted());
    assert_eq!(rig.run(100), Stop::Lockup, "the breakpoint escalates, and again in its handler");
}

#[test]
fn halting_ends_a_lockup() {
    let mut rig = Rig::new(&[0xDE00]).handle(HARD_FAULT, &[0xDE00]).set(&[(DHCSR, DEBUGEN)]);
    assert_eq!(rig.run(100), Stop::Lockup);
    assert_eq!(rig.read(DHCSR) & (S_LOCKUP | S_HALT), S_LOCKUP);
    rig.write(DHCSR, HALT);
    assert_eq!(rig.read(DHCSR) & (S_LOCKUP | S_HALT), S_HALT);
    assert_eq!(rig.register(15), 0xFFFF_FFFE);
    // Back to life with another program counter, in thread mode.
    rig.set_register(15, CODE + 0x100);
    rig.put(CODE + 0x100, &[0x2107, BKPT]);
    rig.set_register(16, 1 << 24);
    rig.write(DHCSR, DEBUGEN);
    assert_eq!(rig.run(100), Stop::Halted);
    assert_eq!(rig.core.reg(1), 7);
}

#[test]
fn a_step_into_lockup_is_a_lockup() {
    let mut rig = Rig::new(&[0xDE00]).handle(HARD_FAULT, &[0xDE00]).halted();
    rig.debugger_step(0);
    assert_eq!(rig.core.exception(), HARD_FAULT);
    rig.write(DHCSR, STEP);
    assert_eq!(rig.run(100), Stop::Lockup);
    assert_eq!(rig.read(DHCSR) & (S_LOCKUP | S_HALT), S_LOCKUP);
}

#[test]
fn reset_is_seen_once_and_can_be_caught() {
    let mut rig = Rig::new(&[0x2101, LOOP]).set(&[(DHCSR, DEBUGEN), (DEMCR, 1)]);
    assert_eq!(rig.read(DHCSR) & S_RESET, S_RESET);
    assert_eq!(rig.read(DHCSR) & S_RESET, 0);
    rig.write(AIRCR, 0x05FA_0004);
    assert_eq!(rig.run(100), Stop::ResetRequested);
    assert!(rig.core.take_reset_request());
    assert!(!rig.core.take_reset_request());
    rig.core.reset(&mut rig.memory, ResetKind::System);
    assert_eq!(rig.run(100), Stop::Halted);
    assert_eq!((rig.core.reg(15), rig.core.reg(1), rig.read(DFSR)), (CODE, 0, 8));
    assert_eq!(rig.read(DHCSR) & (S_RESET | S_HALT | 3), S_RESET | S_HALT | 3);
    // Without the catch a reset lets a halted core run.
    rig.write(DEMCR, 0);
    rig.core.reset(&mut rig.memory, ResetKind::System);
    assert_eq!(rig.run(100), Stop::Limit);
    assert!(rig.core.is_debug_enabled());
    rig.core.reset(&mut rig.memory, ResetKind::PowerOn);
    assert!(!rig.core.is_debug_enabled());
}

#[test]
fn the_program_requests_a_reset() {
    let mut rig = Rig::new(&[0x6008, LOOP]).with(&[(0, 0x05FA_0004), (1, AIRCR)]);
    assert_eq!(rig.run(1000), Stop::ResetRequested);
    assert_eq!(rig.core.reg(15), CODE + 2, "at once");
    let mut rig = Rig::new(&[0x6008, LOOP]).with(&[(0, 0x1234_0004), (1, AIRCR)]);
    assert_eq!(rig.run(1000), Stop::Limit, "the key is missing");
}

#[test]
fn a_hard_fault_is_caught_at_its_handler() {
    let mut rig = Rig::new(&[0xDE00]).set(&[(DHCSR, DEBUGEN), (DEMCR, 1 << 10)]);
    assert_eq!(rig.run(100), Stop::Halted);
    assert_eq!((rig.core.reg(15), rig.core.exception()), (handler(HARD_FAULT), HARD_FAULT));
    assert_eq!(rig.read(DFSR), 8);
}

#[test]
fn sleep_shows_and_halting_ends_it() {
    let mut rig = Rig::new(&[WFI, LOOP]).set(&[(DHCSR, DEBUGEN)]);
    assert_eq!(rig.run(100), Stop::Sleeping);
    assert_eq!(rig.read(DHCSR) & S_SLEEP, S_SLEEP);
    rig.write(DHCSR, HALT);
    assert_eq!(rig.read(DHCSR) & (S_SLEEP | S_HALT), S_HALT);
    assert_eq!(rig.register(15), CODE + 2);
}

#[test]
fn the_cycle_counter_stands_while_halted() {
    let mut rig = Rig::new(&[NOP, 0xE7FD]).set(&[(DHCSR, DEBUGEN), (DEMCR, 1 << 24), (0xE000_1000, 1)]);
    rig.write(0xE000_1004, 1000);
    let start = rig.core.now();
    assert_eq!(rig.run(400), Stop::Limit);
    assert_eq!(u64::from(rig.read(0xE000_1004)), 1000 + rig.core.now() - start);
    rig.write(DHCSR, HALT);
    let count = rig.read(0xE000_1004);
    rig.core.set_now(1_000_000);
    assert_eq!(rig.read(0xE000_1004), count);
}

#[test]
fn a_watchpoint_stops_after_the_access() {
    // STR R0, [R1]; LDR R2, [R1]; NOP.
    for (function, stops_at) in [(5, CODE + 4), (6, CODE + 2), (7, CODE + 2)] {
        let mut rig = Rig::new(&[0x6008, 0x680A, NOP, LOOP]).with(&[(0, 9), (1, RAM + 0x40)]).set(&[
            (DHCSR, DEBUGEN),
            (DEMCR, 1 << 24),
            (0xE000_1020, RAM + 0x42),
            (0xE000_1028, function),
        ]);
        assert_eq!(rig.run(100), Stop::Halted, "function {function}");
        assert_eq!((rig.core.reg(15), rig.read(DFSR)), (stops_at, 4));
        assert_eq!(rig.memory.word(RAM + 0x40), 9);
        assert_eq!(rig.read(0xE000_1028), 1 << 24 | function, "MATCHED");
        assert_eq!(rig.read(0xE000_1028), function);
    }
    let mut rig = Rig::new(&[0x6008, 0x680A, LOOP]).with(&[(1, RAM + 0x40)]).set(&[
        (DHCSR, DEBUGEN),
        (DEMCR, 1 << 24),
        (0xE000_1020, RAM + 0x44),
        (0xE000_1028, 7),
    ]);
    assert_eq!(rig.run(100), Stop::Limit, "the neighbour is not watched");
}

#[test]
fn components_identify_themselves() {
    let mut rig = Rig::new(&[LOOP]);
    assert_eq!(rig.read(0xE000_ED00), 0x410F_C241);
    assert_eq!(rig.read(0xE000_2000), 0x260);
    assert_eq!(rig.read(0xE000_1000), 0x4000_0000);
    assert_eq!(rig.read(0xE000_ED90), 0x800);
    assert_eq!((rig.read(0xE000_EF40), rig.read(0xE000_EF44)), (0x1011_0021, 0x1100_0011));
    for base in [0xE000_0000, 0xE000_1000, 0xE000_2000, 0xE000_E000] {
        assert_eq!([0xFF0, 0xFF4, 0xFF8, 0xFFC].map(|at| rig.read(base + at)), [0x0D, 0xE0, 0x05, 0xB1]);
    }
    let mut core = Core::new(CoreConfig { fpu: false, ..CoreConfig::default() });
    core.reset(&mut Memory::new(&[0; 8]), ResetKind::PowerOn);
    assert_eq!(core.ppb_read(0xE000_EF40), 0);
}

#[test]
fn every_word_of_the_private_bus_can_be_read_and_written() {
    let mut rig = Rig::new(&[LOOP]);
    for address in (0xE000_0000_u32..0xE010_0000).step_by(4) {
        rig.read(address);
    }
    for value in [0, u32::MAX, 0xA05F_0000, 0x05FA_0000] {
        for address in (0xE000_0000_u32..0xE000_F000).step_by(4) {
            rig.write(address, value);
            rig.read(address);
        }
    }
    rig.core.reset(&mut rig.memory, ResetKind::PowerOn);
    assert_eq!(rig.run(100), Stop::Limit);
}
