//! A bench on a desk: which board, how it is reached, and what can be done to it, as its file says.

use std::time::Duration;

use super::{Chip, FlowControl, Place};
use crate::word::words;

words! {
    /// What is done with a chip whose debug port is closed.
    "what is done with a locked chip"
    pub enum LockedChip {
        /// The run is refused, and the chip is left as it is.
        Refuse = "refuse",
        /// The whole chip is erased, which opens it.
        Erase = "erase",
    }
}

/// A bench file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchFile {
    /// One sentence about it.
    pub about: Option<String>,
    /// The debug probe.
    pub probe: BenchProbe,
    /// The chip that must be found there.
    pub chip: Chip,
    /// What is done when that chip is read-protected.
    pub locked: LockedChip,
    /// How the device is updated.
    pub link: BenchLink,
    /// How the supply is switched, if it can be.
    pub power: Option<BenchPower>,
    /// Pulls the reset pin, if anything can.
    pub reset: Option<BenchCommand>,
    /// The device: `reference`, the name of a target, or a target file.
    pub target: BenchTarget,
}

/// A debug probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchProbe {
    /// `VID:PID:SERIAL`; `None` is the only one that is there.
    pub selector: Option<String>,
    /// Speed of the debug wires in kHz; the probe's own choice without.
    pub speed: Option<u32>,
    /// Where it is named.
    pub place: Place,
}

/// How the device is updated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BenchLink {
    /// Over the Bluetooth of this machine.
    Ble(BenchBle),
    /// Over a serial port of this machine.
    Serial(BenchSerial),
    /// Over a connectivity dongle.
    Dongle(BenchDongle),
}

/// How the device is found on the air, and by which adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BenchBle {
    /// The name that it advertises.
    pub name: Option<String>,
    /// Its address, first byte as it is written first.
    pub address: Option<[u8; 6]>,
    /// Name or address of the adapter; the first one without.
    pub adapter: Option<String>,
}

/// A serial port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchSerial {
    /// Its name.
    pub port: String,
    /// Bits a second.
    pub baud: u32,
    /// Whether RTS/CTS are wired.
    pub flow_control: FlowControl,
}

/// A dongle, and how the device is found within its reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchDongle {
    /// The name of its port.
    pub port: String,
    /// The name that the device advertises.
    pub name: Option<String>,
    /// The device's address, first byte as it is written first.
    pub address: Option<[u8; 6]>,
}

/// A command for the shell, with its bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchCommand {
    /// The command.
    pub run: String,
    /// After this time it is ended, and has failed.
    pub within: Duration,
}

/// How the supply is switched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BenchPower {
    /// Two commands.
    Switch {
        /// Takes the supply away.
        off: BenchCommand,
        /// Gives it back.
        on: BenchCommand,
    },
    /// One command that does both; `{ms}` in it is how long the supply shall be off.
    Cycle(BenchCommand),
}

/// What is flashed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BenchTarget {
    /// `reference`, the name of a target, or a file relative to the bench file; `None` is `reference`.
    pub name: Option<String>,
    /// Firmware in place of the target's own: `.hex`, or `.bin@ADDRESS`, relative to the bench file.
    pub images: Vec<String>,
    /// What signs packages that it accepts: `release`, `other`, or a PEM file relative to the bench file.
    pub key: Option<String>,
}
