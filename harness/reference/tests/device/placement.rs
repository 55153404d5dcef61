//! Sections 9 and 13: images that take the SoftDevice's place, and power cuts on the way.

use gauntlet_nrf52::{Cut, Reset, Tear, Variant, cycles_from_ms};
use gauntlet_package::settings::{BankCode, Settings};
use gauntlet_protocol::InitCommand;
use gauntlet_protocol::init_packet::{FwType, Hash};
use gauntlet_reference::wire::Presence;
use gauntlet_reference::{Layout, Profile, images};
use sha2::{Digest, Sha256};

use super::common::{Device, Setup, application, hex, noise, signed};

const MAGIC: [u8; 4] = [0xDB, 0xE5, 0xB1, 0x51];

fn softdevice_update(size: usize) -> (Vec<u8>, InitCommand) {
    let image = images::softdevice_image(&Layout::of(Variant::Nrf52840), 0x0123, 7_003_000, size);
    let init = InitCommand {
        fw_version: Some(1),
        sd_req: vec![],
        fw_type: Some(FwType::SoftDevice),
        sd_size: Some(size as u32),
        app_size: None,
        hash: Some(Hash::sha256(Sha256::digest(&image).into())),
        boot_validation: vec![],
        ..application(&image, 1)
    };
    (image, init)
}

fn empty_device() -> Device {
    let mut device = Setup { softdevice: false, ..Setup::new(Profile::Uart) }.start();
    device.connect();
    device
}

#[test]
fn a_softdevice_for_an_empty_device_is_received_in_its_place() {
    let (image, init) = softdevice_update(0x5000);
    let mut device = empty_device();
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));
    device.run(5000);
    assert_eq!(device.presence(), Presence::Waiting, "ACT-011");
    assert!(device.flash(0x1000, image.len()) == image, "MEM-021, ACT-009: without a copy");
    let settings = device.settings();
    assert_eq!((settings.write_offset, settings.bank_1.code), (0, BankCode::Invalid));
}

#[test]
fn a_softdevice_counts_as_soon_as_its_information_has_come() {
    let (image, init) = softdevice_update(0x5000);
    let mut device = empty_device();
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    for object in image[..0x3000].chunks(4096) {
        device.object(object);
        assert_eq!(device.ask("04"), hex("600401"));
    }
    assert_eq!(device.flash(0x3004, 4), MAGIC);
    device.reset(Reset::Pin);
    device.connect();
    assert_eq!(device.ask("0602"), hex("600601 00100000 00000000 00000000"));
    device.object(&image[..4096]);
    let end = device.layout.softdevice_end;
    assert!(device.flash(end, 4096) == image[..4096], "MEM-021: behind the end that it names");
    assert_eq!(device.ask("04"), hex("600401"));
    for object in image[4096..].chunks(4096) {
        device.object(object);
        device.request(&[4]);
        assert_eq!(device.answer(), Some(hex("600401")), "MEM-021: it can still be completed");
    }
    device.run(5000);
    assert!(device.flash(0x1000, image.len()) == image);

    let mut device = empty_device();
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    for object in image[..0x3000].chunks(4096) {
        device.object(object);
        device.ask("04");
    }
    assert_eq!(device.init(&signed(&init)), hex("60040b07"), "MEM-021: judged with that SoftDevice present");
}

/// A UART device with SoftDevice and application, in DFU mode, with a packet that gives the SoftDevice up.
fn giving_up(image: &[u8], size: u32) -> (Device, Vec<u8>) {
    let mut device = Setup::new(Profile::Uart).with_application().start();
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.reset(Reset::Soft);
    device.connect();
    let init = InitCommand { sd_req: vec![0], app_size: Some(size), ..application(image, 2) };
    (device, signed(&init))
}

