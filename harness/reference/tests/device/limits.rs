//! Section 12: timers.

use gauntlet_reference::Profile;
use gauntlet_reference::wire::Presence;

use super::common::{Device, Setup, application, hex, noise, signed};

fn waits(device: &Device) -> bool {
    device.presence() != Presence::Silent
}

fn in_dfu_beside_an_application() -> Device {
    let mut device = Setup::new(Profile::Ble).with_application().start();
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.reset(gauntlet_nrf52::Reset::Soft);
    device
}

#[test]
fn dfu_mode_ends_after_two_minutes_without_progress() {
    let mut device = in_dfu_beside_an_application();
    device.run(116_000);
    assert!(waits(&device), "TMR-001");
    device.run(4_000);
    assert!(!waits(&device), "TMR-007: the application runs");
    assert!(!device.machine.is_guest_entered());
}

#[test]
fn only_create_of_a_command_and_execute_of_data_count_as_progress() {
    let mut device = in_dfu_beside_an_application();
    device.connect();
    let image = noise(4096);
    device.run(90_000);
    assert_eq!(device.ask("0101 00000000"), hex("600103"), "TMR-002: even when refused");
    device.run(100_000);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    // Neither Execute of the command, nor Select, nor Create of data, nor Writes (TMR-004).
    device.run(100_000);
    device.ask("0602");
    device.object(&image);
    device.ask("03");
    device.run(15_000);
    assert!(waits(&device));
    device.run(10_000);
    assert!(!waits(&device), "TMR-004");
}

#[test]
fn a_timer_of_zero_never_ends() {
    let mut setup = Setup::new(Profile::Ble);
    setup.build.inactivity_ms = 0;
    let mut device = setup.start();
    device.run(1_000_000);
    assert!(waits(&device), "TMR-012");
}
