//! The floating-point context across exceptions: extended frames, lazy and eager saving, and what goes wrong on the way.

mod common;

use common::rig::*;
use gauntlet_armv7em::Stop;

/// VADD.F32 S0, S0, S0 doubles S0.
const DOUBLE: [u16; 2] = [0xEE30, 0x0A00];
/// VMOV.F32 S1, S1 uses the unit and changes nothing.
const USE: [u16; 2] = [0xEEF0, 0x0A60];
const ONE: u32 = 0x3F80_0000;
const TWO: u32 = 0x4000_0000;

const ASPEN: u32 = 1 << 31;
const LSPEN: u32 = 1 << 30;
const BFRDY: u32 = 1 << 6;
const HFRDY: u32 = 1 << 4;
const THREAD: u32 = 1 << 3;
const USER: u32 = 1 << 1;
const LSPACT: u32 = 1;
const LSPERR: u32 = 1 << 13;
const NOCP: u32 = 1 << 19;
const FORCED: u32 = 1 << 30;
const FPCA: u32 = 4;
const EXTENDED: u32 = 104;
const RMODE_UP: u32 = 1 << 22;
/// Refused by the bus.
const BAD: u32 = 0x4000_0F00;

/// A thread that uses the unit with S0 = 1, S15 = 15, S16 = 16, and then calls the supervisor.
fn thread() -> Rig {
    let mut rig = Rig::new(&[USE[0], USE[1], SVC, NOP, LOOP]).set(&[(CPACR, 0xF << 20)]);
    for (n, value) in [(0, ONE), (15, 15), (16, 16)] {
        rig.core.set_float_reg(n, value);
    }
    rig
}

fn lazy(rig: &mut Rig) -> bool {
    rig.read(FPCCR) & LSPACT != 0
}

#[test]
fn a_first_instruction_makes_a_context() {
    let mut rig = thread().set(&[(FPDSCR, RMODE_UP)]);
    rig.core.set_fpscr(0xF300_001F);
    assert_eq!(rig.core.control(), 0);
    rig.steps(1);
    assert_eq!(rig.core.control(), FPCA);
    assert_eq!(rig.core.fpscr(), 0xF000_001F | RMODE_UP, "the modes are the default ones, the flags stay");
    rig.core.set_fpscr(0);
    rig.core.set_reg(15, CODE);
    rig.steps(1);
    assert_eq!(rig.core.fpscr(), 0, "once per context");
}

#[test]
fn without_automatic_contexts_frames_are_basic() {
    let mut rig = thread().set(&[(FPCCR, LSPEN), (FPDSCR, RMODE_UP)]);
    rig.steps(2);
    assert_eq!((rig.core.control(), rig.core.fpscr()), (0, 0));
    assert_eq!((rig.core.reg(13), rig.core.reg(14)), (STACK - 32, 0xFFFF_FFF9));
}

#[test]
fn room_is_left_and_nothing_is_written() {
    let mut rig = thread();
    rig.steps(2);
    let frame = STACK - EXTENDED;
    assert_eq!((rig.core.exception(), rig.core.reg(13), rig.core.reg(14)), (SV_CALL, frame, 0xFFFF_FFE9));
    assert_eq!(rig.core.control(), 0, "the handler has no context yet");
    assert_eq!(rig.read(FPCAR), frame + 32);
    assert_eq!(rig.read(FPCCR), ASPEN | LSPEN | HFRDY | THREAD | LSPACT);
    assert_eq!(rig.frame(6), CODE + 6, "the basic frame is below");
    assert!((8..26).all(|n| rig.frame(n) == 0));
    // The handler returns without having used the unit.
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.core.reg(13), rig.core.control()), (0, STACK, FPCA));
    assert!(!lazy(&mut rig));
    assert_eq!((rig.core.float_reg(0), rig.core.float_reg(15)), (ONE, 15));
}

