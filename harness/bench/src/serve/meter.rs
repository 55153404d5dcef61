//! What passes between a program at a served port and the device: for figures of clients that are known from outside only.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gauntlet_links::direct::VirtualBoard;
use gauntlet_links::{Traffic, TrafficMeter};
use gauntlet_nrf52::CYCLES_PER_SECOND;
use gauntlet_protocol::slip;
use gauntlet_reference::wire::{FromHost, Tap, ToHost};

/// Opcode of a serial frame with object data.
const WRITE: u8 = 0x08;

/// A moment by two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The wall's.
    pub at: Instant,
    /// Device time since the port was opened.
    pub device: Duration,
}

/// What has passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observed {
    /// In numbers.
    pub traffic: Traffic,
    /// When the first byte of object data was sent.
    pub first_data: Option<Moment>,
    /// When the device has said its last word.
    pub last_answer: Option<Moment>,
}

/// What is seen at the wire of a board, for as long as this lives.
pub(super) struct Seen {
    board: VirtualBoard,
    state: Arc<Mutex<State>>,
}

struct State {
    meter: TrafficMeter,
    from_host: slip::Decoder,
    from_device: slip::Decoder,
    /// When the port was opened.
    origin: u64,
    /// The latest cycle that was heard of.
    latest: u64,
    observed: Observed,
}

impl Seen {
    pub(super) fn on(board: &VirtualBoard) -> Self {
        let origin = board.machine().now();
        let state = State {
            meter: TrafficMeter::default(),
            from_host: slip::Decoder::unlimited(),
            from_device: slip::Decoder::unlimited(),
            origin,
            latest: origin,
            observed: Observed::default(),
        };
        let state = Arc::new(Mutex::new(state));
        board.wire().lock().set_tap(Some(Box::new(WireTap(Arc::clone(&state)))));
        Self { board: board.clone(), state }
    }

    pub(super) fn observed(&self) -> Observed {
        let state = locked(&self.state);
        Observed { traffic: state.meter.traffic(), ..state.observed }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        self.board.wire().lock().set_tap(None);
    }
}

struct WireTap(Arc<Mutex<State>>);

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Counts are true as far as they go, whatever happened elsewhere.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn moment(&mut self, cycle: u64) -> Moment {
        self.latest = self.latest.max(cycle);
        let micros = (self.latest - self.origin) / (CYCLES_PER_SECOND / 1_000_000);
        Moment { at: Instant::now(), device: Duration::from_micros(micros) }
    }

    fn data(&mut self, at: u64, data: &[u8]) {
        let moment = self.moment(at);
        self.observed.first_data.get_or_insert(moment);
        self.meter.packet(data);
    }

    fn answer(&mut self, at: u64, message: &[u8]) {
        let moment = self.moment(at);
        self.observed.last_answer = Some(moment);
        self.meter.message(message);
    }
}

impl Tap for WireTap {
    fn connected(&mut self) {
        let mut state = locked(&self.0);
        state.from_host.reset();
        state.meter.connected();
    }

    fn to_device(&mut self, at: u64, message: &FromHost) {
        let mut state = locked(&self.0);
        match message {
            FromHost::Connected(_) => state.meter.connected(),
            FromHost::Control(request) => state.meter.request(request),
            FromHost::Packet(data) => state.data(at, data),
            FromHost::Serial(bytes) => {
                for frame in state.from_host.feed(bytes) {
                    match frame.split_first() {
                        Some((&WRITE, data)) => state.data(at, data),
                        Some(_) => state.meter.request(&frame),
                        None => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn to_host(&mut self, at: u64, message: &ToHost) {
        let mut state = locked(&self.0);
        match message {
            ToHost::Notification(answer) => state.answer(at, answer),
            ToHost::Serial(bytes) => {
                for message in state.from_device.feed(bytes) {
                    state.answer(at, &message);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_transports_are_counted_by_what_they_carry() {
        let state = || State {
            meter: TrafficMeter::default(),
            from_host: slip::Decoder::unlimited(),
            from_device: slip::Decoder::unlimited(),
            origin: 64_000,
            latest: 64_000,
            observed: Observed::default(),
        };
        let serial = Arc::new(Mutex::new(state()));
        let mut tap = WireTap(Arc::clone(&serial));
        tap.connected();
        // Two frames in three pieces.
        let frames = [slip::encode(&[WRITE, 1, 2, 3]), slip::encode(&[3])].concat();
        for piece in frames.chunks(3) {
            tap.to_device(128_000, &FromHost::Serial(piece.to_vec()));
        }
        tap.to_host(192_000, &ToHost::Serial(slip::encode(&[0x60, 3, 1])));
        let air = Arc::new(Mutex::new(state()));
        let mut tap = WireTap(Arc::clone(&air));
        tap.to_device(0, &FromHost::Connected(Box::new(gauntlet_reference::gap::Central::stranger())));
        tap.to_device(128_000, &FromHost::Packet(vec![1, 2, 3]));
        tap.to_device(128_000, &FromHost::Control(vec![3]));
        tap.to_host(192_000, &ToHost::Notification(vec![0x60, 3, 1]));
        for state in [serial, air] {
            let state = locked(&state);
            let expected = Traffic {
                bytes: 3,
                packets: 1,
                requests: 1,
                messages: 1,
                connections: 1,
                ..Traffic::default()
            };
            assert_eq!(state.meter.traffic(), expected);
            let device = |moment: Option<Moment>| moment.map(|moment| moment.device.as_millis());
            assert_eq!(device(state.observed.first_data), Some(1));
            assert_eq!(device(state.observed.last_answer), Some(2));
        }
    }
}
