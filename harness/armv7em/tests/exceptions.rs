//! Entry, return, priorities and masks.

mod common;

use common::rig::*;
use gauntlet_armv7em::{Stop, Width};

const PSP: u16 = 9;
const PRIMASK: u16 = 16;
const BASEPRI: u16 = 17;
const FAULTMASK: u16 = 19;
const CONTROL: u16 = 20;

#[test]
fn entry_and_return_save_and_restore() {
    let mut rig = Rig::new(&[SVC, LOOP]).with(&[(0, 10), (1, 11), (2, 12), (3, 13), (12, 22), (14, 0x55)]);
    rig.core.set_xpsr(0xF80F_0000 | 1 << 24);
    let before = rig.core.now();
    rig.steps(1);
    assert_eq!(rig.core.exception(), SV_CALL);
    assert_eq!(rig.core.reg(15), handler(SV_CALL));
    assert_eq!(rig.core.reg(14), 0xFFFF_FFF9);
    assert_eq!(rig.core.reg(13), STACK - 32);
    let frame: Vec<u32> = (0..8).map(|n| rig.frame(n)).collect();
    assert_eq!(frame, [10, 11, 12, 13, 22, 0x55, CODE + 2, 0xF90F_0000]);
    assert_eq!(rig.core.now() - before, 1 + 12);
    rig.core.set_reg(0, 99);
    rig.steps(2);
    assert_eq!(rig.core.exception(), 0);
    assert_eq!((rig.core.reg(15), rig.core.reg(13), rig.core.reg(0)), (CODE + 2, STACK, 10));
    assert_eq!(rig.core.xpsr(), 0xF90F_0000);
}

#[test]
fn an_odd_stack_is_aligned_and_comes_back() {
    let mut rig = Rig::new(&[SVC, LOOP]);
    rig.core.set_reg(13, STACK - 4);
    rig.steps(1);
    assert_eq!(rig.core.reg(13), STACK - 40);
    assert_eq!(rig.frame(7) & 1 << 9, 1 << 9);
    rig.steps(2);
    assert_eq!(rig.core.reg(13), STACK - 4);
    let mut rig = Rig::new(&[SVC, LOOP]).set(&[(CCR, 0)]);
    rig.core.set_reg(13, STACK - 4);
    rig.steps(1);
    assert_eq!(rig.core.reg(13), STACK - 36, "without STKALIGN the frame stays where it is");
}

#[test]
fn the_process_stack_holds_the_frame() {
    let [a, b] = msr_r0(PSP);
    let [c, d] = msr_r0(CONTROL);
    let mut rig = Rig::new(&[a, b, 0x2002, c, d, SVC, LOOP]).with(&[(0, 0x2000_4000)]);
    rig.steps(3);
    assert_eq!((rig.core.reg(13), rig.core.control()), (0x2000_4000, 2));
    rig.steps(1);
    assert_eq!(rig.core.reg(14), 0xFFFF_FFFD);
    assert_eq!((rig.core.reg(13), rig.core.psp()), (STACK, 0x2000_4000 - 32));
    rig.steps(2);
    assert_eq!((rig.core.reg(13), rig.core.msp()), (0x2000_4000, STACK));
}

#[test]
fn stronger_preempts_equal_and_weaker_wait() {
    for (other, expected) in
        [(0x20, vec![IRQ, IRQ + 1, IRQ, 0]), (0x40, vec![IRQ, IRQ + 1, 0]), (0x60, vec![IRQ, IRQ + 1, 0])]
    {
        let mut rig = Rig::new(&[NOP, NOP, NOP, LOOP])
            .handle(IRQ, &[NOP, NOP, BX_LR])
            .irq(0, 0x40)
            .irq(1, other)
            .set(&[(ISPR, 1)]);
        rig.steps(1);
        assert_eq!(rig.core.exception(), IRQ);
        rig.write(ISPR, 2);
        let order = rig.trace(8);
        assert_eq!(order, expected, "priority {other:#x}");
        // Preempted when stronger: the first handler is met again.
        assert_eq!(rig.core.reg(13), STACK);
    }
}

#[test]
fn equal_priorities_go_by_number() {
    let mut rig =
        Rig::new(&[LOOP]).irq(5, 0x40).irq(3, 0x40).irq(9, 0x20).set(&[(ISPR, 1 << 5 | 1 << 3 | 1 << 9)]);
    assert_eq!(rig.trace(7), [0, IRQ + 9, IRQ + 3, IRQ + 5, 0]);
}

