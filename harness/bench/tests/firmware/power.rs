//! Power cuts at every flash operation, torn in many ways.

use gauntlet_nrf52::{Cut, Tear, TearPattern, Variant, cycles_from_ms};
use gauntlet_package::settings::BankCode;

use crate::rig::Rig;
use crate::update::{application, bootloader, send};

/// Each operation gets one of these, in turn.
fn tear(n: u64) -> Tear {
    match n % 7 {
        0 => Tear::Before,
        1 => Tear::Torn(TearPattern::LowHalf),
        2 => Tear::Torn(TearPattern::HighHalf),
        3 => Tear::Torn(TearPattern::random(n)),
        4 => Tear::Torn(TearPattern::LateBit(n as u8 % 32)),
        5 => Tear::Torn(TearPattern::Weak { seed: n }),
        _ => Tear::Torn(TearPattern::FirstWords(n as u32 * 37 % 1024)),
    }
}

/// Cuts the power at operation `first`, `first + step` and so on of what `rig` is about to do, and looks at what has become
/// of it when power was back for `ms`.
fn sweep(rig: &Rig, (first, step): (u64, u64), ms: u64, judge: impl Fn(&mut Rig, u64)) -> u64 {
    for n in (first..).step_by(step as usize) {
        let mut rig = rig.clone();
        let off_for = Some(cycles_from_ms(1));
        rig.chip.arm_cut(Cut { at_op: n, tear: tear(n / step), off_for });
        rig.run_ms(ms);
        judge(&mut rig, n);
        if rig.chip.cut_fired().is_none() {
            return n;
        }
    }
    unreachable!("operations end")
}

/// A chip whose bootloader has answered the last Execute of an application and has not written its settings yet.
fn about_to_commit(variant: Variant) -> Rig {
    let mut rig = Rig::new(variant);
    rig.enter_dfu();
    send(&mut rig, &application(1, 5000).build().unwrap());
    rig.run_ms(4_000);
    assert_eq!(rig.witness(), Some(1));
    rig.ask_for_dfu();
    send(&mut rig, &application(2, 9000).build().unwrap());
    rig.chip.set_recording(true);
    rig
}

/// From the final Execute to the start of the new application there is a moment before which a cut leaves the old
/// application, and behind which the new one starts without any help.
fn every_cut_is_survived(variant: Variant, from: u64) {
    let rig = about_to_commit(variant);
    let ops = sweep(&rig, (from, 2), 5_000, |rig, n| {
        let settings = rig.settings(rig.layout.settings_page);
        let witness = rig.witness();
        assert!(
            witness == Some(1) || witness == Some(2),
            "cut at {n} ends with {witness:?}: {}",
            rig.doing()
        );
        assert_eq!(settings.bank_0.code, BankCode::Application, "{n}");
        let [main, backup] =
            [rig.layout.settings_page, rig.layout.backup_page].map(|page| rig.flash(page, 896));
        assert!(main == backup, "{n}");
        assert_eq!(settings.app_version, witness.unwrap(), "{n}");
    });
    assert!(ops > 2000, "{ops}");
}

#[test]
fn activation_survives_a_power_cut_at_every_even_operation() {
    every_cut_is_survived(Variant::Nrf52832, 0);
}

#[test]
fn activation_survives_a_power_cut_at_every_odd_operation() {
    every_cut_is_survived(Variant::Nrf52840, 1);
}

#[test]
fn a_bootloader_replaces_itself_whenever_power_fails() {
    let mut rig = Rig::new(Variant::Nrf52832);
    rig.enter_dfu();
    send(&mut rig, &application(1, 5000).build().unwrap());
    rig.run_ms(4_000);
    rig.ask_for_dfu();
    let package = bootloader(&rig, 2);
    send(&mut rig, &package);
    let ops = sweep(&rig, (0, 29), 5_000, |rig, n| {
        assert_eq!(rig.witness(), Some(1), "{n}: {}", rig.doing());
        let settings = rig.settings(rig.layout.settings_page);
        let there = rig.flash(rig.layout.bootloader, package.firmware.len()) == package.firmware;
        // Until the commit of the final Execute it is as if nothing had been sent.
        assert_eq!(settings.bootloader_version == 2, there, "{n}");
        assert_eq!(settings.bank_1.code, BankCode::Invalid, "{n}");
    });
    assert!(ops > 3500, "{ops}");
}

#[test]
fn the_first_start_can_be_cut_anywhere() {
    let mut rig = Rig::new(Variant::Nrf52832);
    let fresh = {
        rig.chip.set_recording(true);
        rig.clone()
    };
    rig.enter_dfu();
    sweep(&fresh, (0, 1), 2_000, |cut, n| {
        assert!(cut.chip.uart_listens(0), "{n}: {}", cut.doing());
        assert_eq!(cut.ask(&[9, 1]), [0x60, 9, 1, 1]);
        assert_eq!(cut.flash(0xFF8, 8), rig.flash(0xFF8, 8), "{n}");
        assert!(cut.chip.uicr() == rig.chip.uicr(), "{n}");
        // 13.1, W2: what no CRC protects may be left erased.
        let page = rig.layout.settings_page;
        assert_eq!(cut.flash(page, 0x5C), rig.flash(page, 0x5C), "{n}");
        assert!(cut.flash(page, 896) == cut.flash(rig.layout.backup_page, 896), "{n}");
    });
}
