//! A watchdog that an application has started runs on, and is fed everywhere (TMR-014).

use gauntlet_nrf52::{Reset, Variant};

use crate::rig::Rig;
use crate::update::{application, bootloader, send};

#[test]
fn a_running_watchdog_disturbs_neither_dfu_mode_nor_activation() {
    let mut rig = Rig::new(Variant::Nrf52832);
    rig.enter_dfu();
    send(&mut rig, &application(1, 5000).build().unwrap());
    rig.run_ms(4_000);
    // Half a second, started as an application would do it.
    rig.chip.store_word(0x4001_0504, 16_384).unwrap();
    rig.chip.store_word(0x4001_0000, 1).unwrap();
    rig.ask_for_dfu();
    rig.run_ms(10_000);
    let package = bootloader(&rig, 2);
    send(&mut rig, &package);
    rig.forget_witness();
    // Settings, the start-up code's copy of five pages, settings again.
    while rig.witness().is_none() {
        rig.run_ms(10);
        assert_eq!(rig.chip.last_reset(), Reset::Soft, "{}", rig.doing());
    }
    assert!(rig.flash(rig.layout.bootloader, package.firmware.len()) == package.firmware);
    // The witness feeds nothing.
    rig.run_ms(1_000);
    assert_eq!(rig.chip.last_reset(), Reset::Watchdog);
}

#[test]
fn dfu_mode_ends_by_itself_after_two_minutes() {
    let mut rig = Rig::new(Variant::Nrf52840);
    rig.enter_dfu();
    send(&mut rig, &application(1, 5000).build().unwrap());
    rig.run_ms(4_000);
    rig.ask_for_dfu();
    rig.forget_witness();
    rig.run_ms(119_000);
    assert_eq!(rig.witness(), None, "TMR-001");
    // TMR-004, TMR-002: a ping restarts nothing, a Create does.
    assert_eq!(rig.ask(&[9, 1]), [0x60, 9, 1, 1]);
    assert_eq!(rig.ask(&[1, 1, 1, 0, 0, 0]), [0x60, 1, 1]);
    rig.run_ms(119_000);
    assert_eq!(rig.witness(), None, "TMR-002");
    rig.run_ms(2_000);
    assert_eq!(rig.witness(), Some(1), "TMR-007");
}
