//! A virtual connectivity dongle with a virtual board within its reach.
//!
//! Bytes of a host go in, bytes for it come out; whoever drives it says what time it is, and lets the board run. So the same
//! dongle works on a pseudo-terminal in wall time and on a pipe in paused time.

mod air;
mod central;
mod database;
mod fault;
mod pace;
mod pipe;
mod security;
mod softdevice;
mod start_up;
mod uart;

use std::time::Duration;

use gauntlet_connectivity::delivery::{Arrived, Repeats};
use gauntlet_connectivity::event::What;
use gauntlet_connectivity::h5::{Decoder, H5Packet};
use gauntlet_connectivity::{Command, Delivery, Packet, Response, codes};

use gauntlet_reference::gap::Central;

use super::direct::VirtualBoard;
pub use fault::{DongleFault, PlannedFault, UnknownFault};
pub use pace::DonglePace;
pub use pipe::VirtualPort;

use fault::Faults;
use softdevice::SoftDevice;
use start_up::StartUp;
use uart::Uart;

/// A copy of a packet proves that its acknowledgement was overlooked when that was sent so long ago.
const OVERLOOKED: Duration = Duration::from_millis(200);
/// How late an acknowledgement is that comes behind the event.
const LATE_ACK: Duration = Duration::from_millis(120);

/// What a virtual dongle does between its port and a virtual board. Times are since any fixed moment.
pub struct VirtualDongle {
    pace: DonglePace,
    uart: Uart,
    decoder: Decoder,
    start_up: StartUp,
    delivery: Delivery,
    /// Reliable packets of the host, and when they are dealt with.
    inbox: Vec<(Duration, u8, Vec<u8>)>,
    /// Frames for the host, and when they are sent.
    outbox: Vec<(Duration, Vec<u8>)>,
    /// The last packet that was taken, and when it was acknowledged last.
    acknowledged: Option<(u8, Duration)>,
    softdevice: SoftDevice,
    /// A fault: no copy of this packet is seen.
    overlooked: Option<u8>,
    /// A fault: the acknowledgement of the last packet follows the next end of a write.
    ack_is_late: bool,
    /// A fault: the next packet is sent twice.
    again: bool,
    /// A fault: nothing is done until the next reset.
    halted: bool,
    hung_up: bool,
}

impl VirtualDongle {
    /// A dongle that has just been plugged in, with `board` within reach.
    #[must_use]
    pub fn new(board: VirtualBoard, pace: DonglePace, faults: &[PlannedFault]) -> Self {
        Self {
            pace,
            uart: Uart::new(pace.baud),
            decoder: Decoder::new(),
            start_up: StartUp::new(pace.insists, Duration::ZERO),
            delivery: Delivery::new(Repeats::DONGLE),
            inbox: Vec::new(),
            outbox: Vec::new(),
            acknowledged: None,
            softdevice: SoftDevice::new(board, pace, Faults::new(faults)),
            overlooked: None,
            ack_is_late: false,
            again: false,
            halted: false,
            hung_up: false,
        }
    }

    /// The same one, with this identity. Its keys are the host's own affair.
    #[must_use]
    pub fn known_as(mut self, who: Central) -> Self {
        self.softdevice.who = who;
        self
    }

    /// The host has sent these bytes.
    pub fn host_sent(&mut self, now: Duration, bytes: &[u8]) {
        self.uart.host_sent(now, bytes);
        while let Some(bytes) = self.uart.heard(now) {
            self.hear(now, &bytes);
        }
    }

    fn hear(&mut self, now: Duration, bytes: &[u8]) {
        for packet in self.decoder.feed(bytes) {
            match packet {
                Ok(H5Packet::Reset) => self.reset(now),
                _ if self.halted => {}
                Ok(H5Packet::Reliable { seq, payload, .. }) if self.start_up.is_active() => {
                    self.inbox.push((now + self.pace.ack, seq, payload));
                }
                Ok(H5Packet::Ack(ack)) if self.start_up.is_active() => {
                    // A number that is none does no harm here: the packet is sent again.
                    let _accepted = self.delivery.acknowledged(ack);
                }
                Ok(other) => self.start(now, &other),
                // Firmware drops what it can't read, without a word.
                Err(_) => {}
            }
        }
    }