#[test]
fn priority_grouping_decides_preemption() {
    // PRIGROUP 5: bits 7:6 are the group, bit 5 the subpriority.
    for (prigroup, preempts) in [(5, false), (4, true)] {
        let mut rig = Rig::new(&[NOP, NOP, LOOP])
            .handle(IRQ, &[NOP, NOP, BX_LR])
            .irq(0, 0x60)
            .irq(1, 0x40)
            .set(&[(AIRCR, 0x05FA_0000 | prigroup << 8), (ISPR, 1)]);
        rig.steps(1);
        rig.write(ISPR, 2);
        rig.steps(1);
        assert_eq!(rig.core.exception() == IRQ + 1, preempts, "PRIGROUP {prigroup}");
    }
}

#[test]
fn basepri_masks_its_own_number() {
    for (basepri, taken) in [(0x20, false), (0x40, false), (0x60, true), (0, true)] {
        let [a, b] = msr_r0(BASEPRI);
        let mut rig = Rig::new(&[a, b, NOP, LOOP]).with(&[(0, basepri)]).irq(0, 0x40);
        rig.steps(1);
        rig.write(ISPR, 1);
        rig.steps(1);
        assert_eq!(rig.core.reg(15) != CODE + 6, taken, "BASEPRI {basepri:#x}");
    }
}

#[test]
fn basepri_max_only_raises() {
    let [a, b] = msr_r0(18);
    for (old, new, result) in [(0x40, 0x60, 0x40), (0x40, 0x20, 0x20), (0x40, 0, 0x40), (0, 0x60, 0x60)] {
        let [c, d] = msr_r0(BASEPRI);
        let mut rig = Rig::new(&[c, d, a, b, LOOP]).with(&[(0, old)]);
        rig.steps(1);
        rig.core.set_reg(0, new);
        rig.steps(1);
        assert_eq!(u32::from(rig.core.basepri()), result);
    }
}

#[test]
fn primask_and_faultmask_hold_interrupts() {
    for mask in [PRIMASK, FAULTMASK] {
        let [a, b] = msr_r0(mask);
        let mut rig = Rig::new(&[a, b, NOP, 0x2000, a, b, NOP, LOOP]).with(&[(0, 1)]).irq(0, 0);
        rig.steps(1);
        rig.write(ISPR, 1);
        assert_eq!(rig.trace(3), [0]);
        assert_eq!(rig.core.reg(15), CODE + 12);
        assert_eq!(rig.trace(1), [0, IRQ], "taken as soon as the mask is clear");
    }
}

#[test]
fn faultmask_ends_with_the_handler() {
    let mut rig = Rig::new(&[NOP, LOOP]).handle(IRQ, &[CPSID_F, BX_LR]).irq(0, 0).set(&[(ISPR, 1)]);
    rig.steps(1);
    assert!(rig.core.faultmask());
    rig.steps(1);
    assert!(!rig.core.faultmask());
    assert_eq!(rig.core.exception(), 0);
    // In the HardFault handler it cannot be set.
    let mut rig = Rig::new(&[0xDE00, LOOP]).handle(HARD_FAULT, &[CPSID_F, LOOP]);
    rig.steps(1);
    assert_eq!(rig.core.exception(), HARD_FAULT);
    assert!(!rig.core.faultmask());
}

#[test]
fn svc_escalates_when_it_cannot_be_taken() {
    const FORCED: u32 = 1 << 30;
    // From thread mode with PRIMASK.
    let mut rig = Rig::new(&[CPSID_I, SVC, LOOP]);
    rig.steps(2);
    assert_eq!(rig.core.exception(), HARD_FAULT);
    assert_eq!((rig.read(HFSR), rig.frame(6)), (FORCED, CODE + 4));
    // From a handler, by priority of SVC: stronger, equal, weaker.
    for (priority, taken) in [(0x20, SV_CALL), (0x40, HARD_FAULT), (0x60, HARD_FAULT)] {
        let mut rig = Rig::new(&[NOP, LOOP])
            .handle(IRQ, &[SVC, BX_LR])
            .irq(0, 0x40)
            .set(&[(SHPR2, priority << 24), (ISPR, 1)]);
        rig.steps(1);
        assert_eq!(rig.core.exception(), taken, "SVC priority {priority:#x}");
    }
    // BASEPRI counts too.
    let [a, b] = msr_r0(BASEPRI);
    let mut rig = Rig::new(&[a, b, SVC, LOOP]).with(&[(0, 0x40)]).set(&[(SHPR2, 0x4000_0000)]);
    rig.steps(2);
    assert_eq!(rig.core.exception(), HARD_FAULT);
}

