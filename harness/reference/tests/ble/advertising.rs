//! Section 4.2, and what of the settings shows in it.

use gauntlet_reference::Profile;
use gauntlet_reference::att::Attribute;
use gauntlet_reference::gap::Central;
use gauntlet_reference::records::{NAME_OFFSET, name_record};
use gauntlet_reference::wire::{FromHost, ToHost};

use super::central::Air;
use super::common::{Device, Setup, hex, settings_for};

fn with_record(record: [u8; 28]) -> Device {
    let mut setup = Setup::new(Profile::Ble);
    let mut settings = settings_for(&[], 0);
    settings.bank_0 = Default::default();
    settings.adv_name = record;
    settings.update_crcs();
    let page = settings.to_bytes().to_vec();
    setup.pages = Some([page.clone(), page]);
    setup.start()
}

#[test]
fn without_a_name_it_is_the_default_one_byte_for_byte() {
    let mut device = Setup::new(Profile::Ble).start();
    let own = device.own_address();
    let seen = device.advertisement().unwrap();
    assert_eq!(seen.data, hex("02 01 06 03 02 59 FE 08 09 44 66 75 54 61 72 67"), "BLE-001");
    assert_eq!((seen.address.bytes[0], seen.address.random), (own.bytes[0].wrapping_add(1), own.random));
    assert_eq!(seen.address.bytes[1..], own.bytes[1..], "BLE-003");
    assert_eq!(seen.accepts, None);
}

#[test]
fn a_stored_name_is_used_for_as_long_as_no_application_starts() {
    let mut device = with_record(name_record(b"Door 7", [0xEE; 20]));
    for _ in 0..2 {
        let seen = device.advertisement().unwrap();
        assert_eq!(seen.name(), Some(&b"Door 7"[..]), "BLE-002");
        device.reset(gauntlet_nrf52::Reset::Pin);
    }
    assert!(device.connect_as(Central::stranger()));
    assert!(device.advertisement().is_none(), "one link only (BLE-007)");
    assert!(!device.connect_as(Central::bonded()), "FLT-024");
    device.send(FromHost::Read(Attribute::DeviceName));
    let name = std::iter::from_fn(|| device.heard()).find(|heard| matches!(heard, ToHost::Value(_)));
    assert_eq!(name, Some(ToHost::Value(Ok(b"Door 7".to_vec()))), "the GAP name as well");
    device.disconnect();
    assert_eq!(device.advertisement().unwrap().name(), Some(&b"Door 7"[..]), "BLE-025");
}

#[test]
fn a_record_that_is_torn_or_zero_is_not_used() {
    let mut torn = name_record(b"Door 7", [0; 20]);
    torn[4] ^= 0x20;
    let bad_length = {
        let mut record = name_record(b"Door 7", [0; 20]);
        record[24] = 21;
        let crc = gauntlet_protocol::crc32(&record[4..]);
        record[..4].copy_from_slice(&crc.to_le_bytes());
        record
    };
    for record in [torn, [0; 28], [0xFF; 28], bad_length] {
        let device = with_record(record);
        assert_eq!(
            device.advertisement().unwrap().name(),
            Some(&b"DfuTarg"[..]),
            "SET-020, SET-023, PWR-023"
        );
        assert_eq!(device.flash(device.layout.settings_page + NAME_OFFSET, 28), record);
    }
}

#[test]
fn the_last_byte_of_the_address_wraps_without_a_carry() {
    // Chips differ by their seed: one whose last byte is FF is among the first few hundred.
    let mut wrapped = false;
    for seed in 0..2000 {
        let mut chip = gauntlet_nrf52::Chip::new(gauntlet_nrf52::Variant::Nrf52840, seed);
        let own = gauntlet_reference::gap::Address::of_chip(&mut chip).unwrap();
        if own.bytes[0] == 0xFF {
            let next = own.next();
            assert_eq!((next.bytes[0], &next.bytes[1..]), (0, &own.bytes[1..]), "BLE-003");
            wrapped = true;
            break;
        }
    }
    assert!(wrapped);
}
