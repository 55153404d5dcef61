//! Whole updates.

use gauntlet_nrf52::Variant;
use gauntlet_package::build::{AppPackage, BuiltPackage};
use gauntlet_package::keys::TestKey;
use gauntlet_package::settings::BankCode;
use gauntlet_reference::images::witness;

use crate::rig::Rig;

/// A signed application that says `id` when it runs.
pub(crate) fn application(id: u32, size: usize) -> AppPackage {
    AppPackage::new(witness(0x1000, id, size)).sign(TestKey::Release.signing_key()).version(id)
}

/// Sends a package as a host does.
pub(crate) fn send(rig: &mut Rig, package: &BuiltPackage) {
    assert_eq!(rig.init(&package.init_packet), [0x60, 4, 1], "init packet");
    assert_eq!(rig.image(&package.firmware), [0x60, 4, 1], "image");
}

#[test]
fn an_application_is_updated_and_started() {
    for variant in [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840] {
        let mut rig = Rig::new(variant);
        for (id, size) in [(7, 20_000), (8, 50_000), (8, 128)] {
            rig.enter_dfu();
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
            rig.chip.store_word(0x4000_051C, 0xB1).unwrap();
            rig.chip.reset(gauntlet_nrf52::Reset::Soft);
        }
        assert_eq!(rig.chip.refusals(), []);
        assert_eq!(rig.chip.overwrites(), []);
        assert_eq!(rig.chip.touches().count(), 0, "{}", rig.doing());
    }
}
