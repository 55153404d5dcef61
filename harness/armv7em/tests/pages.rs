//! Decoded pages: changed code, aliases, clones; and how the bus stops or stalls the core.

mod common;

use common::rig::*;
use common::{ALIAS, DEVICE, RAM};
use gauntlet_armv7em::{Access, Bus, CoreConfig, ResetKind, Stop, Width};

/// Runs code in RAM, entered at `base`.
fn in_ram(base: u32, code: &[u16]) -> Rig {
    let mut rig = Rig::new(&[]);
    rig.put(RAM + 0x100, code);
    rig.core.set_reg(15, base + 0x100);
    rig
}

#[test]
fn code_may_change_itself() {
    // Again: STRH R0, [R1] over the next instruction (MOVS R2, #1 becomes MOVS R2, #2); MOVS R2; loop once more.
    // 0: MOVS R2, #1; 2: STRH R0, [R1]; 4: SUBS R3, #1; 6: BNE 0; 8: BKPT.
    let code = [0x2201, 0x8008, 0x3B01, 0xD1FB, BKPT];
    for base in [RAM, ALIAS] {
        for target in [RAM, ALIAS] {
            let mut rig = in_ram(base, &code).set(&[(DHCSR, 0xA05F_0001)]);
            rig = rig.with(&[(0, 0x2202), (1, target + 0x100), (3, 2)]);
            assert_eq!(rig.run(100), Stop::Halted);
            assert_eq!(rig.core.reg(2), 2, "code at {base:#x}, store through {target:#x}");
        }
    }
}

#[test]
fn the_very_next_instruction_may_be_the_changed_one() {
    // STRH R0, [R1]; MOVS R2, #1; BKPT: executed twice, so that the old instruction is cached.
    let mut rig = in_ram(RAM, &[0x8008, 0x2201, BKPT]).set(&[(DHCSR, 0xA05F_0001)]);
    for value in [0x2201_u32, 0x2207] {
        rig.core.set_reg(15, RAM + 0x100);
        rig = rig.with(&[(0, value), (1, RAM + 0x102)]).set(&[(DHCSR, 0xA05F_0001)]);
        assert_eq!(rig.run(100), Stop::Halted);
        assert_eq!(rig.core.reg(2), value & 0xFF);
    }
}

#[test]
fn a_change_from_outside_is_seen() {
    let mut rig = in_ram(RAM, &[0x2201, LOOP]);
    assert_eq!(rig.run(50), Stop::Limit);
    assert_eq!(rig.core.reg(2), 1);
    rig.memory.set_word(RAM + 0x100, 0xE7FE_2209);
    rig.core.set_reg(15, RAM + 0x100);
    assert_eq!(rig.run(50), Stop::Limit);
    assert_eq!(rig.core.reg(2), 9);
}

#[test]
fn the_stack_may_share_the_page_of_the_code() {
    // 0: PUSH {R0, LR}; 2: POP {R1, R2}; 4: SUBS R3, #1; 6: BNE 0; 8: BKPT.
    let mut rig = in_ram(RAM, &[0xB501, 0xBC06, 0x3B01, 0xD1FB, BKPT]).set(&[(DHCSR, 0xA05F_0001)]);
    rig.core.set_reg(13, RAM + 0x1000);
    rig = rig.with(&[(0, 77), (3, 1000)]);
    assert_eq!(rig.run(100_000), Stop::Halted);
    assert_eq!(rig.core.reg(1), 77);
}

#[test]
fn clones_go_their_own_ways() {
    let mut rig = in_ram(RAM, &[0x3201, 0xE7FD]);
    assert_eq!(rig.run(100), Stop::Limit);
    let (mut core, mut memory) = (rig.core.clone(), rig.memory.clone());
    let until = core.now() + 100;
    memory.write(0, RAM + 0x100, Width::Half, 0x3A01, Access::Debug).expect("RAM");
    assert_eq!(core.run(&mut memory, until), Stop::Limit);
    assert_eq!(rig.run(100), Stop::Limit);
    assert!(core.reg(2) < rig.core.reg(2), "one counts down, the other up");
}

#[test]
fn an_instruction_may_straddle_two_pages() {
    // MOVW R2, #0x1234 across the boundary at 0x2000, then B back.
    let mut rig = Rig::new(&[]);
    rig.put(RAM + 0xFFE, &[0xF241, 0x2234, 0x3301, 0xE7FB]);
    rig.core.set_reg(15, RAM + 0xFFE);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!(rig.core.reg(2), 0x1234);
    let rounds = rig.core.reg(3);
    // Only the second half changes.
    rig.memory.set_word(RAM + 0x1000, 0x3301_2235);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!(rig.core.reg(2), 0x1235);
    assert!(rig.core.reg(3) > rounds);
}

