//! Beginning and end of connections, and what else leaves less to be known of a device.

use std::time::Duration;

use super::model::{BUFFERS, Item, Model, PATIENCE};
use super::receipts::Receipts;
use super::state::State;
use super::violation::Violation;

impl Model {
    /// Somebody else is going to talk to the device.
    pub(crate) fn look_away(&mut self) {
        self.account.images_may_change();
        self.forget();
        self.mute = true;
        self.unseen = true;
    }

    /// Bytes on a line that are no request: they may stand in front of whatever comes next.
    pub(crate) fn raw(&mut self) {
        self.doubt();
        self.residue = true;
    }

    /// What the device hears or does is not known: a request that perhaps did not get out, or only in part.
    /// Nothing is judged before the next connection.
    pub(crate) fn doubt(&mut self) {
        self.forget();
        self.mute = true;
    }

    /// The device has started so often; `None` where nobody counts.
    pub(super) fn note_starts(&mut self, starts: Option<u32>) {
        if self.starts != starts {
            // What was said before and is only heard now can't be told from what is said since.
            self.mute = true;
            self.was_reset = true;
            self.starts = starts;
        }
    }

    /// A connection has been made.
    pub(crate) fn connected(&mut self, at: Duration, starts: Option<u32>) {
        self.settle_queues(at);
        self.note_starts(starts);
        self.last = Some(at);
        if self.unseen {
            // Whoever talked to it may have left it without buffers.
            self.forget();
            self.maybe_leaked = BUFFERS;
        } else if starts.is_none() {
            self.forget();
        } else if self.was_reset {
            self.reset();
        } else if self.mute {
            self.forget();
        }
        // No connection clears a receiver, only a reset does.
        self.residue &= !self.was_reset && !self.rules.ble;
        self.mute = self.residue;
        (self.unseen, self.was_reset, self.hasty) = (false, false, false);
    }

    /// The device has been reset since it was talked to last.
    fn reset(&mut self) {
        // A request whose answer never came may have changed the settings.
        let unanswered = self.pending.iter().any(|item| matches!(item, Item::Request { .. }));
        let stored = self.in_flash().filter(|_| !unanswered);
        self.forget();
        (self.unprocessed, self.flash_ops, self.unaligned) = (0, 0, false);
        (self.leaked, self.maybe_leaked) = (0, 0);
        self.state = State::started(stored);
        self.receipts = Receipts::none();
    }

    /// The connection has ended, whoever ended it.
    pub(crate) fn lost(&mut self, at: Duration, starts: Option<u32>) -> Option<Violation> {
        self.settle_queues(at);
        self.note_starts(starts);
        if self.is_silent() {
            return None;
        }
        let missing = self.missing_receipt(at);
        if !self.rules.ble {
            // Nothing on a serial line tells the device (OBJ-045, SER-016).
            if !self.pending.is_empty() {
                self.forget();
            }
            return missing;
        }
        if self.pending.iter().any(|item| matches!(item, Item::Request { .. })) {
            // Nobody knows whether it still reached the device.
            self.forget();
            return missing;
        }
        // OBJ-047: what is still queued is refused by an object that is not open any more, and counted.
        if self.unprocessed > 0 {
            self.receipts.lose_count();
            self.leaked += self.unprocessed;
        }
        self.pending.clear();
        self.reload();
        missing
    }

    /// The cable of a USB device was pulled: the settings are read again, and nothing else happens (SER-015, OBJ-038).
    pub(crate) fn unplugged(&mut self, at: Duration, starts: Option<u32>) -> Option<Violation> {
        self.settle_queues(at);
        self.note_starts(starts);
        if !self.was_reset && !self.unseen {
            self.reload();
        }
        None
    }

    /// What a lost link leaves: the objects are what flash holds of them.
    fn reload(&mut self) {
        let stored = self.in_flash();
        let kept = std::mem::take(&mut self.state);
        self.state = State {
            selected: kept.selected,
            init_ok: kept.init_ok,
            fw_size: kept.fw_size,
            ..State::reloaded(stored)
        };
    }

    fn missing_receipt(&mut self, at: Duration) -> Option<Violation> {
        let waited = self.last.is_some_and(|last| at.saturating_sub(last) >= PATIENCE);
        match self.pending.front() {
            Some(Item::Receipt(receipt)) if receipt.sure && waited && !self.is_silent() => {
                let expected = receipt.to_string();
                self.pending.pop_front();
                Some(Violation::new("receipt", expected, "nothing", "PRN-001"))
            }
            _ => None,
        }
    }
}
