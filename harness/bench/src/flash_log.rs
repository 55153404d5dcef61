//! What was done to the flash of a board, operation by operation, where somebody can watch it.

pub use gauntlet_nrf52::{
    FlashAction, FlashOp, NonVolatile, Outcome, Overwrite, Reset, Source, Start, cycles_from_ms,
};

use gauntlet_nrf52::Chip;

/// Flash at some moment, and every operation since.
#[derive(Debug, Clone)]
pub struct FlashLog {
    /// Flash and UICR before the first operation.
    pub base: NonVolatile,
    /// The operations that reached the array, in their order.
    pub ops: Vec<FlashOp>,
    /// Every start of the device since the first operation.
    pub starts: Vec<Start>,
    /// Places that were written more often between two erases than the data sheet of the chip allows (nWRITE), the first
    /// few since the board was opened.
    pub overwrites: Vec<Overwrite>,
}

impl FlashLog {
    /// The log of a chip; `None` unless it records.
    pub(crate) fn of(chip: &Chip) -> Option<Self> {
        let base = chip.journal_base()?.clone();
        let (ops, starts) = (chip.journal().to_vec(), chip.journal_starts().to_vec());
        Some(Self { base, ops, starts, overwrites: chip.overwrites().to_vec() })
    }
}
