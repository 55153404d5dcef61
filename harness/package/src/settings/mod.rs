//! The bootloader settings page: one 4 KiB flash page of which 896 bytes are used, and its backup (SET section).
//!
//! [`Settings`] holds every byte of the page's structure, so that [`Settings::parse`] and [`Settings::to_bytes`] lose
//! nothing. Versions 1 and 2 are the same up to the init command; a version 1 page is read in the version 2 layout, as the
//! bootloader does, and [`Settings::upgrade_from_v1`] moves the records (SET-008).
//!
//! ```
//! use gauntlet_package::settings::{Bank, BankCode, Settings};
//! let mut settings = Settings::virgin();
//! assert_eq!((settings.crc, settings.boot_validation_crc), (0x54C8_C87F, 0xACDA_1BA2));
//! settings.bank_0 = Bank { size: 5000, crc: 0xA4F0_8D8E, code: BankCode::Application };
//! settings.update_crcs();
//! assert_eq!(Settings::parse(&settings.to_bytes())?, settings);
//! # Ok::<(), gauntlet_package::settings::SettingsError>(())
//! ```

mod factory;
mod layout;
mod load;

pub use factory::{FactoryError, FactorySettings, Family, default_backup_page, factory_hex};
pub use layout::{FACTORY_LEN_V1, FACTORY_LEN_V2, SETTINGS_LEN};
pub use load::{LoadedFrom, load};

use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::ValidationType;

/// Length of the stored init command in bytes.
pub const INIT_COMMAND_LEN: usize = 512;

/// The page is too short to hold settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a settings page has at least {FACTORY_LEN_V1} bytes, {found} were given")]
pub struct SettingsError {
    /// Bytes given.
    pub found: usize,
}

/// What a bank holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BankCode {
    /// Nothing valid (00).
    #[default]
    Invalid,
    /// An application (01).
    Application,
    /// A SoftDevice waiting for activation (A5).
    SoftDevice,
    /// A bootloader waiting for activation (AA).
    Bootloader,
    /// SoftDevice and bootloader waiting for activation (AC).
    SoftDeviceBootloader,
    /// An external application (B1).
    ExternalApplication,
    /// A word without a meaning.
    Other(u32),
}

impl BankCode {
    /// The word in the page.
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::Invalid => 0x00,
            Self::Application => 0x01,
            Self::SoftDevice => 0xA5,
            Self::Bootloader => 0xAA,
            Self::SoftDeviceBootloader => 0xAC,
            Self::ExternalApplication => 0xB1,
            Self::Other(code) => code,
        }
    }
}

impl From<u32> for BankCode {
    fn from(code: u32) -> Self {
        match code {
            0x00 => Self::Invalid,
            0x01 => Self::Application,
            0xA5 => Self::SoftDevice,
            0xAA => Self::Bootloader,
            0xAC => Self::SoftDeviceBootloader,
            0xB1 => Self::ExternalApplication,
            other => Self::Other(other),
        }
    }
}

impl std::fmt::Display for BankCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Invalid => "invalid",
            Self::Application => "application",
            Self::SoftDevice => "softdevice",
            Self::Bootloader => "bootloader",
            Self::SoftDeviceBootloader => "softdevice-bootloader",
            Self::ExternalApplication => "external-application",
            Self::Other(code) => return write!(f, "unknown bank code 0x{code:08x}"),
        })
    }
}

/// One bank.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bank {
    /// Size of the image in bytes.
    pub size: u32,
    /// CRC-32 of the image.
    pub crc: u32,
    /// What the image is, and so what is to be done with it.
    pub code: BankCode,
}

