//! The model: what reaches the device goes in, what it says is judged.

use std::collections::VecDeque;
use std::time::Duration;

use super::account::Account;
use super::answers::{ABORT, CREATE, EXECUTE, GET_CRC, SET_RECEIPTS, WRITE, is_extended};
use super::effects::brings_bootloader;
use super::forecast::{Forecast, spaced};
use super::receipts::{Receipt, Receipts};
use super::rules::Rules;
use super::state::{Selected, State, Stored};
use super::violation::Violation;

/// Behind a silence as long as this, everything that was queued is in flash.
const QUIET: Duration = Duration::from_millis(500);
/// Both settings pages are written by then.
const STORED: Duration = Duration::from_secs(1);
/// Receive buffers of a BLE build (BLE-018).
pub(super) const BUFFERS: usize = 17;
/// An answer that has not come by then does not come; the engine and exchanges wait that long.
pub(super) const PATIENCE: Duration = Duration::from_millis(9_500);
/// The same for Execute, behind which signature, hash and settings stand.
const EXECUTE_PATIENCE: Duration = Duration::from_secs(29);

/// A passive model of the Secure DFU protocol on the device's side of one connection after the other.
///
/// It learns from answers what it does not know, and blames a device only for what the specification determines.
#[derive(Debug)]
pub(crate) struct Model {
    pub(super) rules: Rules,
    pub(super) state: State,
    pub(super) receipts: Receipts,
    /// What has been sent and not been answered, in the order in which the device works on it.
    pub(super) pending: VecDeque<Item>,
    /// Nothing can be said before the next connection: the device was reset, is ending, or hears something else than we know.
    pub(super) mute: bool,
    /// Requests were sent before the answers to those in front of them, so that answers may be missing or out of order.
    pub(super) hasty: bool,
    /// The bootloader has been replaced by one that nothing is known of.
    pub(super) retired: bool,
    /// Packets that the device may not have worked on yet.
    pub(super) unprocessed: usize,
    /// Flash operations that it may not have done yet.
    pub(super) flash_ops: usize,
    /// Receive buffers that refused writes have taken (FLT-010).
    pub(super) leaked: usize,
    /// A write was no multiple of four bytes, so that the flash queue may stand still (FLT-020).
    pub(super) unaligned: bool,
    /// When something last passed.
    pub(super) last: Option<Duration>,
    /// When the device last accepted what it writes to the settings behind its answer.
    pub(super) stored_at: Option<Duration>,
    /// How often the device had started when it was last asked, where that is known.
    pub(super) starts: Option<u32>,
    /// The device has been reset since the last connection was made.
    pub(super) was_reset: bool,
    /// Somebody else has talked to it, or what was said was not followed.
    pub(super) unseen: bool,
    /// Bytes that are no frame may still stand in the receiver of a serial device.
    pub(super) residue: bool,
    /// Writes that may have been refused.
    pub(super) maybe_leaked: usize,
    /// What the settings are being made.
    pub(super) storing: Option<Stored>,
    /// Init packets that may be stored in the device.
    pub(super) known_packets: Vec<Vec<u8>>,
    /// What it must say of itself.
    pub(super) account: Account,
}

/// What has been sent or is due.
#[derive(Debug)]
pub(super) enum Item {
    Request { bytes: Vec<u8>, sure: bool },
    Data(Vec<u8>),
    Receipt(Receipt),
}

