//! Power cuts, placed by counting flash operations.

use super::TearPattern;

/// How far the operation got when power failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tear {
    /// It had not begun: the array is as it was.
    Before,
    /// It was complete, and the CPU did not come to its next instruction.
    After,
    /// It was in the middle.
    Torn(TearPattern),
}

/// An order to cut the power at one flash operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cut {
    /// The operation, counted from 0 since the cut was armed. Resets do not restart the count, and every accepted
    /// operation counts, whoever asked for it. Refused ones do not count.
    pub at_op: u64,
    /// How far it gets.
    pub tear: Tear,
    /// Cycles after which power comes back by itself; `None` leaves the chip off until somebody switches it on.
    pub off_for: Option<u64>,
}

/// A cut that has fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CutReport {
    /// The order.
    pub cut: Cut,
    /// When power failed, in cycles.
    pub at: u64,
    /// The operation it hit, counted since the chip was made, as in [`FlashOp::n`](super::FlashOp::n).
    pub op: u64,
    /// What the operation was doing.
    pub action: super::FlashAction,
}