/// How far an update got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Size of the init packet announced by Create.
    pub cmd_size: u32,
    /// Bytes of it received.
    pub cmd_offset: u32,
    /// CRC-32 of these bytes.
    pub cmd_crc: u32,
    /// Size of the open data object.
    pub obj_size: u32,
    /// CRC-32 of the image received; after a completed update the start address of that image (SET-012).
    pub fw_crc: u32,
    /// CRC-32 of the image up to the last executed object.
    pub fw_crc_last: u32,
    /// Bytes of the image received.
    pub fw_offset: u32,
    /// Bytes of the image up to the last executed object.
    pub fw_offset_last: u32,
}

/// What the bootloader checks before it starts an image, with the value to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredValidation {
    /// Kind of check.
    pub kind: ValidationType,
    /// CRC-32 little-endian in the first 4 bytes, SHA-256 in its usual order in the first 32, or a signature.
    pub bytes: [u8; 64],
}

impl StoredValidation {
    /// No check.
    pub const NONE: Self = Self { kind: ValidationType::None, bytes: [0; 64] };

    /// Compare with this CRC-32.
    #[must_use]
    pub fn crc(crc: u32) -> Self {
        Self::with(ValidationType::GeneratedCrc, &crc.to_le_bytes())
    }

    /// Compare with this SHA-256 digest, in its usual order.
    #[must_use]
    pub fn sha256(digest: &[u8; 32]) -> Self {
        Self::with(ValidationType::Sha256, digest)
    }

    /// Verify this signature (r little-endian, s little-endian) over the image.
    #[must_use]
    pub fn ecdsa(signature: &[u8; 64]) -> Self {
        Self::with(ValidationType::EcdsaP256Sha256, signature)
    }

    fn with(kind: ValidationType, value: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bytes[..value.len()].copy_from_slice(value);
        Self { kind, bytes }
    }

    /// The CRC-32 in the first four bytes; meant for [`ValidationType::GeneratedCrc`].
    #[must_use]
    pub fn stored_crc(&self) -> u32 {
        let [a, b, c, d, ..] = self.bytes;
        u32::from_le_bytes([a, b, c, d])
    }
}

impl Default for StoredValidation {
    fn default() -> Self {
        Self::NONE
    }
}

/// Every field of a settings page, in the version 2 layout of BLE builds.
///
/// UART and USB builds place peer data and name record one byte earlier (0x323 and 0x363). The bytes survive a round trip
/// all the same; only the two fields are shifted by one byte then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// CRC-32 over [`Self::crc_now`]'s range, as stored.
    pub crc: u32,
    /// Version of the layout: 1 or 2.
    pub version: u32,
    /// Application version, raised by the final Execute (VAL-036).
    pub app_version: u32,
    /// Bootloader version, raised by the final Execute.
    pub bootloader_version: u32,
    /// Always 0.
    pub bank_layout: u32,
    /// 0; 1 only with update-from-app.
    pub bank_current: u32,
    /// The running application.
    pub bank_0: Bank,
    /// The image waiting for activation.
    pub bank_1: Bank,
    /// Where the next received byte goes, from the start of the bank.
    pub write_offset: u32,
    /// Size of the SoftDevice in bytes, without MBR.
    pub sd_size: u32,
    /// How far an update got.
    pub progress: Progress,
    /// 1: the application asks for DFU mode, if that entry method is on (SET-022).
    pub enter_buttonless_dfu: u32,
    /// The init packet of the update in progress. No CRC covers it (SET-011).
    pub init_command: [u8; INIT_COMMAND_LEN],
    /// CRC-32 over the boot validation records, as stored.
    pub boot_validation_crc: u32,
    /// Check of the SoftDevice before start.
    pub validation_sd: StoredValidation,
    /// Check of the application before start.
    pub validation_app: StoredValidation,
    /// Stored, never used at boot (VAL-034).
    pub validation_bootloader: StoredValidation,
    /// Padding byte of BLE builds.
    pub padding: u8,
    /// Bond data of the application, with a CRC of its own in the first word.
    pub peer_data: [u8; 64],
    /// Advertising name, with a CRC of its own in the first word (SET-020).
    pub adv_name: [u8; 28],
}