fn cut_behind_the_first_operation(device: &mut Device) {
    let cut = Cut { at_op: 1, tear: Tear::Before, off_for: Some(cycles_from_ms(100)) };
    device.machine.chip.arm_cut(cut);
    device.request(&[4]);
    device.run(4000);
    assert!(device.machine.chip.cut_fired().is_some());
    assert_ne!(device.flash(0x3004, 4), MAGIC, "the SoftDevice is given up by then");
    assert_eq!(device.presence(), Presence::Waiting, "the application is no longer where it was");
    device.connect();
}

#[test]
fn an_application_that_replaces_the_softdevice_survives_a_cut_in_between() {
    let image = images::witness(0x1000, 0xAB, 5000);
    let (mut device, packet) = giving_up(&image, 5000);
    assert_eq!(device.init(&packet), hex("600401"));
    device.object(&image[..4096]);
    assert_eq!(device.ask("04"), hex("600401"));
    device.object(&image[4096..]);
    cut_behind_the_first_operation(&mut device);
    let size = (packet.len() as u32).to_le_bytes();
    assert_eq!(device.ask("0601")[7..11], size, "PWR-021: the command is stored");
    assert_eq!(device.ask("0602"), hex("600601 00100000 00000000 00000000"), "PWR-021");
    assert_eq!(device.image(&image), hex("600401"));
    device.run(5000);
    assert_eq!(device.presence(), Presence::Silent);
    assert!(device.flash(0x1000, image.len()) == image, "PWR-021: all data again, and it runs");
}

#[test]
fn space_over_the_softdevice_is_made_before_the_commit() {
    let (mut device, packet) = giving_up(&noise(4096), 0xD_0000);
    device.request(&[&[1, 1][..], &(packet.len() as u32).to_le_bytes()].concat());
    assert_eq!(device.answer(), Some(hex("600101")));
    device.data(&packet);
    cut_behind_the_first_operation(&mut device);
    assert_eq!(device.ask("0601"), hex("600601 00020000 00000000 00000000"), "PWR-022: not stored");
    assert_eq!(device.init(&packet), hex("600401"), "PWR-022: judged without a SoftDevice");
}

#[test]
fn cuts_while_virgin_pages_are_written_end_in_zero_settings() {
    for at_op in [0, 2, 3, 100, 226, 227, 228, 300, 451] {
        for tear in [Tear::Before, Tear::After] {
            let mut device = Setup::new(Profile::Ble).start();
            let layout = device.layout;
            for page in [layout.settings_page, layout.backup_page] {
                assert!(device.machine.chip.put_image(page, &[0xFF; 4096]));
            }
            let cut = Cut { at_op, tear, off_for: Some(cycles_from_ms(100)) };
            device.machine.chip.arm_cut(cut);
            device.reset(Reset::Pin);
            device.run(3000);
            // Behind its first 92 bytes a main page that was cut short is believed with what it has (window W2).
            assert_eq!(device.settings().crc, 0x54C8_C87F, "PWR-018, SET-002");
            assert_eq!(device.presence(), Presence::Waiting, "PWR-018: {at_op}");
        }
    }
}

#[test]
fn records_that_were_being_erased_are_erased_in_the_end() {
    for at_op in [0, 1, 2, 10, 24, 25, 100, 224, 225, 226, 400] {
        let mut device = Setup::new(Profile::Ble).with_application().start();
        let layout = device.layout;
        let mut settings = Settings::parse(&device.flash(layout.settings_page, 896)).unwrap();
        settings.adv_name = [3; 28];
        settings.peer_data = [4; 64];
        for page in [layout.settings_page, layout.backup_page] {
            assert!(device.machine.chip.put_image(page, &settings.to_bytes()));
        }
        let cut = Cut { at_op, tear: Tear::After, off_for: Some(cycles_from_ms(100)) };
        device.machine.chip.arm_cut(cut);
        device.reset(Reset::Pin);
        device.run(3000);
        assert!(device.machine.chip.cut_fired().is_some());
        assert_eq!(device.presence(), Presence::Silent, "PWR-017: the application runs, {at_op}");
        let settings = device.settings();
        assert_eq!((settings.adv_name, settings.peer_data), ([0xFF; 28], [0xFF; 64]), "PWR-017: {at_op}");
    }
}
