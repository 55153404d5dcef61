//! What a sweep of power cuts has found.

use std::collections::BTreeMap;
use std::ops::Range;

use gauntlet_bench::sweep::{ColdBoot, FlashAction, Landing, SweptTear};

/// What became of a device that got power again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// The application from before the update runs, byte for byte.
    Previous,
    /// The one of the update runs, byte for byte.
    New,
    /// The application area is entered, and what is in it is neither of the two.
    Neither,
    /// The bootloader listens: DFU mode.
    Dfu,
    /// It resets itself over and over.
    ResetLoop,
    /// It locks up.
    Lockup,
    /// It sleeps, and nothing can wake it.
    Asleep,
    /// It is in System OFF.
    Off,
    /// It has lost power again.
    PowerLost,
    /// A breakpoint halted it.
    Halted,
    /// It gets nowhere.
    Stuck,
}

impl Ending {
    /// A landing; an application that runs is told from others by `application`.
    pub(super) fn of(landing: Landing, application: impl FnOnce() -> Self) -> Self {
        match landing {
            Landing::Application => application(),
            Landing::Listening => Self::Dfu,
            Landing::ResetLoop => Self::ResetLoop,
            Landing::Lockup => Self::Lockup,
            Landing::Asleep => Self::Asleep,
            Landing::Off => Self::Off,
            Landing::PowerLost => Self::PowerLost,
            Landing::Halted => Self::Halted,
            Landing::Stuck => Self::Stuck,
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Previous => "previous application",
            Self::New => "new application",
            Self::Neither => "application that is neither",
            Self::Dfu => "DFU mode",
            Self::ResetLoop => "reset loop",
            Self::Lockup => "lockup",
            Self::Asleep => "asleep for ever",
            Self::Off => "System OFF",
            Self::PowerLost => "power lost again",
            Self::Halted => "halted at a breakpoint",
            Self::Stuck => "stuck",
        }
    }

    /// The device has found its way back. DFU mode is one only where the update has to give up the previous application.
    pub fn is_good(self, keeps_application: bool) -> bool {
        match self {
            Self::Previous | Self::New => true,
            Self::Dfu => !keeps_application,
            _ => false,
        }
    }
}

/// A state from which the device does not find its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadState {
    /// The flash operation power failed in, from 1 at the first one of the update: as scenarios count them.
    pub operation: usize,
    /// What it was doing.
    pub action: FlashAction,
    /// How far it got.
    pub tear: SweptTear,
    /// What became of the device.
    pub ending: Ending,
    /// Address of the instruction that faulted first, if one did.
    pub fault: Option<u32>,
    /// What the clean update afterwards came to, when that is what is wrong.
    pub update: Option<String>,
}

/// What a sweep has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CutsEnd {
    /// Flash operations of the whole update.
    pub operations: usize,
    /// Those that were swept, from 0.
    pub swept: Range<usize>,
    /// The previous application must not get lost: the update is stored beside it.
    pub keeps_application: bool,
    /// States by what became of them.
    pub endings: BTreeMap<Ending, u64>,
    /// Clean updates of devices that had found their way back.
    pub updates: u64,
    /// Everything that is wrong, in the order of the operations.
    pub bad: Vec<BadState>,
    /// Somebody stopped it; this is what was seen until then.
    pub interrupted: bool,
}

impl CutsEnd {
    /// States that were booted.
    pub fn states(&self) -> u64 {
        self.endings.values().sum()
    }
}

/// One state, and what became of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) boot: ColdBoot,
    pub(super) ending: Ending,
}

impl Seen {
    /// As something that is wrong; `first` is the number of the first operation.
    pub(super) fn bad(&self, first: u64, update: Option<String>) -> BadState {
        BadState {
            operation: usize::try_from(self.boot.op - first + 1).unwrap_or(usize::MAX),
            action: self.boot.action,
            tear: self.boot.tear,
            ending: self.ending,
            fault: self.boot.fault.map(|fault| fault.pc),
            update,
        }
    }
}
