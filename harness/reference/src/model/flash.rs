//! How the bootloader reaches flash: at once through the NVMC, or through a queue as with a SoftDevice (section 4, flash timing model).

use std::collections::VecDeque;

use gauntlet_nrf52::{Chip, ChipFault};

use super::Halt;
use crate::layout::PAGE;

/// Operations that can wait at a time. A write takes a slot however short it is, and a pending erase takes one as well, so
/// small packets fill the queue long before an object is complete (BLE-024).
const SLOTS: usize = 16;
/// Bytes of flash of the largest chip.
const FLASH_MAX: u32 = 0x10_0000;
/// Bytes the SoftDevice is given at a time.
const PIECE: usize = 20;

/// What happens when everything queued before it is in flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The update has ended: close the transport and reset.
    CloseAndReset,
}

#[derive(Debug)]
enum Operation {
    Erase {
        page: u32,
    },
    /// `received` says that the bytes stand in a receive buffer of the transport until they are programmed.
    Write {
        address: u32,
        bytes: Vec<u8>,
        done: usize,
        received: bool,
    },
    Finish(Then),
}

/// No slot is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueFull;

/// The flash backend of a build.
#[derive(Debug, Default)]
pub(crate) struct Flash {
    queue: VecDeque<Operation>,
    queued: bool,
    /// The chip has done the first operation, and the queue has not been told yet: until then its slot is taken, as it
    /// was for everything that arrived meanwhile.
    done_by_chip: bool,
    /// A refused operation has stopped the queue until something is requested again (section 4).
    stopped: bool,
}

impl Flash {
    /// Blocking until [`Flash::queue_from_now_on`]: at boot access is blocking in every profile (10.1).
    pub(crate) fn blocking() -> Self {
        Self::default()
    }

    /// From now on operations wait for the radio, as the SoftDevice orders them.
    pub(crate) fn queue_from_now_on(&mut self) {
        self.queued = true;
    }

