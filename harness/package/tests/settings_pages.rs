//! Settings pages made by nrfutil, and the CRCs of the specification.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod support;

use gauntlet_package::image::{Segment, read_hex};
use gauntlet_package::settings::{
    Bank, BankCode, INIT_COMMAND_LEN, LoadedFrom, SETTINGS_LEN, Settings, StoredValidation, load,
};
use gauntlet_protocol::init_packet::ValidationType;
use serde_json::Value;
use support::{bytes, crc, hex, index, number, text};

fn segments(file: &str) -> Vec<Segment> {
    read_hex(&bytes(file)).unwrap()
}

fn address(text: &str) -> u32 {
    u32::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
}

fn validation(expected: &Value, key: &str) -> StoredValidation {
    let Some(record) = expected.get(key) else {
        // A version 1 page ends before the records, in erased flash.
        return StoredValidation { kind: ValidationType::Other(0xFF), bytes: [0xFF; 64] };
    };
    let kind = match text(record, "type") {
        "NO_VALIDATION" => ValidationType::None,
        "VALIDATE_GENERATED_CRC" => ValidationType::GeneratedCrc,
        "VALIDATE_GENERATED_SHA256" => ValidationType::Sha256,
        "VALIDATE_ECDSA_P256_SHA256" => ValidationType::EcdsaP256Sha256,
        other => panic!("{other}"),
    };
    let value = hex(text(record, "bytes_hex"));
    let mut bytes = [0; 64];
    bytes[..value.len()].copy_from_slice(&value);
    StoredValidation { kind, bytes }
}

#[test]
fn every_page_of_nrfutil_reads_with_all_fields_right() {
    let vectors = index("settings");
    assert_eq!(vectors.len(), 19);
    for vector in &vectors {
        let (file, expected) = (text(vector, "file"), &vector["expect"]);
        let segments = segments(file);
        let found: Vec<(u32, usize)> = segments.iter().map(|s| (s.address, s.data.len())).collect();
        let listed = expected["segments"].as_array().unwrap().iter();
        let listed: Vec<(u32, usize)> =
            listed.map(|s| (address(s[0].as_str().unwrap()), s[1].as_u64().unwrap() as usize)).collect();
        assert_eq!(found, listed, "{file}");
        for segment in &segments {
            check_page(file, &segment.data, expected);
        }
    }
}

fn check_page(file: &str, page: &[u8], expected: &Value) {
    let settings = Settings::parse(page).unwrap();
    let word = |key: &str| u32::try_from(number(expected, key)).unwrap();
    assert_eq!(settings.version, word("settings_version"), "{file}");
    assert_eq!(settings.app_version, word("app_version"), "{file}");
    assert_eq!(settings.bootloader_version, word("bootloader_version"), "{file}");
    assert_eq!(settings.bank_layout, word("bank_layout"), "{file}");
    assert_eq!(settings.bank_current, word("bank_current"), "{file}");
    let bank_0 = Bank {
        size: word("bank0_image_size"),
        crc: crc(expected, "bank0_image_crc"),
        code: word("bank0_bank_code").into(),
    };
    assert_eq!(settings.bank_0, bank_0, "{file}");
    assert_eq!(settings.bank_1, Bank::default(), "{file}");
    assert_eq!(settings.sd_size, word("sd_size"), "{file}");
    assert_eq!((settings.crc, settings.crc_ok()), (crc(expected, "settings_crc"), true), "{file}");
    assert_eq!(settings.validation_sd, validation(expected, "sd_boot_validation"), "{file}");
    assert_eq!(settings.validation_app, validation(expected, "app_boot_validation"), "{file}");
    if settings.version == 2 {
        assert_eq!(settings.boot_validation_crc, crc(expected, "boot_validation_crc"), "{file}");
        assert!(settings.boot_validation_crc_ok(), "{file}");
    }
    assert!(settings.valid_as_backup(), "{file}");
    assert_eq!(settings.factory_bytes(), page, "{file}");
}

#[test]
fn pages_built_from_the_values_are_those_of_nrfutil() {
    let mut settings = Settings::zeroed(2);
    settings.app_version = 3;
    settings.bootloader_version = 1;
    let image_crc = 0xCFBD_3647;
    settings.bank_0 = Bank { size: 4096, crc: image_crc, code: BankCode::Application };
    settings.validation_app = StoredValidation::crc(image_crc);
    settings.update_crcs();
    let page = &segments("settings/v2_nrf52_app4096_crc.hex")[1];
    assert_eq!((page.address, &page.data), (0x7F000, &settings.factory_bytes()));
    assert_eq!(settings.validation_app.stored_crc(), image_crc);
}

/// Appendix B of the specification.
#[test]
fn reference_crcs() {
    let image_crc = 0xA4F0_8D8E;
    let image = Bank { size: 5000, crc: image_crc, code: BankCode::Application };
    let crcs = |settings: &mut Settings| {
        settings.update_crcs();
        (settings.crc, settings.boot_validation_crc)
    };
    let mut settings = Settings::zeroed(2);
    assert_eq!(crcs(&mut settings), (0x54C8_C87F, 0xACDA_1BA2));

    settings.app_version = 2;
    settings.validation_app = StoredValidation::crc(image_crc);
    let mut factory = Settings { bootloader_version: 1, bank_0: image, ..settings.clone() };
    assert_eq!(crcs(&mut factory), (0x21DB_98C8, 0x589F_BA9A));

    settings.progress.fw_crc = 0x27000;
    settings.bank_1 = image;
    assert_eq!(crcs(&mut settings), (0x71AB_D61F, 0x589F_BA9A));
    assert_eq!(settings.update_start_address(), 0x27000);

    settings.bank_0 = settings.bank_1;
    settings.bank_1 = Bank::default();
    assert_eq!(crcs(&mut settings), (0x40E6_CA68, 0x589F_BA9A));
}