#[test]
fn pend_sv_is_tail_chained() {
    // The handler of SVC sets PENDSVSET through R1, changes R0, and returns.
    let mut rig = Rig::new(&[SVC, LOOP])
        .handle(SV_CALL, &[0x6008, 0x2007, BX_LR])
        .with(&[(0, 1 << 28), (1, ICSR)])
        .set(&[(SHPR3, 0x00E0_0000)]);
    rig.steps(3);
    let before = rig.core.now();
    rig.steps(1);
    assert_eq!(rig.core.now() - before, 3 + 6, "BX LR and a tail-chain, which stacks nothing");
    assert_eq!(rig.core.exception(), PEND_SV);
    assert_eq!(
        (rig.core.reg(0), rig.core.reg(13)),
        (7, STACK - 32),
        "registers were not unstacked in between"
    );
    assert_eq!(rig.core.reg(14), 0xFFFF_FFF9);
    rig.steps(2);
    assert_eq!((rig.core.reg(0), rig.core.reg(15)), (1 << 28, CODE + 2));
}

#[test]
fn an_interrupt_inside_an_it_block_keeps_it() {
    // CMP R0, R0; ITTE EQ; MOVEQ R1, #1; MOVEQ R2, #2; MOVNE R3, #3.
    let code = [0x4280, 0xBF06, 0x2101, 0x2202, 0x2303, LOOP];
    for at in 1..5 {
        let mut rig = Rig::new(&code).handle(IRQ, &[0xBF18, 0x2063, BX_LR]).irq(0, 0);
        rig.steps(at);
        rig.write(ISPR, 1);
        rig.steps(10);
        let registers = [1, 2, 3].map(|n| rig.core.reg(n));
        assert_eq!(registers, [1, 2, 0], "interrupted after {at} instructions");
        assert_eq!(rig.core.xpsr() & 0x0600_FC00, 0);
    }
}

#[test]
fn an_interrupt_breaks_an_exclusive_pair() {
    // LDREX R0, [R1]; STREX R2, R0, [R1].
    let code = [0xE851, 0x0F00, 0xE841, 0x0200, LOOP];
    let mut rig = Rig::new(&code).with(&[(1, common::RAM), (2, 7)]).irq(0, 0);
    rig.steps(2);
    assert_eq!(rig.core.reg(2), 0);
    let mut rig = Rig::new(&code).with(&[(1, common::RAM), (2, 7)]).irq(0, 0);
    rig.steps(1);
    rig.write(ISPR, 1);
    rig.steps(3);
    assert_eq!(rig.core.reg(2), 1);
}

#[test]
fn a_line_that_stays_high_comes_again() {
    let mut rig = Rig::new(&[LOOP]).irq(2, 0).handle(IRQ + 2, &[0x3001, BX_LR]);
    rig.core.set_irq_level(2, true);
    rig.steps(6);
    // Tail-chained each time, so nobody restored R0 in between.
    assert_eq!((rig.core.exception(), rig.core.reg(0)), (IRQ + 2, 3));
    rig.core.set_irq_level(2, false);
    rig.write(ICPR, 1 << 2);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.core.reg(0)), (0, 0));
    assert_eq!(rig.read(ISPR), 0);
}

#[test]
fn a_pulse_while_the_handler_runs_is_not_lost() {
    let mut rig = Rig::new(&[LOOP]).irq(2, 0).handle(IRQ + 2, &[NOP, BX_LR]);
    rig.core.set_irq_level(2, true);
    rig.core.set_irq_level(2, false);
    rig.steps(1);
    assert_eq!(rig.core.exception(), IRQ + 2);
    rig.core.set_irq_level(2, true);
    rig.core.set_irq_level(2, false);
    assert_eq!(rig.read(ISPR), 4);
    rig.steps(2);
    assert_eq!(rig.core.exception(), IRQ + 2);
    rig.steps(2);
    assert_eq!(rig.core.exception(), 0);
}

