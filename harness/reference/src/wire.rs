//! The wire between a host and the model: what either end has sent and when it arrives.
//!
//! It is the air for a BLE build and the cable for a serial one. Time is the chip's: nothing here knows a wall clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::att::{AttError, Attribute, NOTIFY, WriteKind};
use crate::gap::{Advertisement, BondKey, Central};

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
    /// A central has connected. [`Wire::connect_as`] says so itself.
    Connected(Box<Central>),
    /// A central's ATT_MTU.
    ExchangeMtu(u16),
    /// A write other than the two that make an update.
    Write {
        /// What is written.
        attribute: Attribute,
        /// How.
        kind: WriteKind,
        /// The value.
        value: Vec<u8>,
    },
    /// A Read Request.
    Read(Attribute),
    /// The confirmation of an indication.
    Confirm,
    /// A pairing request.
    Pair,
    /// An encryption request with the key of a bond.
    Encrypt(BondKey),
}

/// One message to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToHost {
    /// A notification of the DFU Control Point.
    Notification(Vec<u8>),
    /// An indication, to be confirmed.
    Indication {
        /// Of which characteristic.
        attribute: Attribute,
        /// Its value.
        value: Vec<u8>,
    },
    /// How a Write Request ended.
    Written(Result<(), AttError>),
    /// How a Read Request ended.
    Value(Result<Vec<u8>, AttError>),
    /// The ATT_MTU after the exchange.
    Mtu(u16),
    /// Connection parameters that the device asks for (BLE-008).
    Parameters(Parameters),
    /// How a pairing or encryption request ended.
    Encrypted(bool),
    /// Bytes on the serial line.
    Serial(Vec<u8>),
    /// The link is gone.
    Closed(Closed),
}

/// Connection parameters, in the units of the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Shortest and longest interval, in 1.25 ms.
    pub interval: [u16; 2],
    /// Events that the device may sleep through.
    pub latency: u16,
    /// Supervision timeout, in 10 ms.
    pub timeout: u16,
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

/// Someone who sees everything that passes over a wire, and changes nothing.
pub trait Tap: Send {
    /// A host has connected to a serial bootloader, which has no message for that.
    fn connected(&mut self);

    /// The host has sent this, to arrive at cycle `at`; 0 is at once.
    fn to_device(&mut self, at: u64, message: &FromHost);

    /// The device has sent this, to arrive at cycle `at`.
    fn to_host(&mut self, at: u64, message: &ToHost);
}

/// A tap, if there is one.
#[derive(Default)]
struct Tapped(Option<Box<dyn Tap>>);

impl std::fmt::Debug for Tapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "tapped" } else { "not tapped" })
    }
}

/// Who is at the device's end of the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Firmware {
    Bootloader,
    Application,
}

/// Both directions of one wire.
#[derive(Debug, Default)]
pub struct Wire {
    presence: Presence,
    application: bool,
    advertisement: Option<Advertisement>,
    database: Vec<Attribute>,
    to_device: VecDeque<Timed<FromHost>>,
    to_host: VecDeque<Timed<ToHost>>,
    tap: Tapped,
}

impl Wire {
    /// From now on `tap` sees what passes, and nobody who did before.
    pub fn set_tap(&mut self, tap: Option<Box<dyn Tap>>) {
        self.tap = Tapped(tap);
    }

    /// What a host can find of a bootloader now.
    pub fn presence(&self) -> Presence {
        if self.application { Presence::Silent } else { self.presence }
    }

    /// True while an application is on the air, waiting or connected.
    pub fn is_application(&self) -> bool {
        self.application && self.presence != Presence::Silent
    }

    /// True while there is a link to whatever firmware runs.
    pub fn is_linked(&self) -> bool {
        self.presence == Presence::Connected
    }

    /// What a scanner receives now: nothing while a central is connected.
    pub fn advertisement(&self) -> Option<&Advertisement> {
        self.advertisement.as_ref().filter(|_| self.presence == Presence::Waiting)
    }

    /// What a discovery over the link finds, in the order of handles.
    pub fn database(&self) -> &[Attribute] {
        if self.is_linked() { &self.database } else { &[] }
    }

    /// A host connects to a bootloader and does what every DFU client begins with: over BLE it exchanges ATT_MTU and
    /// enables notifications. False when nobody waits.
    pub fn connect(&mut self, att_mtu: u16) -> bool {
        if self.presence() != Presence::Waiting {
            return false;
        }
        if self.advertisement.is_none() {
            self.presence = Presence::Connected;
            self.to_host.clear();
            if let Some(tap) = &mut self.tap.0 {
                tap.connected();
            }
            return true;
        }
        let connected = self.connect_as(&Central::stranger());
        if connected {
            self.send(0, FromHost::ExchangeMtu(att_mtu));
            let value = NOTIFY.to_le_bytes().to_vec();
            let attribute = Attribute::ControlPointCccd;
            self.send(0, FromHost::Write { attribute, kind: WriteKind::Request, value });
        }
        connected
    }

    /// `central` connects to what advertises, and does nothing else. False when nothing does, not for it (BLE-005),
    /// or somebody is connected already (FLT-024).
    pub fn connect_as(&mut self, central: &Central) -> bool {
        if !self.advertisement().is_some_and(|advertisement| advertisement.is_open_to(central)) {
            return false;
        }
        self.presence = Presence::Connected;
        self.to_host.clear();
        self.send(0, FromHost::Connected(Box::new(*central)))
    }

    /// The host sends `message`, to arrive at cycle `at`. False when there is no link.
    pub fn send(&mut self, at: u64, message: FromHost) -> bool {
        if self.presence != Presence::Connected {
            return false;
        }
        if let Some(tap) = &mut self.tap.0 {
            tap.to_device(at, &message);
        }
        self.to_device.push_back(Timed { at, message });
        true
    }

    /// The host's next message that has arrived by `now`.
    pub fn receive(&mut self, now: u64) -> Option<ToHost> {
        self.receive_timed(now).map(|timed| timed.message)
    }

    /// The same, and when it arrived.
    pub fn receive_timed(&mut self, now: u64) -> Option<Timed<ToHost>> {
        if self.to_host.front()?.at > now {
            return None;
        }
        self.to_host.pop_front()
    }

    /// When the next message to the host arrives.
    pub fn next_to_host(&self) -> Option<u64> {
        self.to_host.front().map(|timed| timed.at)
    }

    /// Messages to the device that it has not taken yet.
    pub fn waiting_for_device(&self) -> usize {
        self.to_device.len()
    }

    /// A serial bootloader listens, or stops to.
    pub(crate) fn set_presence(&mut self, presence: Presence) {
        self.presence = presence;
        self.application = false;
        self.advertisement = None;
    }

    /// Advertising begins; who connects will find `database`.
    pub(crate) fn advertise(
        &mut self,
        firmware: Firmware,
        advertisement: Advertisement,
        database: &[Attribute],
    ) {
        self.presence = Presence::Waiting;
        self.application = firmware == Firmware::Application;
        self.advertisement = Some(advertisement);
        self.database = database.to_vec();
        self.to_device.clear();
    }

    /// The next message to the device, without taking it.
    pub(crate) fn peek(&self) -> Option<&Timed<FromHost>> {
        self.to_device.front()
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
        if let Some(tap) = &mut self.tap.0 {
            tap.to_host(at, &message);
        }
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