    /// Lets time pass, and takes what the board has said by its cycle `until`.
    pub fn poll(&mut self, now: Duration, until: u64) {
        while let Some(bytes) = self.uart.heard(now) {
            self.hear(now, &bytes);
        }
        self.softdevice.poll(now, until);
        while self.inbox.first().is_some_and(|(due, ..)| *due <= now) {
            let (_, seq, payload) = self.inbox.remove(0);
            self.take(now, seq, payload);
        }
        if self.halted {
            return;
        }
        let timer = self.start_up.poll(now);
        self.outbox.extend(timer.map(|packet| (now, packet.encode())));
        if !self.start_up.is_active() {
            return;
        }
        // Calls come first: no event goes out between a call and its response.
        if self.inbox.is_empty()
            && self.delivery.is_idle()
            && let Some(event) = self.softdevice.next_event(now)
        {
            if let What::Written { .. } = event.what
                && std::mem::take(&mut self.ack_is_late)
            {
                self.outbox.push((now + LATE_ACK, self.delivery.ack().encode()));
            }
            self.delivery.queue(Packet::from(event).encode());
        }
        // Firmware drops a packet that nobody acknowledges, and goes on with the next.
        if let Ok(Some(frame)) = self.delivery.poll(now) {
            if std::mem::take(&mut self.again) {
                self.outbox.push((now, frame.clone()));
            }
            self.outbox.push((now, frame));
        }
    }

    /// The bytes that are to be sent to the host now.
    pub fn to_host(&mut self, now: Duration) -> Vec<u8> {
        let Self { outbox, uart, .. } = self;
        outbox.retain(|(due, frame)| {
            let sent = *due <= now;
            if sent {
                uart.send(now, frame.clone());
            }
            !sent
        });
        let mut bytes = Vec::new();
        while let Some(arrived) = uart.sent(now) {
            bytes.extend(arrived);
        }
        bytes
    }

