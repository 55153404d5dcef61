//! Arguments of `gauntlet device`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use gauntlet_bench::Profile;
use gauntlet_links::virtual_dongle::{DongleFault, DonglePace};

use super::hold::HoldChoice;
use super::image::{CutChoice, ImageChoice};
use super::virtual_device::VirtualDeviceArgs;
use super::words;

/// What to do with a virtual device.
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceVerb {
    /// Offer a virtual device to other programs, to be updated over a serial port.
    Serve(Box<ServeArgs>),
    /// Switch the supply of a served device, as a relay does.
    Power(PowerArgs),
    /// Pull the reset pin of a served device.
    Reset(ResetArgs),
}

/// Switch a supply.
#[derive(Debug, clap::Args)]
pub(crate) struct PowerArgs {
    /// What to do
    #[arg(value_enum)]
    pub(crate) what: PowerChoice,

    /// The control socket of `gauntlet device serve --control`
    #[arg(long, value_name = "SOCKET")]
    pub(crate) control: PathBuf,

    /// Milliseconds without supply, for `cycle`
    #[arg(long, value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(..=600_000))]
    pub(crate) off: u32,
}

/// Pull a pin.
#[derive(Debug, clap::Args)]
pub(crate) struct ResetArgs {
    /// The control socket of `gauntlet device serve --control`
    #[arg(long, value_name = "SOCKET")]
    pub(crate) control: PathBuf,
}

/// What can be done to a supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PowerChoice {
    /// Take it away.
    Off,
    /// Give it back.
    On,
    /// Take it away, and give it back a little later.
    Cycle,
}

/// Offer a device.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet device serve --key public.pem
  gauntlet device serve --link-path /tmp/dfu --timing flash --once --dump flash.bin
  nrfutil dfu serial -pkg update.zip -p /tmp/dfu -cd 0
  gauntlet device serve --profile usb --once --expect update.zip
  gauntlet device serve --dongle --link-path /tmp/dongle --fault no-ack
  gauntlet device serve --fault 'at: { packet: 7 }, do: drop' --fault 'at: { flash-op: 900 }, do: power-cut'
  gauntlet device serve --image mbr.hex --image bootloader.hex --debug pyocd:5555 --debug glasgow
  gauntlet device serve --bluez --debug glasgow --control /tmp/switch --blank
  gauntlet device serve --chip nrf52840 --image app.bin@0x1000 --cut 460:torn --dump flash.bin

The device is erased and flashed through the probe, and put into DFU mode. The name of its port is the
first line on stdout. Whenever it has left DFU mode it is read back through the probe and sent back to
DFU mode. Ctrl-C ends it; the device is read back once more. With --once the exit code is 0 when an
update was completed and activated, and 100 when not; with --expect, 0 only when flash holds the package.

With --image there is no reference device: the files are put into a blank chip, which starts from its reset
vector and executes them. The selectors for debug tools stand behind the port on stdout, a line each.")]
pub(crate) struct ServeArgs {
    /// Put this firmware into a blank chip and run it, instead of the reference device: .hex, or .bin@ADDRESS; several are allowed
    #[arg(long = "image", value_name = "FILE", conflicts_with_all = NOT_WITH_IMAGES, help_heading = "Your own firmware")]
    pub(crate) images: Vec<ImageChoice>,

    /// Offer the chip's debug port to a tool, too: glasgow (probe-rs) or pyocd, with a port if you like
    ///
    /// With --image or --bluez.
    #[arg(long, value_name = "TOOL[:PORT]", help_heading = "Your own firmware")]
    pub(crate) debug: Vec<HoldChoice>,

