//! Section 4: buffers and the flash queue of a BLE build.

use gauntlet_reference::Profile;

use super::common::{Device, Setup, application, hex, noise, signed};

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
    assert_eq!(device.answer(), Some(hex("600301 00000000 00000000")), "OBJ-027, PRN-016, BLE-022");
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
    assert_eq!(offset(&device.ask("03")), 4096, "FLT-020, BLE-034: offsets look right");
    let start = device.layout.softdevice_end;
    let flash = device.flash(start, 64);
    assert_eq!(flash[..22], image[..22]);
    // 22 bytes are a piece of 20 and one of 2, which is programmed as a word; what begins inside a word is refused.
    assert_eq!(flash[24..62], [0xFF; 38]);
    assert_eq!(device.ask("04"), hex("60040b0c"));
}

/// Sends what fills the queue, the erase of Create and fifteen writes of four bytes, and `requests` right behind it: they come
/// in while the page is being erased.
fn behind_a_full_queue(device: &mut Device, image: &[u8], requests: &[&str]) {
    device.request(&hex("0102 00100000"));
    image.chunks(4).take(15).for_each(|packet| device.write(packet));
    requests.iter().for_each(|request| device.request(&hex(request)));
    assert_eq!(device.answer(), Some(hex("600101")));
}

#[test]
fn create_on_a_full_queue_is_refused_and_has_taken_the_object_back() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(4096);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    device.run(1000);
    behind_a_full_queue(&mut device, &image, &["0102 00100000"]);
    assert_eq!(device.answer(), Some(hex("600105")), "OBJ-022");
    assert_eq!(offset(&device.ask("03")), 0, "OBJ-022: back at the start all the same");
    device.run(1000);
    assert_eq!(device.image(&image), hex("600401"), "the object can be created again");
}

#[test]
fn an_init_packet_that_finds_the_queue_full_is_in_force_and_not_stored() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(8192);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    device.run(1000);
    // The progress differs from what is stored, so there is something to be written. Selected is the command already, by a
    // Create that is refused, and its answer is still on its way when Execute comes: that answer is lost (PRN-014).
    behind_a_full_queue(&mut device, &image, &["0101 00000000", "04"]);
    assert_eq!(device.answer(), Some(hex("600103")));
    device.run(1000);
    assert_eq!(device.settings().progress.fw_offset, 0, "OBJ-012: not stored");
    assert_eq!(device.ask("0102 00100000"), hex("600101"), "OBJ-012: in force");
    // The same once more with room in the queue, to see that it would have been stored.
    device.data(&image[..4]);
    device.ask("0601");
    assert_eq!(device.ask("04"), hex("600401"));
    device.run(1000);
    assert_eq!(device.settings().progress.fw_offset, 4, "OBJ-013");
}

#[test]
fn an_execute_that_waits_for_the_flash_is_answered_behind_what_came_after_it() {
    for generation in gauntlet_reference::Generation::ALL {
        let mut setup = Setup::new(Profile::Ble);
        setup.build.generation = generation;
        let mut device = setup.start();
        device.connect();
        let image = noise(2900);
        assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
        device.run(1000);
        // All of it comes in while the page is being erased.
        device.request(&hex("0102 540B0000"));
        image.chunks(244).for_each(|packet| device.write(packet));
        device.request(&[4]);
        device.request(&hex("020000"));
        let answers: Vec<_> = std::iter::from_fn(|| device.answer()).collect();
        let in_order = [hex("600101"), hex("600201"), hex("600401")];
        assert_eq!(answers, in_order, "CP-029, {generation:?}");
    }
}

#[test]
fn a_receipt_is_lost_while_another_one_has_not_left() {
    let mut device = Device::connected(Profile::Ble);
    assert_eq!(device.ask("020100"), hex("600201"));
    assert_eq!(device.ask("0101 40000000"), hex("600101"));
    for _ in 0..3 {
        device.write(&[0; 4]);
    }
    let receipts: Vec<_> = std::iter::from_fn(|| device.answer()).collect();
    assert_eq!(receipts.iter().map(|receipt| offset(receipt)).collect::<Vec<_>>(), [4], "PRN-014");
    device.write(&[0; 4]);
    assert_eq!(device.answer().map(|receipt| offset(&receipt)), Some(16), "the counter went on");
}
