//! Arguments of `gauntlet dfu`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::hold::HoldChoice;
use super::virtual_device::VirtualDeviceArgs;
use super::words;
use crate::display::ProgressChoice;

/// Most and least that an ATT MTU can be on these chips.
const MTU: std::ops::RangeInclusive<i64> = 23..=247;

/// What describes a virtual device, and means nothing for one on a port.
const VIRTUAL: [&str; 5] = ["VirtualDeviceArgs", "adapter", "dump", "hold", "seed"];
/// The same for a device on the air, which may be reached through a dongle on a port.
const NOT_ON_THE_AIR: [&str; 4] = ["VirtualDeviceArgs", "dump", "hold", "seed"];
/// ATT MTU unless somebody says otherwise.
pub(crate) const DEFAULT_MTU: u16 = 247;

/// Send a package to a device.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet dfu update.zip --key public.pem
  gauntlet dfu update.zip --chip nrf52840 --softdevice 0x0123 --hw-version 52
  gauntlet dfu update.zip --link serial --softdevice none --dump flash.hex
  gauntlet dfu update.zip --port /dev/ttyACM0
  gauntlet dfu update.zip --link ble --name Thermometer
  gauntlet dfu update.zip --link ble --address C0:FF:EE:00:00:01 --adapter hci1
  gauntlet dfu update.zip --link dongle --port /dev/ttyACM1 --name DfuTarg
  gauntlet dfu update.zip --json > result.json

Without --port, --name or --address a fresh virtual device is made and updated; nothing of this machine
is touched. With one of them it is the real device there, and no virtual one.

A package may hold an application, a bootloader, a SoftDevice, or several of them: then the images are
sent one after the other, with the restart of the device in between. What the device says it has
already is skipped.

The package is read strictly first: one that no bootloader would take is refused before the device is
touched (exit code 96). Whether key, versions and SoftDevice fit is for the device to say; when it
refuses, its words are shown, and what it runs now (exit code 100).")]
pub(crate) struct DfuArgs {
    /// The package, a zip as nrfutil makes it
    #[arg(value_name = "PACKAGE")]
    pub(crate) package: PathBuf,

    /// Update the device on this serial port instead of a virtual one: /dev/ttyACM0, COM3
    ///
    /// There is no probe then: nothing is flashed before, and nothing is proved afterwards.
    #[arg(long, value_name = "PORT", conflicts_with_all = VIRTUAL)]
    pub(crate) port: Option<PathBuf>,

    /// Do without RTS/CTS on the port
    #[arg(long, requires = "port")]
    pub(crate) no_flow_control: bool,

    /// Update the real device with this name over the Bluetooth of this machine, or through a dongle
    ///
    /// The name that the device advertises, in DFU mode or in its application; an application with the buttonless service is
    /// asked to start its bootloader. There is no probe then.
    #[arg(long, value_name = "NAME", conflicts_with_all = NOT_ON_THE_AIR)]
    pub(crate) name: Option<String>,

    /// Update the real device with this address: C0:FF:EE:00:00:01
    ///
    /// That of the application will do: in DFU mode many devices have the next one.
    #[arg(long, value_name = "ADDRESS", value_parser = words::address, conflicts_with_all = NOT_ON_THE_AIR, conflicts_with = "name")]
    pub(crate) address: Option<[u8; 6]>,

    /// The Bluetooth adapter: hci0, or its address [default: the first]
    #[arg(long, value_name = "ADAPTER", conflicts_with_all = NOT_ON_THE_AIR)]
    pub(crate) adapter: Option<String>,

    #[command(flatten)]
    pub(crate) device: VirtualDeviceArgs,

    /// How the device is reached; the bootloader of a virtual one is built for it [default: ble]
    #[arg(long, value_enum, value_name = "LINK")]
    pub(crate) link: Option<LinkChoice>,

    /// Packets between two receipts; 0 is no receipts
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) prn: u16,

    /// The ATT MTU that is negotiated over BLE, 23 to 247 [default: 247]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(MTU))]
    pub(crate) mtu: Option<u16>,

    /// Write the whole flash, as it is read back afterwards, to this file: .bin or .hex
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,

    /// Keep the device as the update left it, for a debug tool: probe-rs or pyocd, with a port if you like
    ///
    /// The tool is told what is printed here; it shares nothing with the probe-rs inside this program when it is pyOCD.
    #[arg(long, value_name = "TOOL[:PORT]")]
    pub(crate) hold: Option<HoldChoice>,

    /// What every choice of chance is derived from
    #[arg(long, value_name = "S", default_value = "1", value_parser = words::seed)]
    pub(crate) seed: u64,

    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Write what passes over the link to this file or folder: packets for Wireshark, and a text beside it
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) capture: Option<PathBuf>,

    /// How progress is shown on the terminal
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) progress: ProgressChoice,
}

/// The links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LinkChoice {
    /// Bluetooth Low Energy.
    Ble,
    /// A serial line.
    Serial,
    /// Bluetooth Low Energy through an nRF connectivity dongle on `--port`.
    Dongle,
}