#[test]
fn every_byte_of_a_page_survives_and_stands_at_its_offset() {
    let page: Vec<u8> = (0..SETTINGS_LEN).map(|i| (i * 7 + i / 256) as u8).collect();
    let settings = Settings::parse(&page).unwrap();
    assert_eq!(settings.to_bytes()[..], page);
    let word = |at: usize| u32::from_le_bytes(page[at..at + 4].try_into().unwrap());
    assert_eq!(settings.bank_1.code.code(), word(0x2C));
    assert_eq!(settings.progress.cmd_size, word(0x38));
    assert_eq!(settings.progress.fw_offset_last, word(0x54));
    assert_eq!(settings.enter_buttonless_dfu, word(0x58));
    assert_eq!(settings.init_command[..], page[0x5C..0x25C]);
    assert_eq!(settings.boot_validation_crc, word(0x25C));
    assert_eq!(settings.validation_app.kind.code(), page[0x2A1]);
    assert_eq!(settings.validation_bootloader.bytes[..], page[0x2E3..0x323]);
    assert_eq!(settings.peer_data[..], page[0x324..0x364]);
    assert_eq!(settings.adv_name[..], page[0x364..0x380]);
    assert!(Settings::parse(&page[..0x5B]).is_err());
}

#[test]
fn an_erased_page_is_not_valid() {
    let erased = Settings::parse(&[0xFF; 4096]).unwrap();
    assert!(!erased.crc_ok() && !erased.valid_as_backup());
}

fn page(app_version: u32, buttonless: u32) -> Settings {
    let mut settings = Settings::zeroed(2);
    settings.app_version = app_version;
    settings.enter_buttonless_dfu = buttonless;
    settings.peer_data = [app_version as u8; 64];
    settings.padding = app_version as u8;
    settings.update_crcs();
    settings
}

#[test]
fn the_backup_wins_except_for_what_only_the_main_page_has() {
    let (main, backup) = (page(5, 1), page(4, 0));
    let (loaded, from) = load(&main.to_bytes(), &backup.to_bytes());
    assert_eq!((loaded.app_version, from), (4, LoadedFrom::Both));
    assert_eq!((loaded.crc, loaded.enter_buttonless_dfu, loaded.peer_data), (main.crc, 1, main.peer_data));
    // The byte in front of the peer data belongs to what the backup has a say in (section 8.2).
    assert_eq!(loaded.padding, backup.padding);

    assert_eq!(load(&main.to_bytes(), &[0xFF; 896]), (main.clone(), LoadedFrom::Main));
    assert_eq!(load(&[0xFF; 896], &backup.to_bytes()), (backup.clone(), LoadedFrom::Backup));
    assert_eq!(load(&[0xFF; 896], &[0; 896]), (Settings::zeroed(2), LoadedFrom::Neither));

    // SET-007: a backup with a wrong second CRC does not count; for the main page that CRC is not looked at.
    let mut torn = backup;
    torn.boot_validation_crc ^= 1;
    assert_eq!(load(&main.to_bytes(), &torn.to_bytes()).1, LoadedFrom::Main);
    let mut main = main;
    main.boot_validation_crc ^= 1;
    assert_eq!(load(&main.to_bytes(), &torn.to_bytes()), (main, LoadedFrom::Main));
}

#[test]
fn set_008_a_version_1_page_is_upgraded() {
    let mut bytes = [0xAB; SETTINGS_LEN];
    bytes[..0x5C].copy_from_slice(&segments("settings/v1_nrf52_app4096.hex")[0].data);
    bytes[0x15C..0x19C].fill(0x11);
    bytes[0x19C..0x1B8].fill(0x22);
    let before = Settings::parse(&bytes).unwrap();
    assert!(before.crc_ok() && before.version == 1);
    let mut after = before.clone();
    after.upgrade_from_v1();
    assert_eq!((after.version, after.peer_data, after.adv_name), (2, [0x11; 64], [0x22; 28]));
    assert_eq!(after.validation_app.kind, ValidationType::GeneratedCrc);
    assert_eq!(after.validation_app.stored_crc(), before.bank_0.crc);
    assert_eq!(after.validation_app.bytes[4..], [0xAB; 60], "the other bytes keep what the page held");
    assert_eq!(after.validation_sd, StoredValidation { kind: ValidationType::None, bytes: [0xAB; 64] });
    assert_eq!(after.init_command, before.init_command);
}

#[test]
fn progress_is_forgotten_as_the_bootloader_does_it() {
    let mut settings = page(1, 0);
    settings.progress.cmd_size = 140;
    settings.write_offset = 9;
    settings.reset_progress();
    assert_eq!(settings.progress, gauntlet_package::settings::Progress::default());
    assert_eq!((settings.write_offset, settings.init_command), (0, [0xFF; INIT_COMMAND_LEN]));
}
