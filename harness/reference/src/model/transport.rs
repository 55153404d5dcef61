//! The device's end of the wire: connection events (section 4) or a UART with SLIP (section 5).

use std::collections::VecDeque;

use gauntlet_nrf52::{Chip, cycles_from_ms, cycles_from_us};
use gauntlet_protocol::slip;

use super::Halt;
use super::dfu::{Receipts, Work};
use super::requests::{CREATE, SET_RECEIPTS, UART_MTU, WRITE};
use crate::build::Profile;
use crate::wire::{FromHost, SharedWire, ToHost};

/// The connection interval that the bootloader asks for (BLE-008).
const INTERVAL_MS: u64 = 15;
/// Air time of one connection event, in microseconds.
const EVENT_US: u64 = 7_500;
/// Receive buffers of a BLE build.
const BLE_BUFFERS: usize = 17;
/// Receive buffers of a serial build.
const UART_BUFFERS: usize = 3;
/// Microseconds of one byte at 115200 baud, 8N1.
const UART_BYTE_US: u64 = 87;

/// How messages come and go.
#[derive(Debug)]
pub(super) enum Transport {
    Ble { next_event: u64 },
    Uart { decoder: slip::Decoder },
}

impl Transport {
    pub(super) fn new(profile: Profile) -> Self {
        match profile {
            Profile::Ble => Self::Ble { next_event: 0 },
            Profile::Uart => Self::Uart { decoder: slip::Decoder::with_limit(usize::from(UART_MTU)) },
        }
    }

    /// Takes in what has arrived; true when the host has gone.
    pub(super) fn receive(
        &mut self,
        chip: &mut Chip,
        wire: &SharedWire,
        fifo: &mut VecDeque<Work>,
        receipts: &mut Receipts,
        leaked: usize,
    ) -> Result<bool, Halt> {
        let now = chip.now();
        match self {
            Self::Ble { next_event } => {
                if now < *next_event {
                    return Ok(false);
                }
                let mut air = EVENT_US;
                while let Some(message) = take_within(wire, now, &mut air) {
                    match message {
                        FromHost::Disconnected => return Ok(true),
                        FromHost::Control(request) => {
                            reload_receipts(receipts, &request);
                            fifo.push_back(Work::Request(request));
                        }
                        FromHost::Packet(data) => {
                            let held = fifo.iter().filter(|work| matches!(work, Work::Write(_))).count();
                            if held + leaked < BLE_BUFFERS {
                                fifo.push_back(Work::Write(data));
                            }
                        }
                        // A BLE build has no serial line.
                        FromHost::Serial(_) => {}
                    }
                }
                *next_event = slot_after(now);
                Ok(false)
            }
            Self::Uart { decoder } => {
                while let Some(message) = { wire.lock().take(now) } {
                    let bytes = match message {
                        FromHost::Serial(bytes) => bytes,
                        // A UART does not notice that nobody listens (OBJ-045).
                        FromHost::Disconnected => {
                            wire.lock().set_presence(crate::wire::Presence::Waiting);
                            continue;
                        }
                        FromHost::Control(_) | FromHost::Packet(_) => continue,
                    };
                    for frame in decoder.feed(&bytes) {
                        // With every buffer leaked nothing is received any more (FLT-010).
                        if leaked >= UART_BUFFERS || frame.is_empty() {
                            continue;
                        }
                        reload_receipts(receipts, &frame);
                        fifo.push_back(match frame.split_first() {
                            Some((&WRITE, data)) => Work::Write(data.to_vec()),
                            _ => Work::Request(frame),
                        });
                    }
                }
                Ok(false)
            }
        }
    }

    /// When there may be something to receive.
    pub(super) fn next_arrival(&self, now: u64, wire: &SharedWire) -> Option<u64> {
        let arrival = wire.lock().next_to_device()?;
        Some(match self {
            Self::Ble { next_event } => arrival.max(*next_event).max(now),
            Self::Uart { .. } => arrival.max(now),
        })
    }

    /// The first moment after `now` at which the device can put something on the wire.
    pub(super) fn next_slot(&self, now: u64) -> u64 {
        match self {
            Self::Ble { .. } => slot_after(now),
            Self::Uart { .. } => now,
        }
    }

    pub(super) fn send(&mut self, chip: &Chip, wire: &SharedWire, message: &[u8]) {
        let now = chip.now();
        let mut wire = wire.lock();
        match self {
            Self::Ble { .. } => wire.answer(slot_after(now), ToHost::Notification(message.to_vec())),
            Self::Uart { .. } => {
                let frame = slip::encode(message);
                let sent = now + cycles_from_us(UART_BYTE_US * frame.len() as u64);
                wire.answer(sent, ToHost::Serial(frame));
            }
        }
    }
}

/// PRN-013: the counter is reloaded when the request arrives, ahead of what is still queued.
fn reload_receipts(receipts: &mut Receipts, request: &[u8]) {
    match request {
        [SET_RECEIPTS, low, high, ..] => {
            receipts.target = u16::from_le_bytes([*low, *high]);
            receipts.count = receipts.target;
        }
        [CREATE, ..] => receipts.count = receipts.target,
        _ => {}
    }
}

/// The next message, if what is left of the event's air time carries it.
fn take_within(wire: &SharedWire, now: u64, air: &mut u64) -> Option<FromHost> {
    if *air == 0 {
        return None;
    }
    let message = wire.lock().take(now)?;
    let payload = match &message {
        FromHost::Control(bytes) | FromHost::Packet(bytes) | FromHost::Serial(bytes) => bytes.len() as u64,
        FromHost::Disconnected => 0,
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
