//! Section 4: buffers and the flash queue of a BLE build.

use gauntlet_reference::Profile;

use super::common::{Device, application, hex, noise, signed};

fn offset(answer: &[u8]) -> u32 {
    u32::from_le_bytes(answer[3..7].try_into().unwrap())
}

#[test]
fn a_burst_behind_create_loses_what_the_queue_does_not_hold() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(4096);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    device.run(1000);
    device.request(&hex("0102 00100000"));
    for packet in image.chunks(20) {
        device.write(packet);
    }
    assert_eq!(device.answer(), Some(hex("600101")), "OBJ-021: before the erase");
    device.run(2000);
    let received = offset(&device.ask("03"));
    assert!((300..3500).contains(&received), "BLE-024: {received} of 4096");
    // Slower, everything arrives.
    device.object(&image);
    assert_eq!(offset(&device.ask("03")), 4096);
    assert_eq!(device.ask("04"), hex("600401"));
}

#[test]
fn a_receipt_of_a_write_that_found_the_queue_full_says_nothing_has_arrived() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(4096);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    device.run(1000);
    assert_eq!(device.ask("021000"), hex("600201"));
    device.request(&hex("0102 00100000"));
    image.chunks(4).take(16).for_each(|packet| device.write(packet));
    assert_eq!(device.answer(), Some(hex("600101")));
    // The erase takes one slot of sixteen, so the sixteenth write is dropped, and its receipt is due.
    assert_eq!(device.answer(), Some(hex("600301 00000000 00000000")), "OBJ-027, PRN-016");
    assert_eq!(offset(&device.ask("03")), 60);
}

#[test]
fn an_odd_write_stops_the_queue_and_spoils_the_image() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(4096);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    device.run(1000);
    assert_eq!(device.ask("0102 00100000"), hex("600101"));
    device.run(200);
    for packet in [&image[..22], &image[22..42], &image[42..62], &image[62..64]] {
        device.write(packet);
        device.run(100);
    }
    device.data(&image[64..]);
    assert_eq!(offset(&device.ask("03")), 4096, "FLT-020: offsets look right");
    let start = device.layout.softdevice_end;
    let flash = device.flash(start, 64);
    assert_eq!(flash[..22], image[..22]);
    // 22 bytes are a piece of 20 and one of 2, which is programmed as a word; what begins inside a word is refused.
    assert_eq!(flash[24..62], [0xFF; 38]);
    assert_eq!(device.ask("04"), hex("60040b0c"));
}