    /// When there is something to do without anything having come.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        let inbox = self.inbox.iter().map(|(due, ..)| *due).min();
        let outbox = self.outbox.iter().map(|(due, _)| *due).min();
        let resend = self.delivery.due();
        // An event waits for the acknowledgement of what is before it, and for the calls that came first.
        let free = self.delivery.is_idle() && self.inbox.is_empty() && self.start_up.is_active();
        let event = self.softdevice.due().filter(|_| free);
        [inbox, outbox, resend, event, self.start_up.due(), self.uart.due()].into_iter().flatten().min()
    }

    /// True once after the dongle's port has vanished; there is another one then.
    pub fn has_hung_up(&mut self) -> bool {
        std::mem::take(&mut self.hung_up)
    }

    /// True while the host has a connection, or something that was not said.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.softdevice.is_connected() || !self.inbox.is_empty() || !self.delivery.is_idle()
    }

    /// True while what the device does matters to the dongle: it listens, is connected, or was.
    #[must_use]
    pub fn is_on_the_air(&self) -> bool {
        self.softdevice.is_on_the_air()
    }

    /// Each planned fault with the number of times that it has happened.
    #[must_use]
    pub fn faults(&self) -> Vec<(PlannedFault, u32)> {
        self.softdevice.faults.account()
    }

    /// The host has asked for a restart.
    fn reset(&mut self, now: Duration) {
        self.restart(now);
        let faults = &mut self.softdevice.faults;
        self.halted = faults.strikes(DongleFault::Silent);
        if faults.strikes(DongleFault::NoConfig) {
            self.start_up.ignore(0, u32::MAX);
        } else if faults.strikes(DongleFault::SlowStart) {
            self.start_up.ignore(4, 5);
        }
    }

    fn restart(&mut self, now: Duration) {
        self.start_up = StartUp::new(self.pace.insists, now);
        self.begin();
        self.outbox.clear();
        self.uart.clear();
        self.softdevice.restart(now);
        self.halted = false;
    }

    /// Both directions of the line begin anew.
    fn begin(&mut self) {
        self.delivery.reset();
        self.inbox.clear();
        self.acknowledged = None;
        self.overlooked = None;
        self.ack_is_late = false;
    }

    fn start(&mut self, now: Duration, packet: &H5Packet) {
        let was_active = self.start_up.is_active();
        let answer = self.start_up.take(packet);
        if was_active && !self.start_up.is_active() {
            self.begin();
        }
        self.outbox.extend(answer.map(|packet| (now, packet.encode())));
    }

    /// Deals with a reliable packet of the host.
    fn take(&mut self, now: Duration, seq: u8, payload: Vec<u8>) {
        if self.overlooked == Some(seq) {
            return;
        }
        let H5Packet::Ack(expected) = self.delivery.ack() else { return };
        let command = match Packet::decode(&payload) {
            Ok(Packet::Command(command)) => Some(command),
            _ => None,
        };
        if seq == expected
            && let Some(command) = &command
            && self.breaks(now, seq, command)
        {
            return;
        }
        match self.delivery.arrived(seq, payload.clone()) {
            Arrived::Again(seq) => {
                let last = self.acknowledged.filter(|(last, _)| *last == seq);
                if last.is_some_and(|(_, at)| self.pace.unsticks && now >= at + OVERLOOKED) {
                    self.delivery.skip_expected();
                }
                self.acknowledge(now, last.map_or(seq, |(last, _)| last));
            }
            Arrived::New(_) => {
                if !self.ack_is_late {
                    self.acknowledge(now, seq);
                }
                let response = match &command {
                    Some(command) if self.is_unanswered(command) => return,
                    Some(command) => self.softdevice.call(now, command),
                    // A call that can't be read, or no call at all.
                    None => match payload.get(1) {
                        Some(op) => Response::new(*op, codes::INVALID_LENGTH),
                        None => return,
                    },
                };
                self.again = command.as_ref().is_some_and(|command| self.is_repeated(command));
                self.delivery.queue(Packet::from(response).encode());
            }
        }
    }

    fn acknowledge(&mut self, now: Duration, seq: u8) {
        self.acknowledged = Some((seq, now));
        self.outbox.push((now, self.delivery.ack().encode()));
    }

    fn is_repeated(&mut self, command: &Command) -> bool {
        self.softdevice.is_control(command) && self.softdevice.faults.strikes(DongleFault::RepeatedResponse)
    }

    fn is_unanswered(&mut self, command: &Command) -> bool {
        self.softdevice.is_control(command) && self.softdevice.faults.strikes(DongleFault::NoResponse)
    }

    /// Lets happen what is planned for this packet; true when the packet has no other end.
    fn breaks(&mut self, now: Duration, seq: u8, command: &Command) -> bool {
        let strikes = |dongle: &mut Self, fault| dongle.softdevice.faults.strikes(fault);
        if self.softdevice.is_control(command) {
            if strikes(self, DongleFault::EarlyWriteResponse) {
                self.ack_is_late = true;
                self.softdevice.hurry();
            }
            if strikes(self, DongleFault::ImpossibleAck) {
                self.outbox.push((now, H5Packet::Ack((seq + 3) & 7).encode()));
                return true;
            }
        }
        if !self.softdevice.is_data(command) {
            return false;
        }
        if strikes(self, DongleFault::LinkLoss) {
            self.softdevice.lose_link(now);
        }
        if strikes(self, DongleFault::NoAck) {
            self.overlooked = Some(seq);
        } else if strikes(self, DongleFault::Halt) {
            self.halted = true;
        } else if strikes(self, DongleFault::Reboot) {
            self.restart(now);
            self.outbox.push((now, H5Packet::Sync.encode()));
        } else if strikes(self, DongleFault::PortGone) {
            self.restart(now);
            self.hung_up = true;
        } else {
            return false;
        }
        true
    }
}
