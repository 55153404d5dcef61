//! Section 10: activations that end otherwise than in a new image that runs.

use gauntlet_nrf52::{Cut, Reset, Tear, Variant, cycles_from_ms};
use gauntlet_package::settings::{Bank, BankCode, Settings, StoredValidation};
use gauntlet_protocol::crc32;
use gauntlet_reference::wire::Presence;
use gauntlet_reference::{Layout, Profile, images};

use super::common::{Device, Setup, hex, settings_for};

const NEW_FWID: u16 = 0x0123;

/// A device that starts with `image` received at `at`, as `code`, with an application in bank 0 or none.
fn received(setup: Setup, code: BankCode, at: u32, image: &[u8], sd_size: u32) -> Device {
    let application = setup.application.clone();
    let mut device = setup.start();
    let mut settings = match &application {
        Some((image, version)) => settings_for(image, *version),
        None => Settings::virgin(),
    };
    settings.bank_1 = Bank { size: image.len() as u32, crc: crc32(image), code };
    settings.progress.fw_crc = at;
    settings.sd_size = sd_size;
    if sd_size > 0 {
        settings.validation_sd = StoredValidation::crc(crc32(&image[..sd_size as usize]));
    }
    settings.update_crcs();
    let layout = device.layout;
    let chip = &mut device.machine.chip;
    assert!(chip.put_image(at, image));
    for page in [layout.settings_page, layout.backup_page] {
        assert!(chip.put_image(page, &settings.to_bytes()));
    }
    device
}

fn erases(device: &Device, address: u32) -> u32 {
    device.machine.chip.page_erases((address / 4096) as usize)
}

fn softdevice(layout: &Layout, size: usize) -> Vec<u8> {
    images::softdevice_image(layout, NEW_FWID, 7_003_000, size)
}

#[test]
fn a_softdevice_that_moves_the_application_keeps_the_device_in_dfu_mode() {
    let setup = Setup::new(Profile::Ble).with_application();
    let layout = Layout::of(Variant::Nrf52840);
    let mut image = softdevice(&layout, 0x5000);
    image[0x2008..0x200C].copy_from_slice(&(layout.softdevice_end + 0x1000).to_le_bytes());
    let mut device = received(setup, BankCode::SoftDevice, 0x8_0000, &image, 0x5000);
    device.reset(Reset::Pin);
    assert_eq!(device.presence(), Presence::Waiting, "ACT-010");
    device.run(15_000);
    assert_eq!(device.presence(), Presence::Waiting, "ACT-013: there is no application at the new place");
    assert_eq!(device.settings().bank_0.code, BankCode::Application);
    device.run(60_000);
    assert_eq!(device.presence(), Presence::Waiting, "for two minutes this time");
}

#[test]
fn an_activation_that_fails_is_given_up_without_a_word() {
    let layout = Layout::of(Variant::Nrf52840);
    let mut image = softdevice(&layout, 0x5000);
    image[0x2004] ^= 1;
    let setup = Setup::new(Profile::Ble).with_application();
    let mut device = received(setup, BankCode::SoftDevice, 0x8_0000, &image, 0x5000);
    let before = device.flash(0x1000, 0x5000);
    device.reset(Reset::Pin);
    assert_eq!(device.presence(), Presence::Waiting, "ACT-017: treated as done, ACT-008");
    let settings = device.settings();
    assert_eq!((settings.bank_1, settings.sd_size), (Bank::default(), 0x5000));
    assert!(device.flash(0x1000, 0x5000) == before, "nothing was copied");
    device.run(15_000);
    assert_eq!(device.presence(), Presence::Waiting, "VAL-028: the record is that of the new SoftDevice");
    // A bootloader that can't be one: larger than its region.
    let setup = Setup::new(Profile::Uart).with_application();
    let mut device = received(setup, BankCode::Bootloader, 0x8_0000, &[0x11; 0x6004], 0);
    device.reset(Reset::Pin);
    assert_eq!(device.presence(), Presence::Silent, "ACT-017: the old one goes on, the application starts");
    assert_eq!(device.settings().bank_1.code, BankCode::Invalid);
}

#[test]
fn an_image_that_changed_behind_its_check_is_copied_and_given_up() {
    let image = super::common::noise(8192);
    let mut device =
        received(Setup::new(Profile::Ble).with_application(), BankCode::Application, 0x8_0000, &image, 0);
    device.machine.chip.put_image(0x8_0000, &[!image[0]]);
    device.reset(Reset::Pin);
    assert_eq!(device.presence(), Presence::Waiting, "ACT-005");
    let settings = device.settings();
    assert_eq!((settings.bank_0.code, settings.bank_1), (BankCode::Invalid, Bank::default()), "ACT-005");
    device.reset(Reset::Pin);
    assert_eq!(device.presence(), Presence::Waiting, "ACT-005: there is no application");
}