impl Model {
    /// Of a device of which no more than its build is known.
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            state: State::default(),
            receipts: Receipts::default(),
            pending: VecDeque::new(),
            mute: true,
            hasty: false,
            retired: false,
            unprocessed: 0,
            flash_ops: 0,
            leaked: 0,
            unaligned: false,
            last: None,
            stored_at: None,
            starts: None,
            was_reset: false,
            unseen: false,
            residue: false,
            maybe_leaked: 0,
            storing: None,
            known_packets: Vec::new(),
            account: Account::default(),
        }
    }

    /// Init packets that may be stored in the device: of one that it names by length and CRC, the rest is known.
    pub(crate) fn knows(&mut self, packets: impl IntoIterator<Item = Vec<u8>>) {
        for packet in packets {
            if brings_bootloader(&packet) {
                // It may be built otherwise, and nobody may have seen it come.
                self.rules.init = None;
            }
            self.known_packets.push(packet);
        }
    }

    /// Whatever happened to the device meanwhile, nothing is known of it any more.
    pub(crate) fn forget(&mut self) {
        self.state = State::default();
        self.receipts = Receipts::default();
        self.pending.clear();
        self.hasty = false;
        (self.stored_at, self.storing) = (None, None);
    }

    /// A bootloader of which nothing is known has taken its place.
    pub(super) fn retire(&mut self) {
        self.retired = true;
    }

    /// A request reaches the device.
    pub(crate) fn request(&mut self, at: Duration, starts: Option<u32>, bytes: &[u8]) {
        self.passes(at, starts);
        let opcode = bytes.first().copied();
        let image = !matches!(self.state.selected, Some(Selected::Command | Selected::Invalid));
        if opcode == Some(EXECUTE) && image {
            // It may be the last one, whatever becomes of its answer.
            self.account.images_may_change();
        }
        if self.is_silent() {
            self.unseen = true;
            return;
        }
        if opcode == Some(WRITE) {
            let data = if self.rules.ble { &[] } else { &bytes[1..] };
            return self.write_arrives(data);
        }
        if matches!(opcode, None | Some(ABORT)) {
            // An empty request may be anything (FLT-002), and Abort ends it all (CP-024).
            self.doubt();
            return;
        }
        if matches!(opcode, Some(CREATE | SET_RECEIPTS)) {
            self.receipts.reload(bytes, self.unprocessed > 0);
        }
        let sure = self.pending.is_empty();
        self.hasty |= self.pending.iter().any(|item| matches!(item, Item::Request { .. }));
        self.pending.push_back(Item::Request { bytes: bytes.to_vec(), sure });
    }

    /// A packet of object data, or a Write frame without its opcode, reaches the device.
    pub(crate) fn data(&mut self, at: Duration, starts: Option<u32>, data: &[u8]) {
        self.passes(at, starts);
        if self.is_silent() {
            self.unseen = true;
            return;
        }
        self.write_arrives(data);
    }

    fn write_arrives(&mut self, data: &[u8]) {
        self.unprocessed += 1;
        for item in &mut self.pending {
            if let Item::Receipt(receipt) = item {
                receipt.behind += 1;
            }
        }
        if self.pending.iter().any(|item| !matches!(item, Item::Receipt(_))) {
            self.pending.push_back(Item::Data(data.to_vec()));
        } else {
            self.take_write(data);
        }
    }

    fn take_write(&mut self, data: &[u8]) {
        let answer = self.write(data);
        let nothing_waits = self.pending.is_empty();
        if let Some(receipt) = self.receipts.count(answer, nothing_waits) {
            let at = self.pending.iter().take_while(|item| matches!(item, Item::Receipt(_))).count();
            self.pending.insert(at, Item::Receipt(receipt));
        }
    }

    /// Nobody has heard anything for so long, although somebody listened.
    pub(crate) fn silence(&mut self, waited: Duration, starts: Option<u32>) -> Option<Violation> {
        self.note_starts(starts);
        if starts.is_none() || self.is_silent() || self.hasty || self.may_be_deaf() {
            return None;
        }
        let Some(Item::Request { bytes, sure: true }) = self.pending.front() else { return None };
        let bytes = bytes.clone();
        let patience = if bytes[0] == EXECUTE { EXECUTE_PATIENCE } else { PATIENCE };
        if waited < patience {
            return None;
        }
        let expected = self.forecast(&bytes).map_or_else(|| "an answer".to_owned(), |f| f.to_string());
        self.doubt();
        Some(Violation::answer(&bytes, expected, "no answer", "CP-001"))
    }

    /// The device says something.
    pub(crate) fn message(&mut self, at: Duration, starts: Option<u32>, message: &[u8]) -> Option<Violation> {
        self.passes(at, starts);
        if self.is_silent() {
            return None;
        }
        if !self.rules.ble {
            // It hears, so that it has a buffer left.
            self.maybe_leaked = self.maybe_leaked.min(1);
        }
        let hasty = self.hasty;
        let found = self.hear(message);
        if found.is_some() && hasty {
            // PRN-014, SER-012, CP-029: what was not waited for may be lost, or come in another order.
            self.doubt();
            return None;
        }
        if self.pending.is_empty() {
            self.hasty = false;
        }
        found
    }

    fn hear(&mut self, message: &[u8]) -> Option<Violation> {
        let is_receipt = message.get(1) == Some(&GET_CRC);
        loop {
            match self.pending.pop_front() {
                None if is_receipt && self.receipts.may_come(message) => {
                    self.settle(message);
                    return None;
                }
                None => {
                    let found = spaced(message);
                    self.forget();
                    return Some(Violation::new(
                        "message",
                        "none: nothing was asked",
                        found,
                        "CP-001, PRN-002",
                    ));
                }
                Some(Item::Data(data)) => self.take_write(&data),
                Some(Item::Receipt(receipt)) => {
                    if is_receipt && receipt.holds(message) {
                        self.unprocessed = self.unprocessed.min(receipt.behind);
                        if self.settle(message) {
                            return None;
                        }
                    }
                    if !receipt.sure {
                        continue;
                    }
                    let expected = receipt.to_string();
                    self.pending.clear();
                    self.forget();
                    let rule = if is_receipt { "PRN-006, PRN-011" } else { "PRN-001" };
                    return Some(Violation::new("receipt", expected, spaced(message), rule));
                }
                Some(Item::Request { bytes, .. }) => {
                    let answers = message.get(1) == bytes.first();
                    if is_receipt && !answers && self.receipts.may_come(message) {
                        self.pending.push_front(Item::Request { bytes, sure: true });
                        self.settle(message);
                        return None;
                    }
                    return self.answer(&bytes, message);
                }
            }
        }
    }

    /// Judges the answer to a request, and follows it.
    fn answer(&mut self, request: &[u8], message: &[u8]) -> Option<Violation> {
        let forecast = self.forecast(request);
        let opcode = request.first().copied().unwrap_or_default();
        let formed = message.starts_with(&[0x60, opcode]) && message.len() > 2;
        let holds = forecast.as_ref().map_or(formed, |forecast| forecast.holds(message));
        if holds {
            if !self.rules.ble {
                // Whatever it did behind an answer is done before it works on the next request.
                self.stored_in_flash();
            }
            self.unprocessed = self.pending.iter().filter(|item| matches!(item, Item::Data(_))).count();
            if self.follow(request, message) {
                self.drain();
                return None;
            }
        }
        let expected = forecast.as_ref().map_or_else(|| format!("60 {opcode:02X} .."), Forecast::to_string);
        let rule = forecast.map_or("CP-001", |forecast| forecast.rule);
        let rule = if is_extended(message) && message.len() != 4 { "CP-003" } else { rule };
        self.forget();
        self.mute = !formed;
        Some(Violation::answer(request, expected, &spaced(message), rule))
    }

    /// Writes that stood behind a request which has been answered are the next that the device works on.
    fn drain(&mut self) {
        while let Some(Item::Data(_)) = self.pending.front() {
            if let Some(Item::Data(data)) = self.pending.pop_front() {
                self.take_write(&data);
            }
        }
    }

    /// What a receipt says about the selected object; false when that can't be.
    fn settle(&mut self, message: &[u8]) -> bool {
        let Some(mark) = message.get(3..).and_then(super::marks::Mark::read) else { return true };
        if mark == super::marks::Mark::default() && self.flash_may_be_full() {
            // PRN-016: the write was dropped.
            return true;
        }
        // Writes behind the one with the receipt have been counted in already.
        if self.unprocessed > 0 {
            return true;
        }
        match self.state.selected {
            Some(Selected::Command) => self.state.command.at.settle(mark),
            Some(Selected::Data) => self.state.data.at.settle(mark),
            _ => true,
        }
    }

    /// The flash queue may hold as much as it can (OBJ-022, OBJ-027).
    pub(super) fn flash_may_be_full(&self) -> bool {
        self.rules.ble && self.flash_ops >= 16
    }

    /// A packet may find no receive buffer (BLE-022).
    pub(super) fn buffers_may_be_full(&self) -> bool {
        self.rules.ble && self.unprocessed.max(self.flash_ops) + self.leaked + self.maybe_leaked > BUFFERS
    }

    pub(super) fn is_silent(&self) -> bool {
        self.mute || self.retired
    }

    fn passes(&mut self, at: Duration, starts: Option<u32>) {
        self.settle_queues(at);
        self.note_starts(starts);
        self.last = Some(at);
    }

    /// What was queued has been done by now, if nothing has passed for long enough.
    pub(super) fn settle_queues(&mut self, at: Duration) {
        let quiet = |since: Option<Duration>| since.is_some_and(|since| at.saturating_sub(since) >= QUIET);
        if quiet(self.last) && !self.unaligned {
            self.flash_ops = 0;
            if !self.pending.iter().any(|item| matches!(item, Item::Request { .. })) {
                self.unprocessed = 0;
            }
        }
        let stored = self.stored_at.is_some_and(|since| at.saturating_sub(since) >= STORED);
        if stored && !self.unaligned {
            self.stored_in_flash();
        }
    }
}
