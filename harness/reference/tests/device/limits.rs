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

const WDT: u32 = 0x4001_0000;

/// In DFU mode, entered from an application that has started a watchdog of a second with these registers.
fn watched(profile: Profile, registers: u32) -> Device {
    let mut device = Setup::new(profile).with_application().start();
    for (offset, value) in [(0x504, 32_767), (0x508, registers), (0x000, 1)] {
        device.machine.chip.store_word(WDT + offset, value).unwrap();
    }
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.machine.reset(gauntlet_nrf52::Reset::Soft);
    device.run(500);
    device
}

#[test]
fn a_watchdog_of_the_application_is_fed_in_dfu_mode_and_while_copying() {
    for profile in Profile::ALL {
        let mut device = watched(profile, 0x7F);
        let last = |device: &Device| device.machine.chip.last_reset();
        device.run(30_000);
        assert!(waits(&device), "TMR-014, {profile:?}");
        device.connect();
        // The largest application that fits beside the old one: hashing and copying take longer than the watchdog's time.
        let image = gauntlet_reference::images::witness(device.layout.softdevice_end, 7, 0x30_000);
        assert_eq!(device.init(&signed(&application(&image, 2))), hex("600401"));
        assert_eq!(device.image(&image), hex("600401"), "{profile:?}");
        // The application itself feeds nothing, so what counts is the time until it runs.
        let mut looks_away = 0;
        for _ in 0..1000 {
            device.run(20);
            assert_ne!(last(&device), gauntlet_nrf52::Reset::Watchdog, "TMR-014, {profile:?}");
            looks_away = if device.machine.is_guest_entered() { 0 } else { looks_away + 1 };
            if looks_away == 3 {
                break;
            }
        }
        assert_eq!(looks_away, 3);
        assert!(device.flash(device.layout.softdevice_end, image.len()) == image, "{profile:?}");
    }
}

#[test]
fn a_watchdog_that_asks_for_its_last_register_bites() {
    let mut device = watched(Profile::Uart, 0x80 | 1);
    device.run(1000);
    assert_eq!(device.machine.chip.last_reset(), gauntlet_nrf52::Reset::Watchdog, "TMR-015");
    assert!(!waits(&device), "the application runs again");
    // And one that does not run is not started (TMR-016).
    let mut device = in_dfu_beside_an_application();
    device.run(5000);
    assert_eq!(device.peripheral(WDT + 0x400), 0, "TMR-016");
}
