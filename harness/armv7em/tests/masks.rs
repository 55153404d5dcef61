//! What is stronger than every mask, what disabling and clearing do to a request, and rights that handlers do not have.

mod common;

use common::rig::*;

const NMI: u16 = 2;
const FAULTMASK: u16 = 19;
const CONTROL: u16 = 20;
const ICER: u32 = 0xE000_E180;
const IABR: u32 = 0xE000_E300;
const STIR: u32 = 0xE000_EF00;
const UDF: u16 = 0xDE00;
const BX_R0: u16 = 0x4700;

#[test]
fn nothing_masks_nmi_and_its_return_leaves_faultmask() {
    let [a, b] = msr_r0(FAULTMASK);
    let mut rig = Rig::new(&[a, b, NOP, NOP, LOOP]).with(&[(0, 1)]);
    rig.steps(1);
    assert!(rig.core.faultmask());
    rig.core.set_nmi();
    rig.steps(1);
    assert_eq!(rig.core.exception(), NMI);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.core.faultmask()), (0, true));
}

#[test]
fn nmi_preempts_hard_fault() {
    let mut rig = Rig::new(&[UDF]).handle(HARD_FAULT, &[NOP, NOP, LOOP]);
    rig.steps(1);
    assert_eq!(rig.core.exception(), HARD_FAULT);
    rig.core.set_nmi();
    assert_eq!(rig.trace(3), [HARD_FAULT, NMI, HARD_FAULT]);
}

#[test]
fn faultmask_cannot_be_set_beyond_hard_fault() {
    for exception in [NMI, HARD_FAULT] {
        let mut rig = Rig::new(&[UDF]).handle(exception, &[CPSID_F, NOP, LOOP]);
        if exception == NMI {
            rig.core.set_nmi();
        }
        rig.steps(2);
        assert_eq!((rig.core.exception(), rig.core.faultmask()), (exception, false));
    }
}

#[test]
fn a_disabled_interrupt_stays_pending() {
    let mut rig = Rig::new(&[NOP, NOP, NOP, LOOP]).irq(0, 0x40).set(&[(ISPR, 1), (ICER, 1)]);
    assert_eq!(rig.trace(2), [0]);
    assert_eq!(rig.read(ISPR), 1);
    rig.write(ISER, 1);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.read(ISPR)), (IRQ, 0));
}

#[test]
fn clearing_a_request_whose_line_is_high_has_no_lasting_effect() {
    let mut rig = Rig::new(&[CPSID_I, NOP, NOP, CPSIE_I, NOP, LOOP]).irq(2, 0x40);
    rig.steps(1);
    rig.core.set_irq_level(2, true);
    rig.write(ICPR, 1 << 2);
    rig.steps(1);
    assert_eq!(rig.read(ISPR), 1 << 2);
    // The latch holds when the line falls, and then it can be cleared.
    rig.core.set_irq_level(2, false);
    assert_eq!(rig.read(ISPR), 1 << 2);
    rig.write(ICPR, 1 << 2);
    assert_eq!(rig.trace(4), [0]);
}

#[test]
fn software_triggers_need_privilege_or_leave() {
    let [a, b] = msr_r0(CONTROL);
    for (ccr, exception) in [(0x200, HARD_FAULT), (0x202, IRQ + 3)] {
        // To unprivileged, then STR R2, [R1].
        let mut rig = Rig::new(&[a, b, 0x600A, NOP, LOOP])
            .with(&[(0, 1), (1, STIR), (2, 3)])
            .irq(3, 0x40)
            .set(&[(CCR, ccr)])
            .handle(HARD_FAULT, &[NOP, LOOP]);
        rig.steps(3);
        assert_eq!(rig.core.exception(), exception, "CCR {ccr:#x}");
    }
    let mut rig = Rig::new(&[LOOP]).set(&[(STIR, 5)]);
    assert_eq!(rig.read(ISPR), 1 << 5);
}

#[test]
fn handlers_run_on_the_main_stack_whatever_they_write() {
    let [a, b] = msr_r0(CONTROL);
    let mut rig = Rig::new(&[SVC, LOOP]).handle(SV_CALL, &[0x2002, a, b, BX_LR]);
    rig.steps(3);
    assert_eq!((rig.core.control() & 2, rig.core.reg(13)), (0, STACK - 32));
}

#[test]
fn a_nested_handler_returns_to_thread_mode_only_when_allowed() {
    const INVPC: u32 = 1 << 18;
    for (ccr, exception, cfsr) in [(0x200, HARD_FAULT, INVPC), (0x201, 0, 0)] {
        let mut rig = Rig::new(&[NOP, NOP, LOOP])
            .irq(0, 0x40)
            .irq(1, 0x20)
            .handle(IRQ, &[NOP, NOP, LOOP])
            .handle(IRQ + 1, &[NOP, BX_R0])
            .handle(HARD_FAULT, &[NOP, LOOP])
            .set(&[(CCR, ccr), (ISPR, 1)]);
        rig.steps(1);
        rig.write(ISPR, 2);
        rig.steps(1);
        assert_eq!(rig.core.exception(), IRQ + 1);
        // A frame of thread mode.
        let frame = rig.core.reg(13);
        rig.memory.set_word(frame + 28, 1 << 24);
        rig.core.set_reg(0, 0xFFFF_FFF9);
        rig.steps(2);
        assert_eq!((rig.core.exception(), rig.read(CFSR)), (exception, cfsr), "CCR {ccr:#x}");
        if exception == 0 {
            assert_eq!(rig.read(IABR), 1, "the outer handler is still active");
        }
    }
}
