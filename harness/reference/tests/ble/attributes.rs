//! Section 4.3: what is refused below the DFU protocol, and what is not.

use gauntlet_nrf52::Reset;
use gauntlet_reference::Profile;
use gauntlet_reference::att::{AttError, Attribute, WriteKind};
use gauntlet_reference::gap::Central;
use gauntlet_reference::wire::{FromHost, Parameters, ToHost};

use super::central::Air;
use super::common::{Device, Setup, hex};

fn linked() -> Device {
    let mut device = Setup::new(Profile::Ble).start();
    assert!(device.connect_as(Central::stranger()));
    device
}

#[test]
fn it_asks_for_its_parameters_and_grants_whole_words() {
    let mut device = linked();
    let parameters = Parameters { interval: [12, 12], latency: 0, timeout: 600 };
    assert_eq!(device.heard(), Some(ToHost::Parameters(parameters)), "BLE-008");
    let database = device.wire.lock().database().to_vec();
    let uuids: Vec<_> = database.iter().map(|attribute| attribute.uuid()).collect();
    assert!(uuids[1].starts_with("8EC90002") && uuids[2].starts_with("8EC90001"), "section 4.1");
    for (wanted, granted) in [(23, 23), (185, 183), (247, 247), (517, 247)] {
        device.send(FromHost::ExchangeMtu(wanted));
        assert_eq!(device.heard(), Some(ToHost::Mtu(granted)), "BLE-009");
    }
}

#[test]
fn a_request_needs_notifications_once_the_configuration_was_touched() {
    let mut device = linked();
    // BLE-015: before that it is executed, and its answer goes nowhere.
    assert_eq!(device.put(Attribute::ControlPoint, &hex("0101 10000000")), Ok(()));
    assert_eq!(device.heard(), None);
    assert_eq!(device.put(Attribute::ControlPointCccd, &[0, 0]), Ok(()));
    let refused = device.put(Attribute::ControlPoint, &hex("020300"));
    assert_eq!(refused, Err(AttError::ConfigurationImproper), "BLE-014");
    assert_eq!(device.put(Attribute::ControlPointCccd, &[3, 0]), Ok(()), "BLE-016");
    device.write(&[0; 4]);
    device.write(&[0; 4]);
    device.write(&[0; 4]);
    assert_eq!(device.ask("03")[..4], hex("600301 0c"), "BLE-015 created the object; no receipt: BLE-014");
    device.disconnect();
    assert!(device.connect_as(Central::stranger()));
    assert_eq!(device.put(Attribute::ControlPoint, &hex("03")), Ok(()), "a new link begins anew");
    assert_eq!(device.heard(), None);
}

#[test]
fn the_response_to_a_write_comes_before_the_notification() {
    let mut device = linked();
    assert_eq!(device.put(Attribute::ControlPointCccd, &[1, 0]), Ok(()));
    device.request(&hex("0601"));
    assert_eq!(device.heard(), Some(ToHost::Written(Ok(()))), "BLE-013");
    assert!(matches!(device.heard(), Some(ToHost::Notification(_))));
}

#[test]
fn wrong_ways_to_write_change_nothing() {
    let mut device = linked();
    assert_eq!(device.put(Attribute::ControlPointCccd, &[1, 0]), Ok(()));
    assert_eq!(device.ask("0101 10000000"), hex("600101"));
    assert_eq!(device.put(Attribute::Packet, &[0; 4]), Err(AttError::WriteNotPermitted), "BLE-019");
    let attribute = Attribute::ControlPoint;
    device.send(FromHost::Write { attribute, kind: WriteKind::Command, value: hex("0101 08000000") });
    assert_eq!(device.heard(), None, "BLE-019");
    assert_eq!(device.put(attribute, &[3; 24]), Err(AttError::InvalidLength), "BLE-021");
    assert_eq!(device.put(Attribute::ControlPointCccd, &[1]), Err(AttError::InvalidLength));
    assert_eq!(device.put(Attribute::Buttonless, &[1]), Err(AttError::InvalidHandle));
    assert_eq!(device.put(Attribute::ControlPointCccd, &[1, 0]), Ok(()));
    // A packet that does not fit the ATT_MTU of 23 can't be on the air.
    device.write(&[0; 24]);
    assert_eq!(device.ask("03"), hex("600301 00000000 00000000"));
    assert_eq!(device.ask("0601")[3..7], hex("00020000"), "a request of 23 bytes is none too long");
    assert_eq!(device.put(attribute, &[3; 23]), Ok(()));
}

#[test]
fn a_long_write_is_never_answered_and_blocks_the_link() {
    let mut device = linked();
    assert_eq!(device.put(Attribute::ControlPointCccd, &[1, 0]), Ok(()));
    let attribute = Attribute::ControlPoint;
    device.send(FromHost::Write { attribute, kind: WriteKind::Prepare, value: hex("03") });
    assert_eq!(device.wrote(), None, "BLE-020");
    device.request(&hex("03"));
    assert_eq!(device.wrote(), None);
    device.disconnect();
    device.connect();
    assert_eq!(device.ask("03")[..3], hex("600301"), "the next link is whole");
}

#[test]
fn pairing_resets_and_encryption_has_no_key() {
    let mut device = linked();
    assert!(!device.encrypt(Central::bonded()), "BLE-030");
    let starts = device.machine.chip.starts();
    device.send(FromHost::Pair);
    device.run(3000);
    assert_eq!(device.machine.chip.starts(), starts + 1, "BLE-028, FLT-031");
    assert!(device.advertisement().is_some(), "there is no application to start");
}

#[test]
fn of_two_notifications_at_a_time_the_second_is_lost() {
    let mut device = Device::connected(Profile::Ble);
    assert_eq!(device.ask("020100"), hex("600201"));
    assert_eq!(device.ask("0101 10000000"), hex("600101"));
    // Two receipts and an answer are due in one connection event.
    device.write(&[0; 4]);
    device.write(&[0; 4]);
    device.request(&hex("03"));
    assert_eq!(device.answer().unwrap()[..4], hex("600301 04"), "PRN-014");
    assert_eq!(device.answer(), None, "PRN-014, BLE-035");
    assert_eq!(device.ask("03")[..4], hex("600301 08"), "the counter went on");
    device.reset(Reset::Pin);
}
