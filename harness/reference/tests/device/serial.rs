//! Section 5: frames of the serial transport, good and bad.

use gauntlet_reference::Profile;
use gauntlet_reference::wire::FromHost;

use super::common::{Device, application, hex, noise, signed};

fn raw(device: &mut Device, bytes: &str) {
    device.send(FromHost::Serial(hex(bytes)));
}

#[test]
fn a_bad_escape_drops_its_frame() {
    let mut device = Device::connected(Profile::Uart);
    raw(&mut device, "09 DB 01 02 C0");
    assert_eq!(device.answer(), None, "SER-003, FLT-015");
    assert_eq!(device.ask("0907"), hex("60090107"));
    raw(&mut device, "09 DB C0");
    assert_eq!(device.answer(), None);
    device.request(&hex("0908"));
    assert_eq!(device.answer(), None, "an END behind the escape does not end the discarding");
    assert_eq!(device.ask("0909"), hex("60090109"));
}

#[test]
fn a_frame_of_131_bytes_silences_the_receiver_until_reset() {
    let mut device = Device::connected(Profile::Uart);
    device.request(&[9; 129]);
    assert_eq!(device.answer(), Some(hex("60090109")), "CP-028");
    device.request(&[9; 131]);
    assert_eq!(device.answer(), None, "SER-010, FLT-016");
    device.request(&hex("0901"));
    assert_eq!(device.answer(), None);
    device.reset(gauntlet_nrf52::Reset::Pin);
    device.connect();
    assert_eq!(device.ask("0901"), hex("60090101"));
}

#[test]
fn an_unfinished_frame_waits_for_ever() {
    let mut device = Device::connected(Profile::Uart);
    raw(&mut device, "09");
    device.run(60_000);
    raw(&mut device, "44 C0");
    assert_eq!(device.answer(), Some(hex("60090144")), "SER-004");
}

#[test]
fn an_empty_frame_repeats_what_stands_in_the_buffer() {
    let mut device = Device::connected(Profile::Uart);
    raw(&mut device, "C0");
    assert_eq!(device.answer(), Some(hex("60000101")), "FLT-014");
    assert_eq!(device.ask("0955"), hex("60090155"));
    raw(&mut device, "C0");
    assert_eq!(device.answer(), Some(hex("60090155")));
}

#[test]
fn three_refused_writes_leave_no_buffer() {
    let mut device = Device::connected(Profile::Uart);
    device.ask("0602");
    for _ in 0..3 {
        device.write(&[1, 2, 3, 4]);
        device.run(10);
    }
    device.request(&hex("0901"));
    assert_eq!(device.answer(), None, "FLT-010");
    // With receipts on it would show that every END submits the same Write again.
    device.reset(gauntlet_nrf52::Reset::Pin);
    device.connect();
    assert_eq!(device.ask("020400"), hex("600201"));
    device.ask("0602");
    for _ in 0..3 {
        device.write(&[1, 2, 3, 4]);
        device.run(10);
    }
    device.request(&hex("0901"));
    assert_eq!(device.answer(), Some(hex("600308")));
}

#[test]
fn a_write_without_data_is_counted_and_programs_nothing() {
    let mut device = Device::connected(Profile::Uart);
    let image = noise(4096);
    let mut init = application(&image, 1);
    init.sd_req = vec![0x0100];
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    assert_eq!(device.ask("020200"), hex("600201"));
    assert_eq!(device.ask("0102 00100000"), hex("600101"));
    device.write(&[]);
    device.write(&image[..64]);
    let crc = gauntlet_protocol::crc32(&image[..64]);
    let receipt = [&hex("600301 40000000")[..], &crc.to_le_bytes()].concat();
    assert_eq!(device.answer(), Some(receipt), "FLT-037");
    let start = device.layout.softdevice_end;
    assert_eq!(device.flash(start, 64), image[..64], "SER-021");
}

#[test]
fn a_closed_port_changes_nothing() {
    let mut device = Device::connected(Profile::Uart);
    let image = noise(4096);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    assert_eq!(device.ask("0102 00100000"), hex("600101"));
    device.data(&image[..1024]);
    let before = device.ask("03");
    device.disconnect();
    device.connect();
    assert_eq!(device.ask("03"), before, "OBJ-045");
}

#[test]
fn frames_that_arrive_together_are_dealt_with_one_after_the_other() {
    for profile in [Profile::Uart, Profile::Usb] {
        let mut device = Device::connected(profile);
        // Five Writes at once: each is done before the next one needs a buffer.
        raw(&mut device, "0101 0A000000 C0 080102C0 080304C0 080506C0 080708C0 08090AC0 03C0");
        let crc = gauntlet_protocol::crc32(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let mut answers = Vec::new();
        device.run(50);
        let now = device.machine.now();
        while let Some(gauntlet_reference::wire::ToHost::Serial(bytes)) = { device.wire.lock().receive(now) }
        {
            answers.extend(bytes);
        }
        let last = [&hex("600301 0A000000")[..], &crc.to_le_bytes()].concat();
        let expected =
            [gauntlet_protocol::slip::encode(&hex("600101")), gauntlet_protocol::slip::encode(&last)];
        assert_eq!(answers, expected.concat(), "CP-004, SER-014, {profile:?}");
    }
}