#[test]
fn the_first_use_in_the_handler_saves_first() {
    let mut rig = thread().handle(SV_CALL, &[NOP, DOUBLE[0], DOUBLE[1], BX_LR]);
    rig.steps(1);
    rig.core.set_fpscr(RMODE_UP | 1);
    rig.steps(2);
    assert!(lazy(&mut rig));
    rig.core.set_float_reg(31, 31);
    rig.steps(1);
    assert!(!lazy(&mut rig));
    assert_eq!(rig.core.control(), FPCA, "now the handler has a context");
    assert_eq!(rig.core.fpscr() & RMODE_UP, 0, "with the default modes");
    assert_eq!((rig.frame(8), rig.frame(23), rig.frame(24)), (ONE, 15, RMODE_UP | 1));
    assert_eq!(rig.core.float_reg(0), TWO);
    rig.core.set_float_reg(15, 0);
    rig.core.set_float_reg(16, 0);
    rig.steps(1);
    assert_eq!(
        (rig.core.float_reg(0), rig.core.float_reg(15), rig.core.fpscr()),
        (ONE, 15, RMODE_UP | 1),
        "the thread has its own again"
    );
    assert_eq!(rig.core.float_reg(16), 0, "the upper half is the handler's duty");
    assert_eq!((rig.core.reg(13), rig.core.control()), (STACK, FPCA));
}

#[test]
fn eager_saving_writes_at_entry() {
    let mut rig = thread().set(&[(FPCCR, ASPEN)]);
    rig.steps(2);
    assert_eq!((rig.core.reg(14), rig.read(FPCCR)), (0xFFFF_FFE9, ASPEN));
    assert_eq!((rig.frame(8), rig.frame(23)), (ONE, 15));
    rig.core.set_float_reg(0, 0);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.core.float_reg(0)), (0, ONE));
}

#[test]
fn eager_saving_needs_access() {
    let mut rig = thread().set(&[(FPCCR, ASPEN), (SHCSR, 1 << 18)]).handle(USAGE_FAULT, &[NOP, LOOP]);
    rig.steps(1);
    rig.write(CPACR, 0);
    rig.steps(1);
    assert_eq!(rig.read(CFSR), NOCP);
    assert_eq!(rig.core.reg(14), 0xFFFF_FFE9);
}

#[test]
fn returning_needs_access_to_read_the_registers() {
    let mut rig = thread().set(&[(FPCCR, ASPEN)]);
    rig.steps(2);
    rig.write(CPACR, 0);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (HARD_FAULT, NOCP));
    // What was never stored needs no reading.
    let mut rig = thread();
    rig.steps(2);
    rig.write(CPACR, 0);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (0, 0));
}

#[test]
fn an_inner_handler_saves_for_the_outermost() {
    // SVC does nothing but NOPs; an interrupt inside it uses the unit.
    let mut rig = thread()
        .handle(SV_CALL, &[NOP, NOP, BX_LR])
        .handle(IRQ, &[DOUBLE[0], DOUBLE[1], BX_LR])
        .set(&[(SHPR2, 0x4000_0000)])
        .irq(0, 0x20);
    rig.steps(3);
    let place = rig.read(FPCAR);
    rig.core.set_irq_level(0, true);
    rig.core.set_irq_level(0, false);
    rig.steps(1);
    assert_eq!(
        (rig.core.exception(), rig.core.reg(14)),
        (IRQ, 0xFFFF_FFF1),
        "the SVC handler had no context"
    );
    assert_eq!(rig.read(FPCAR), place);
    assert_eq!(rig.memory.word(place), ONE);
    assert_eq!(rig.core.float_reg(0), TWO);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.core.control()), (SV_CALL, 0));
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.core.float_reg(0), rig.core.control()), (0, ONE, FPCA));
}

#[test]
fn every_level_with_a_context_has_its_own_place() {
    let mut rig = thread()
        .handle(SV_CALL, &[DOUBLE[0], DOUBLE[1], NOP, NOP, BX_LR])
        .handle(IRQ, &[DOUBLE[0], DOUBLE[1], BX_LR])
        .set(&[(SHPR2, 0x4000_0000)])
        .irq(0, 0x20);
    rig.steps(3);
    let outer = rig.read(FPCAR);
    rig.core.set_irq_level(0, true);
    rig.core.set_irq_level(0, false);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.core.reg(14)), (IRQ, 0xFFFF_FFE1));
    let inner = rig.read(FPCAR);
    assert_eq!(inner, outer - EXTENDED);
    assert_eq!((rig.memory.word(outer), rig.memory.word(inner)), (ONE, TWO));
    assert_eq!(rig.core.float_reg(0), TWO + 0x0080_0000);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.core.float_reg(0), rig.core.control()), (SV_CALL, TWO, FPCA));
    rig.steps(3);
    assert_eq!((rig.core.exception(), rig.core.float_reg(0)), (0, ONE));
}