#[test]
fn a_bootloader_that_is_no_whole_words_is_copied_for_ever() {
    let setup = Setup::new(Profile::Uart).with_application();
    let layout = Layout::of(Variant::Nrf52840);
    let mut image = images::bootloader(&layout, &setup.build).bytes;
    image.push(0x5A);
    let mut device = received(setup, BankCode::Bootloader, 0x8_0000, &image, 0);
    device.reset(Reset::Pin);
    let first = erases(&device, layout.bootloader);
    device.run(10_000);
    assert!(erases(&device, layout.bootloader) > first + 2, "ACT-020");
    assert_eq!(device.presence(), Presence::Silent);
}

#[test]
fn an_old_bootloader_counts_where_old_upgrades_put_it() {
    for (variant, profile, done) in [
        (Variant::Nrf52832, Profile::Ble, true),
        (Variant::Nrf52832, Profile::Uart, false),
        (Variant::Nrf52840, Profile::Ble, false),
    ] {
        let setup = Setup { variant, ..Setup::new(profile) };
        let layout = Layout::of(variant);
        let mut bootloader = images::bootloader(&layout, &setup.build).bytes;
        bootloader[0x1700] ^= 1;
        let mut image = softdevice(&layout, 0x8000);
        image[0x4000..0x4000 + bootloader.len()].copy_from_slice(&bootloader);
        image.extend(&bootloader);
        let mut device = received(setup, BankCode::SoftDeviceBootloader, 0x5_0000, &image, 0x8000);
        let before = device.flash(layout.bootloader, bootloader.len());
        device.run(1);
        device.reset(Reset::Pin);
        device.run(3000);
        let now = device.flash(layout.bootloader, bootloader.len());
        assert_eq!(now == before, done, "ACT-021, {variant:?} {profile:?}");
        assert_eq!(device.settings().bank_1.code, BankCode::Invalid);
    }
}

#[test]
fn a_softdevice_that_overwrites_its_source_is_torn_for_good_by_a_cut() {
    let layout = Layout::of(Variant::Nrf52840);
    let image = softdevice(&layout, 0x2_B000);
    let start = layout.softdevice_end;
    let mut device = received(Setup::new(Profile::Uart), BankCode::SoftDevice, start, &image, 0x2_B000);
    // Five chunks of eight pages, each with two commits; then the chunk of the source's magic is erased.
    let chunk = 8 + 8 * 1024 + 2 * (1 + 896 / 4);
    let cut = Cut { at_op: 5 * chunk + 9, tear: Tear::Before, off_for: Some(cycles_from_ms(100)) };
    device.machine.chip.arm_cut(cut);
    device.reset(Reset::Pin);
    device.run(30_000);
    assert!(device.machine.chip.cut_fired().is_some());
    assert_eq!(device.presence(), Presence::Waiting);
    assert_eq!(device.settings().bank_1.code, BankCode::Invalid, "ACT-030: given up");
    assert!(device.flash(0x1000, image.len()) != image, "PWR-016: torn");

    // Without a cut it gets there, although it overwrites its own source.
    let mut device = received(Setup::new(Profile::Uart), BankCode::SoftDevice, start, &image, 0x2_B000);
    device.reset(Reset::Pin);
    device.run(30_000);
    assert!(device.flash(0x1000, image.len()) == image, "ACT-009");
}

#[test]
fn the_step_between_commits_is_that_of_the_build() {
    let layout = Layout::of(Variant::Nrf52840);
    for (pages, commits) in [(8, 3), (2, 10), (0, 20)] {
        let mut setup = Setup::new(Profile::Uart);
        setup.build.copy_step_pages = pages;
        let image = images::witness(layout.softdevice_end, 7, 20 * 4096);
        let mut device = received(setup, BankCode::Application, 0x8_0000, &image, 0);
        device.machine.reset(Reset::Pin);
        let before = erases(&device, layout.settings_page);
        device.run(10_000);
        // One commit for each chunk, one for the end.
        assert_eq!(erases(&device, layout.settings_page) - before, commits + 1, "ACT-002, {pages} pages");
        assert_eq!(device.settings().bank_0.code, BankCode::Application, "ACT-004");
    }
}

#[test]
fn a_new_session_follows_where_an_external_application_stands() {
    let image = vec![0x22; 4096];
    let setup = Setup::new(Profile::Uart).with_application();
    let mut device = received(setup, BankCode::ExternalApplication, 0x8_0000, &image, 0);
    device.reset(Reset::Pin);
    assert_eq!(device.presence(), Presence::Silent);
    assert_eq!(device.settings().bank_1.code, BankCode::ExternalApplication, "ACT-029");
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.reset(Reset::Soft);
    device.connect();
    assert_eq!(device.ask("0B02"), hex("600B01 01 01000000 00700200 70170000"), "CP-011");
}
