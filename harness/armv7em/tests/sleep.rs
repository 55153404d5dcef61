//! WFI, WFE, SEV, sleep on exit, and what wakes the core.

mod common;

use common::rig::*;
use gauntlet_armv7em::Stop;

const SLEEPONEXIT: u32 = 2;
const SEVONPEND: u32 = 0x10;

#[test]
fn wfi_sleeps_until_an_interrupt() {
    let mut rig = Rig::new(&[WFI, 0x2101, LOOP]).irq(0, 0x40).handle(IRQ, &[0x2007, BX_LR]);
    assert_eq!(rig.run(1000), Stop::Sleeping);
    let asleep = rig.core.now();
    assert!(rig.core.is_sleeping() && asleep < 10, "time stands still by itself");
    rig.core.set_now(500);
    assert_eq!(rig.run(1000), Stop::Sleeping);
    rig.core.set_irq_level(0, true);
    rig.core.set_irq_level(0, false);
    assert_eq!(rig.run(1000), Stop::Limit);
    assert_eq!((rig.core.reg(1), rig.core.is_sleeping()), (1, false));
}

#[test]
fn wfi_does_not_sleep_when_something_is_pending() {
    let mut rig = Rig::new(&[CPSID_I, WFI, 0x2101, LOOP]).irq(0, 0x40);
    rig.steps(1);
    rig.write(ISPR, 1);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!(rig.core.reg(1), 1);
}

#[test]
fn primask_lets_wfi_wake_but_nothing_is_taken() {
    let mut rig = Rig::new(&[CPSID_I, WFI, 0x2101, LOOP]).irq(0, 0x40).handle(IRQ, &[LOOP]);
    assert_eq!(rig.run(100), Stop::Sleeping);
    rig.write(ISPR, 1);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!((rig.core.reg(1), rig.core.exception()), (1, 0));
}

#[test]
fn basepri_counts_for_wfi() {
    let [a, b] = msr_r0(17);
    for (priority, wakes) in [(0x20, true), (0x40, false), (0x60, false)] {
        let mut rig = Rig::new(&[a, b, WFI, 0x2101, LOOP]).with(&[(0, 0x40)]).irq(0, priority);
        assert_eq!(rig.run(100), Stop::Sleeping);
        rig.write(ISPR, 1);
        let stop = if wakes { Stop::Limit } else { Stop::Sleeping };
        assert_eq!(rig.run(100), stop, "priority {priority:#x}");
    }
}

#[test]
fn wfe_consumes_an_event() {
    let mut rig = Rig::new(&[SEV, WFE, WFE, LOOP]);
    rig.steps(2);
    assert_eq!(rig.step(), Stop::Limit);
    assert!(rig.core.is_sleeping(), "the first WFE used the event up");
    assert_eq!(rig.run(100), Stop::Sleeping);
    rig.core.send_event();
    assert_eq!(rig.run(100), Stop::Limit);
    assert!(!rig.core.is_sleeping());
}

#[test]
fn an_exception_is_an_event() {
    // After the return from SVC the event register is set.
    let mut rig = Rig::new(&[SVC, WFE, 0x2101, LOOP]);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!(rig.core.reg(1), 1);
}

#[test]
fn a_masked_interrupt_wakes_wfe_only_with_sevonpend() {
    for (scr, wakes) in [(0, false), (SEVONPEND, true)] {
        // Disabled, and masked.
        for enabled in [false, true] {
            let mut rig = Rig::new(&[CPSID_I, WFE, 0x2101, LOOP]).set(&[(SCR, scr)]);
            if enabled {
                rig = rig.irq(0, 0);
            }
            assert_eq!(rig.run(100), Stop::Sleeping);
            rig.core.set_irq_level(0, true);
            let stop = if wakes { Stop::Limit } else { Stop::Sleeping };
            assert_eq!(rig.run(100), stop, "SCR {scr:#x}, enabled {enabled}");
        }
    }
}

#[test]
fn wfe_wakes_for_an_interrupt_that_is_taken() {
    let mut rig = Rig::new(&[WFE, LOOP]).irq(0, 0).handle(IRQ, &[0x2400, LOOP]);
    assert_eq!(rig.run(100), Stop::Sleeping);
    rig.core.set_irq_level(0, true);
    assert_eq!(rig.run(100), Stop::Limit);
    assert_eq!(rig.core.exception(), IRQ);
}

#[test]
fn sleep_on_exit_returns_to_sleep() {
    let mut rig =
        Rig::new(&[WFI, 0x2101, LOOP]).irq(0, 0).handle(IRQ, &[0x2400, BX_LR]).set(&[(SCR, SLEEPONEXIT)]);
    assert_eq!(rig.run(100), Stop::Sleeping);
    rig.core.set_irq_level(0, true);
    rig.core.set_irq_level(0, false);
    assert_eq!(rig.run(100), Stop::Sleeping);
    assert_eq!((rig.core.exception(), rig.core.reg(1)), (0, 0), "thread code did not go on");
}

#[test]
fn sys_tick_and_the_cycle_counter_stop_in_sleep() {
    let mut rig = Rig::new(&[WFI, LOOP]).set(&[(DEMCR, 1 << 24), (0xE000_1000, 1)]);
    rig.write(0xE000_E014, 99);
    rig.write(0xE000_E010, 7);
    assert_eq!(rig.run(50), Stop::Sleeping);
    let cycles = rig.read(0xE000_1004);
    let count = rig.read(0xE000_E018);
    rig.core.set_now(100_000);
    assert_eq!(rig.run(50), Stop::Sleeping);
    assert_eq!((rig.read(0xE000_1004), rig.read(0xE000_E018)), (cycles, count));
}
