//! The device's end of the wire: connection events (section 4) or a UART with SLIP (section 5).

use gauntlet_nrf52::{Chip, cycles_from_us};
use gauntlet_protocol::slip;

use super::Halt;
use super::air::{Air, slot_after};
use super::boot::Device;
use super::gatt::{Effect, Gatt};
use super::inbox::{Inbox, Work};
use super::uart::Receiver;
use crate::bugs::PlantedBug;
use crate::build::Profile;
use crate::wire::{FromHost, Presence, SharedWire, ToHost};

/// Receive buffers of a BLE build: each write takes one, whatever its length (BLE-018).
const BLE_BUFFERS: usize = 17;
/// Microseconds of one byte at 115200 baud, 8N1. USB has no line speed.
const UART_BYTE_US: u64 = 87;

/// How messages come and go.
#[derive(Debug)]
pub(super) enum Transport {
    Ble {
        air: Air,
        gatt: Box<Gatt>,
    },
    Serial {
        receiver: Receiver,
        /// A planted bug: what begins an escape is sent as it is.
        escape_not_escaped: bool,
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
    /// Something else has called the error handler.
    Failed,
}

impl Transport {
    /// The transport that `device` was built with, not yet open.
    pub(super) fn new(chip: &mut Chip, device: &Device) -> Result<Self, Halt> {
        let build = &device.build;
        Ok(match build.profile {
            Profile::Ble => Self::Ble { air: Air::default(), gatt: Box::new(Gatt::new(chip, device)?) },
            Profile::Uart | Profile::Usb => Self::Serial {
                receiver: Receiver::new(build.profile.mtu()),
                byte_us: if build.profile == Profile::Uart { UART_BYTE_US } else { 0 },
                line_free: 0,
                end_not_escaped: build.has(PlantedBug::EndNotEscaped),
                escape_not_escaped: build.has(PlantedBug::EscapeNotEscaped),
            },
        })
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
            Self::Ble { air, gatt, .. } => loop {
                if gatt.has_timed_out(now, wire) {
                    return Received::Disconnected;
                }
                let Some(message) = air.take(now, wire) else { return Received::Requests };
                match gatt.take(now, air, wire, message) {
                    Effect::Nothing => {}
                    Effect::Request(request) => inbox.receive(Work::Request(request)),
                    // Without a free buffer a packet vanishes before it is counted (BLE-017, BLE-022, PRN-008).
                    Effect::Write(data) if inbox.waiting_writes() + inbox.leaked + held < BLE_BUFFERS => {
                        inbox.receive(Work::Write(data));
                    }
                    Effect::Write(_) => {}
                    Effect::Disconnected => return Received::Disconnected,
                    Effect::Reset => return Received::Failed,
                }
                if !busy || !air.is_behind(now) {
                    return Received::Requests;
                }
            },
            Self::Serial { receiver, .. } if receiver.holds_bytes() => {
                receiver.next_frame(inbox);
                Received::Requests
            }
            Self::Serial { receiver, byte_us, .. } => {
                let message = wire.lock().take(now);
                match message {
                    Some(FromHost::Serial(bytes)) => {
                        receiver.take(&bytes);
                        receiver.next_frame(inbox);
                    }
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

    /// Waits for a host (BLE-025).
    pub(super) fn listen(&mut self, wire: &SharedWire) {
        match self {
            Self::Ble { gatt, .. } => gatt.listen(wire),
            Self::Serial { .. } => wire.lock().set_presence(Presence::Waiting),
        }
    }

    /// When there may be something to receive.
    pub(super) fn next_arrival(&self, now: u64, wire: &SharedWire) -> Option<u64> {
        let arrival = wire.lock().next_to_device();
        match self {
            Self::Ble { air, gatt, .. } => {
                let arrival = arrival.map(|arrival| air.when(arrival).max(now));
                arrival.into_iter().chain(gatt.deadline()).min()
            }
            Self::Serial { receiver, .. } if receiver.holds_bytes() => Some(now),
            Self::Serial { .. } => arrival.map(|arrival| arrival.max(now)),
        }
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
        match self {
            // BLE-035: nobody is told that it could not be sent.
            Self::Ble { air, gatt } => {
                if gatt.may_notify() {
                    air.notify(now, wire, message);
                }
            }
            Self::Serial { end_not_escaped, escape_not_escaped, byte_us, line_free, .. } => {
                let plain = *end_not_escaped || *escape_not_escaped && !message.contains(&slip::END);
                let frame = if plain { [message, &[slip::END]].concat() } else { slip::encode(message) };
                // An answer that is ready while the one before is on the line waits for it. On a real device it may be lost
                // as well, so a host has to wait for each answer (SER-012).
                *line_free = now.max(*line_free) + cycles_from_us(*byte_us * frame.len() as u64);
                wire.lock().answer(*line_free, ToHost::Serial(frame));
            }
        }
    }
}