#[test]
fn tail_chaining_keeps_the_place() {
    let mut rig = thread().handle(PEND_SV, &[DOUBLE[0], DOUBLE[1], BX_LR]).set(&[(SHPR3, 0x00E0_0000)]);
    rig.steps(2);
    rig.write(ICSR, 1 << 28);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.core.reg(14)), (PEND_SV, 0xFFFF_FFE9));
    assert!(lazy(&mut rig), "the first handler did not need to save");
    rig.steps(1);
    assert!(!lazy(&mut rig), "the first instruction of the second handler saved");
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.core.float_reg(0), rig.core.reg(13)), (0, ONE, STACK));
}

#[test]
fn an_extended_frame_is_aligned_in_any_case() {
    let mut rig = thread().set(&[(CCR, 0)]);
    rig.core.set_reg(13, STACK - 4);
    rig.steps(2);
    assert_eq!(rig.core.reg(13), STACK - EXTENDED - 8);
    assert_eq!(rig.frame(7) & 1 << 9, 1 << 9);
    rig.steps(2);
    assert_eq!(rig.core.reg(13), STACK - 4);
}

#[test]
fn the_process_stack_of_an_unprivileged_thread() {
    let mut rig = thread();
    rig.put(CODE + 4, &msr_r0(20));
    rig.put(CODE + 8, &[SVC, LOOP]);
    rig.steps(1);
    rig.core.set_psp(0x2000_4000);
    rig.core.set_reg(0, 7);
    rig.steps(2);
    assert_eq!((rig.core.reg(14), rig.core.psp()), (0xFFFF_FFED, 0x2000_4000 - EXTENDED));
    assert_eq!(rig.read(FPCCR) & (USER | THREAD), USER | THREAD);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.core.control(), rig.core.psp()), (0, 7, 0x2000_4000));
}

/// One step before an SVC handler that begins with a floating-point instruction; the test makes its saving fail.
fn about_to_fail(shcsr: u32, svc_priority: u32) -> Rig {
    let mut rig = thread()
        .handle(SV_CALL, &[DOUBLE[0], DOUBLE[1], NOP, BX_LR])
        .handle(BUS_FAULT, &[NOP, NOP, BX_LR])
        .handle(HARD_FAULT, &[NOP, LOOP])
        .set(&[(SHCSR, shcsr), (SHPR2, svc_priority << 24)]);
    rig.steps(1);
    rig
}

#[test]
fn a_fault_while_saving_comes_before_the_instruction() {
    let mut rig = about_to_fail(1 << 17, 0x20);
    rig.steps(1);
    rig.write(FPCAR, BAD);
    assert_ne!(rig.read(FPCCR) & BFRDY, 0);
    assert_eq!(rig.step(), Stop::Limit);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (BUS_FAULT, LSPERR));
    assert_eq!(rig.frame(6), handler(SV_CALL), "the instruction comes again");
    assert!(lazy(&mut rig), "nothing has been saved");
    assert_eq!(rig.core.float_reg(0), ONE);
    // The handler repairs the place, and all is well.
    let place = rig.core.reg(13) + 32 + 32;
    rig.write(FPCAR, place);
    rig.steps(4);
    assert_eq!((rig.core.exception(), rig.core.float_reg(0)), (SV_CALL, TWO));
    assert!(!lazy(&mut rig));
}

#[test]
fn a_fault_while_saving_that_must_wait() {
    // BusFault has the priority of the handler: it stays pending, and the registers are lost.
    let mut rig = about_to_fail(1 << 17, 0);
    rig.steps(1);
    rig.write(FPCAR, BAD);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (SV_CALL, LSPERR));
    assert_eq!(rig.read(SHCSR) >> 14 & 1, 1, "pending");
    assert!(!lazy(&mut rig));
    assert_eq!(rig.core.float_reg(0), TWO);
    rig.steps(2);
    assert_eq!(rig.core.exception(), BUS_FAULT, "taken when the handler returns");
}

