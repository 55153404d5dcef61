//! Sections 7, 8 and 10: what happens between a reset and an application or DFU mode.

use gauntlet_nrf52::{Chip, Reset};
use gauntlet_package::settings::{BankCode, Settings};
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::ValidationType;
use gauntlet_reference::wire::Presence;
use gauntlet_reference::{Layout, Profile};

use super::common::{Device, Setup, noise, settings_for};

const GPREGRET: u32 = 0x4000_051C;
const GPREGRET2: u32 = 0x4000_0520;

fn running() -> Device {
    let device = Setup::new(Profile::Ble).with_application().start();
    assert_eq!(device.presence(), Presence::Silent);
    device
}

#[test]
fn the_retention_register_asks_for_dfu_and_only_its_exact_pattern_is_cleared() {
    // ACT-023, ACT-024, ACT-025: value, DFU mode, value afterwards.
    let table = [
        (0xB1, true, 0x00),
        (0xB3, true, 0x02),
        (0xB7, true, 0x06),
        (0xB9, true, 0xB9),
        (0xF1, true, 0xF1),
        (0x01, true, 0x01),
        (0x10, true, 0x10),
        (0x80, true, 0x80),
        (0xA0, true, 0xA0),
        (0x4E, false, 0x4E),
        (0x00, false, 0x00),
    ];
    for (value, dfu, after) in table {
        let mut device = running();
        device.machine.chip.store_word(GPREGRET, value).unwrap();
        device.reset(Reset::Soft);
        assert_eq!(device.presence() == Presence::Waiting, dfu, "{value:02x}");
        assert_eq!(device.peripheral(GPREGRET), after, "{value:02x}");
    }
}

#[test]
fn a_held_button_asks_for_dfu_and_the_register_is_cleared_all_the_same() {
    let mut device = running();
    device.machine.chip.store_word(GPREGRET, 0xB1).unwrap();
    let pin = device.layout.dfu_button;
    device.machine.chip.button(pin, true);
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Waiting, "ACT-026");
    device.machine.chip.button(pin, false);
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Silent);
}

/// Spoils a byte of the application that the CPU never reaches.
fn spoil(chip: &mut Chip, layout: &Layout) {
    assert!(chip.put_image(layout.softdevice_end + 5000, &[0x00; 8]));
}

#[test]
fn a_spoiled_application_does_not_start_unless_the_check_is_skipped_once() {
    let mut device = running();
    let layout = device.layout;
    spoil(&mut device.machine.chip, &layout);
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Waiting, "VAL-029");
    assert_eq!(device.settings().bank_0.code, BankCode::Application, "VAL-029: the record stays");
    device.machine.chip.store_word(GPREGRET2, 0xAF).unwrap();
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Silent, "VAL-032");
    assert_eq!(device.peripheral(GPREGRET2), 0x06);
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Waiting, "once");
    device.machine.chip.store_word(GPREGRET2, 0xA8).unwrap();
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Waiting, "without the skip bit");
}

#[test]
fn a_debug_build_starts_a_spoiled_application() {
    let mut setup = Setup::new(Profile::Ble).with_application();
    setup.build.debug = true;
    let mut device = setup.start();
    let layout = device.layout;
    spoil(&mut device.machine.chip, &layout);
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Silent, "VAL-033");
}

#[test]
fn records_of_the_application_are_erased_before_it_starts() {
    let mut setup = Setup::new(Profile::Ble).with_application();
    let mut settings = settings_for(&setup.application.as_ref().unwrap().0, 1);
    settings.peer_data = [0; 64];
    settings.adv_name = [3; 28];
    settings.update_crcs();
    let page = settings.to_bytes().to_vec();
    setup.pages = Some([page.clone(), page]);
    let device = setup.start();
    let settings = device.settings();
    assert_eq!((settings.peer_data, settings.adv_name), ([0xFF; 64], [0xFF; 28]), "SET-021");
}

fn pages(device: &Device) -> [Settings; 2] {
    let page = |start| Settings::parse(&device.flash(start, 896)).unwrap();
    [page(device.layout.settings_page), page(device.layout.backup_page)]
}

#[test]
fn version_1_settings_become_version_2() {
    let mut setup = Setup::new(Profile::Ble).with_application();
    let image = setup.application.as_ref().unwrap().0.clone();
    let mut old = settings_for(&image, 4);
    old.version = 1;
    old.validation_app.kind = ValidationType::None;
    old.validation_app.bytes = [0xFF; 64];
    old.update_crcs();
    let page = old.to_bytes()[..0x5C].to_vec();
    setup.pages = Some([page, vec![0xFF; 4]]);
    let device = setup.start();
    assert_eq!(device.presence(), Presence::Silent, "SET-008: the application is valid by its bank's crc");
    let [main, backup] = pages(&device);
    assert_eq!(main, backup);
    assert_eq!((main.version, main.app_version), (2, 4));
    assert_eq!(main.validation_app.stored_crc(), crc32(&image));
    assert_eq!(main.validation_app.bytes[4..], [0xFF; 60], "SET-008: other bytes keep what the page held");
}

