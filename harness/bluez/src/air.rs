//! The board on the air. What it has to do takes no wall time; while it waits, its time follows the wall's.

use std::collections::VecDeque;
use std::time::Instant;

use gauntlet_links::direct::VirtualBoard;
use gauntlet_nrf52::{cycles_from_ms, cycles_from_us};
use gauntlet_reference::att::{Attribute, DEFAULT_ATT_MTU};
use gauntlet_reference::gap::{Address, Advertisement};
use gauntlet_reference::wire::{FromHost, Presence, ToHost};

use crate::server::Host;

/// Device time of one look at what the device does.
const SLICE_MS: u64 = 2;
/// Device time of a packet on the air with what flash makes of it: at this pace no buffer of a device overflows.
const PACKET_MS: u64 = 10;
/// The longest that a device may work before it tells something. Whoever has nothing to tell is not waited for in wall time.
const WORK_MS: u64 = 5_000;
/// After this time without a response a host ends the link (BLE-020).
const RESPONSE_MS: u64 = 30_000;
/// From a connection to the end of the discovery.
const DISCOVERY_MS: u64 = 225;
/// Device time that a device which starts, checks or copies is given for each look of the wall's.
const STARTING_MS: u64 = 200;

/// What a device tells by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// A notification or an indication, which has been confirmed.
    Value(Attribute, Vec<u8>),
    /// The link is gone.
    Closed,
}

/// How an ATT request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Response(ToHost),
    Lost,
}

/// Why there is no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLink {
    /// The device does not advertise, or not for this host.
    NotThere,
    /// The link was up and is not any more.
    Broken,
}

/// In the databases of firmware that works with bonds.
fn is_of_bonds(attribute: Attribute) -> bool {
    matches!(attribute, Attribute::BondedButtonless | Attribute::ServiceChangedCccd)
}

pub(crate) struct Air {
    board: VirtualBoard,
    linked: bool,
    told: VecDeque<Told>,
    response: Option<ToHost>,
    wall: Instant,
}

impl Air {
    pub(crate) fn new(board: VirtualBoard) -> Self {
        Self { board, linked: false, told: VecDeque::new(), response: None, wall: Instant::now() }
    }

    fn now(&self) -> u64 {
        self.board.machine().now()
    }

    fn run_ms(&mut self, span: u64) {
        let mut machine = self.board.machine();
        let end = machine.now() + cycles_from_ms(span);
        machine.run_until(end);
        drop(machine);
        self.take_in();
    }

    /// Lets the wall's time pass without the device.
    pub(crate) fn rest(&mut self) {
        self.wall = Instant::now();
        self.take_in();
    }

    /// Lets the wall's time pass for the device, too, `speed` times as fast.
    pub(crate) fn pass(&mut self, speed: u32) {
        let micros = u64::try_from((self.wall.elapsed() * speed).as_micros()).unwrap_or(u64::MAX);
        self.wall = Instant::now();
        let starting = self.board.wire().lock().presence() == Presence::Silent;
        let span = cycles_from_us(micros).max(if starting { cycles_from_ms(STARTING_MS) } else { 0 });
        let mut machine = self.board.machine();
        let end = machine.now() + span;
        machine.run_until(end);
        drop(machine);
        self.take_in();
    }

    /// What a scanner hears now.
    pub(crate) fn advertisement(&self) -> Option<Advertisement> {
        self.board.wire().lock().advertisement().cloned()
    }

    /// True while there is a link.
    pub(crate) fn is_linked(&self) -> bool {
        self.linked
    }

