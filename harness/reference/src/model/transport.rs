//! The device's end of the wire: connection events (section 4) or a UART with SLIP (section 5).

use gauntlet_nrf52::{Chip, cycles_from_ms, cycles_from_us};
use gauntlet_protocol::slip;

use super::inbox::{Inbox, Work};
use super::uart::Receiver;
use crate::bugs::PlantedBug;
use crate::build::{Build, Profile};
use crate::wire::{FromHost, Presence, SharedWire, ToHost};

/// The connection interval that the bootloader asks for (BLE-008).
const INTERVAL_MS: u64 = 15;
/// Air time of one connection event, in microseconds.
const EVENT_US: u64 = 7_500;
/// Receive buffers of a BLE build: each write takes one, whatever its length (BLE-018).
const BLE_BUFFERS: usize = 17;
/// Microseconds of one byte at 115200 baud, 8N1. USB has no line speed.
const UART_BYTE_US: u64 = 87;

/// How messages come and go.
#[derive(Debug)]
pub(super) enum Transport {
    /// The connection event that is on or comes next, and the microseconds of air that are left of it.
    Ble { event: u64, air: u64 },
    Serial {
        receiver: Receiver,
        /// Microseconds that a byte of an answer takes.
        byte_us: u64,
        /// When the answers that were sent are through.
        line_free: u64,
        /// A planted bug: answers are sent as they are.
        end_not_escaped: bool,
    },
}

/// What the wire brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// Nothing, or requests that wait in the inbox now.
    Requests,
    /// The host has gone.
    Disconnected,
    /// USB power has gone (SER-015).
    Unplugged,
    /// A framing, parity, overrun or break error on the line (SER-013).
    LineError,
}

impl Transport {
    pub(super) fn new(build: &Build) -> Self {
        match build.profile {
            Profile::Ble => Self::Ble { event: 0, air: EVENT_US },
            Profile::Uart | Profile::Usb => Self::Serial {
                receiver: Receiver::new(build.profile.mtu()),
                byte_us: if build.profile == Profile::Uart { UART_BYTE_US } else { 0 },
                line_free: 0,
                end_not_escaped: build.has(PlantedBug::EndNotEscaped),
            },
        }
    }

    /// Takes in what has arrived: one message, so that the main loop works in between as it does in a device, or everything
    /// up to now when the main loop was `busy`. `held` receive buffers wait for the flash.
    pub(super) fn receive(
        &mut self,
        chip: &Chip,
        wire: &SharedWire,
        inbox: &mut Inbox,
        held: usize,
        busy: bool,
    ) -> Received {
        let now = chip.now();
        match self {
            Self::Ble { event, air } => loop {
                let arrived = wire.lock().next_to_device();
                if now < *event || arrived.is_none_or(|arrived| arrived > now) {
                    let current = slot_after(now) - cycles_from_ms(INTERVAL_MS);
                    if current > *event {
                        (*event, *air) = (current, EVENT_US);
                    }
                    return Received::Requests;
                }
                let end = *event + cycles_from_us(EVENT_US);
                match take_within(wire, now.min(end), air) {
                    Some(FromHost::Disconnected) => return Received::Disconnected,
                    Some(message) => from_air(message, inbox, held),
                    None => {
                        *event = slot_after(*event);
                        *air = EVENT_US;
                        continue;
                    }
                }
                if !busy || slot_after(*event) > now {
                    return Received::Requests;
                }
            },
            Self::Serial { receiver, byte_us, .. } => {
                let message = wire.lock().take(now);
                match message {
                    Some(FromHost::Serial(bytes)) => receiver.take(&bytes, inbox),
                    // A UART does not notice that nobody listens (OBJ-045), nor does a USB port that is closed (SER-016).
                    Some(FromHost::Disconnected) => wire.lock().set_presence(Presence::Waiting),
                    Some(FromHost::LineError) if *byte_us > 0 => return Received::LineError,
                    Some(FromHost::Unplugged) if *byte_us == 0 => return Received::Unplugged,
                    _ => {}
                }
                Received::Requests
            }
        }
    }

    /// When there may be something to receive.
    pub(super) fn next_arrival(&self, now: u64, wire: &SharedWire) -> Option<u64> {
        let arrival = wire.lock().next_to_device()?;
        Some(match self {
            Self::Ble { event, .. } => arrival.max(*event).max(now),
            Self::Serial { .. } => arrival.max(now),
        })
    }

    /// The first moment after `now` at which the device can put something on the wire.
    pub(super) fn next_slot(&self, now: u64) -> u64 {
        match self {
            Self::Ble { .. } => slot_after(now),
            Self::Serial { .. } => now,
        }
    }

    pub(super) fn send(&mut self, chip: &Chip, wire: &SharedWire, message: &[u8]) {
        let now = chip.now();
        let mut wire = wire.lock();
        match self {
            Self::Ble { .. } => wire.answer(slot_after(now), ToHost::Notification(message.to_vec())),
            Self::Serial { end_not_escaped, byte_us, line_free, .. } => {
                let frame =
                    if *end_not_escaped { [message, &[slip::END]].concat() } else { slip::encode(message) };
                // An answer that is ready while the one before is on the line waits for it. On a real device it may be lost
                // as well, so a host has to wait for each answer (SER-012).
                *line_free = now.max(*line_free) + cycles_from_us(*byte_us * frame.len() as u64);
                wire.answer(*line_free, ToHost::Serial(frame));
            }
        }
    }
}

fn from_air(message: FromHost, inbox: &mut Inbox, held: usize) {
    match message {
        FromHost::Control(request) => inbox.receive(Work::Request(request)),
        // Without a free buffer a packet vanishes before it is counted (BLE-022, PRN-008).
        FromHost::Packet(data) if inbox.waiting_writes() + inbox.leaked + held < BLE_BUFFERS => {
            inbox.receive(Work::Write(data));
        }
        // A BLE build has no serial line.
        FromHost::Packet(_)
        | FromHost::Serial(_)
        | FromHost::Disconnected
        | FromHost::Unplugged
        | FromHost::LineError => {}
    }
}

/// The next message that has arrived by `now`, if what is left of the event's air time carries it.
fn take_within(wire: &SharedWire, now: u64, air: &mut u64) -> Option<FromHost> {
    if *air == 0 {
        return None;
    }
    let message = wire.lock().take(now)?;
    let payload = match &message {
        FromHost::Control(bytes) | FromHost::Packet(bytes) | FromHost::Serial(bytes) => bytes.len() as u64,
        FromHost::Disconnected | FromHost::Unplugged | FromHost::LineError => 0,
    };
    // Headers, the empty reply and two inter-frame gaps on the 1M PHY.
    *air = air.saturating_sub((payload + 17) * 8 + 380);
    Some(message)
}

/// Connection events lie on a grid of the connection interval.
fn slot_after(now: u64) -> u64 {
    let interval = cycles_from_ms(INTERVAL_MS);
    (now / interval + 1) * interval
}
