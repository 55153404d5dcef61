//! Arguments of `gauntlet package settings`.

use std::path::PathBuf;

use clap::ValueEnum;
use gauntlet_package::settings::Family;

use super::words::{self, Validation};

/// What to do with settings pages.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum SettingsVerb {
    /// Make a settings page to be flashed together with an application.
    Generate(Box<GenerateSettingsArgs>),
    /// Show settings pages.
    Show(ShowSettingsArgs),
}

/// Make a settings page.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  gauntlet package settings generate --family nrf52840 --bootloader-version 1 \\
      --application app.hex --application-version 3 settings.hex")]
pub(crate) struct GenerateSettingsArgs {
    /// The Intel HEX file to write
    #[arg(value_name = "SETTINGS.hex")]
    pub(crate) file: PathBuf,

    /// The chip, which says where the page lies
    #[arg(long, value_enum, ignore_case = true, value_name = "FAMILY")]
    pub(crate) family: FamilyChoice,

    /// Version of the bootloader
    #[arg(long, value_name = "N", value_parser = words::number)]
    pub(crate) bootloader_version: u32,

    /// Version of the page: 1 for SDK 12.0 to 15.2, 2 for SDK 15.3 and later
    #[arg(long, value_name = "1|2", default_value_t = 2)]
    pub(crate) bl_settings_version: u32,

    /// The application that is flashed together with the page
    #[arg(long, value_name = "FILE")]
    pub(crate) application: Option<PathBuf>,

    /// Its version
    #[arg(long, value_name = "N", value_parser = words::number)]
    pub(crate) application_version: Option<u32>,

    /// Its version in three parts, which make the number a*10000 + b*100 + c
    #[arg(long, value_name = "A.B.C", value_parser = words::version_string, conflicts_with = "application_version")]
    pub(crate) application_version_string: Option<u32>,

    /// The SoftDevice that is flashed together with the page
    #[arg(long, value_name = "FILE")]
    pub(crate) softdevice: Option<PathBuf>,

    /// What the bootloader checks before it starts the application [default: crc]
    #[arg(long, value_enum, ignore_case = true, value_name = "CHECK")]
    pub(crate) app_boot_validation: Option<Validation>,

    /// What the bootloader checks of the SoftDevice [default: crc]
    #[arg(long, value_enum, ignore_case = true, value_name = "CHECK")]
    pub(crate) sd_boot_validation: Option<Validation>,

    /// The private key, for ecdsa
    #[arg(long, alias = "key-file", value_name = "KEY.pem")]
    pub(crate) signing_key: Option<PathBuf>,

    /// Address of the page, if it is not where the family has it
    #[arg(long, value_name = "ADDRESS", value_parser = words::number)]
    pub(crate) start_address: Option<u32>,

    /// Address of the backup page [default: 0x1000 below the page]
    #[arg(long, value_name = "ADDRESS", value_parser = words::number, conflicts_with = "no_backup")]
    pub(crate) backup_address: Option<u32>,

    /// Write no backup page
    #[arg(long)]
    pub(crate) no_backup: bool,
}

/// Show settings pages.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet package settings show settings.hex
  gauntlet package settings show flash.hex --address 0x7F000 --json

Ends with 96 when no page in the file is valid.")]
pub(crate) struct ShowSettingsArgs {
    /// The settings: Intel HEX, or one page as a .bin
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Address of the page in a HEX file, if it is not one that a family has and not a page of its own
    #[arg(long, value_name = "ADDRESS", value_parser = words::number)]
    pub(crate) address: Option<u32>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The families.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FamilyChoice {
    /// nRF51: 0x3FC00.
    Nrf51,
    /// nRF52832: 0x7F000.
    Nrf52,
    /// nRF52832 QFAB: 0x3F000.
    Nrf52qfab,
    /// nRF52810: 0x2F000.
    Nrf52810,
    /// nRF52820: 0x3F000.
    Nrf52820,
    /// nRF52833: 0x7F000.
    Nrf52833,
    /// nRF52840: 0xFF000.
    Nrf52840,
}

impl FamilyChoice {
    /// The family itself.
    pub(crate) fn family(self) -> Family {
        match self {
            Self::Nrf51 => Family::Nrf51,
            Self::Nrf52 => Family::Nrf52,
            Self::Nrf52qfab => Family::Nrf52Qfab,
            Self::Nrf52810 => Family::Nrf52810,
            Self::Nrf52820 => Family::Nrf52820,
            Self::Nrf52833 => Family::Nrf52833,
            Self::Nrf52840 => Family::Nrf52840,
        }
    }
}
