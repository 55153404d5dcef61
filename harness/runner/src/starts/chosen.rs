//! What a start finds: both settings pages, the retained registers, and why it is a start.

use gauntlet_package::settings::{Bank, BankCode, SETTINGS_LEN, Settings, StoredValidation};
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::ValidationType;
use sha2::{Digest, Sha256};

use super::Firmware;
use crate::chance::Chance;

const ERASED: [u8; SETTINGS_LEN] = [0xFF; SETTINGS_LEN];

/// What a start finds.
pub(super) struct Chosen {
    /// The settings page and its backup.
    pub(super) pages: [Vec<u8>; 2],
    /// GPREGRET and GPREGRET2.
    pub(super) registers: [u8; 2],
    /// A wake-up from System OFF; else a soft reset.
    pub(super) woken: bool,
    /// What the pages and registers are.
    words: Vec<String>,
}

impl Chosen {
    /// Everything as `pages` have it, and nothing asked for.
    pub(super) fn as_it_was(pages: [Vec<u8>; 2]) -> Self {
        Self { pages, registers: [0; 2], woken: false, words: Vec::new() }
    }

    /// For whoever has to find out what the device made of it.
    pub(super) fn words(&self) -> String {
        let reason = if self.woken { "a wake-up" } else { "a soft reset" };
        format!("{}, {reason}", self.words.join(", "))
    }

    pub(super) fn draw(chance: &mut Chance, firmware: &Firmware) -> Self {
        let mut words = Vec::new();
        let main = page(chance, firmware, "settings", &mut words);
        let backup = if chance.one_in(2) {
            words.push("backup the same".to_owned());
            main.clone()
        } else {
            page(chance, firmware, "backup", &mut words)
        };
        // Mostly nothing, so that what the pages say is seen.
        let retained = match chance.below(6) {
            0 => chance.of(&[0xB1, 0xB3, 0xB7, 0xA1, 0x01, 0x10, 0x80, 0x4E, 0xF1, 0xB9]),
            1 => (chance.word() & 0xFF) as u8,
            _ => 0,
        };
        let second = match chance.below(4) {
            0 => chance.of(&[0xA9, 0xA8, 0xAB, 0xAF, 0x01, 0xB9, 0xA1, 0xE9]),
            1 => (chance.word() & 0xFF) as u8,
            _ => 0,
        };
        words.push(format!("retained {retained:#04x}, retained-2 {second:#04x}"));
        Self { pages: [main, backup], registers: [retained, second], woken: chance.one_in(8), words }
    }
}

/// A page: mostly the one that was there with one or two changes, and CRC words that are mostly right.
fn page(chance: &mut Chance, firmware: &Firmware, name: &str, words: &mut Vec<String>) -> Vec<u8> {
    if chance.one_in(12) {
        words.push(format!("{name} erased"));
        return ERASED.to_vec();
    }
    let mut settings = firmware.settings.clone();
    for _ in 0..chance.below(4) {
        words.push(format!("{name}: {}", change(&mut settings, chance, firmware)));
    }
    settings.update_crcs();
    match chance.below(16) {
        0 => settings.crc ^= 1 << chance.below(32),
        1 => settings.crc = u32::MAX,
        2 => settings.boot_validation_crc ^= 1 << chance.below(32),
        _ => return settings.to_bytes().to_vec(),
    }
    words.push(format!("{name}: a CRC wrong"));
    settings.to_bytes().to_vec()
}

