//! What the debug probe does to a device that runs.

use std::time::Duration;

use super::{AccessPort, Place, Region};
use crate::word::words;

words! {
    /// A register that survives a reset.
    "a retained register"
    pub enum Retained {
        /// GPREGRET, in which DFU mode is asked for.
        First = "retained",
        /// GPREGRET2, in which a start without checks is asked for.
        Second = "retained-2",
    }
}

words! {
    /// A register that is looked at.
    "a register"
    pub enum Register {
        /// GPREGRET, in which DFU mode is asked for.
        First = "retained",
        /// GPREGRET2, in which a start without checks is asked for.
        Second = "retained-2",
        /// The low byte of RESETREAS, which collects what has reset the chip since the supply came: 1 the reset pin, 2 the
        /// watchdog, 4 the core itself, 8 a lockup.
        Reasons = "reset-reasons",
    }
}

words! {
    /// What a recovery makes anew.
    "what is recovered"
    pub enum Recovered {
        /// The whole chip is erased, which opens its access port, and the device is made as before, with an open one.
        Device = "device",
    }
}

/// One action of the probe, and where it stands in the scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeItem {
    /// Where it stands.
    pub place: Place,
    /// What is done.
    pub action: ProbeAction,
}

impl ProbeAction {
    /// It is about the access port itself, so that nothing has to get through that.
    #[must_use]
    pub const fn is_about_port(&self) -> bool {
        matches!(self, Self::AccessPort(_) | Self::Recover(_))
    }
}

/// What the probe does, or must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeAction {
    /// A retained register gets a value.
    Retain {
        /// Which one.
        register: Retained,
        /// The value.
        value: u8,
    },
    /// A register must have a value.
    Register {
        /// Which one.
        register: Register,
        /// The value.
        value: u8,
    },
    /// Every page of a region is erased; `uicr` as a whole.
    Erase(Region),
    /// The watchdog is started, as an application leaves it running when it asks for DFU mode. Nothing but a reset that
    /// stops it ends that; a soft reset does not.
    Watchdog {
        /// How long it may go unfed.
        timeout: Duration,
        /// How many of its reload registers have to be fed, 1 to 8.
        registers: u8,
    },
    /// A word of flash is programmed: bits go from 1 to 0 only.
    Program {
        /// The region.
        region: Region,
        /// Bytes from its start; a multiple of 4.
        at: u32,
        /// The word.
        value: u32,
    },
    /// A word of flash must have a value.
    Read {
        /// The region.
        region: Region,
        /// Bytes from its start; a multiple of 4.
        at: u32,
        /// The word.
        value: u32,
    },
    /// The first page of a region must be closed against writing and erasing, or open.
    Closed {
        /// The region.
        region: Region,
        /// Closed, or open.
        closed: bool,
    },
    /// Whether the probe gets through the access port.
    AccessPort(AccessPort),
    /// The chip is erased as a whole and made anew, whether its access port is closed or not.
    Recover(Recovered),
}
