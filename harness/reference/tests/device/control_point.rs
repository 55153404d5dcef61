//! Sections 1 and 3: the control point and receipts.

use gauntlet_reference::Profile;

use super::common::{Device, application, hex, noise, signed};

#[test]
fn serial_only_requests_are_unknown_over_the_air() {
    let mut device = Device::connected(Profile::Ble);
    for opcode in ["00", "07", "09", "0A", "0B", "05", "60", "FF"] {
        assert_eq!(device.ask(&format!("{opcode}00")), hex(&format!("60{opcode}02")), "CP-005, CP-006");
    }
}

#[test]
fn an_unknown_object_is_selected_until_a_good_one_is() {
    let mut device = Device::connected(Profile::Ble);
    assert_eq!(device.ask("0603"), hex("600605"), "CP-017");
    for request in ["03", "04"] {
        assert_eq!(device.ask(request), hex(&format!("60{request}05")), "CP-017");
    }
    assert_eq!(device.ask("0100 00100000"), hex("600105"), "FLT-017");
    assert_eq!(device.ask("0101 8c000000"), hex("600101"), "FLT-022");
    assert_eq!(device.ask("03"), hex("600301 00000000 00000000"));
}

#[test]
fn of_answers_that_are_ready_together_one_is_sent() {
    let mut device = Device::connected(Profile::Ble);
    let packet = signed(&application(&noise(4096), 1));
    device.request(&[&[1, 1][..], &(packet.len() as u32).to_le_bytes()].concat());
    assert_eq!(device.answer(), Some(hex("600101")));
    device.data(&packet);
    // The signature check keeps the main loop busy for several connection events, each with a request.
    device.request(&[4]);
    (0..60).for_each(|_| device.request(&[3]));
    device.request(&hex("020500"));
    device.run(2000);
    let answers: Vec<_> = std::iter::from_fn(|| device.answer()).collect();
    assert_eq!(answers[0], hex("600401"));
    let crcs = answers.iter().filter(|answer| answer[1] == 3).count();
    assert!((32..60).contains(&crcs), "PRN-014, BLE-035: {crcs} of 60");
    assert_eq!(answers.last(), Some(&hex("600201")), "in order (CP-004)");
}

#[test]
fn receipts_count_writes_and_begin_again_with_create() {
    let mut device = Device::connected(Profile::Ble);
    assert_eq!(device.ask("020300"), hex("600201"));
    assert_eq!(device.ask("0101 10000000"), hex("600101"));
    device.write(&[0; 4]);
    device.write(&[0; 4]);
    assert_eq!(device.ask("0101 10000000"), hex("600101"), "PRN-003");
    for _ in 0..2 {
        device.write(&[0; 4]);
        assert_eq!(device.answer(), None);
    }
    device.write(&[0; 4]);
    assert_eq!(device.answer(), Some(receipt(12)), "PRN-001");
    // Select and Get CRC do not count (PRN-004), the third write is refused and counted (PRN-006).
    device.write(&[0; 4]);
    device.ask("0601");
    device.write(&[1; 20]);
    device.ask("03");
    device.write(&[1; 20]);
    assert_eq!(device.answer(), Some(hex("600303")));
}

fn receipt(zeros: usize) -> Vec<u8> {
    let crc = gauntlet_protocol::crc32(&vec![0; zeros]);
    [&hex("600301")[..], &(zeros as u32).to_le_bytes(), &crc.to_le_bytes()].concat()
}

#[test]
fn a_setting_counts_from_its_reception() {
    let mut device = Device::connected(Profile::Ble);
    assert_eq!(device.ask("0101 40000000"), hex("600101"));
    assert_eq!(device.ask("020300"), hex("600201"));
    device.write(&[0; 4]);
    assert_eq!(device.ask("020200"), hex("600201"), "PRN-005");
    device.write(&[0; 4]);
    assert_eq!(device.answer(), None);
    device.write(&[0; 4]);
    assert_eq!(device.answer(), Some(receipt(12)));
    // After a lost link the target stays (PRN-012).
    device.disconnect();
    device.connect();
    assert_eq!(device.ask("0101 40000000"), hex("600101"));
    device.write(&[0; 4]);
    device.write(&[0; 4]);
    assert_eq!(device.answer(), Some(receipt(8)));
}

#[test]
fn writes_without_data_count_and_change_nothing() {
    let mut device = Device::connected(Profile::Ble);
    assert_eq!(device.ask("020200"), hex("600201"));
    assert_eq!(device.ask("0101 40000000"), hex("600101"));
    device.write(&[0; 8]);
    device.request(&hex("08 01 02 03"));
    assert_eq!(device.answer(), Some(receipt(8)), "FLT-006");
    device.write(&[]);
    device.write(&[]);
    assert_eq!(device.answer(), Some(receipt(8)), "FLT-007, PRN-015");
}
