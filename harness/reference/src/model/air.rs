//! Connection events: when messages of a BLE link come and go.

use gauntlet_nrf52::{cycles_from_ms, cycles_from_us};

use crate::att::WriteKind;
use crate::wire::{FromHost, SharedWire, ToHost};

/// The connection interval that the bootloader asks for (BLE-008).
const INTERVAL_MS: u64 = 15;
/// Air time of one connection event, in microseconds.
const EVENT_US: u64 = 7_500;

/// The connection event that is on or comes next.
#[derive(Debug, Default)]
pub(super) struct Air {
    event: u64,
    /// Microseconds of air that are left of it.
    left: u64,
    /// An ATT request has come in it: its response goes out in the next one, and the host's next request not before that.
    asked: bool,
    /// Until then the notification queue is full: it has one place (PRN-014).
    notifying: u64,
}

impl Air {
    /// The next message that has come through by `now`.
    pub(super) fn take(&mut self, now: u64, wire: &SharedWire) -> Option<FromHost> {
        loop {
            let arrived = wire.lock().next_to_device();
            if now < self.event || arrived.is_none_or(|arrived| arrived > now) {
                let current = slot_after(now) - cycles_from_ms(INTERVAL_MS);
                if current > self.event {
                    self.begin(current);
                }
                return None;
            }
            let end = self.event + cycles_from_us(EVENT_US);
            if let Some(message) = self.take_within(now.min(end), wire) {
                return Some(message);
            }
            self.begin(slot_after(self.event));
        }
    }

    fn begin(&mut self, event: u64) {
        (self.event, self.left, self.asked) = (event, EVENT_US, false);
    }

    /// Events between the last message and `now` have gone by without being looked at.
    pub(super) fn is_behind(&self, now: u64) -> bool {
        slot_after(self.event) <= now
    }

    /// When a message that arrives at `arrival` can be taken.
    pub(super) fn when(&self, arrival: u64) -> u64 {
        arrival.max(self.event)
    }

    /// The next message that has arrived by `now`, if what is left of the event carries it.
    fn take_within(&mut self, now: u64, wire: &SharedWire) -> Option<FromHost> {
        let mut wire = wire.lock();
        let (is_request, bytes) = weigh(&wire.peek()?.message);
        if self.left == 0 || is_request && self.asked {
            return None;
        }
        let message = wire.take(now)?;
        self.asked |= is_request;
        // Headers, the empty reply and two inter-frame gaps on the 1M PHY.
        self.left = self.left.saturating_sub((bytes + 17) * 8 + 380);
        Some(message)
    }

    /// Sends something that the stack always has room for.
    pub(super) fn answer(&self, now: u64, wire: &SharedWire, message: ToHost) {
        wire.lock().answer(slot_after(now), message);
    }

    /// Sends a notification. PRN-014, BLE-035: one that comes while another waits for its event is lost.
    pub(super) fn notify(&mut self, now: u64, wire: &SharedWire, value: &[u8]) {
        if now >= self.notifying {
            self.notifying = slot_after(now);
            wire.lock().answer(self.notifying, ToHost::Notification(value.to_vec()));
        }
    }
}

/// Whether a message is an ATT request, and the bytes that it carries.
fn weigh(message: &FromHost) -> (bool, u64) {
    match message {
        FromHost::Control(value) => (true, value.len() as u64),
        FromHost::Packet(value) => (false, value.len() as u64),
        FromHost::Write { kind, value, .. } => (*kind != WriteKind::Command, value.len() as u64),
        FromHost::Read(_) | FromHost::ExchangeMtu(_) => (true, 2),
        _ => (false, 0),
    }
}

/// Connection events lie on a grid of the connection interval.
pub(super) fn slot_after(now: u64) -> u64 {
    let interval = cycles_from_ms(INTERVAL_MS);
    (now / interval + 1) * interval
}
