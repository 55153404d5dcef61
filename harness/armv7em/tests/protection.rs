//! The memory protection unit.

mod common;

use common::RAM;
use common::rig::*;
use gauntlet_armv7em::Stop;

const TYPE: u32 = 0xE000_ED90;
const CTRL: u32 = 0xE000_ED94;
const RNR: u32 = 0xE000_ED98;
const RBAR: u32 = 0xE000_ED9C;
const RASR: u32 = 0xE000_EDA0;
const RBAR_A3: u32 = 0xE000_EDB4;
const RASR_A3: u32 = 0xE000_EDB8;
const MMFAR: u32 = 0xE000_ED34;
const MEM_MANAGE: u16 = 4;
const MEMFAULTENA: u32 = 1 << 16;

/// Enabled, and privileged code sees the rest as usual.
const ON: u32 = 1 | 4;
const HFNMIENA: u32 = 2;
const XN: u32 = 1 << 28;
const FULL: u32 = 3 << 24;
const READ_ONLY: u32 = 6 << 24;
const NONE: u32 = 0;

const IACCVIOL: u32 = 1;
const DACCVIOL: u32 = 2;
const MUNSTKERR: u32 = 8;
const MSTKERR: u32 = 16;
const MLSPERR: u32 = 32;
const MMARVALID: u32 = 128;
const FORCED: u32 = 1 << 30;

/// LDR R1, [R0]; STR R1, [R0].
const LOAD: u16 = 0x6801;
const STORE: u16 = 0x6001;

/// RASR of a region of `1 << bits` bytes.
const fn sized(bits: u32, access: u32) -> u32 {
    access | (bits - 1) << 1 | 1
}

/// The writes that make a region.
fn region(number: u32, base: u32, rasr: u32) -> [(u32, u32); 2] {
    [(RBAR, base | 1 << 4 | number), (RASR, rasr)]
}

/// With MemManage enabled; its handler waits.
fn rig(code: &[u16]) -> Rig {
    Rig::new(code).handle(MEM_MANAGE, &[NOP, LOOP]).set(&[(SHCSR, MEMFAULTENA)])
}

/// Unprivileged from the start: MSR CONTROL, R12 stands before the code.
fn unprivileged(code: &[u16]) -> Rig {
    let drop = [0xF38C, 0x8814];
    let code: Vec<u16> = drop.iter().chain(code).copied().collect();
    rig(&code).with(&[(12, 1)])
}

#[test]
fn registers() {
    let mut rig = Rig::new(&[LOOP]);
    assert_eq!(rig.read(TYPE), 0x0800);
    rig = rig.set(&[(RNR, 3), (RBAR, 0x2000_0FFF & !0x10), (RASR, u32::MAX)]);
    assert_eq!((rig.read(RBAR), rig.read(RASR)), (0x2000_0FE0 | 3, 0x173F_FF3F));
    // VALID selects the region, under every alias.
    rig = rig.set(&[(RBAR_A3, 0x1000 | 0x10 | 5), (RASR_A3, sized(5, FULL))]);
    assert_eq!((rig.read(RNR), rig.read(RBAR), rig.read(RASR)), (5, 0x1005, sized(5, FULL)));
    rig.write(RNR, 3);
    assert_eq!(rig.read(RBAR), 0x2000_0FE3);
}

#[test]
fn every_permission() {
    // Access of privileged and unprivileged code: none, read, or read and write.
    for (ap, privileged, open) in
        [(0, 0, 0), (1, 2, 0), (2, 2, 1), (3, 2, 2), (4, 0, 0), (5, 1, 0), (6, 1, 1), (7, 1, 1)]
    {
        for (code, needs) in [(LOAD, 1), (STORE, 2)] {
            for (is_privileged, allowed) in [(true, privileged), (false, open)] {
                let mut rig = if is_privileged { rig(&[code, LOOP]) } else { unprivileged(&[code, LOOP]) };
                rig = rig
                    .with(&[(0, RAM + 0x1004), (1, 7)])
                    .set(&region(0, 0, sized(32, FULL)))
                    .set(&region(1, RAM + 0x1000, sized(5, ap << 24)))
                    .set(&[(CTRL, 1)]);
                rig.steps(if is_privileged { 1 } else { 2 });
                let name = format!("AP {ap}, privileged {is_privileged}, needs {needs}");
                if allowed >= needs {
                    assert_eq!((rig.core.exception(), rig.read(CFSR)), (0, 0), "{name}");
                } else {
                    assert_eq!(rig.core.exception(), MEM_MANAGE, "{name}");
                    assert_eq!(rig.read(CFSR), DACCVIOL | MMARVALID, "{name}");
                    assert_eq!(rig.read(MMFAR), RAM + 0x1004);
                    assert_eq!(rig.memory.word(RAM + 0x1004), 0, "nothing was written");
                    assert_eq!(rig.core.reg(1), 7, "nothing was read");
                }
            }
        }
    }
}