#[test]
fn return_values_that_make_no_sense() {
    const INVPC: u32 = 1 << 18;
    // The handler returns with a wrong value in R0.
    for value in [0xFFFF_FFFF_u32, 0xFFFF_FFF1, 0xFFFF_FFE1, 0xFFFF_FFE5, 0xF000_0001, 0xFFFF_FFF5] {
        let mut rig = Rig::new(&[SVC, LOOP])
            .handle(SV_CALL, &[0x4700])
            .handle(USAGE_FAULT, &[NOP, LOOP])
            .set(&[(SHCSR, 1 << 18)]);
        rig.steps(1);
        rig.core.set_reg(0, value);
        rig.steps(2);
        assert_eq!(rig.core.exception(), USAGE_FAULT, "{value:#x}");
        assert_eq!(rig.read(CFSR), INVPC);
        assert_eq!(rig.core.reg(13), STACK - 32, "nothing was stacked");
    }
    // A frame whose exception number contradicts the return to thread mode.
    let mut rig = Rig::new(&[SVC, LOOP]).handle(HARD_FAULT, &[NOP, LOOP]);
    rig.steps(1);
    let frame = rig.core.reg(13);
    rig.memory.set_word(frame + 28, 1 << 24 | 5);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (HARD_FAULT, INVPC));
}

#[test]
fn a_jump_out_of_a_handler_is_no_return() {
    // MOV PC, LR does not return: it branches into nowhere and faults.
    let mut rig = Rig::new(&[SVC, LOOP]).handle(SV_CALL, &[0x46F7]).handle(HARD_FAULT, &[NOP, LOOP]);
    rig.steps(3);
    assert_eq!(rig.core.exception(), HARD_FAULT);
    assert_eq!(rig.read(CFSR), 1, "instruction access violation");
}

#[test]
fn sys_tick_interrupts_at_its_time() {
    let mut rig = Rig::new(&[NOP, NOP, 0xE7FC]).handle(SYS_TICK, &[0x3401, BX_LR]);
    rig.write(0xE000_E014, 99);
    rig.write(0xE000_E018, 0);
    rig.write(0xE000_E010, 7);
    assert_eq!(rig.run(1050), Stop::Limit);
    assert_eq!(rig.core.reg(4), 10);
    assert_eq!(rig.read(0xE000_E010), 0x1_0007);
    assert_eq!(rig.read(0xE000_E010), 7, "COUNTFLAG is cleared by reading");
}

#[test]
fn priority_registers_take_every_width() {
    let mut rig = Rig::new(&[LOOP]);
    rig.core.ppb_write_width(0xE000_ED1F, Width::Byte, 0xFF);
    assert_eq!(rig.read(SHPR2), 0xE000_0000);
    rig.core.ppb_write_width(0xE000_ED22, Width::Half, 0x4080);
    assert_eq!(rig.read(SHPR3), 0x4080_0000);
    rig.write(IPR + 4, 0x2040_6080);
    assert_eq!(rig.core.ppb_read_width(IPR + 6, Width::Byte), 0x40);
    rig.core.ppb_write_width(IPR + 5, Width::Byte, 0xFF);
    assert_eq!(rig.read(IPR + 4), 0x2040_E080);
}

#[test]
fn the_processor_reaches_its_registers_by_bytes() {
    // STRB R0, [R1]; LDRB R2, [R1].
    let mut rig = Rig::new(&[0x7008, 0x780A, LOOP]).with(&[(0, 0x45), (1, IPR + 8)]);
    rig.steps(2);
    assert_eq!(rig.core.reg(2), 0x40);
    assert_eq!(rig.read(IPR + 8), 0x40);
}

#[test]
fn icsr_tells_what_is_active_and_pending() {
    let mut rig = Rig::new(&[LOOP]).irq(7, 0x40).irq(1, 0x60).set(&[(ISPR, 1 << 7)]).handle(IRQ + 7, &[LOOP]);
    rig.steps(1);
    rig.write(ISPR, 1 << 1);
    let icsr = rig.read(ICSR);
    assert_eq!(icsr & 0x1FF, 23);
    assert_eq!(icsr >> 12 & 0x1FF, 17);
    assert_eq!(icsr >> 22 & 1, 1);
    assert_eq!(icsr >> 11 & 1, 1, "no other handler is active");
    assert_eq!(rig.read(0xE000_E300), 1 << 7);
}
