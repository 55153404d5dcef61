//! Section 2: objects, offsets and resume, where scenarios do not look.

use gauntlet_package::settings::BankCode;
use gauntlet_protocol::crc32;
use gauntlet_reference::Profile;
use gauntlet_reference::wire::Presence;

use super::common::{Device, Setup, application, hex, noise, signed, unsigned};

#[test]
fn a_packet_that_can_not_be_read_stays_readable_and_one_that_is_refused_does_not() {
    let mut device = Device::connected(Profile::Ble);
    let packet = signed(&application(&noise(4096), 1));
    assert_eq!(device.init(&packet[..100]), hex("600405"), "PKG-023");
    let kept = [&hex("600601 00020000 64000000")[..], &crc32(&packet[..100]).to_le_bytes()].concat();
    assert_eq!(device.ask("0601"), kept, "OBJ-009");
    assert_eq!(device.init(&unsigned(&application(&noise(4096), 1))), hex("60040b08"), "VAL-003");
    assert_eq!(device.ask("0601"), hex("600601 00020000 00000000 00000000"), "OBJ-010");
}

#[test]
fn executing_nothing_ends_the_session_with_a_wrong_hash() {
    let mut device = Setup::new(Profile::Ble).with_application().start();
    // In DFU mode by GPREGRET.
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.reset(gauntlet_nrf52::Reset::Soft);
    device.connect();
    assert_eq!(device.ask("0602"), hex("600601 00100000 00000000 00000000"));
    assert_eq!(device.ask("04"), hex("60040b0c"), "OBJ-032");
    device.run(3000);
    assert_eq!(device.presence(), Presence::Silent, "the application is untouched");
    let settings = device.settings();
    assert_eq!((settings.bank_0.code, settings.bank_1.code), (BankCode::Application, BankCode::Invalid));
    assert_eq!(settings.progress.fw_crc, 0, "update_start_address");
}

#[test]
fn after_a_refusal_for_space_execute_does_nothing() {
    let mut device = Device::connected(Profile::Ble);
    let mut init = application(&noise(4096), 1);
    init.app_size = Some(0xD0000);
    assert_eq!(device.init(&signed(&init)), hex("600404"), "MEM-013");
    device.ask("0602");
    assert_eq!(device.ask("04"), hex("600401"), "FLT-036");
    assert_eq!(device.ask("03"), hex("600301 00000000 00000000"));
}

#[test]
fn an_accepted_packet_executes_again_without_another_check() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(8192);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    assert_eq!(device.ask("0602"), hex("600601 00100000 00000000 00000000"));
    device.object(&image[..4096]);
    assert_eq!(device.ask("04"), hex("600401"));
    assert_eq!(device.ask("04"), hex("600401"), "OBJ-031");
    device.ask("0601");
    assert_eq!(device.ask("04"), hex("600401"), "OBJ-013");
    device.run(500);
    let progress = device.settings().progress;
    assert_eq!((progress.fw_offset, progress.fw_crc), (4096, crc32(&image[..4096])), "snapshot on flash");
    // OBJ-037: the snapshot is what a reset leaves.
    device.reset(gauntlet_nrf52::Reset::Pin);
    device.connect();
    let expected = [&hex("600601 00100000 00100000")[..], &crc32(&image[..4096]).to_le_bytes()].concat();
    assert_eq!(device.ask("0602"), expected);
    device.object(&image[4096..]);
    assert_eq!(device.ask("04"), hex("600401"));
}

#[test]
fn a_command_that_was_not_executed_is_lost_with_the_link_and_the_old_one_needs_execute() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(4096);
    let packet = signed(&application(&image, 1));
    assert_eq!(device.init(&packet), hex("600401"));
    device.run(500);
    assert_eq!(device.ask("0101 20000000"), hex("600101"));
    device.data(&[5; 32]);
    device.disconnect();
    device.connect();
    let size = packet.len() as u32;
    let stored = [&hex("600601 00020000")[..], &size.to_le_bytes(), &crc32(&packet).to_le_bytes()].concat();
    assert_eq!(device.ask("0601"), stored, "OBJ-004");
    assert_eq!(device.ask("0102 00100000"), hex("600108"), "OBJ-039");
    device.ask("0601");
    assert_eq!(device.ask("04"), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));
}

#[test]
fn writes_that_wait_when_the_link_is_lost_are_refused_and_keep_their_buffers() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(8192);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    device.run(500);
    device.object(&image[..4096]);
    device.disconnect();
    device.connect();
    // OBJ-026: no object is open any more; every one of these keeps its buffer (FLT-010).
    device.ask("0602");
    for _ in 0..17 {
        device.write(&image[..244]);
        device.run(20);
    }
    assert_eq!(device.ask("0102 00100000"), hex("600101"));
    device.data(&image[..4096]);
    assert_eq!(device.ask("03"), hex("600301 00000000 00000000"), "nothing is received any more");
}

#[test]
fn refused_command_writes_give_their_buffer_back() {
    let mut device = Device::connected(Profile::Ble);
    assert_eq!(device.ask("0101 04000000"), hex("600101"));
    for _ in 0..40 {
        device.write(&[0; 8]);
        device.run(5);
    }
    device.data(&[0; 4]);
    assert_eq!(device.ask("03"), hex("600301 04000000 1cdf4421"), "FLT-011");
}

#[test]
fn a_refused_packet_with_the_hash_of_nothing_starts_nothing() {
    for profile in Profile::ALL {
        let mut device = Setup::new(profile).with_application().start();
        device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
        device.reset(gauntlet_nrf52::Reset::Soft);
        device.connect();
        // The image size is that of a refused packet: none. So is the image that its hash is right for.
        let mut init = application(&[], 2);
        init.app_size = Some(4096);
        assert_eq!(device.init(&unsigned(&init)), hex("60040b08"));
        device.ask("0602");
        assert_eq!(device.ask("04"), hex("60040b0c"), "OBJ-032, {profile:?}");
        device.run(5000);
        let settings = device.settings();
        assert_eq!((settings.bank_0.code, settings.bank_0.size), (BankCode::Application, 6000));
        assert_eq!((settings.bank_1.code, settings.app_version), (BankCode::Invalid, 1));
    }
}

#[test]
fn sizes_that_someone_made_up_in_the_settings_are_survived() {
    for (size, offset) in [(u32::MAX, 0), (600, 0), (600, 600), (u32::MAX, u32::MAX), (1, u32::MAX)] {
        for profile in Profile::ALL {
            let mut settings = gauntlet_package::settings::Settings::virgin();
            settings.progress.cmd_size = size;
            settings.progress.cmd_offset = offset;
            settings.progress.fw_offset = offset;
            settings.progress.obj_size = size;
            settings.write_offset = offset;
            settings.bank_0.size = offset;
            settings.update_crcs();
            let page = settings.to_bytes().to_vec();
            let mut setup = Setup::new(profile);
            setup.pages = Some([page.clone(), page]);
            let mut device = setup.start();
            device.connect();
            for request in ["03", "0601", "04", "0602", "04"] {
                device.request(&hex(request));
                device.run(100);
            }
            if device.presence() == Presence::Connected {
                device.write(&[7; 64]);
                device.run(100);
            }
        }
    }
}
