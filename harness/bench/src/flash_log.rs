//! What was done to the flash of a board, operation by operation, where somebody can watch it.

pub use gauntlet_nrf52::{FlashAction, FlashOp, NonVolatile, Outcome, Overwrite, Source};

use gauntlet_nrf52::Chip;

/// Flash at some moment, and every operation since.
#[derive(Debug, Clone)]
pub struct FlashLog {
    /// Flash and UICR before the first operation.
    pub base: NonVolatile,
    /// The operations that reached the array, in their order.
    pub ops: Vec<FlashOp>,
    /// Places that were written more often between two erases than the data sheet of the chip allows (nWRITE), the first
    /// few since the board was opened.
    pub overwrites: Vec<Overwrite>,
}

impl FlashLog {
    /// The log of a chip; `None` unless it records.
    pub(crate) fn of(chip: &Chip) -> Option<Self> {
        let base = chip.journal_base()?.clone();
        Some(Self { base, ops: chip.journal().to_vec(), overwrites: chip.overwrites().to_vec() })
    }
}
