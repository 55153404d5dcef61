//! Faults, escalation and lockup.

mod common;

use common::rig::*;
use gauntlet_armv7em::{ResetKind, Stop};

const FORCED: u32 = 1 << 30;
const DEBUGEVT: u32 = 1 << 31;
const VECTTBL: u32 = 2;

struct Case {
    name: &'static str,
    code: &'static [u16],
    registers: &'static [(u8, u32)],
    ccr: u32,
    exception: u16,
    cfsr: u32,
    bfar: Option<u32>,
}

const CASES: &[Case] = &[
    Case {
        name: "undefined",
        code: &[0xDE00],
        registers: &[],
        ccr: 0,
        exception: USAGE_FAULT,
        cfsr: 1 << 16,
        bfar: None,
    },
    Case {
        name: "undefined, 32 bits",
        code: &[0xF7F0, 0xA000],
        registers: &[],
        ccr: 0,
        exception: USAGE_FAULT,
        cfsr: 1 << 16,
        bfar: None,
    },
    Case {
        name: "coprocessor absent",
        code: &[0xEE01, 0x0F10],
        registers: &[],
        ccr: 0,
        exception: USAGE_FAULT,
        cfsr: 1 << 19,
        bfar: None,
    },
    Case {
        name: "floating point not enabled",
        code: &[0xEE00, 0x0A10],
        registers: &[],
        ccr: 0,
        exception: USAGE_FAULT,
        cfsr: 1 << 19,
        bfar: None,
    },
    Case {
        name: "unaligned LDM",
        code: &[0xC90C],
        registers: &[(1, 0x2000_0002)],
        ccr: 0,
        exception: USAGE_FAULT,
        cfsr: 1 << 24,
        bfar: None,
    },
    Case {
        name: "unaligned LDR, trapped",
        code: &[0x680A],
        registers: &[(1, 0x2000_0002)],
        ccr: 8,
        exception: USAGE_FAULT,
        cfsr: 1 << 24,
        bfar: None,
    },
    Case {
        name: "unaligned LDR from a device",
        code: &[0x680A],
        registers: &[(1, 0x4000_0002)],
        ccr: 0,
        exception: USAGE_FAULT,
        cfsr: 1 << 24,
        bfar: None,
    },
    Case {
        name: "division by zero, trapped",
        code: &[0xFBB1, 0xF0F2],
        registers: &[(1, 7), (2, 0)],
        ccr: 0x10,
        exception: USAGE_FAULT,
        cfsr: 1 << 25,
        bfar: None,
    },
    Case {
        name: "load from nowhere",
        code: &[0x680A],
        registers: &[(1, 0x3000_0000)],
        ccr: 0,
        exception: BUS_FAULT,
        cfsr: 0x8200,
        bfar: Some(0x3000_0000),
    },
    Case {
        name: "store refused",
        code: &[0x600A],
        registers: &[(1, 0x100)],
        ccr: 0,
        exception: BUS_FAULT,
        cfsr: 0x8200,
        bfar: Some(0x100),
    },
    Case {
        name: "device refuses",
        code: &[0x680A],
        registers: &[(1, 0x4000_0F04)],
        ccr: 0,
        exception: BUS_FAULT,
        cfsr: 0x8200,
        bfar: Some(0x4000_0F04),
    },
];

fn rig(case: &Case) -> Rig {
    let code = [case.code, &[LOOP]].concat();
    Rig::new(&code)
        .handle(HARD_FAULT, &[NOP, LOOP])
        .handle(case.exception, &[NOP, LOOP])
        .with(case.registers)
        .set(&[(CCR, case.ccr | 0x200)])
}

#[test]
fn every_fault_with_its_own_handler() {
    for case in CASES {
        let mut rig = rig(case).set(&[(SHCSR, 7 << 16)]);
        rig.steps(1);
        assert_eq!(rig.core.exception(), case.exception, "{}", case.name);
        assert_eq!(rig.read(CFSR), case.cfsr, "{}", case.name);
        assert_eq!(rig.frame(6), CODE, "{}: the frame shows the instruction", case.name);
        if let Some(address) = case.bfar {
            assert_eq!(rig.read(BFAR), address, "{}", case.name);
        }
        let first = rig.core.take_first_fault().expect("a fault was noted");
        assert_eq!((first.pc, first.address), (CODE, case.bfar), "{}", case.name);
        rig.write(CFSR, case.cfsr);
        assert_eq!(rig.read(CFSR), 0);
    }
}

#[test]
fn every_fault_escalates_without_one() {
    for case in CASES {
        let mut rig = rig(case);
        rig.steps(1);
        assert_eq!(rig.core.exception(), HARD_FAULT, "{}", case.name);
        assert_eq!((rig.read(HFSR), rig.read(CFSR)), (FORCED, case.cfsr), "{}", case.name);
    }
}

#[test]
fn every_fault_in_the_hard_fault_handler_locks_up() {
    for case in CASES {
        let mut rig = rig(case).handle(HARD_FAULT, case.code);
        assert_eq!(rig.run(1000), Stop::Lockup, "{}", case.name);
        assert_eq!(rig.core.reg(15), 0xFFFF_FFFE);
        assert!(rig.core.is_locked_up());
    }
}

