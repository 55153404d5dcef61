//! Section 8: what an update leaves in the settings pages, at every step of it.

use gauntlet_nrf52::Reset;
use gauntlet_package::settings::{Bank, BankCode, Progress, StoredValidation};
use gauntlet_protocol::crc32;
use gauntlet_reference::wire::Presence;
use gauntlet_reference::{Profile, images};

use super::common::{Device, Setup, application, hex, noise, settings_for, signed};

/// The stored init packet is `packet` and FF behind it.
fn stores(device: &Device, packet: &[u8]) -> bool {
    let stored = device.settings().init_command;
    stored[..packet.len()] == *packet && stored[packet.len()..].iter().all(|&byte| byte == 0xFF)
}

#[test]
fn a_new_command_reaches_flash_with_its_commit_and_leaves_nothing_of_the_older_one() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(4096);
    let mut init = application(&image, 1);
    init.sd_req = vec![0x0100, 0x0101, 0x0102, 0x0103];
    let longer = signed(&init);
    let shorter = signed(&application(&image, 1));
    assert!(longer.len() > shorter.len());
    assert_eq!(device.init(&longer), hex("600401"));
    device.run(1000);
    assert!(stores(&device, &longer), "SET-014");
    device.request(&[&[1, 1][..], &(shorter.len() as u32).to_le_bytes()].concat());
    assert_eq!(device.answer(), Some(hex("600101")));
    device.data(&shorter);
    assert!(stores(&device, &longer), "SET-013: in RAM only");
    assert_eq!(device.ask("04"), hex("600401"));
    device.run(1000);
    assert!(stores(&device, &shorter), "SET-013");
}

#[test]
fn bank_1_and_the_address_are_all_that_a_complete_image_leaves() {
    let mut device = Device::connected(Profile::Ble);
    let start = device.layout.softdevice_end;
    let image = images::witness(start, 0xC0FFEE, 4096);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    device.run(1000);
    let starts = device.machine.chip.starts();
    assert_eq!(device.image(&image), hex("600401"));
    // The commit has been written, the reset behind it has not come.
    let address = Progress { fw_crc: start, ..Progress::default() };
    let whole = Bank { size: 4096, crc: crc32(&image), code: BankCode::Application };
    let done = (0..400).any(|_| {
        device.run(1);
        let page = device.flash(device.layout.settings_page, 896);
        let settings = gauntlet_package::settings::Settings::parse(&page);
        settings.is_ok_and(|settings| settings.bank_1 == whole && settings.progress == address)
    });
    assert!(done, "SET-015");
    assert_eq!(device.machine.chip.starts(), starts);
    device.run(200);
    assert!(stores(&device, &[]), "SET-015");
    device.run(5000);
    assert_eq!(device.machine.chip.starts(), starts + 2, "ACT-006");
    let settings = device.settings();
    assert_eq!((settings.bank_0, settings.bank_1), (whole, Bank::default()), "SET-016");
    assert_eq!(settings.progress, address, "SET-012");
}

#[test]
fn a_page_that_holds_what_it_should_is_not_erased() {
    let mut device = Setup::new(Profile::Ble).with_application().start();
    let layout = device.layout;
    let erases = |device: &Device| {
        [layout.settings_page, layout.backup_page]
            .map(|page| device.machine.chip.page_erases(page as usize / 4096))
    };
    let before = erases(&device);
    device.reset(Reset::Pin);
    assert_eq!(device.presence(), Presence::Silent);
    assert_eq!(erases(&device), before, "SET-006");
}

#[test]
fn a_changed_bit_of_the_stored_packet_is_not_noticed_where_it_still_decodes() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(4096);
    let packet = signed(&application(&image, 1));
    assert_eq!(device.init(&packet), hex("600401"));
    device.run(1000);
    let mut settings = device.settings();
    // The last byte of the signature.
    settings.init_command[packet.len() - 1] ^= 1;
    for page in [device.layout.settings_page, device.layout.backup_page] {
        assert!(device.machine.chip.put_image(page, &settings.to_bytes()));
    }
    device.reset(Reset::Pin);
    device.connect();
    assert_eq!(device.ask("0102 00100000"), hex("600101"), "SET-011, OBJ-036");
}

#[test]
fn the_bootloaders_own_validation_is_never_used() {
    let mut setup = Setup::new(Profile::Ble).with_application();
    let mut settings = settings_for(&setup.application.as_ref().unwrap().0, 1);
    settings.validation_bootloader = StoredValidation::crc(0x0BAD_0BAD);
    settings.update_crcs();
    let page = settings.to_bytes().to_vec();
    setup.pages = Some([page.clone(), page]);
    let device = setup.start();
    assert_eq!(device.presence(), Presence::Silent, "VAL-034: the application runs");
    assert_eq!(device.settings().validation_bootloader, settings.validation_bootloader, "VAL-034: kept");
}