#[test]
fn the_background_is_for_privileged_code() {
    for (control, is_privileged, cfsr) in [(ON, true, 0), (1, true, IACCVIOL), (ON, false, IACCVIOL)] {
        let mut rig = if is_privileged { rig(&[NOP, LOOP]) } else { unprivileged(&[NOP, LOOP]) };
        // The stack is open to all. Without the background MemManage itself cannot run: its handler cannot be fetched,
        // and HardFault is not checked.
        rig = rig.set(&region(0, RAM, sized(16, FULL | XN))).set(&[(CTRL, control)]);
        let stop = rig.run(200);
        assert_eq!((stop, rig.read(CFSR)), (Stop::Limit, cfsr), "{control} {is_privileged}");
        let exception = match (control, cfsr) {
            (_, 0) => 0,
            (1, _) => HARD_FAULT,
            _ => MEM_MANAGE,
        };
        assert_eq!(rig.core.exception(), exception);
    }
}

#[test]
fn the_highest_region_decides_and_parts_can_be_left_out() {
    let load = |address: u32| {
        let mut rig = rig(&[LOAD, LOOP])
            .with(&[(0, address)])
            .set(&region(2, RAM + 0x1000, sized(12, FULL)))
            .set(&region(5, RAM + 0x1000, sized(11, NONE) | 0b1000_0001 << 8))
            .set(&[(CTRL, ON)]);
        rig.steps(1);
        rig.read(CFSR) & DACCVIOL != 0
    };
    assert!(!load(RAM + 0x1000), "the first eighth is left out");
    assert!(load(RAM + 0x1100) && load(RAM + 0x16FC));
    assert!(!load(RAM + 0x1700) && !load(RAM + 0x1800) && !load(RAM + 0x2000));
}

#[test]
fn code_stops_at_a_border_within_a_page() {
    // 32 bytes that must not be executed, in the page of the code; a 32-bit instruction that reaches into them.
    let nops = [NOP; 15];
    let code: Vec<u16> = nops.iter().chain(&[0xF3AF, 0x8000, LOOP]).copied().collect();
    for access in [FULL | XN, NONE] {
        let mut rig = rig(&code).set(&region(0, CODE + 0x20, sized(5, access))).set(&[(CTRL, ON)]);
        assert_eq!(rig.run(100), Stop::Limit);
        assert_eq!((rig.core.exception(), rig.read(CFSR)), (MEM_MANAGE, IACCVIOL));
        assert_eq!(rig.frame(6), CODE + 0x1E, "the instruction begins before the border");
    }
    // Readable is enough for executing.
    let mut rig = rig(&code).set(&region(0, CODE, sized(12, READ_ONLY))).set(&[(CTRL, ON)]);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (0, 0));
}

#[test]
fn a_whole_page_is_protected_against_execution() {
    let mut rig = rig(&[0x4700]).set(&region(0, RAM, sized(16, FULL | XN))).set(&[(CTRL, ON)]);
    rig.put(RAM + 0x1000, &[NOP, LOOP]);
    rig.core.set_reg(0, RAM + 0x1001);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (MEM_MANAGE, IACCVIOL));
    assert_eq!(rig.frame(6), RAM + 0x1000);
}

#[test]
fn dropping_privilege_takes_effect_with_the_next_instruction() {
    // The page is executable for privileged code only.
    let mut rig = unprivileged(&[NOP, LOOP])
        .set(&region(0, CODE, sized(12, 1 << 24)))
        .set(&region(1, RAM, sized(16, FULL)))
        .set(&[(CTRL, ON)]);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (MEM_MANAGE, IACCVIOL));
    assert_eq!(rig.frame(6), CODE + 4);
}

#[test]
fn unprivileged_instructions_are_checked_as_such() {
    // LDRT R1, [R0]; STRT R1, [R0] in privileged code.
    for (code, access, cfsr) in [
        ([0xF850, 0x1E00], READ_ONLY, 0),
        ([0xF850, 0x1E00], 1 << 24, DACCVIOL | MMARVALID),
        ([0xF840, 0x1E00], 2 << 24, DACCVIOL | MMARVALID),
        ([0xF840, 0x1E00], FULL, 0),
    ] {
        let mut rig = rig(&[code[0], code[1], LOOP])
            .with(&[(0, RAM + 0x1000)])
            .set(&region(0, RAM + 0x1000, sized(8, access)))
            .set(&[(CTRL, ON)]);
        rig.steps(1);
        assert_eq!(rig.read(CFSR), cfsr, "{code:x?} {access:#x}");
    }
}