#[test]
fn a_faulting_instruction_changes_nothing() {
    // LDR R2, [R1, #4]!, LDRD R2, R3, [R1], #8, LDM R1!, {R2, R3}, POP {R2, R3}: the second word is beyond the RAM.
    let end = 0x2001_0000;
    for (code, base) in [
        (&[0xF851_u16, 0x2F04][..], end),
        (&[0xE8F1, 0x2302], end - 4),
        (&[0xC90C], end - 4),
        (&[0xE8B1, 0x000C], end - 4),
        (&[0xE921, 0x000C], end + 4),
    ] {
        let code = [code, &[LOOP]].concat();
        let mut rig = Rig::new(&code).with(&[(1, base), (2, 22), (3, 33)]).handle(HARD_FAULT, &[NOP, LOOP]);
        rig.steps(1);
        assert_eq!(rig.core.exception(), HARD_FAULT, "{code:x?}");
        assert_eq!([1, 2, 3].map(|n| rig.core.reg(n)), [base, 22, 33], "{code:x?}");
    }
}

#[test]
fn a_branch_to_an_even_address_faults_at_its_target() {
    let mut rig = Rig::new(&[0x4708]).with(&[(1, 0x2000)]).handle(HARD_FAULT, &[NOP, LOOP]);
    rig.steps(1);
    assert_eq!(rig.core.reg(15), 0x2000);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (HARD_FAULT, 1 << 17));
    assert_eq!(rig.frame(6), 0x2000);
    assert_eq!(rig.frame(7) & 1 << 24, 0, "T was clear");
}

#[test]
fn execution_from_nowhere_and_from_devices() {
    for (target, cfsr) in [(0x3000_0001, 1 << 8), (0x4000_0001, 1), (0xE000_E001, 1)] {
        let mut rig = Rig::new(&[0x4708]).with(&[(1, target)]).handle(HARD_FAULT, &[NOP, LOOP]);
        rig.steps(2);
        assert_eq!((rig.core.exception(), rig.read(CFSR)), (HARD_FAULT, cfsr), "{target:#x}");
        assert_eq!(rig.frame(6), target - 1);
    }
}

#[test]
fn stacking_that_fails() {
    const STKERR: u32 = 1 << 12;
    let mut rig = Rig::new(&[SVC, LOOP]).handle(BUS_FAULT, &[NOP, LOOP]).set(&[(SHCSR, 1 << 17)]);
    rig.core.set_reg(13, 0x3000_0000);
    // The handler has no stack either, but needs none.
    rig.steps(1);
    assert_eq!(rig.core.exception(), BUS_FAULT);
    assert_eq!(rig.read(CFSR), STKERR);
    // Escalated to HardFault: no second frame is attempted.
    let mut rig = Rig::new(&[SVC, LOOP]).handle(HARD_FAULT, &[NOP, LOOP]);
    rig.core.set_reg(13, 0x3000_0000);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.read(HFSR)), (HARD_FAULT, FORCED));
    // Stacking for HardFault itself is the end.
    let mut rig = Rig::new(&[0xDE00]);
    rig.core.set_reg(13, 0x3000_0000);
    assert_eq!(rig.run(100), Stop::Lockup);
}

#[test]
fn a_vector_that_cannot_be_read() {
    let mut rig = Rig::new(&[SVC, LOOP]).handle(HARD_FAULT, &[NOP, LOOP]);
    // Above the flash: the vector of SVC is at 0x3000002C.
    rig.write(0xE000_ED08, 0x3000_0000);
    assert_eq!(rig.run(100), Stop::Lockup, "neither can that of HardFault");
    assert_eq!(rig.read(HFSR) & VECTTBL, VECTTBL);
}

#[test]
fn a_blank_chip_locks_up() {
    let mut rig = Rig::new(&[]);
    rig.memory.flash.fill(0xFF);
    rig.core.reset(&mut rig.memory, ResetKind::System);
    assert_eq!(rig.run(1000), Stop::Lockup);
}

#[test]
fn a_breakpoint_without_a_debugger() {
    let mut rig = Rig::new(&[BKPT, LOOP]).handle(HARD_FAULT, &[NOP, LOOP]);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.read(HFSR)), (HARD_FAULT, DEBUGEVT));
    // With the debug monitor enabled it is an exception.
    let mut rig = Rig::new(&[BKPT, LOOP]).handle(12, &[NOP, LOOP]).set(&[(DEMCR, 1 << 16)]);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.read(HFSR)), (12, 0));
    assert_eq!(rig.read(DFSR), 2);
}

#[test]
fn unprivileged_code_has_no_private_bus() {
    // MSR CONTROL, R0; LDR R2, [R1].
    let [a, b] = msr_r0(20);
    let mut rig = Rig::new(&[a, b, 0x680A, LOOP]).with(&[(0, 1), (1, ICSR)]).handle(HARD_FAULT, &[NOP, LOOP]);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.read(BFAR)), (HARD_FAULT, ICSR));
    // Nor can it become privileged again, or mask interrupts.
    let mut rig = Rig::new(&[a, b, 0x2000, a, b, CPSID_I, LOOP]).with(&[(0, 1)]);
    rig.steps(4);
    assert_eq!((rig.core.control(), rig.core.primask()), (1, false));
}

#[test]
fn handlers_may_probe_memory() {
    // With BFHFNMIGN the HardFault handler reads 0 from nowhere and goes on.
    let mut rig = Rig::new(&[0xDE00])
        .handle(HARD_FAULT, &[0x680A, LOOP])
        .with(&[(1, 0x3000_0000), (2, 5)])
        .set(&[(CCR, 0x300)]);
    rig.steps(1);
    assert_eq!((rig.core.reg(2), rig.core.is_locked_up()), (0, false));
}

#[test]
fn the_instruction_executed_last_is_known_after_a_branch_too() {
    // nop; b back to it
    let mut rig = Rig::new(&[NOP, 0xE7FD]);
    for expected in [CODE, CODE + 2, CODE, CODE + 2] {
        rig.steps(1);
        assert_eq!(rig.core.last_instruction(), expected);
    }
}
