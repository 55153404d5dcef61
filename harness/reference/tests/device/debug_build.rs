//! What a debug build asserts, and so resets at (FLT-038). A release build goes on.

use gauntlet_reference::Profile;
use gauntlet_reference::wire::Presence;

use super::common::{Device, Setup, application, hex, noise, signed};

fn device(profile: Profile, debug: bool) -> Device {
    let mut setup = Setup::new(profile);
    setup.build.debug = debug;
    let mut device = setup.start();
    device.connect();
    device
}

/// True when `step` makes a debug build reset: the link has gone without a word.
fn resets(profile: Profile, debug: bool, step: impl Fn(&mut Device)) -> bool {
    let mut device = device(profile, debug);
    step(&mut device);
    device.run(200);
    device.presence() != Presence::Connected
}

fn with_open_object(device: &mut Device) -> Vec<u8> {
    let image = noise(4096);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    assert_eq!(device.ask("0102 00100000"), hex("600101"));
    image
}

#[test]
fn an_empty_write_to_a_command_is_asserted_against() {
    for profile in Profile::ALL {
        for debug in [false, true] {
            let reset = resets(profile, debug, |device| {
                assert_eq!(device.ask("0101 10000000"), hex("600101"));
                device.write(&[]);
            });
            assert_eq!(reset, debug, "FLT-037, {profile:?}");
        }
    }
}

#[test]
fn a_write_that_is_no_whole_words_is_asserted_against() {
    for profile in Profile::ALL {
        for debug in [false, true] {
            let reset = resets(profile, debug, |device| {
                let image = with_open_object(device);
                device.write(&image[..6]);
            });
            assert_eq!(reset, debug, "FLT-020, {profile:?}");
        }
    }
}

#[test]
fn an_empty_write_to_a_data_object_is_asserted_against_over_the_air_only() {
    for profile in Profile::ALL {
        let reset = resets(profile, true, |device| {
            with_open_object(device);
            device.write(&[]);
        });
        assert_eq!(reset, profile == Profile::Ble, "FLT-007, FLT-037, {profile:?}");
    }
    for debug in [false, true] {
        let on_control_point = resets(Profile::Ble, debug, |device| {
            with_open_object(device);
            device.request(&[8]);
        });
        assert_eq!(on_control_point, debug, "FLT-006");
    }
}

#[test]
fn executing_nothing_before_any_packet_is_asserted_against() {
    for profile in Profile::ALL {
        let mut device = device(profile, true);
        device.ask("0602");
        device.request(&[4]);
        assert_eq!(device.answer(), None, "OBJ-032, {profile:?}");
        device.run(3000);
        assert_eq!(device.presence(), Presence::Waiting);
    }
    let mut device = device(Profile::Uart, true);
    let mut refused = application(&noise(4096), 1);
    refused.hash = None;
    assert_eq!(device.init(&signed(&refused)), hex("60040b09"));
    device.ask("0602");
    assert_eq!(device.ask("04"), hex("60040b0c"), "a packet was decoded");
}
