//! The wire between a host and the model: what either end has sent and when it arrives.
//!
//! It is the air for a BLE build and the cable for a serial one. Time is the chip's: nothing here knows a wall clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One message from the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromHost {
    /// A write to the DFU Control Point.
    Control(Vec<u8>),
    /// A write without response to the DFU Packet characteristic.
    Packet(Vec<u8>),
    /// Bytes on the serial line.
    Serial(Vec<u8>),
    /// The host ended the link, or it was lost.
    Disconnected,
    /// The USB cable was removed: the device's USB power is gone (SER-015). Nothing on other transports.
    Unplugged,
    /// A framing, parity, overrun or break error on a UART (SER-013). Nothing on other transports.
    LineError,
}

/// One message to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToHost {
    /// A notification of the DFU Control Point.
    Notification(Vec<u8>),
    /// Bytes on the serial line.
    Serial(Vec<u8>),
    /// The link is gone.
    Closed(Closed),
}

/// Why the device's end of the link closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The device ended it (HCI reason 0x13).
    ByDevice,
    /// The device was reset or lost power: silence until the supervision timeout.
    Vanished,
}

/// What a host can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presence {
    /// Nothing: no power, starting, or an application is running.
    #[default]
    Silent,
    /// DFU mode without a host: advertising, or a serial port that is listened to.
    Waiting,
    /// DFU mode with a host.
    Connected,
}

/// A message and when it arrives, in chip cycles.
#[derive(Debug, Clone)]
pub struct Timed<T> {
    /// Not seen by the other end before this cycle.
    pub at: u64,
    /// What.
    pub message: T,
}

/// Both directions of one wire.
#[derive(Debug, Default)]
pub struct Wire {
    presence: Presence,
    att_mtu: u16,
    to_device: VecDeque<Timed<FromHost>>,
    to_host: VecDeque<Timed<ToHost>>,
}

impl Wire {
    /// What a host can find now.
    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// The host connects with `att_mtu` bytes of ATT_MTU; false when nobody waits.
    pub fn connect(&mut self, att_mtu: u16) -> bool {
        if self.presence != Presence::Waiting {
            return false;
        }
        self.presence = Presence::Connected;
        self.att_mtu = att_mtu;
        self.to_host.clear();
        true
    }

    /// The host sends `message`, to arrive at cycle `at`. False when there is no link.
    pub fn send(&mut self, at: u64, message: FromHost) -> bool {
        if self.presence != Presence::Connected {
            return false;
        }
        self.to_device.push_back(Timed { at, message });
        true
    }

    /// The host's next message that has arrived by `now`.
    pub fn receive(&mut self, now: u64) -> Option<ToHost> {
        if self.to_host.front()?.at > now {
            return None;
        }
        self.to_host.pop_front().map(|timed| timed.message)
    }

    /// When the next message to the host arrives.
    pub fn next_to_host(&self) -> Option<u64> {
        self.to_host.front().map(|timed| timed.at)
    }

    /// Messages to the device that it has not taken yet.
    pub fn waiting_for_device(&self) -> usize {
        self.to_device.len()
    }

    pub(crate) fn set_presence(&mut self, presence: Presence) {
        self.presence = presence;
    }

    pub(crate) fn next_to_device(&self) -> Option<u64> {
        self.to_device.front().map(|timed| timed.at)
    }

    pub(crate) fn take(&mut self, now: u64) -> Option<FromHost> {
        if self.to_device.front()?.at > now {
            return None;
        }
        self.to_device.pop_front().map(|timed| timed.message)
    }

    pub(crate) fn answer(&mut self, at: u64, message: ToHost) {
        self.to_host.push_back(Timed { at, message });
    }

    /// The device's end closes, and the host notices at cycle `at`; what the host had under way is lost.
    ///
    /// The firmware does this by itself. A bench does it when it takes the power away under the firmware.
    pub fn close(&mut self, at: u64, reason: Closed) {
        if self.presence == Presence::Connected {
            self.to_host.push_back(Timed { at, message: ToHost::Closed(reason) });
        }
        self.presence = Presence::Silent;
        self.to_device.clear();
    }
}

/// A wire that host and model share.
#[derive(Debug, Clone, Default)]
pub struct SharedWire(Arc<Mutex<Wire>>);

impl SharedWire {
    /// The wire, for as long as the guard lives. Never held across a wait.
    pub fn lock(&self) -> MutexGuard<'_, Wire> {
        // A panic elsewhere leaves queues that are still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
