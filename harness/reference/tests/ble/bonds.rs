//! The bonded build: whose bond it takes over, and who may connect.

use gauntlet_nrf52::Reset;
use gauntlet_reference::Profile;
use gauntlet_reference::att::{AttError, Attribute};
use gauntlet_reference::gap::Central;
use gauntlet_reference::records::PeerData;
use gauntlet_reference::wire::{FromHost, ToHost};

use super::central::Air;
use super::common::{Device, Setup, hex, settings_for};

fn with_peer(irk: [u8; 16], service_changed: u8) -> Device {
    let mut setup = Setup::new(Profile::Ble);
    setup.build.requires_bonds = true;
    let Central { mut identity, bond } = Central::bonded();
    identity.irk = irk;
    let system_attributes = [0x0D, 0, 2, 0, service_changed, 0, 1, 2];
    let mut settings = settings_for(&[], 0);
    settings.bank_0 = Default::default();
    settings.peer_data = PeerData { identity, key: bond.unwrap(), system_attributes }.to_bytes();
    settings.adv_name = gauntlet_reference::records::name_record(b"Not me", [0; 20]);
    settings.update_crcs();
    let page = settings.to_bytes().to_vec();
    setup.pages = Some([page.clone(), page]);
    setup.start()
}

#[test]
fn only_the_stored_peer_may_connect_and_only_with_its_key() {
    let mut device = with_peer(Central::bonded().identity.irk, 2);
    let own = device.own_address();
    let seen = device.advertisement().unwrap();
    assert_eq!(seen.address, own, "BLE-004");
    assert_eq!(
        (seen.flags(), seen.name()),
        (Some(4), Some(&b"DfuTarg"[..])),
        "4.2: names are for open builds"
    );
    assert!(!device.connect_as(Central::stranger()), "BLE-005");
    assert!(device.connect_as(Central::bonded()));
    let control = Attribute::ControlPoint;
    assert_eq!(device.put(control, &hex("03")), Err(AttError::InsufficientEncryption), "BLE-032");
    let other_key = gauntlet_reference::gap::BondKey { ediv: 1, ..Central::bonded().bond.unwrap() };
    assert!(!device.encrypt(Central { bond: Some(other_key), ..Central::bonded() }), "BLE-029");
    assert!(device.encrypt(Central::bonded()), "BLE-029");
    let changed = device.heard();
    let Some(ToHost::Indication { attribute: Attribute::ServiceChanged, value }) = changed else {
        panic!("BLE-031: {changed:?}");
    };
    assert_eq!(value[2..], [0xFF, 0xFF]);
    device.send(FromHost::Confirm);
    assert_eq!(device.put(Attribute::ControlPointCccd, &[1, 0]), Ok(()));
    assert_eq!(device.ask("0101 10000000"), hex("600101"));
    device.write(&[0; 4]);
    assert_eq!(device.ask("03")[..4], hex("600301 04"));
    device.run(40_000);
    assert!(device.wire.lock().is_linked(), "confirmed");
}

#[test]
fn an_indication_that_is_not_confirmed_ends_the_link() {
    let mut device = with_peer(Central::bonded().identity.irk, 2);
    assert!(device.connect_as(Central::bonded()));
    assert!(device.encrypt(Central::bonded()));
    device.run(29_000);
    assert!(device.wire.lock().is_linked());
    device.run(2000);
    assert!(device.advertisement().is_some(), "BLE-027, BLE-025");
}

#[test]
fn a_peer_without_identity_key_leaves_the_door_open_but_not_the_attributes() {
    let mut device = with_peer([0; 16], 0);
    assert_eq!(device.advertisement().unwrap().flags(), Some(6));
    assert!(device.connect_as(Central::stranger()));
    device.write(&[0; 4]);
    let refused = device.put(Attribute::ControlPoint, &hex("03"));
    assert_eq!(refused, Err(AttError::InsufficientAuthentication), "BLE-032");
    device.disconnect();
    assert!(device.connect_as(Central::bonded()));
    assert!(device.encrypt(Central::bonded()));
    assert_eq!(device.heard(), None, "the peer did not enable Service Changed");
}

#[test]
fn without_a_peer_it_resets_for_as_long_as_dfu_mode_is_entered() {
    let mut setup = Setup::new(Profile::Ble);
    setup.build.requires_bonds = true;
    let mut device = setup.start();
    let starts = device.machine.chip.starts();
    device.run(3000);
    assert!(device.machine.chip.starts() > starts + 2, "BLE-006");
    assert!(device.advertisement().is_none());
}

#[test]
fn without_a_peer_an_application_comes_back() {
    let mut setup = Setup::new(Profile::Ble).with_application();
    setup.build.requires_bonds = true;
    let mut device = setup.start();
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.reset(Reset::Soft);
    assert!(!device.machine.is_guest_entered(), "the request was taken back before the error");
}
