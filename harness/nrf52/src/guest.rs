//! Firmware that lives in the host.

use crate::{Chip, Reset};

/// Firmware that lives in the host and stands where CPU code would stand. It is entered when the CPU executes the
/// instruction `UDF #n` with n from 0xD0 to 0xDF, and it works on the chip through [`Chip`]'s firmware side.
pub trait Guest: Send {
    /// The chip has started again, after a reset or because power came back: everything that lives in RAM is gone. Told
    /// at the start, not at the loss of power, and not for the first start of a new chip.
    fn reset(&mut self, cause: Reset);

    /// The CPU executed `UDF #trap`, and stands behind it.
    fn enter(&mut self, chip: &mut Chip, trap: u8) -> GuestStep;

    /// Works until `until` (cycles). Called only while the guest is entered. It must let the chip's time pass itself,
    /// with [`Chip::pass_time`] or by flash operations; it may go past `until`.
    fn poll(&mut self, chip: &mut Chip, until: u64) -> GuestStep;
}

/// How a guest goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuestStep {
    /// It stays where it is and wants to be polled.
    Stay,
    /// The CPU goes on behind the trap.
    Return {
        /// Register R0 then.
        r0: u32,
    },
    /// The firmware asked for a reset of this kind.
    Reset(Reset),
    /// A chip access failed because power was lost.
    PowerLost,
}
