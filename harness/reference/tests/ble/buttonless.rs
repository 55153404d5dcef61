//! Section 11: the application's side of the jump.

use gauntlet_reference::att::{AttError, Attribute};
use gauntlet_reference::gap::Central;
use gauntlet_reference::images::{Habit, Service};
use gauntlet_reference::records::{NAME_OFFSET, PEER_OFFSET, PeerData};
use gauntlet_reference::wire::{FromHost, Presence, ToHost};

use super::central::{Air, with_service};
use super::common::{Device, hex};

const NAME: Attribute = Attribute::Buttonless;
const BONDED: Attribute = Attribute::BondedButtonless;

fn unbonded(habit: Habit) -> Device {
    let mut device = with_service(Service::Unbonded, habit, false);
    assert!(device.connect_as(Central::stranger()));
    assert_eq!(device.put(Attribute::ButtonlessCccd, &[2, 0]), Ok(()));
    device
}

fn bonded(habit: Habit, bonded_bootloader: bool) -> Device {
    let mut device = with_service(Service::Bonded, habit, bonded_bootloader);
    assert!(device.connect_as(Central::bonded()));
    assert!(device.encrypt(Central::bonded()));
    assert_eq!(device.put(Attribute::ButtonlessCccd, &[2, 0]), Ok(()));
    device
}

fn name(text: &str) -> Vec<u8> {
    [&[2, text.len() as u8][..], text.as_bytes()].concat()
}

fn in_dfu(device: &mut Device) -> bool {
    device.run(3000);
    device.presence() == Presence::Waiting
}

/// Takes the indication, and confirms it.
fn told(device: &mut Device) -> Vec<u8> {
    let value = device.indicated().expect("an indication");
    device.send(FromHost::Confirm);
    device.run(50);
    value
}

#[test]
fn the_jump_waits_for_the_confirmation() {
    let mut device = unbonded(Habit::None);
    assert_eq!(device.put(NAME, &[1]), Ok(()), "BTN-002");
    assert_eq!(device.indicated(), Some(hex("200101")));
    assert!(!in_dfu(&mut device), "BTN-003");
    device.send(FromHost::Confirm);
    assert!(in_dfu(&mut device), "BTN-003");
    let own = device.own_address();
    assert_eq!(device.advertisement().unwrap().address, own.next(), "BTN-021");
    device.run(121_000);
    assert!(device.wire.lock().is_application(), "BTN-022");
    assert_eq!(device.advertisement().unwrap().address, own);
}

#[test]
fn without_indications_nothing_is_accepted() {
    let mut device = with_service(Service::Unbonded, Habit::None, false);
    assert!(device.connect_as(Central::stranger()));
    assert_eq!(device.put(NAME, &[1]), Err(AttError::ConfigurationImproper), "BTN-001");
    assert_eq!(device.put(Attribute::ControlPoint, &[1]), Err(AttError::InvalidHandle));
    assert_eq!(device.put(NAME, &[0; 24]), Err(AttError::InvalidLength));
    assert!(!in_dfu(&mut device));
}

