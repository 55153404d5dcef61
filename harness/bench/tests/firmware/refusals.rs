//! What the bootloader does not accept, and with which code it says so.

use gauntlet_nrf52::Variant;
use gauntlet_package::build::AppPackage;
use gauntlet_package::keys::TestKey;
use gauntlet_package::settings::BankCode;
use gauntlet_protocol::init_packet::ValidationType;
use gauntlet_reference::images::witness;

use crate::rig::Rig;
use crate::update::{application, send};

/// A chip with version 5 of the application, in DFU mode.
fn with_version_5() -> Rig {
    let mut rig = Rig::new(Variant::Nrf52832);
    rig.enter_dfu();
    send(&mut rig, &application(5, 6000).build().unwrap());
    rig.run_ms(4_000);
    assert_eq!(rig.witness(), Some(5));
    rig.ask_for_dfu();
    rig
}

#[test]
fn packets_are_refused_with_the_codes_of_the_specification() {
    let rig = with_version_5();
    let good = || application(6, 6000);
    let unsigned = || AppPackage::new(witness(0x1000, 6, 6000)).version(6);
    let cases: [(&str, AppPackage, &[u8]); 8] = [
        ("another key", unsigned().sign(TestKey::Other.signing_key()), &[0x05]),
        ("no signature", unsigned(), &[0x0B, 0x08]),
        ("hardware", good().hw_version(51), &[0x0B, 0x06]),
        ("downgrade", good().version(4), &[0x0B, 0x05]),
        ("no SoftDevice is there", good().sd_req([0x0101]), &[0x0B, 0x07]),
        ("external", good().external(), &[0x0B, 0x04]),
        ("too large", application(6, 0x7_4000 + 4), &[0x04]),
        ("the same version", good().version(5), &[0x01]),
    ];
    for (case, package, expected) in cases {
        let mut rig = rig.clone();
        let answer = rig.init(&package.build().unwrap().init_packet);
        assert_eq!(answer, [&[0x60, 4], expected].concat(), "{case}");
        if expected != [1] {
            // OBJ-010: a refused packet is forgotten, and the flash has not been touched.
            assert_eq!(rig.ask(&[6, 1])[7..], [0; 8], "{case}");
            assert_eq!(rig.settings(rig.layout.settings_page).progress.cmd_size, 0, "{case}");
        }
    }
}

#[test]
fn a_flipped_bit_in_a_packet_or_an_image_is_noticed() {
    let rig = with_version_5();
    let package = application(6, 6000).build().unwrap();
    let length = package.init_packet.len();
    // In r, in s, and in the signed version number.
    for (byte, bit) in [(length - 60, 1), (length - 1, 0x80), (12, 2)] {
        let mut rig = rig.clone();
        let mut packet = package.init_packet.clone();
        packet[byte] ^= bit;
        assert_eq!(rig.init(&packet), [0x60, 4, 5], "byte {byte}");
    }
    let mut rig = rig.clone();
    assert_eq!(rig.init(&package.init_packet), [0x60, 4, 1]);
    let mut image = package.firmware.clone();
    image[5000] ^= 1;
    // VAL-021, VAL-022.
    assert_eq!(rig.image(&image), [0x60, 4, 0x0B, 0x0C]);
    rig.run_ms(3_000);
    assert_eq!(rig.witness(), Some(5), "{}", rig.doing());
    let settings = rig.settings(rig.layout.settings_page);
    assert_eq!((settings.bank_1.code, settings.app_version), (BankCode::Invalid, 5));
}

#[test]
fn an_application_is_checked_at_every_start_as_its_packet_says() {
    use ValidationType::{EcdsaP256Sha256, GeneratedCrc, None, Sha256};
    for (kind, starts_damaged) in
        [(None, true), (GeneratedCrc, false), (Sha256, false), (EcdsaP256Sha256, false)]
    {
        let mut rig = Rig::new(Variant::Nrf52840);
        rig.enter_dfu();
        send(&mut rig, &application(9, 6000).boot_validation(kind).build().unwrap());
        rig.run_ms(4_000);
        assert_eq!(rig.witness(), Some(9), "{kind:?}: {}", rig.doing());
        rig.chip.put_image(0x1000 + 5_000, &[0]);
        rig.forget_witness();
        rig.chip.reset(gauntlet_nrf52::Reset::Pin);
        rig.run_ms(1_000);
        assert_eq!(rig.witness().is_some(), starts_damaged, "{kind:?}");
        assert_eq!(rig.chip.uart_listens(0), !starts_damaged, "VAL-029, {kind:?}");
    }
}

#[test]
fn a_signature_is_checked_in_less_than_ten_million_instructions() {
    let mut rig = Rig::new(Variant::Nrf52840);
    rig.enter_dfu();
    let package = application(1, 128).build().unwrap();
    rig.object_bytes(1, &package.init_packet, package.init_packet.len());
    let before = rig.chip.instructions();
    assert_eq!(rig.ask(&[4]), [0x60, 4, 1]);
    let instructions = rig.chip.instructions() - before;
    assert!(instructions < 10_000_000, "{instructions}");
}
