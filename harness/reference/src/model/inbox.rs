//! What has been received and not been worked on yet: the request FIFO, its limits, and receipt counting.

use std::collections::VecDeque;

use super::requests::{CREATE, SET_RECEIPTS};
use crate::bugs::PlantedBug;
use crate::build::Build;

/// Entries of the request scheduler, the one that is executed among them (CP-027).
const ENTRIES: usize = 32;

/// Packet receipt notifications (section 3).
#[derive(Debug, Default)]
pub(super) struct Receipts {
    pub(super) target: u16,
    pub(super) count: u16,
    /// What the receipt before said; a planted bug repeats it.
    pub(super) last_offset: u32,
    /// A planted bug: Create does not begin the counting again.
    pub(super) not_restarted: bool,
    /// A planted bug: a new interval counts from the next Create on.
    pub(super) later: bool,
    /// A planted bug: only the low byte of the interval counts.
    pub(super) of_one_byte: bool,
}

/// One entry of the request FIFO.
#[derive(Debug)]
pub(super) enum Work {
    /// A request other than Write.
    Request(Vec<u8>),
    /// A Write, in a receive buffer.
    Write(Vec<u8>),
    /// A data Execute that waits for the flash (CP-029).
    WaitingExecute,
}

/// Received requests in their order.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    pub(super) fifo: VecDeque<Work>,
    pub(super) receipts: Receipts,
    /// Receive buffers that no one gives back (FLT-010).
    pub(super) leaked: usize,
}

impl Inbox {
    /// An empty inbox of a bootloader that was built like this.
    pub(super) fn for_build(build: &Build) -> Self {
        let not_restarted = build.has(PlantedBug::ReceiptsNotRestarted);
        let of_one_byte = build.has(PlantedBug::ReceiptIntervalOfOneByte);
        let later = build.has(PlantedBug::IntervalCountsLater);
        let receipts = Receipts { not_restarted, later, of_one_byte, ..Receipts::default() };
        Self { receipts, ..Self::default() }
    }

    /// Takes in what the transport has received. A request that finds the scheduler full is lost, but a receipt setting it
    /// carries has taken effect by then (CP-027). So goes every request behind the thirty-second of a burst (FLT-033).
    pub(super) fn receive(&mut self, work: Work) {
        if let Work::Request(request) = &work {
            self.reload_receipts(request);
        }
        if self.fifo.len() < ENTRIES {
            self.fifo.push_back(work);
        }
    }

    /// Puts an Execute back to the end while it is being executed. Lost when every other entry is taken (CP-029).
    pub(super) fn postpone_execute(&mut self) {
        if self.fifo.len() + 1 < ENTRIES {
            self.fifo.push_back(Work::WaitingExecute);
        }
    }

    /// Writes that occupy a receive buffer before they are processed.
    pub(super) fn waiting_writes(&self) -> usize {
        self.fifo.iter().filter(|work| matches!(work, Work::Write(_))).count()
    }

    /// PRN-013: the counter is reloaded when the request arrives, ahead of what is still queued. Create does so before it is
    /// known whether it will be refused (PRN-003); Select, Get CRC and Execute leave the counter alone (PRN-004).
    fn reload_receipts(&mut self, request: &[u8]) {
        let field = |at: usize| request.get(at).copied().unwrap_or(0);
        match request.first() {
            Some(&SET_RECEIPTS) => {
                let high = if self.receipts.of_one_byte { 0 } else { field(2) };
                self.receipts.target = u16::from_le_bytes([field(1), high]);
                if !self.receipts.later || self.receipts.count == 0 {
                    self.receipts.count = self.receipts.target;
                }
            }
            Some(&CREATE) if !self.receipts.not_restarted => self.receipts.count = self.receipts.target,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CP-027, FLT-033, PRN-013: the count begins anew at once, whatever still waits.
    #[test]
    fn the_thirty_third_request_is_lost_but_its_receipt_setting_counts() {
        let mut inbox = Inbox::default();
        (0..32).for_each(|_| inbox.receive(Work::Request(vec![3])));
        inbox.receive(Work::Request(vec![SET_RECEIPTS, 7, 0]));
        assert_eq!((inbox.fifo.len(), inbox.receipts.target, inbox.receipts.count), (32, 7, 7));
        inbox.fifo.drain(..2);
        inbox.postpone_execute();
        assert_eq!(inbox.fifo.len(), 31, "30 others and the one that goes back");
        inbox.postpone_execute();
        assert_eq!(inbox.fifo.len(), 31, "lost: it is an entry itself while it is executed");
    }
}