#[test]
fn a_disconnect_leaves_the_flag_and_a_second_request_takes_it_back() {
    let mut device = unbonded(Habit::None);
    device.put(NAME, &[1]).unwrap();
    device.disconnect();
    assert!(!in_dfu(&mut device), "BTN-004");
    assert!(device.connect_as(Central::stranger()));
    device.put(Attribute::ButtonlessCccd, &[2, 0]).unwrap();
    device.put(NAME, &[9]).unwrap();
    assert_eq!(told(&mut device), hex("200902"), "BTN-011");
    assert!(in_dfu(&mut device), "BTN-004: any confirmed indication");

    let mut device = unbonded(Habit::None);
    device.put(NAME, &[1]).unwrap();
    device.put(NAME, &[1]).unwrap();
    while device.heard().is_some() {}
    device.send(FromHost::Confirm);
    assert!(!in_dfu(&mut device), "BTN-025");
    device.put(NAME, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200101"));
    assert!(in_dfu(&mut device), "BTN-025");
}

#[test]
fn a_name_shows_in_the_bootloader_until_an_application_has_run() {
    let mut device = unbonded(Habit::None);
    for bad in [&[2, 0][..], &[2, 21, b'x'], &[2]] {
        device.put(NAME, bad).unwrap();
        assert_eq!(told(&mut device), hex("200205"), "BTN-006");
    }
    device.put(NAME, &name("Pump")).unwrap();
    assert_eq!(told(&mut device), hex("200201"), "BTN-005");
    device.put(NAME, &name("Other")).unwrap();
    assert_eq!(told(&mut device), hex("200204"), "BTN-007");
    device.put(NAME, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200101"));
    assert!(in_dfu(&mut device));
    assert_eq!(device.advertisement().unwrap().name(), Some(&b"Pump"[..]), "BTN-021");
    let record = device.layout.settings_page + NAME_OFFSET;
    assert_eq!(device.flash(record + 4, 4), b"Pump", "BTN-019");
    device.run(121_000);
    assert!(device.wire.lock().is_application());
    assert_eq!(device.flash(record, 28), [0xFF; 28], "BTN-020");
}

#[test]
fn while_a_name_is_written_nothing_else_is_taken() {
    let mut device = unbonded(Habit::None);
    device.put(NAME, &name("First")).unwrap();
    device.put(NAME, &name("Another")).unwrap();
    assert_eq!(told(&mut device), hex("200204"), "BTN-008");
    assert_eq!(told(&mut device), hex("200201"), "the first one");
    device.put(NAME, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200101"));
    assert!(in_dfu(&mut device));
    assert_eq!(device.advertisement().unwrap().name(), Some(&b"DfuTarg"[..]), "BTN-008: its crc is wrong");

    let mut device = unbonded(Habit::None);
    device.put(NAME, &name("First")).unwrap();
    device.put(NAME, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200106"), "BTN-009");
}

#[test]
fn flash_that_fails_keeps_it_busy_and_flash_that_is_closed_refuses() {
    let mut device = unbonded(Habit::WritesFail);
    device.put(NAME, &name("Pump")).unwrap();
    assert_eq!(told(&mut device), hex("200206"), "BTN-010");
    device.put(NAME, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200106"), "BTN-009");
    let mut device = unbonded(Habit::WritesForbidden);
    device.put(NAME, &name("Pump")).unwrap();
    assert_eq!(told(&mut device), hex("200204"), "BTN-024");
    let mut device = bonded(Habit::WritesFail, true);
    device.put(BONDED, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200106"), "BTN-026");
    let mut device = bonded(Habit::WritesForbidden, true);
    device.put(BONDED, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200107"), "BTN-024");
}

#[test]
fn a_bonded_jump_hands_the_peer_over() {
    let mut device = bonded(Habit::None, true);
    device.put(BONDED, &name("Pump")).unwrap();
    assert_eq!(told(&mut device), hex("200202"), "BTN-017");
    device.put(BONDED, &[1]).unwrap();
    device.put(BONDED, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200106"), "BTN-016");
    assert_eq!(device.indicated(), Some(hex("200101")), "BTN-013");
    device.put(BONDED, &[1]).unwrap();
    device.send(FromHost::Confirm);
    device.run(50);
    assert!(!in_dfu(&mut device), "BTN-025 holds here, too");
    device.put(BONDED, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200104"), "BTN-015");

    let mut device = bonded(Habit::None, true);
    device.put(BONDED, &[1]).unwrap();
    assert_eq!(device.indicated(), Some(hex("200101")));
    device.send(FromHost::Confirm);
    assert_eq!(device.heard(), Some(ToHost::Closed(gauntlet_reference::wire::Closed::ByDevice)), "BTN-013");
    assert!(in_dfu(&mut device));
    let record = device.flash(device.layout.settings_page + PEER_OFFSET, 64);
    let peer = PeerData::parse(record.as_slice().try_into().unwrap()).unwrap();
    assert_eq!(peer.identity, Central::bonded().identity);
    let own = device.own_address();
    assert_eq!(device.advertisement().unwrap().address, own, "BLE-004");
    assert!(!device.connect_as(Central::stranger()), "BLE-005");
    assert!(device.connect_as(Central::bonded()));
    assert!(device.encrypt(Central::bonded()), "BLE-029");
}

#[test]
fn who_is_not_bonded_is_told_so() {
    let mut device = with_service(Service::Bonded, Habit::None, true);
    assert!(device.connect_as(Central::stranger()));
    let refused = device.put(Attribute::ButtonlessCccd, &[2, 0]);
    assert_eq!(refused, Err(AttError::InsufficientAuthentication), "BTN-014");
    device.send(FromHost::Pair);
    assert_eq!(device.heard(), Some(ToHost::Encrypted(true)));
    device.put(Attribute::ButtonlessCccd, &[2, 0]).unwrap();
    device.put(BONDED, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200107"), "BTN-014");
}

#[test]
fn application_and_bootloader_that_disagree_about_bonds_stay_where_they_are() {
    // FF-029.
    let mut device = bonded(Habit::None, false);
    device.put(BONDED, &[1]).unwrap();
    assert_eq!(told(&mut device), hex("200104"));
    assert!(!in_dfu(&mut device));
    assert!(device.wire.lock().is_application());
}

#[test]
fn without_a_known_bootloader_there_is_no_service() {
    let mut device = with_service(Service::Unbonded, Habit::None, false);
    assert!(device.wire.lock().is_application());
    // The words that lead to it are gone, and it is not started any more: the application is, by nobody's help (BTN-023).
    let mut page = device.flash(0, 0x1000);
    page[0xFF8..].fill(0xFF);
    let base = device.layout.application(true) as usize;
    let table = device.flash(base as u32, 8);
    page[..8].copy_from_slice(&table);
    assert!(device.machine.chip.put_image(0, &page));
    assert!(device.machine.chip.put_image(0x1000_1014, &[0xFF; 8]));
    device.reset(gauntlet_nrf52::Reset::Pin);
    assert!(!device.machine.is_guest_entered(), "BTN-023, FF-030");
    assert!(device.advertisement().is_none());
}
