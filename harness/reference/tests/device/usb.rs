//! Section 5: what a USB build has of its own, and errors on a UART.

use gauntlet_reference::Profile;
use gauntlet_reference::wire::{FromHost, Presence};

use super::common::{Device, Setup, application, hex, noise, signed};

fn with_half_an_object(profile: Profile) -> (Device, Vec<u8>) {
    let mut device = Device::connected(profile);
    let image = noise(8192);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    device.object(&image[..4096]);
    assert_eq!(device.ask("04"), hex("600401"));
    device.object(&image[4096..]);
    let open = device.ask("0602");
    assert_eq!(open[7..11], 8192_u32.to_le_bytes());
    (device, open)
}

#[test]
fn it_answers_with_its_own_mtu_and_place() {
    let mut device = Device::connected(Profile::Usb);
    assert_eq!(device.ask("07"), hex("600701 0308"), "CP-022");
    assert_eq!(device.ask("0B00"), hex("600B01 02 00000000 00400F00 00A00000"), "CP-009, section 9.2");
    assert_eq!(device.ask("0001"), hex("600001 01"), "CP-007");
}

#[test]
fn a_frame_of_2051_bytes_silences_the_receiver_and_one_of_2049_does_not() {
    let mut device = Device::connected(Profile::Usb);
    device.request(&[9; 2049]);
    assert_eq!(device.answer(), Some(hex("60090109")));
    device.request(&[9; 2051]);
    assert_eq!(device.answer(), None, "SER-010");
    device.request(&hex("0901"));
    assert_eq!(device.answer(), None);
}

#[test]
fn without_the_cable_the_settings_are_what_flash_holds() {
    let (mut device, _) = with_half_an_object(Profile::Usb);
    device.send(FromHost::Unplugged);
    device.run(100);
    assert_eq!(device.presence(), Presence::Waiting);
    device.connect();
    assert_eq!(device.ask("03"), hex("600301 00000000 00000000"), "SER-015, CP-025");
    assert_eq!(device.ask("0102 00100000"), hex("600101"), "OBJ-038: the init packet is in force");
}

#[test]
fn a_closed_port_changes_nothing() {
    let (mut device, open) = with_half_an_object(Profile::Usb);
    device.disconnect();
    device.connect();
    assert_eq!(device.ask("0602"), open, "SER-016");
}

#[test]
fn a_cable_is_no_matter_of_a_uart_and_a_line_error_none_of_usb() {
    let (mut device, open) = with_half_an_object(Profile::Uart);
    device.send(FromHost::Unplugged);
    assert_eq!(device.ask("0602"), open);
    let (mut device, open) = with_half_an_object(Profile::Usb);
    device.send(FromHost::LineError);
    assert_eq!(device.ask("0602"), open);
}

#[test]
fn a_line_error_resets_a_uart_device() {
    let (mut device, _) = with_half_an_object(Profile::Uart);
    let before = device.settings();
    device.send(FromHost::LineError);
    device.run(50);
    assert_eq!(device.presence(), Presence::Waiting);
    assert_eq!(device.settings(), before, "SER-013: nothing is lost that is in flash");
    device.connect();
    assert_eq!(device.ask("03").len(), 11);
    assert_eq!(device.ask("0602"), hex("600601 00100000 00000000 00000000"), "FLT-032: RAM is lost");
    assert_eq!(device.ask("0102 00100000"), hex("600101"), "OBJ-036");
}

#[test]
fn a_whole_update_runs_over_it() {
    let mut device = Setup::new(Profile::Usb).start();
    device.connect();
    let image = noise(10_000);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));
    device.run(3000);
    assert_eq!(device.presence(), Presence::Silent);
    assert_eq!(device.flash(device.layout.softdevice_end, image.len()), image);
}
