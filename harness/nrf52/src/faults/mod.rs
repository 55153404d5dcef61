//! What is made to go wrong on a chip, and when: the supply, resets, the flash.
//!
//! A run is a function of image, seed and the list of faults armed; nothing else decides. See [`Chip::arm`](crate::Chip::arm).

mod armed;

pub(crate) use armed::{Armed, OpPlan, Strike, StrikeKind};

use crate::{
    nvmc::{Cut, FlashAction, TearPattern},
    reset::Reset,
};

/// One thing that goes wrong, once.
///
/// Flash operations are counted from 0 since the fault was armed, over all resets, whoever asks for them; operations that
/// the controller refuses do not count. Cycles count from the same moment. If several faults are meant for one operation,
/// the one armed first is carried out and the others stay armed, with nothing left to strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Power fails at a flash operation.
    Cut(Cut),
    /// Power fails at a time. An operation that is running then is torn: as large a part of its bits has changed as time
    /// of it has passed.
    CutAt {
        /// Cycles from now.
        cycle: u64,
        /// Cycles after which power comes back by itself; `None` leaves the chip off until somebody switches it on.
        off_for: Option<u64>,
    },
    /// The chip is reset at a flash operation.
    Reset {
        /// The operation.
        at_op: u64,
        /// How far it gets.
        tear: super::Tear,
        /// Which reset.
        kind: Reset,
    },
    /// The chip is reset at a time.
    ResetAt {
        /// Cycles from now.
        cycle: u64,
        /// Which reset.
        kind: Reset,
        /// An operation that is running then is finished; otherwise it is torn, as with [`Fault::CutAt`]. Which of the two
        /// a board does is not known.
        finishes: bool,
    },
    /// A flash operation does not do what it should, and the firmware goes on.
    Flash {
        /// The operation.
        at_op: u64,
        /// What becomes of it.
        failure: FlashFailure,
    },
}

/// How a flash operation fails without any loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlashFailure {
    /// It takes its time, the controller says that it is ready, and no cell has changed.
    Nothing,
    /// The same, and only these of the bits have changed: cells at the end of their life.
    Partly(TearPattern),
    /// The controller does not accept it: the access ends in a bus fault.
    Refused,
}

/// A fault that came due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FiredFault {
    /// The order.
    pub fault: Fault,
    /// When it struck, in cycles since the chip was made.
    pub at: u64,
    /// The flash operation it hit, numbered as in [`FlashOp::n`](crate::FlashOp::n), and what that was doing. None if no
    /// operation was running.
    pub op: Option<(u64, FlashAction)>,
    /// The instruction that asked for the operation, or the next one to be executed if the fault struck at a time. None if
    /// it was not the processor's operation.
    pub pc: Option<u32>,
    /// How many times the chip had started before, counting every reset.
    pub boot: u32,
}

impl Fault {
    /// The operation it waits for, counted since it was armed.
    pub const fn op(&self) -> Option<u64> {
        match *self {
            Self::Cut(Cut { at_op, .. }) | Self::Reset { at_op, .. } | Self::Flash { at_op, .. } => {
                Some(at_op)
            }
            Self::CutAt { .. } | Self::ResetAt { .. } => None,
        }
    }

    /// The time it waits for, in cycles since it was armed.
    pub const fn cycle(&self) -> Option<u64> {
        match *self {
            Self::CutAt { cycle, .. } | Self::ResetAt { cycle, .. } => Some(cycle),
            Self::Cut(_) | Self::Reset { .. } | Self::Flash { .. } => None,
        }
    }
}