    /// Connects to `address` as `host`, encrypts the link where there is a bond, and exchanges ATT_MTU; attributes and
    /// ATT_MTU.
    pub(crate) fn connect(&mut self, address: Address, host: &Host) -> Result<(Vec<Attribute>, u16), NoLink> {
        {
            let mut wire = self.board.wire().lock();
            let there = wire.advertisement().is_some_and(|found| found.address == address);
            if !there || !wire.connect_as(&host.central) {
                return Err(NoLink::NotThere);
            }
        }
        self.linked = true;
        self.told.clear();
        self.run_ms(DISCOVERY_MS);
        let database = self.board.wire().lock().database().to_vec();
        if let Some(bond) = host.central.bond.filter(|_| database.iter().any(|one| is_of_bonds(*one))) {
            match self.request(FromHost::Encrypt(bond)) {
                Asked::Response(ToHost::Encrypted(true)) => {}
                // The kernel gives up a link whose key the device does not know.
                _ => {
                    self.disconnect();
                    return Err(NoLink::Broken);
                }
            }
        }
        if host.att_mtu <= DEFAULT_ATT_MTU {
            return Ok((database, DEFAULT_ATT_MTU));
        }
        match self.request(FromHost::ExchangeMtu(host.att_mtu)) {
            Asked::Response(ToHost::Mtu(granted)) => Ok((database, granted.min(host.att_mtu))),
            Asked::Response(_) => Ok((database, DEFAULT_ATT_MTU)),
            Asked::Lost => Err(NoLink::Broken),
        }
    }

    /// The attributes that the device really has.
    pub(crate) fn has(&self, attribute: Attribute) -> bool {
        self.board.wire().lock().database().contains(&attribute)
    }

    /// Sends a request and waits for its response.
    pub(crate) fn request(&mut self, message: FromHost) -> Asked {
        self.response = None;
        self.give(message);
        let mut waited = 0;
        loop {
            if let Some(response) = self.response.take() {
                return Asked::Response(response);
            }
            if !self.linked {
                return Asked::Lost;
            }
            if waited >= RESPONSE_MS {
                self.disconnect();
                return Asked::Lost;
            }
            self.run_ms(SLICE_MS);
            waited += SLICE_MS;
        }
    }

    /// Sends what has no response. The device takes it in before anything else happens.
    pub(crate) fn command(&mut self, message: FromHost) {
        self.give(message);
        self.run_ms(PACKET_MS);
    }

    /// Lets the device work until it tells something.
    pub(crate) fn work(&mut self) {
        let mut worked = 0;
        while self.linked && self.told.is_empty() && worked < WORK_MS {
            self.run_ms(SLICE_MS);
            worked += SLICE_MS;
        }
    }

    /// What the device has told, in order.
    pub(crate) fn told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    /// The link ends, by the host or because the air is bad: the device sees no difference.
    pub(crate) fn disconnect(&mut self) {
        if std::mem::take(&mut self.linked) {
            self.give(FromHost::Disconnected);
            self.run_ms(SLICE_MS * 10);
            self.told.clear();
        }
    }

    fn give(&mut self, message: FromHost) {
        let now = self.now();
        self.board.wire().lock().send(now, message);
    }

    /// Takes in what has come.
    pub(crate) fn take_in(&mut self) {
        while self.linked {
            let now = self.now();
            let message = {
                let mut wire = self.board.wire().lock();
                // A link whose end is a matter of time ends now.
                let until = if wire.is_linked() { now } else { u64::MAX };
                wire.receive(until)
            };
            match message {
                None => return,
                Some(ToHost::Notification(value)) => {
                    self.told.push_back(Told::Value(Attribute::ControlPoint, value));
                }
                Some(ToHost::Indication { attribute, value }) => {
                    self.give(FromHost::Confirm);
                    // What it says is discovered anyway.
                    if attribute != Attribute::ServiceChanged {
                        self.told.push_back(Told::Value(attribute, value));
                    }
                }
                Some(ToHost::Closed(_)) => {
                    self.linked = false;
                    self.told.push_back(Told::Closed);
                }
                Some(ToHost::Parameters(_) | ToHost::Serial(_)) => {}
                Some(response) => self.response = Some(response),
            }
        }
    }
}