    /// Nothing is under way. A queue that has stopped counts as idle, too.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty() || self.stopped
    }

    /// Receive buffers that wait in the queue.
    pub(crate) fn held_buffers(&self) -> usize {
        self.queue.iter().filter(|op| matches!(op, Operation::Write { received: true, .. })).count()
    }

    /// No slot is free for another operation.
    pub(crate) fn is_full(&self) -> bool {
        let waiting = self.queue.iter().filter(|op| !matches!(op, Operation::Finish(_))).count();
        self.queued && waiting >= SLOTS
    }

    pub(crate) fn erase(&mut self, chip: &mut Chip, page: u32) -> Result<Result<(), QueueFull>, Halt> {
        self.submit(chip, Operation::Erase { page })
    }

    pub(crate) fn write(
        &mut self,
        chip: &mut Chip,
        address: u32,
        bytes: &[u8],
    ) -> Result<Result<(), QueueFull>, Halt> {
        self.submit(chip, Operation::Write { address, bytes: bytes.to_vec(), done: 0, received: true })
    }

    /// A settings page and its content: erase, then write the whole structure (SET-005).
    pub(crate) fn replace_page(
        &mut self,
        chip: &mut Chip,
        page: u32,
        content: &[u8],
    ) -> Result<Result<(), QueueFull>, Halt> {
        if self.erase(chip, page)?.is_err() {
            return Ok(Err(QueueFull));
        }
        let bytes = content.to_vec();
        self.submit(chip, Operation::Write { address: page, bytes, done: 0, received: false })
    }

    /// Does `then` as soon as everything before it is done.
    pub(crate) fn finish(&mut self, then: Then) {
        self.queue.push_back(Operation::Finish(then));
    }

    /// Does the next piece of work; `Some` when a [`Flash::finish`] was reached.
    pub(crate) fn step(&mut self, chip: &mut Chip) -> Result<Option<Then>, Halt> {
        if self.stopped {
            return Ok(None);
        }
        if std::mem::take(&mut self.done_by_chip) {
            self.queue.pop_front();
            return Ok(None);
        }
        match self.queue.front_mut() {
            None => {}
            Some(Operation::Finish(then)) => {
                let then = *then;
                self.queue.pop_front();
                return Ok(Some(then));
            }
            Some(Operation::Erase { page }) => match chip.nvmc_erase_page(*page) {
                Ok(()) => self.done_by_chip = true,
                Err(fault) => self.refused(fault)?,
            },
            // The driver refuses an address that is not a word's (FLT-020, BLE-034).
            Some(Operation::Write { address, .. }) if *address % 4 != 0 => {
                self.queue.pop_front();
                self.stopped = true;
            }
            Some(Operation::Write { address, bytes, done, .. }) => {
                let piece = &bytes[*done..bytes.len().min(*done + PIECE)];
                let at = address.wrapping_add(*done as u32);
                match program(chip, at, piece, Tail::OneWordAtLeast) {
                    Ok(()) => {
                        *done += piece.len();
                        self.done_by_chip = *done >= bytes.len();
                    }
                    Err(fault) => self.refused(fault)?,
                }
            }
        }
        Ok(None)
    }

    /// What the SoftDevice does not do, such as changing protected flash, is not reported to anyone (FLT-034), and stops the
    /// queue until something else is requested (section 4).
    fn refused(&mut self, fault: ChipFault) -> Result<(), Halt> {
        if let ChipFault::PowerLost { .. } = fault {
            return Err(fault.into());
        }
        self.queue.pop_front();
        self.stopped = true;
        Ok(())
    }

    fn submit(&mut self, chip: &mut Chip, operation: Operation) -> Result<Result<(), QueueFull>, Halt> {
        if self.queued {
            if self.is_full() {
                return Ok(Err(QueueFull));
            }
            self.stopped = false;
            self.queue.push_back(operation);
            return Ok(Ok(()));
        }
        // Blocking: the page is erased before Create is answered (SER-020), and the bytes of a Write are in flash before
        // the next request is looked at (SER-021).
        match operation {
            Operation::Erase { page } => chip.nvmc_erase_page(page)?,
            Operation::Write { address, bytes, .. } => {
                if address % 4 != 0 {
                    return Err(Halt::Reset);
                }
                program(chip, address, &bytes, Tail::Dropped)?;
            }
            Operation::Finish(_) => {}
        }
        Ok(Ok(()))
    }
}

/// What becomes of 1..3 bytes that don't fill a word (FLT-020, FLT-021).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// They are not programmed.
    Dropped,
    /// A piece shorter than a word is programmed as one word; behind whole words the rest is dropped.
    OneWordAtLeast,
}

fn program(chip: &mut Chip, address: u32, bytes: &[u8], tail: Tail) -> Result<(), ChipFault> {
    let words = bytes.chunks_exact(4);
    let rest = words.remainder();
    for (at, word) in words.enumerate() {
        chip.nvmc_write_word(
            address.wrapping_add(4 * at as u32),
            u32::from_le_bytes([word[0], word[1], word[2], word[3]]),
        )?;
    }
    if tail == Tail::OneWordAtLeast && bytes.len() < 4 && !rest.is_empty() {
        let mut word = [0xFF; 4];
        word[..rest.len()].copy_from_slice(rest);
        chip.nvmc_write_word(address, u32::from_le_bytes(word))?;
    }
    Ok(())
}

/// Reads `size` bytes of flash.
pub(crate) fn read(chip: &mut Chip, address: u32, size: u32) -> Result<Vec<u8>, Halt> {
    // Behind flash there is nothing to be read: a bus fault.
    if size > FLASH_MAX {
        return Err(Halt::Reset);
    }
    let mut bytes = vec![0; size as usize];
    chip.load(address, &mut bytes)?;
    Ok(bytes)
}

/// `address` rounded up to a page.
pub(crate) fn page_up(address: u32) -> u32 {
    address.div_ceil(PAGE).wrapping_mul(PAGE)
}