    /// Cut the supply at this flash operation, counted from 0 at the first start; it comes back after 500 ms
    #[arg(
        long,
        value_name = "OP[:before|torn|after]",
        requires = "images",
        help_heading = "Your own firmware"
    )]
    pub(crate) cut: Option<CutChoice>,

    /// Close the debug port in UICR; with --image or --bluez
    #[arg(long, help_heading = "Your own firmware")]
    pub(crate) locked: bool,

    /// The chip's access port protection: the one of its first revisions, or the newer one, closed unless firmware opens it
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        requires = "images",
        default_value_t,
        help_heading = "Your own firmware"
    )]
    pub(crate) approtect: ApprotectChoice,

    /// Whenever the application runs, send the chip back to DFU mode through the debug port (GPREGRET and a reset)
    #[arg(long, requires = "images", conflicts_with = "once", help_heading = "Your own firmware")]
    pub(crate) back_to_dfu: bool,

    /// Serve the device's radio instead of a serial line: as a Bluetooth service without a radio, on this socket or on one of its own
    ///
    /// The first line on stdout is for DBUS_SYSTEM_BUS_ADDRESS; a selector for each --debug and the device's address follow.
    #[arg(long, value_name = "SOCKET", num_args = 0..=1, require_equals = true, default_missing_value = "-",
          conflicts_with_all = NOT_ON_THE_AIR, help_heading = "As a board on a desk")]
    pub(crate) bluez: Option<PathBuf>,

    /// A socket on which the supply is switched and the reset pin is pulled; see `gauntlet device power` and `device reset`
    #[arg(long, value_name = "SOCKET", requires = "bluez", help_heading = "As a board on a desk")]
    pub(crate) control: Option<PathBuf>,

    /// A chip that comes from another life, with nothing of use in its flash
    #[arg(long, requires = "bluez", help_heading = "As a board on a desk")]
    pub(crate) blank: bool,

    /// The kind of port
    #[arg(long, visible_alias = "uart", value_enum, value_name = "KIND", default_value_t)]
    pub(crate) serial: SerialChoice,

    /// What the bootloader is built for: a UART (frames of 131 bytes) or USB (2051)
    #[arg(long, value_enum, value_name = "PROFILE", default_value_t)]
    pub(crate) profile: ProfileChoice,

    /// Serve a connectivity dongle with the device within its BLE reach, instead of the device's own serial line
    #[arg(long, value_enum, value_name = "PACE", num_args = 0..=1, require_equals = true,
          default_missing_value = "patient", conflicts_with = "profile")]
    pub(crate) dongle: Option<DongleChoice>,

    /// Make this a link to the port, for as long as it is served
    #[arg(long, value_name = "FILE")]
    pub(crate) link_path: Option<PathBuf>,

    /// End when one update has been completed and activated
    #[arg(long)]
    pub(crate) once: bool,

    /// How fast the device works: at once, or with the times that flash takes on a board
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) timing: TimingChoice,

    /// Let this go wrong, with the words of a scenario, or by the name of a fault of the dongle; several are allowed
    #[arg(long = "fault", value_name = "at: {...}, do: ACTION", long_help = fault_help())]
    pub(crate) faults: Vec<String>,

    /// Say whether flash holds the images of this package at the end; if not, the exit code is 100
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) expect: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) device: VirtualDeviceArgs,

    /// Write the whole flash, as it is read back at the end, to this file: .bin or .hex
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,

    /// Keep the device at the end, for a debug tool: probe-rs or pyocd, with a port if you like
    #[arg(long, value_name = "TOOL[:PORT]")]
    pub(crate) hold: Option<HoldChoice>,

    /// What every choice of chance is derived from
    #[arg(long, value_name = "S", default_value = "1", value_parser = words::seed)]
    pub(crate) seed: u64,
}

/// What only a serial line has, or a single update.
const NOT_ON_THE_AIR: [&str; 11] = [
    "images",
    "cut",
    "back_to_dfu",
    "profile",
    "dongle",
    "link_path",
    "once",
    "faults",
    "expect",
    "hold",
    "approtect",
];

/// What only the reference device has.
const NOT_WITH_IMAGES: [&str; 15] = [
    "dongle",
    "profile",
    "faults",
    "expect",
    "hold",
    "softdevice",
    "key",
    "hw_version",
    "unsigned",
    "bootloader",
    "app_version",
    "app_size",
    "no_app",
    "device",
    "planted_bug",
];

/// The generations of access port protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ApprotectChoice {
    /// Closed when UICR says so.
    #[default]
    Old,
    /// Open only when UICR and firmware say so.
    New,
}

/// The kinds of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum SerialChoice {
    /// A pseudo-terminal.
    #[default]
    Pty,
}

/// The serial transports of a bootloader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ProfileChoice {
    /// A UART with 115200 baud.
    #[default]
    Uart,
    /// A USB port (CDC ACM).
    Usb,
}

impl ProfileChoice {
    /// The profile itself.
    pub(crate) fn profile(self) -> Profile {
        match self {
            Self::Uart => Profile::Uart,
            Self::Usb => Profile::Usb,
        }
    }
}

/// What can go wrong, with every fault of a dongle by its name.
fn fault_help() -> String {
    let mut text = "Let this go wrong, with the words of a scenario, or by the name of a fault of the dongle; several are \
        allowed\n\nPositions are counted from the opening of the port, over all clients: `at: { object: 2, byte: 100 }, \
        do: disconnect`. A fault that did not fire ends the program with exit code 98.\n\nWith --dongle it is one of these \
        names; `NAME:3` happens three times, `NAME:always` at every occasion:"
        .to_owned();
    for fault in DongleFault::ALL {
        text.push_str(&format!("\n  {:<21} {}", fault.name(), fault.about()));
    }
    text
}

/// How fast a dongle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DongleChoice {
    /// So slow that the races of drivers don't matter.
    Patient,
    /// As one on a desk, on a line of 1,000,000 baud.
    Real,
    /// At once, which provokes these races.
    Hasty,
}

impl DongleChoice {
    /// The times.
    pub(crate) fn pace(self) -> DonglePace {
        match self {
            Self::Patient => DonglePace::PATIENT,
            Self::Real => DonglePace::REAL,
            Self::Hasty => DonglePace::HASTY,
        }
    }
}

/// How device time and wall time go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum TimingChoice {
    /// What the device has to do takes no time.
    #[default]
    Instant,
    /// Erasing, programming and the bytes of a UART take as long as on a board.
    Flash,
}
