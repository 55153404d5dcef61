//! What the debug probe does to a device that runs.

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
    /// Every page of a region is erased.
    Erase(Region),
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
}
