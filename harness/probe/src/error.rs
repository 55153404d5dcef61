//! What can go wrong between the host and a chip, told apart by type and never by text.

use std::error::Error as StdError;

use probe_rs::{
    Error,
    architecture::arm::{ArmError, DapError},
    config::RegistryError,
    flashing::FlashError,
    probe::{DebugProbeError, ProbeCreationError},
};

/// The error of probe-rs underneath, with its own chain of causes.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// An operation on a board that failed. The message says what failed and what to do; the causes follow as sources.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No such probe.
    #[error("no debug probe matches {probe:?}; plug it in, or correct the selector (VID:PID:SERIAL)")]
    NoProbe {
        /// The selector.
        probe: String,
        /// What probe-rs said, if it was asked.
        #[source]
        cause: Option<Cause>,
    },
    /// The probe is there, but cannot be used.
    #[error(
        "the debug probe {probe:?} cannot be opened; close other debug tools, and check the access rights"
    )]
    ProbeRefused {
        /// The selector.
        probe: String,
        /// What probe-rs said.
        #[source]
        cause: Cause,
    },
    /// probe-rs does not know the chip.
    #[error("{target:?} is not a chip probe-rs knows; use its name there, for instance nRF52832_xxAA")]
    UnknownTarget {
        /// The name.
        target: String,
        /// What probe-rs said.
        #[source]
        cause: Cause,
    },
    /// The chip is read-protected, and the permission to erase it was not given.
    #[error("the chip is read-protected; allow erasing the whole chip to unlock it")]
    Locked {
        /// What probe-rs said.
        #[source]
        cause: Cause,
    },
    /// Another chip than the one that has to be there.
    #[error("the chip has the part number {found:#x}, and not {expected:#x}; it was not flashed")]
    OtherChip {
        /// What FICR should say.
        expected: u32,
        /// What it says.
        found: u32,
    },
    /// The chip does not answer.
    #[error("the chip does not answer ({doing}); check its power and the debug wires, then attach again")]
    NoAcknowledge {
        /// What was being done.
        doing: Doing,
        /// What probe-rs said.
        #[source]
        cause: Cause,
    },
    /// The chip refused a memory access: nothing is there, or it is protected, or flash was stored to directly.
    #[error("the chip refused a memory access ({doing})")]
    AccessRefused {
        /// What was being done.
        doing: Doing,
        /// What probe-rs said.
        #[source]
        cause: Cause,
    },
    /// Erasing or programming failed, though the chip answers.
    #[error("{doing} failed; the flash is now partly changed")]
    FlashFailed {
        /// What was being done.
        doing: Doing,
        /// The page or sector it failed at, if it is known.
        address: Option<u64>,
        /// What probe-rs said.
        #[source]
        cause: Cause,
    },
    /// The image cannot be flashed: parts of it overlap, or lie outside of the flash.
    #[error("the image does not fit the chip; nothing was changed")]
    BadImage {
        /// What probe-rs said.
        #[source]
        cause: Cause,
    },
    /// The chip holds something else than it should.
    #[error("at {address:#010x} the chip holds {found:#04x} instead of {expected:#04x}")]
    VerifyMismatch {
        /// The first byte that differs.
        address: u32,
        /// What should be there.
        expected: u8,
        /// What is there.
        found: u8,
    },
    /// Something took too long.
    #[error("the chip did not get there in time ({doing})")]
    TimedOut {
        /// What was being done.
        doing: Doing,
        /// What probe-rs said.
        #[source]
        cause: Cause,
    },
    /// The probe, or its driver, does not come back. It can't be used any more.
    #[error(
        "the debug probe does not come back ({doing}, given up after {} s); unplug it and plug it in again",
        after.as_secs()
    )]
    Hung {
        /// What was being done.
        doing: Doing,
        /// How long it was waited for.
        after: std::time::Duration,
    },
    /// Anything else.
    #[error("{doing} failed")]
    Other {
        /// What was being done.
        doing: Doing,
        /// What probe-rs said.
        #[source]
        cause: Cause,
    },
}

/// What was being done when something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Attaching.
    Attach,
    /// Erasing everything.
    EraseAll,
    /// Erasing some pages.
    Erase,
    /// Flashing.
    Flash,
    /// Verifying.
    Verify,
    /// Reading.
    Read {
        /// The first address.
        address: u32,
    },
    /// Writing.
    Write {
        /// The first address.
        address: u32,
    },
    /// Resetting.
    Reset,
    /// Halting, running, stepping, setting a breakpoint.
    RunControl,
    /// Letting the board go.
    Detach,
}

