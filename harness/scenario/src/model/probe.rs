//! What the debug probe does to a device that runs.

use std::time::Duration;

use super::{Place, Region};
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

/// One action of the probe, and where it stands in the scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeItem {
    /// Where it stands.
    pub place: Place,
    /// What is done.
    pub action: ProbeAction,
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
}
