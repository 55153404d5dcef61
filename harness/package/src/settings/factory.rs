//! Settings pages to be flashed together with an application, as `nrfutil settings generate` makes them.

use super::{Bank, BankCode, Settings, StoredValidation};
use crate::image::{Segment, write_hex};
use crate::keys::SigningKey;
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::ValidationType;
use sha2::{Digest, Sha256};

/// Size of a flash page in bytes: the distance of the backup page.
const PAGE: u32 = 0x1000;

/// Chips by where their settings page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// nRF51.
    Nrf51,
    /// nRF52832 (512 KiB).
    Nrf52,
    /// nRF52832 QFAB (256 KiB).
    Nrf52Qfab,
    /// nRF52810 and nRF52811.
    Nrf52810,
    /// nRF52820, which nrfutil does not know.
    Nrf52820,
    /// nRF52833, which nrfutil does not know.
    Nrf52833,
    /// nRF52840.
    Nrf52840,
}

impl Family {
    /// All families.
    pub const ALL: [Self; 7] = [
        Self::Nrf51,
        Self::Nrf52,
        Self::Nrf52Qfab,
        Self::Nrf52810,
        Self::Nrf52820,
        Self::Nrf52833,
        Self::Nrf52840,
    ];

    /// The name, in lower case; nrfutil writes it in capitals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nrf51 => "nrf51",
            Self::Nrf52 => "nrf52",
            Self::Nrf52Qfab => "nrf52qfab",
            Self::Nrf52810 => "nrf52810",
            Self::Nrf52820 => "nrf52820",
            Self::Nrf52833 => "nrf52833",
            Self::Nrf52840 => "nrf52840",
        }
    }

    /// Address of the settings page: the last page of the flash.
    #[must_use]
    pub fn settings_page(self) -> u32 {
        match self {
            Self::Nrf51 => 0x0003_FC00,
            Self::Nrf52 | Self::Nrf52833 => 0x0007_F000,
            Self::Nrf52Qfab | Self::Nrf52820 => 0x0003_F000,
            Self::Nrf52810 => 0x0002_F000,
            Self::Nrf52840 => 0x000F_F000,
        }
    }
}

/// Settings that can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FactoryError {
    /// Neither version 1 nor version 2.
    #[error("there is no settings version {found}; 1 is for SDK 12.0 to 15.2, 2 for SDK 15.3 and later")]
    UnknownVersion {
        /// The version.
        found: u32,
    },
    /// Version 1 has no room for it.
    #[error("settings version 1 knows no boot validation")]
    NoValidationInVersion1,
    /// A boot validation without the image it belongs to.
    #[error("there is a boot validation of the {what}, but no {what}")]
    ValidationWithoutImage {
        /// The image.
        what: &'static str,
    },
    /// An ECDSA boot validation without a key.
    #[error("an ECDSA boot validation needs a signing key")]
    KeyNeeded,
    /// A boot validation type that does not exist.
    #[error("nobody knows the boot validation type {code}")]
    UnknownBootValidation {
        /// The type.
        code: u8,
    },
    /// The backup would lie outside of the flash, or pages would overlap.
    #[error("a backup page at 0x{backup:08x} does not go with a settings page at 0x{page:08x}")]
    BackupAddress {
        /// Settings page.
        page: u32,
        /// Backup page.
        backup: u32,
    },
}

/// What a device is to believe when it starts for the first time.
#[derive(Debug, Clone, Default)]
pub struct FactorySettings {
    /// Version of the layout: 1 (SDK 12.0 to 15.2) or 2.
    pub version: u32,
    /// Version of the bootloader.
    pub bootloader_version: u32,
    /// The application in bank 0, padded to a word, and its version.
    pub application: Option<(Vec<u8>, u32)>,
    /// The SoftDevice without MBR, padded to a word.
    pub softdevice: Option<Vec<u8>>,
    /// What is checked before the application starts; a CRC if not given, in version 2.
    pub app_boot_validation: Option<ValidationType>,
    /// What is checked of the SoftDevice; a CRC if not given, in version 2.
    pub sd_boot_validation: Option<ValidationType>,
    /// For ECDSA boot validations.
    pub key: Option<SigningKey>,
}

impl FactorySettings {
    /// The settings, with both CRC words right.
    ///
    /// # Errors
    /// [`FactoryError`].
    pub fn build(&self) -> Result<Settings, FactoryError> {
        if !matches!(self.version, 1 | 2) {
            return Err(FactoryError::UnknownVersion { found: self.version });
        }
        let app = self.application.as_ref().map(|(image, _)| image.as_slice());
        let mut settings = Settings::zeroed(self.version);
        settings.bootloader_version = self.bootloader_version;
        if let Some((image, version)) = &self.application {
            settings.app_version = *version;
            let (size, crc) = (image.len() as u32, crc32(image));
            settings.bank_0 = Bank { size, crc, code: BankCode::Application };
        }
        settings.sd_size = self.softdevice.as_ref().map_or(0, |image| image.len() as u32);
        settings.validation_app = self.validation("application", app, self.app_boot_validation)?;
        settings.validation_sd =
            self.validation("SoftDevice", self.softdevice.as_deref(), self.sd_boot_validation)?;
        settings.update_crcs();
        Ok(settings)
    }

    fn validation(
        &self,
        what: &'static str,
        image: Option<&[u8]>,
        kind: Option<ValidationType>,
    ) -> Result<StoredValidation, FactoryError> {
        let Some(image) = image else {
            return match kind {
                None => Ok(StoredValidation::NONE),
                Some(_) => Err(FactoryError::ValidationWithoutImage { what }),
            };
        };
        if self.version == 1 {
            return match kind {
                None => Ok(StoredValidation::NONE),
                Some(_) => Err(FactoryError::NoValidationInVersion1),
            };
        }
        Ok(match kind.unwrap_or(ValidationType::GeneratedCrc) {
            ValidationType::None => StoredValidation::NONE,
            ValidationType::GeneratedCrc => StoredValidation::crc(crc32(image)),
            ValidationType::Sha256 => StoredValidation::sha256(&Sha256::digest(image).into()),
            ValidationType::EcdsaP256Sha256 => {
                let key = self.key.as_ref().ok_or(FactoryError::KeyNeeded)?;
                StoredValidation::ecdsa(&key.sign(image))
            }
            ValidationType::Other(code) => return Err(FactoryError::UnknownBootValidation { code }),
        })
    }
}

/// Where the backup of a settings page lies, unless somebody says otherwise: in the page below.
#[must_use]
pub fn default_backup_page(page: u32) -> u32 {
    page.saturating_sub(PAGE)
}

/// The pages as Intel HEX: the settings page, and an exact copy at `backup` if there is to be one.
///
/// # Errors
/// [`FactoryError::BackupAddress`].
pub fn factory_hex(settings: &Settings, page: u32, backup: Option<u32>) -> Result<String, FactoryError> {
    let segment = |address| Segment { address, data: settings.factory_bytes() };
    let mut segments = vec![segment(page)];
    if let Some(backup) = backup {
        if backup.abs_diff(page) < PAGE {
            return Err(FactoryError::BackupAddress { page, backup });
        }
        segments.push(segment(backup));
        segments.sort_by_key(|segment| segment.address);
    }
    Ok(write_hex(&segments))
}
