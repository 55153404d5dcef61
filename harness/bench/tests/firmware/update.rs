//! Whole updates.

use gauntlet_nrf52::Variant;
use gauntlet_package::build::{AppPackage, BuiltPackage, Part, UpdatePackage};
use gauntlet_package::keys::TestKey;
use gauntlet_package::settings::BankCode;
use gauntlet_reference::images::witness;

use crate::rig::Rig;

/// A signed application that says `id` when it runs.
pub(crate) fn application(id: u32, size: usize) -> AppPackage {
    AppPackage::new(witness(0x1000, id, size)).sign(TestKey::Release.signing_key()).version(id)
}

/// The bootloader that runs on `rig`, with a few bytes more behind it.
pub(crate) fn bootloader(rig: &Rig, version: u32) -> BuiltPackage {
    let mut image = rig.flash(rig.layout.bootloader, 0x4000);
    image.extend((0..0x1003_u32).map(|byte| byte as u8));
    let built = UpdatePackage {
        bootloader: Some(Part::new("bootloader", image)),
        bootloader_version: Some(version),
        hw_version: Some(52),
        sd_req: vec![0],
        key: Some(TestKey::Release.signing_key()),
        ..UpdatePackage::default()
    };
    let image = built.build().unwrap().images.remove(0);
    BuiltPackage { zip: Vec::new(), firmware: image.firmware, init_packet: image.init_packet }
}

/// Sends a package as a host does.
pub(crate) fn send(rig: &mut Rig, package: &BuiltPackage) {
    assert_eq!(rig.init(&package.init_packet), [0x60, 4, 1], "init packet");
    assert_eq!(rig.image(&package.firmware), [0x60, 4, 1], "image");
}

#[test]
fn a_bootloader_replaces_itself() {
    for variant in [Variant::Nrf52832, Variant::Nrf52840] {
        let mut rig = Rig::new(variant);
        rig.enter_dfu();
        send(&mut rig, &application(1, 5000).build().unwrap());
        rig.run_ms(4_000);
        rig.ask_for_dfu();
        let package = bootloader(&rig, 2);
        send(&mut rig, &package);
        rig.forget_witness();
        rig.run_ms(6_000);
        assert_eq!(rig.witness(), Some(1), "ACT-019: {}", rig.doing());
        assert_eq!(rig.flash(rig.layout.bootloader, package.firmware.len()), package.firmware);
        // The same again is refused, an older one as well (VAL-015, FLT-030).
        rig.ask_for_dfu();
        assert_eq!(rig.ask(&[0x0B, 0])[3..8], [2, 2, 0, 0, 0]);
        for version in [1, 2] {
            let answer = rig.init(&bootloader(&rig, version).init_packet);
            assert_eq!(answer, [0x60, 4, 0x0B, 5], "version {version}");
        }
    }
}

#[test]
fn an_application_is_updated_and_started() {
    for variant in [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840] {
        let mut rig = Rig::new(variant);
        rig.enter_dfu();
        for (id, size) in [(7, 20_000), (8, 50_000), (8, 128)] {
            let package = application(id, size).build().unwrap();
            send(&mut rig, &package);
            rig.run_ms(6_000);
            assert_eq!(rig.witness(), Some(id), "{variant:?}: {}", rig.doing());
            assert_eq!(rig.flash(0x1000, package.firmware.len()), package.firmware);
            let settings = rig.settings(rig.layout.settings_page);
            assert_eq!(
                (settings.bank_0.code, settings.bank_1.code),
                (BankCode::Application, BankCode::Invalid)
            );
            assert_eq!(settings.app_version, id);
            rig.ask_for_dfu();
        }
        assert_eq!(rig.chip.refusals(), []);
        assert_eq!(rig.chip.overwrites(), []);
        assert_eq!(rig.chip.touches().count(), 0, "{}", rig.doing());
    }
}