#[test]
fn a_stall_passes_before_the_next_instruction() {
    // STR R0, [R1]: the device stalls the core for R0 cycles.
    let mut rig = Rig::new(&[0x6008, 0x2101, LOOP]).with(&[(0, 5000), (1, DEVICE + 0x100)]);
    assert_eq!(rig.core.run(&mut rig.memory, 1000), Stop::Limit);
    assert_eq!((rig.core.now(), rig.core.reg(15)), (1000, CODE + 2));
    assert_eq!(rig.core.run(&mut rig.memory, 4000), Stop::Limit);
    assert_eq!((rig.core.now(), rig.core.reg(15)), (4000, CODE + 2));
    assert_eq!(rig.core.run(&mut rig.memory, 5001), Stop::Limit);
    assert_eq!((rig.core.now(), rig.core.reg(1)), (5001, 1));
}

#[test]
fn interrupts_wait_for_the_end_of_a_stall() {
    let mut rig =
        Rig::new(&[0x6008, LOOP]).with(&[(0, 5000), (1, DEVICE + 0x100)]).irq(0, 0).handle(IRQ, &[LOOP]);
    assert_eq!(rig.core.run(&mut rig.memory, 1000), Stop::Limit);
    rig.core.set_irq_level(0, true);
    assert_eq!(rig.core.run(&mut rig.memory, 4999), Stop::Limit);
    assert_eq!(rig.core.exception(), 0);
    assert_eq!(rig.core.run(&mut rig.memory, 6000), Stop::Limit);
    assert_eq!(rig.core.exception(), IRQ);
}

#[test]
fn the_bus_stops_the_core_before_the_next_instruction() {
    let mut rig = Rig::new(&[0x6008, 0x2001, LOOP]).with(&[(1, DEVICE + 0x104)]);
    assert_eq!(rig.run(100), Stop::Interrupted);
    assert_eq!((rig.core.reg(15), rig.core.reg(0)), (CODE + 2, 0));
    assert_eq!(rig.run(100), Stop::Interrupted, "until the bus takes it back");
    rig.memory.interrupt = false;
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!(rig.core.reg(0), 1);
}

#[test]
fn the_host_is_called_by_its_own_instructions_only() {
    for n in [0xCF_u16, 0xD0, 0xDF, 0xE0] {
        let mut rig = Rig::new(&[0xDE00 | n, 0x2101, LOOP]).handle(HARD_FAULT, &[0x2102, LOOP]);
        rig.core.set_host_traps(true);
        if (0xD0..=0xDF).contains(&n) {
            assert_eq!(rig.run(100), Stop::HostTrap(n as u8));
            assert_eq!(rig.core.reg(15), CODE + 2, "behind the instruction");
            rig.core.set_reg(0, 5);
            assert_eq!(rig.run(100), Stop::Limit);
            assert_eq!((rig.core.reg(0), rig.core.reg(1)), (5, 1));
        } else {
            assert_eq!(rig.run(100), Stop::Limit);
            assert_eq!(rig.core.reg(1), 2, "UDF #{n:#x} is undefined");
        }
    }
    let mut rig = Rig::new(&[0xDED0, LOOP]).handle(HARD_FAULT, &[0x2102, LOOP]);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!(rig.core.reg(1), 2, "traps are off by default");
}

#[test]
fn a_core_without_floating_point_says_so() {
    let mut rig = Rig::new(&[0xEE30, 0x0A81, LOOP]).handle(HARD_FAULT, &[NOP, LOOP]);
    rig.core = gauntlet_armv7em::Core::new(CoreConfig { fpu: false, ..CoreConfig::default() });
    rig.core.reset(&mut rig.memory, ResetKind::PowerOn);
    rig.write(0xE000_ED88, 0x00F0_0000);
    assert_eq!(rig.read(0xE000_ED88), 0);
    rig.steps(1);
    assert_eq!((rig.core.exception(), rig.read(CFSR)), (HARD_FAULT, 1 << 19));
}

#[test]
fn a_core_can_move_to_another_thread() {
    fn check<T: Clone + Send + 'static>() {}
    check::<gauntlet_armv7em::Core>();
}