#[test]
fn literals_are_loads() {
    // LDR R0, [PC, #28] from a region that is not readable.
    let mut rig = rig(&[0x4807, NOP, LOOP]).set(&region(0, CODE + 0x20, sized(5, NONE))).set(&[(CTRL, ON)]);
    rig.steps(1);
    assert_eq!((rig.read(CFSR), rig.read(MMFAR)), (DACCVIOL | MMARVALID, CODE + 0x20));
}

#[test]
fn hard_fault_is_free_unless_the_unit_says_otherwise() {
    // Without MemManage the fault escalates; the handler reads the same address.
    for (control, locked) in [(ON, false), (ON | HFNMIENA, true)] {
        let mut rig = Rig::new(&[LOAD, LOOP])
            .handle(HARD_FAULT, &[NOP, LOAD, LOOP])
            .with(&[(0, RAM + 0x1000)])
            .set(&region(0, RAM + 0x1000, sized(8, NONE)))
            .set(&[(CTRL, control)]);
        rig.steps(1);
        assert_eq!((rig.core.exception(), rig.read(HFSR)), (HARD_FAULT, FORCED));
        assert_eq!(rig.run(20), if locked { Stop::Lockup } else { Stop::Limit });
    }
}

#[test]
fn the_private_bus_is_not_checked() {
    let mut rig = rig(&[LOAD, LOOP])
        .with(&[(0, 0xE000_ED00)])
        .set(&region(0, 0, sized(29, FULL)))
        .set(&region(7, 0xE000_0000, sized(20, NONE)))
        .set(&[(CTRL, 1)]);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.core.reg(1)), (0, 0x410F_C241));
}

#[test]
fn a_stack_that_runs_into_its_guard() {
    // SVC with the stack 16 bytes above a guard: the frame does not fit.
    let guard = RAM + 0x4000;
    let mut rig = rig(&[SVC, LOOP])
        .set(&region(0, guard, sized(8, READ_ONLY)))
        .set(&[(CTRL, ON), (SHPR2, 0x2000_0000)]);
    rig.core.set_msp(guard + 0x110);
    rig.steps(1);
    assert_eq!(rig.read(CFSR), MSTKERR);
    assert_eq!(rig.core.exception(), MEM_MANAGE);
    // PUSH is an ordinary store.
    let mut rig = self::rig(&[0xB401, LOOP]).set(&region(0, guard, sized(8, READ_ONLY))).set(&[(CTRL, ON)]);
    rig.core.set_msp(guard + 0x100);
    rig.steps(1);
    assert_ne!(rig.read(CFSR) & DACCVIOL, 0);
}

#[test]
fn returning_to_a_stack_that_is_not_readable_any_more() {
    let mut rig = rig(&[SVC, LOOP]);
    rig.steps(1);
    for (address, value) in region(0, STACK - 0x100, sized(8, NONE)).into_iter().chain([(CTRL, ON)]) {
        rig.write(address, value);
    }
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (MEM_MANAGE, MUNSTKERR));
}

#[test]
fn saving_floating_point_registers_into_a_guard() {
    // VADD S0, S0, S0 in thread and handler.
    let mut rig = rig(&[0xEE30, 0x0A00, SVC, LOOP])
        .handle(SV_CALL, &[0xEE30, 0x0A00, LOOP])
        .set(&[(CPACR, 0xF << 20), (SHPR2, 0x2000_0000)]);
    rig.steps(2);
    let place = rig.read(FPCAR);
    for (address, value) in region(0, place & !0x1F, sized(5, NONE)).into_iter().chain([(CTRL, ON)]) {
        rig.write(address, value);
    }
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (MEM_MANAGE, MLSPERR));
    assert_eq!(rig.read(FPCCR) & 1, 1, "nothing was saved");
}

#[test]
fn watchpoints_and_speed_come_back_when_it_is_off() {
    let mut rig = rig(&[LOAD, STORE, LOOP])
        .with(&[(0, RAM + 0x1000)])
        .set(&region(0, RAM + 0x1000, sized(8, NONE)))
        .set(&[(CTRL, ON), (CTRL, 0)]);
    rig.steps(2);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (0, 0));
}
