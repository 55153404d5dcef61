//! Arguments of `gauntlet package build`.

use std::path::PathBuf;

use super::words::{self, Validation};

/// Make a package.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet package build --application app.hex --application-version 2 --hw-version 52 \\
      --sd-req 0x0101 --signing-key key.pem update.zip
  gauntlet package build --softdevice sd.hex --bootloader boot.hex --bootloader-version 3 \\
      --hw-version 52 --sd-req 0x0101 --sd-id 0x0123 --signing-key key.pem update.zip
  gauntlet package build --application app.bin --debug-mode test.zip

Files that end in .bin are taken as they are, all others as Intel HEX, without MBR and UICR. The names
of nrfutil for options and boot validations are understood. The package is read back and judged before
it is written: one that no bootloader takes is not written (exit code 96).")]
pub(crate) struct BuildArgs {
    /// The package to write
    #[arg(value_name = "PACKAGE")]
    pub(crate) package: PathBuf,

    /// The application
    #[arg(long, value_name = "FILE")]
    pub(crate) application: Option<PathBuf>,

    /// Its version
    #[arg(long, value_name = "N", value_parser = words::number)]
    pub(crate) application_version: Option<u32>,

    /// Its version in three parts, which make the number a*10000 + b*100 + c
    #[arg(long, value_name = "A.B.C", value_parser = words::version_string, conflicts_with = "application_version")]
    pub(crate) application_version_string: Option<u32>,

    /// The application is an external one: the bootloader stores it without starting it
    #[arg(long, alias = "external-app")]
    pub(crate) external: bool,

    /// The bootloader
    #[arg(long, value_name = "FILE")]
    pub(crate) bootloader: Option<PathBuf>,

    /// Its version
    #[arg(long, value_name = "N", value_parser = words::number)]
    pub(crate) bootloader_version: Option<u32>,

    /// The SoftDevice
    #[arg(long, value_name = "FILE")]
    pub(crate) softdevice: Option<PathBuf>,

    /// The hardware version that the bootloader is built for
    #[arg(long, value_name = "N", value_parser = words::number)]
    pub(crate) hw_version: Option<u32>,

    /// Ids of the SoftDevices that the device may have, in this order; 0 for none
    #[arg(long, value_name = "ID,..", value_delimiter = ',', value_parser = words::id)]
    pub(crate) sd_req: Vec<u32>,

    /// Ids of the SoftDevices that the application runs with, when the package brings a SoftDevice along
    #[arg(long, value_name = "ID,..", value_delimiter = ',', value_parser = words::id)]
    pub(crate) sd_id: Vec<u32>,

    /// What the bootloader checks before it starts the application [default: crc]
    #[arg(long, value_enum, ignore_case = true, value_name = "CHECK")]
    pub(crate) app_boot_validation: Option<Validation>,

    /// What the bootloader checks of the SoftDevice [default: crc]
    #[arg(long, value_enum, ignore_case = true, value_name = "CHECK")]
    pub(crate) sd_boot_validation: Option<Validation>,

    /// Set the debug bit, with which a debug bootloader checks no versions; they need not be given then
    #[arg(long)]
    pub(crate) debug_mode: bool,

    /// The private key to sign with
    #[arg(long, alias = "key-file", value_name = "KEY.pem")]
    pub(crate) signing_key: Option<PathBuf>,

    /// Print what was made as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