#[test]
fn an_unknown_settings_version_is_used_as_it_is() {
    let mut setup = Setup::new(Profile::Ble).with_application();
    let mut settings = settings_for(&setup.application.as_ref().unwrap().0, 1);
    settings.version = 7;
    settings.update_crcs();
    let page = settings.to_bytes().to_vec();
    setup.pages = Some([page.clone(), page]);
    let device = setup.start();
    assert_eq!(device.presence(), Presence::Silent);
    assert_eq!(device.settings().version, 7, "SET-010");
}

#[test]
fn only_the_backup_counts_for_what_both_pages_have() {
    let mut setup = Setup::new(Profile::Ble).with_application();
    let good = settings_for(&setup.application.as_ref().unwrap().0, 3);
    let mut edited = good.clone();
    edited.app_version = 9;
    edited.update_crcs();
    setup.pages = Some([edited.to_bytes().to_vec(), good.to_bytes().to_vec()]);
    let device = setup.start();
    assert_eq!(device.settings().app_version, 3, "SET-003, SET-018");

    let mut setup = Setup::new(Profile::Ble).with_application();
    let mut torn = good.clone();
    torn.boot_validation_crc ^= 1;
    setup.pages = Some([edited.to_bytes().to_vec(), torn.to_bytes().to_vec()]);
    let device = setup.start();
    assert_eq!(device.settings().app_version, 9, "SET-004, SET-007");
}

#[test]
fn a_running_application_can_not_write_where_it_must_not() {
    for profile in [Profile::Ble, Profile::Uart] {
        let mut device = Setup::new(profile).with_application().start();
        let layout = device.layout;
        let chip = &mut device.machine.chip;
        let mut writable = |address: u32| chip.nvmc_write_word(address, 0).is_ok();
        for address in [0xFE0, 0x2000, layout.softdevice_end, layout.bootloader + 0x100, layout.backup_page] {
            assert!(!writable(address), "MEM-018, MEM-019: {address:x}");
        }
        assert!(writable(layout.softdevice_end + 0x2000), "behind the application");
        assert!(writable(layout.image_area_end()), "the application's data");
        assert_eq!(writable(layout.settings_page), profile == Profile::Ble, "SET-025");
    }
}

#[test]
fn first_boot_writes_the_words_of_the_mbr_page() {
    let device = Setup::new(Profile::Ble).start();
    let words = [device.layout.bootloader.to_le_bytes(), device.layout.backup_page.to_le_bytes()].concat();
    assert_eq!(device.flash(0xFF8, 8), words, "MEM-017");
}

#[test]
fn a_stored_packet_that_does_not_fit_any_more_is_an_error_of_initialisation() {
    let image = noise(4096);
    let mut init = super::common::application(&image, 1);
    init.app_size = Some(0xD_0000);
    let packet = super::common::signed(&init);
    let mut settings = Settings::virgin();
    settings.progress.cmd_size = packet.len() as u32;
    settings.progress.cmd_offset = packet.len() as u32;
    settings.progress.cmd_crc = crc32(&packet);
    settings.init_command[..packet.len()].copy_from_slice(&packet);
    settings.update_crcs();
    let page = settings.to_bytes().to_vec();
    let mut setup = Setup::new(Profile::Ble);
    setup.pages = Some([page.clone(), page]);
    let device = setup.start();
    assert_eq!(device.presence(), Presence::Silent, "ACT-028: a reset loop");
}

#[test]
fn a_wake_up_from_system_off_skips_the_check_and_says_so_no_more() {
    let mut device = running();
    let layout = device.layout;
    spoil(&mut device.machine.chip, &layout);
    device.machine.chip.store_word(GPREGRET2, 0xA9).unwrap();
    device.reset(Reset::WakeFromOff);
    assert_eq!(device.presence(), Presence::Silent, "VAL-031");
    assert_eq!(device.peripheral(0x4000_0400) & (1 << 16), 0, "VAL-031: the reason is cleared");
    assert_eq!(device.peripheral(GPREGRET2), 0xA9, "VAL-032: left alone");
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Silent, "VAL-032: now its turn has come");
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Waiting);
}

#[test]
fn marks_that_skip_checks_are_taken_without_an_application_too() {
    let mut device = Setup::new(Profile::Ble).start();
    device.machine.chip.store_word(GPREGRET2, 0xA9).unwrap();
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Waiting);
    assert_eq!(device.peripheral(GPREGRET2), 0, "VAL-038");
}

#[test]
fn a_bank_crc_of_zero_is_compared_like_any_other() {
    let mut setup = Setup::new(Profile::Ble).with_application();
    let mut old = settings_for(&setup.application.as_ref().unwrap().0, 4);
    old.version = 1;
    old.bank_0.crc = 0;
    old.update_crcs();
    setup.pages = Some([old.to_bytes()[..0x5C].to_vec(), vec![0xFF; 4]]);
    assert_eq!(setup.start().presence(), Presence::Waiting, "SET-009");
}