#[test]
fn a_fault_while_saving_escalates() {
    let mut rig = about_to_fail(0, 0x20);
    rig.steps(1);
    rig.write(FPCAR, BAD);
    rig.steps(1);
    assert_eq!(rig.core.exception(), HARD_FAULT);
    assert_eq!((rig.read(CFSR), rig.read(HFSR)), (LSPERR, FORCED));
    assert_eq!(rig.frame(6), handler(SV_CALL));
}

#[test]
fn enabling_the_fault_later_does_not_help() {
    // What counts is whether BusFault could have been taken when the room was reserved.
    let mut rig = about_to_fail(0, 0x20);
    rig.steps(1);
    rig.write(FPCAR, BAD);
    // BusFault enabled, SVCall active as before.
    rig.write(SHCSR, 1 << 17 | 1 << 7);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.read(HFSR)), (HARD_FAULT, FORCED));
}

#[test]
fn a_fault_while_saving_for_somebody_beyond_hard_fault() {
    // The thread runs with FAULTMASK set; NMI uses the unit.
    let in_nmi = |faultmask: bool| {
        let mut rig = thread().handle(2, &[NOP, DOUBLE[0], DOUBLE[1], LOOP]);
        rig.put(CODE + 4, if faultmask { &[CPSID_F, NOP, LOOP] } else { &[NOP, NOP, LOOP] });
        rig.steps(2);
        rig.core.set_nmi();
        rig.steps(1);
        rig.write(FPCAR, BAD);
        rig
    };
    let mut rig = in_nmi(true);
    assert_eq!(rig.read(FPCCR) & HFRDY, 0);
    assert_eq!(rig.run(10), Stop::Lockup);
    // Otherwise HardFault waits until NMI is done.
    let mut rig = in_nmi(false);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.core.float_reg(0)), (2, TWO));
    assert_eq!((rig.read(CFSR), rig.read(HFSR)), (LSPERR, FORCED));
}

#[test]
fn unprivileged_code_cannot_hide_its_context() {
    // MSR CONTROL, R0 with R0 = 0 drops the context; unprivileged it does nothing.
    for (privileged, after) in [(true, 0), (false, FPCA | 1)] {
        let mut rig = thread();
        rig.put(CODE + 4, &msr_r0(20));
        rig.put(CODE + 8, &msr_r0(20));
        rig.steps(1);
        rig.core.set_reg(0, if privileged { FPCA } else { FPCA | 1 });
        rig.steps(1);
        rig.core.set_reg(0, 0);
        rig.steps(1);
        assert_eq!(rig.core.control(), after);
    }
}

#[test]
fn a_debugger_sees_the_registers_and_the_context() {
    let mut rig = thread().set(&[(DHCSR, 0xA05F_0001)]);
    rig.steps(1);
    rig.write(DHCSR, 0xA05F_0003);
    assert_eq!(rig.run(10), Stop::Halted);
    let mut read = |register: u32| {
        rig.write(DCRSR, register);
        rig.read(DCRDR)
    };
    assert_eq!([64, 79, 80, 20].map(&mut read), [ONE, 15, 16, FPCA << 24]);
    rig.write(DCRDR, 0xFFFF_FFFF);
    rig.write(DCRSR, 1 << 16 | 33);
    assert_eq!(rig.core.fpscr(), 0xF7C0_009F);
    rig.write(DCRDR, 0);
    rig.write(DCRSR, 1 << 16 | 20);
    assert_eq!(rig.core.control(), 0);
}

#[test]
fn the_context_registers_keep_what_they_can() {
    let mut rig = Rig::new(&[LOOP]);
    assert_eq!([FPCCR, FPCAR, FPDSCR].map(|at| rig.read(at)), [0xC000_0000, 0, 0], "after reset");
    let mut rig = rig.set(&[(FPCCR, u32::MAX), (FPCAR, u32::MAX), (FPDSCR, u32::MAX)]);
    assert_eq!([FPCCR, FPCAR, FPDSCR].map(|at| rig.read(at)), [0xC000_017B, 0xFFFF_FFF8, 0x07C0_0000]);
    assert_eq!([0xE000_EF40, 0xE000_EF44].map(|at| rig.read(at)), [0x1011_0021, 0x1100_0011]);
}