impl Settings {
    /// All zero, CRC words included, with a version.
    #[must_use]
    pub fn zeroed(version: u32) -> Self {
        Self {
            crc: 0,
            version,
            app_version: 0,
            bootloader_version: 0,
            bank_layout: 0,
            bank_current: 0,
            bank_0: Bank::default(),
            bank_1: Bank::default(),
            write_offset: 0,
            sd_size: 0,
            progress: Progress::default(),
            enter_buttonless_dfu: 0,
            init_command: [0; INIT_COMMAND_LEN],
            boot_validation_crc: 0,
            validation_sd: StoredValidation::NONE,
            validation_app: StoredValidation::NONE,
            validation_bootloader: StoredValidation::NONE,
            padding: 0,
            peer_data: [0; 64],
            adv_name: [0; 28],
        }
    }

    /// What the bootloader writes to virgin pages (SET-002).
    #[must_use]
    pub fn virgin() -> Self {
        let mut settings = Self::zeroed(2);
        settings.update_crcs();
        settings
    }

    /// The CRC that belongs in [`Self::crc`]: over the bytes 0x004..0x05B.
    #[must_use]
    pub fn crc_now(&self) -> u32 {
        crc32(&self.to_bytes()[layout::CRC_RANGE])
    }

    /// The CRC that belongs in [`Self::boot_validation_crc`]: over the bytes 0x260..0x322.
    #[must_use]
    pub fn boot_validation_crc_now(&self) -> u32 {
        crc32(&self.to_bytes()[layout::BOOT_VALIDATION_RANGE])
    }

    /// Sets both CRC words right.
    pub fn update_crcs(&mut self) {
        self.crc = self.crc_now();
        self.boot_validation_crc = self.boot_validation_crc_now();
    }

    /// True if the CRC word is set and right: what makes a main page valid (section 8.2).
    #[must_use]
    pub fn crc_ok(&self) -> bool {
        self.crc != u32::MAX && self.crc == self.crc_now()
    }

    /// True if the CRC over the boot validation records is right.
    #[must_use]
    pub fn boot_validation_crc_ok(&self) -> bool {
        self.boot_validation_crc == self.boot_validation_crc_now()
    }

    /// True if this is valid as a backup page: [`Self::crc_ok`], and for any version but 1 also
    /// [`Self::boot_validation_crc_ok`] (section 8.2, SET-007).
    #[must_use]
    pub fn valid_as_backup(&self) -> bool {
        self.crc_ok() && (self.version == 1 || self.boot_validation_crc_ok())
    }

    /// Start address of the last completed update. Shares its word with the CRC of the image received (SET-012).
    #[must_use]
    pub fn update_start_address(&self) -> u32 {
        self.progress.fw_crc
    }

    /// Forgets the update in progress as the bootloader does: progress and write offset zero, init command FF.
    pub fn reset_progress(&mut self) {
        self.progress = Progress::default();
        self.write_offset = 0;
        self.init_command = [0xFF; INIT_COMMAND_LEN];
    }

    /// Turns a version 1 page that was read in the version 2 layout into version 2 (SET-008): peer data and name move from
    /// their old places, SoftDevice and bootloader validation become "none", application validation becomes the CRC of
    /// bank 0. All other bytes stay, also those of the validation records. The CRC words are left to [`Self::update_crcs`].
    pub fn upgrade_from_v1(&mut self) {
        self.peer_data.copy_from_slice(&self.init_command[layout::V1_PEER_DATA]);
        self.adv_name.copy_from_slice(&self.init_command[layout::V1_ADV_NAME]);
        self.validation_sd.kind = ValidationType::None;
        self.validation_bootloader.kind = ValidationType::None;
        self.validation_app.kind = ValidationType::GeneratedCrc;
        self.validation_app.bytes[..4].copy_from_slice(&self.bank_0.crc.to_le_bytes());
        self.version = 2;
    }
}