impl std::fmt::Display for Doing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Attach => f.write_str("attaching"),
            Self::EraseAll => f.write_str("erasing the whole chip"),
            Self::Erase => f.write_str("erasing"),
            Self::Flash => f.write_str("flashing"),
            Self::Verify => f.write_str("verifying"),
            Self::Read { address } => write!(f, "reading at {address:#010x}"),
            Self::Write { address } => write!(f, "writing at {address:#010x}"),
            Self::Reset => f.write_str("resetting"),
            Self::RunControl => f.write_str("controlling the core"),
            Self::Detach => f.write_str("detaching"),
        }
    }
}

/// What the causes of an error say, in order of how much they explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    Nothing,
    Timeout,
    Fault,
    Flash(Option<u64>),
    BadImage,
    NotFound,
    Refused,
    UnknownTarget,
    Locked,
    NoAcknowledge,
}

impl ProbeError {
    /// Finds out what an error of probe-rs means by walking its causes.
    pub(crate) fn classify(doing: Doing, cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        let mut finding = Finding::Nothing;
        let mut next: Option<&(dyn StdError + 'static)> = Some(&*cause);
        while let Some(error) = next {
            finding = finding.max(find(error));
            next = error.source();
        }
        match finding {
            Finding::NoAcknowledge => Self::NoAcknowledge { doing, cause },
            Finding::Locked => Self::Locked { cause },
            Finding::UnknownTarget => Self::UnknownTarget { target: String::new(), cause },
            Finding::Refused => Self::ProbeRefused { probe: String::new(), cause },
            Finding::NotFound => Self::NoProbe { probe: String::new(), cause: Some(cause) },
            Finding::BadImage => Self::BadImage { cause },
            Finding::Flash(address) => Self::FlashFailed { doing, address, cause },
            Finding::Fault => Self::AccessRefused { doing, cause },
            Finding::Timeout => Self::TimedOut { doing, cause },
            Finding::Nothing => Self::Other { doing, cause },
        }
    }

    /// The same error with the names the user gave.
    pub(crate) fn naming(self, probe: &str, target: &str) -> Self {
        match self {
            Self::NoProbe { cause, .. } => Self::NoProbe { probe: probe.to_owned(), cause },
            Self::ProbeRefused { cause, .. } => Self::ProbeRefused { probe: probe.to_owned(), cause },
            Self::UnknownTarget { cause, .. } => Self::UnknownTarget { target: target.to_owned(), cause },
            other => other,
        }
    }
}

fn find(error: &(dyn StdError + 'static)) -> Finding {
    if let Some(error) = error.downcast_ref::<DapError>() {
        return find_dap(error);
    }
    if let Some(error) = error.downcast_ref::<ArmError>() {
        return find_arm(error);
    }
    // A boxed cause shows up as its box.
    if let Some(error) = error.downcast_ref::<Box<ArmError>>() {
        return find_arm(error);
    }
    if let Some(error) = error.downcast_ref::<DebugProbeError>() {
        return match error {
            DebugProbeError::ProbeCouldNotBeCreated(ProbeCreationError::NotFound) => Finding::NotFound,
            DebugProbeError::ProbeCouldNotBeCreated(_) | DebugProbeError::Usb(_) => Finding::Refused,
            DebugProbeError::TargetNotFound => Finding::NoAcknowledge,
            DebugProbeError::Timeout => Finding::Timeout,
            _ => Finding::Nothing,
        };
    }
    if let Some(error) = error.downcast_ref::<Error>() {
        return match error {
            Error::MissingPermissions(_) => Finding::Locked,
            Error::ChipNotFound(_) => Finding::UnknownTarget,
            Error::Timeout => Finding::Timeout,
            _ => Finding::Nothing,
        };
    }
    if error.is::<RegistryError>() {
        return Finding::UnknownTarget;
    }
    if let Some(error) = error.downcast_ref::<FlashError>() {
        return match error {
            FlashError::PageWrite { page_address, .. } => Finding::Flash(Some(*page_address)),
            FlashError::EraseFailed { sector_address, .. } => Finding::Flash(Some(*sector_address)),
            FlashError::NoSuitableNvm { .. }
            | FlashError::DataOverlaps { .. }
            | FlashError::AddressNotInRegion { .. }
            | FlashError::NoFlashLoaderAlgorithmAttached { .. } => Finding::BadImage,
            _ => Finding::Flash(None),
        };
    }
    Finding::Nothing
}

fn find_dap(error: &DapError) -> Finding {
    match error {
        DapError::NoAcknowledge => Finding::NoAcknowledge,
        DapError::FaultResponse => Finding::Fault,
        _ => Finding::Nothing,
    }
}

fn find_arm(error: &ArmError) -> Finding {
    match error {
        ArmError::MissingPermissions(_) => Finding::Locked,
        ArmError::NoTargetResponse { .. } => Finding::NoAcknowledge,
        ArmError::Timeout => Finding::Timeout,
        _ => Finding::Nothing,
    }
}