/// Changes one thing; its words.
fn change(settings: &mut Settings, chance: &mut Chance, firmware: &Firmware) -> String {
    let word = chance.word();
    match chance.below(14) {
        0 => {
            settings.version = chance.of(&[1, 1, 0, 3, 0x102, u32::MAX]);
            format!("version {:#x}", settings.version)
        }
        1 => {
            settings.bank_0.code =
                BankCode::from(chance.of(&[0, 0xA5, 0xAA, 0xB1, 0xFF, 0x101, 0x0100_0001, u32::MAX]));
            format!("code of bank 0 {:#x}", settings.bank_0.code.code())
        }
        2 => {
            let size = firmware.settings.bank_0.size;
            settings.bank_0.size = chance.of(&[size.saturating_sub(4), size + 4, 4, 0x1000, size / 2]);
            // Its CRC and its record are those of the size, or of what was there.
            if chance.one_in(2) {
                settings.bank_0.crc = crc32(firmware.application(settings.bank_0.size));
                settings.validation_app = StoredValidation::crc(settings.bank_0.crc);
            }
            format!("size of bank 0 {}", settings.bank_0.size)
        }
        3 => {
            settings.bank_0.crc = chance.of(&[0, word, settings.bank_0.crc ^ 1]);
            format!("CRC of bank 0 {:#x}", settings.bank_0.crc)
        }
        4 | 5 => {
            settings.validation_app = record(chance, firmware.application(settings.bank_0.size));
            format!("record of the application {}", told(&settings.validation_app))
        }
        6 => {
            settings.validation_sd = record(chance, firmware.softdevice(settings.sd_size));
            format!("record of the softdevice {}", told(&settings.validation_sd))
        }
        7 => {
            settings.validation_bootloader = record(chance, &[]);
            format!("record of the bootloader {}", told(&settings.validation_bootloader))
        }
        8 => {
            settings.sd_size = chance.of(&[0, 4, settings.sd_size / 2, settings.sd_size.saturating_sub(4)]);
            format!("size of the softdevice {}", settings.sd_size)
        }
        9 => {
            settings.enter_buttonless_dfu = chance.of(&[1, 1, 2, u32::MAX]);
            format!("flag {:#x}", settings.enter_buttonless_dfu)
        }
        10 => {
            fill(&mut settings.peer_data, chance);
            "peer data".to_owned()
        }
        11 => {
            fill(&mut settings.adv_name, chance);
            "name".to_owned()
        }
        12 => {
            fill(&mut settings.init_command, chance);
            "init packet".to_owned()
        }
        _ => {
            let fields = [
                &mut settings.app_version,
                &mut settings.bootloader_version,
                &mut settings.bank_layout,
                &mut settings.bank_current,
                &mut settings.progress.fw_crc,
            ];
            let at = chance.below(fields.len());
            *fields[at] = word;
            if chance.one_in(2) {
                let code = BankCode::from(chance.of(&[0xB1, 0x42, 0xFF]));
                settings.bank_1 = Bank { size: word & 0xFFFF, crc: word, code };
            }
            "versions, banks".to_owned()
        }
    }
}

/// A record of every kind for `image`, right or wrong by a bit.
fn record(chance: &mut Chance, image: &[u8]) -> StoredValidation {
    let mut record = match chance.below(5) {
        0 => StoredValidation::NONE,
        1 => StoredValidation::crc(crc32(image)),
        2 => StoredValidation::sha256(&Sha256::digest(image).into()),
        3 => StoredValidation::ecdsa(&[0x42; 64]),
        _ => StoredValidation { kind: ValidationType::Other(0xFF), bytes: [0xFF; 64] },
    };
    if chance.one_in(3) {
        let length = if record.kind == ValidationType::Sha256 { 32 } else { 4 };
        record.bytes[chance.below(length)] ^= 1 << chance.below(8);
    }
    record
}

fn told(record: &StoredValidation) -> String {
    let [a, b, c, d, ..] = record.bytes;
    format!("{:#04x}, {a:02x}{b:02x}{c:02x}{d:02x}...", u8::from(record.kind))
}

/// Blank, zero, or anything.
fn fill(bytes: &mut [u8], chance: &mut Chance) {
    match chance.below(3) {
        0 => bytes.fill(0),
        1 => bytes.fill(0xFF),
        _ => bytes.iter_mut().for_each(|byte| *byte = (chance.word() & 0xFF) as u8),
    }
}
