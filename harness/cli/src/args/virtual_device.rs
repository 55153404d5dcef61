//! Arguments that describe a virtual device: the same for every verb that makes one.

use std::path::PathBuf;

use clap::ValueEnum;
use gauntlet_bench::{PlantedBug, Variant};
use gauntlet_scenario::quantity::Size;

use super::run::planted_bug;
use super::words::{self, SoftDeviceChoice};

/// The device, its bootloader, and what is on it before.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The device")]
pub(crate) struct VirtualDeviceArgs {
    /// The chip
    #[arg(long, value_enum, value_name = "CHIP", default_value_t)]
    pub(crate) chip: ChipChoice,

    /// Firmware id of the SoftDevice on the device, or `none` [default: 0x0101 on nrf52832, 0x0100 on the others]
    #[arg(long, value_name = "FWID")]
    pub(crate) softdevice: Option<SoftDeviceChoice>,

    /// The public key that the bootloader trusts [default: the project's published test key]
    #[arg(long, value_name = "PUBLIC.pem")]
    pub(crate) key: Option<PathBuf>,

    /// The hardware version that the bootloader is built for [default: 52]
    #[arg(long, value_name = "N", value_parser = words::version)]
    pub(crate) hw_version: Option<u32>,

    /// A bootloader that takes unsigned applications too
    #[arg(long)]
    pub(crate) unsigned: bool,

    /// How the bootloader is built, with the words of a scenario: bank=single,downgrade=allowed
    #[arg(long, value_name = "KEY=VALUE,...", value_parser = words::bootloader, long_help = bootloader_help())]
    pub(crate) bootloader: Option<String>,

    /// Version of the application that is on the device before [default: 0]
    #[arg(long, value_name = "N", value_parser = words::version)]
    pub(crate) app_version: Option<u32>,

    /// Size of that application: 20KiB, or bytes [default: 8KiB]
    #[arg(long, value_name = "SIZE", value_parser = words::size)]
    pub(crate) app_size: Option<Size>,

    /// A device without an application, which starts in DFU mode
    #[arg(long, conflicts_with_all = ["app_version", "app_size"])]
    pub(crate) no_app: bool,

    /// Read the device from a YAML file: what stands under `device:` in a scenario; the other options win
    #[arg(long, value_name = "FILE.yaml")]
    pub(crate) device: Option<PathBuf>,

    /// Plant this bug into the bootloader; `gauntlet run --list-bugs` prints the names
    #[arg(long, value_name = "NAME", value_parser = planted_bug(), hide_possible_values = true)]
    pub(crate) planted_bug: Option<PlantedBug>,
}

/// The keys come from the language itself, so that none can be missing here.
fn bootloader_help() -> String {
    let keys = gauntlet_scenario::bootloader_keys();
    let width = keys.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let lines: Vec<String> = keys.iter().map(|(key, about)| format!("  {key:<width$}  {about}")).collect();
    format!(
        "How the bootloader is built, with the words of a scenario: bank=single,downgrade=allowed\n\n{}",
        lines.join("\n")
    )
}

/// The chips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ChipChoice {
    /// 512 KiB of flash.
    #[default]
    Nrf52832,
    /// 512 KiB of flash, twice the RAM.
    Nrf52833,
    /// 1 MiB of flash.
    Nrf52840,
}

impl ChipChoice {
    /// The chip itself.
    pub(crate) fn variant(self) -> Variant {
        match self {
            Self::Nrf52832 => Variant::Nrf52832,
            Self::Nrf52833 => Variant::Nrf52833,
            Self::Nrf52840 => Variant::Nrf52840,
        }
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nrf52832 => "nrf52832",
            Self::Nrf52833 => "nrf52833",
            Self::Nrf52840 => "nrf52840",
        }
    }
}
