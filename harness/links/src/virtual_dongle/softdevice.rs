//! The SoftDevice of a virtual dongle: calls in, responses and events out, the device's air behind it.

use std::collections::VecDeque;
use std::time::Duration;

use gauntlet_connectivity::codes::{self, HCI_NOT_ESTABLISHED, HCI_REMOTE_USER, HCI_TIMEOUT};
use gauntlet_connectivity::event::{NO_CONNECTION, What};
use gauntlet_connectivity::gap::{Address, ConnParams};
use gauntlet_connectivity::response::Data;
use gauntlet_connectivity::{Command, Event, Response, gatt};
use gauntlet_reference::att::DEFAULT_ATT_MTU;
use gauntlet_reference::gap::Central;

use super::air;
use super::central::Connection;
use super::database::without_slot;
use super::fault::{DongleFault, Faults};
use super::pace::DonglePace;
use crate::direct::VirtualBoard;

/// Shortest time between two reports of the same advertiser.
const REPORTS: Duration = Duration::from_millis(100);
/// From a connection that fails to the event that says so.
const FAILING: Duration = Duration::from_millis(100);

/// A connection that the host has never heard of, and an event that it has not, either.
const NOT_OURS: u16 = 7;
const UNKNOWN_EVENT: u16 = 0x5F;

#[derive(Debug, Clone)]
struct Scan {
    next_report: Duration,
    end: Option<Duration>,
    blind: bool,
    split: bool,
    crowded: bool,
}

#[derive(Debug, Clone, Copy)]
struct Connecting {
    peer: Address,
    params: ConnParams,
    largest_mtu: u16,
    end: Option<Duration>,
}

/// An event that is due.
struct Timed {
    due: Duration,
    event: Event,
}

pub(super) struct SoftDevice {
    board: VirtualBoard,
    /// Who it is for the devices.
    pub(super) who: Central,
    pace: DonglePace,
    pub(super) faults: Faults,
    bases: Vec<[u8; 16]>,
    /// Tag and ATT_MTU of a configuration.
    configured: Option<(u8, u16)>,
    enabled: bool,
    scan: Option<Scan>,
    connecting: Option<Connecting>,
    connection: Option<Connection>,
    events: VecDeque<Timed>,
    /// Events don't follow a response at once.
    not_before: Duration,
    /// The next end of a write does.
    hurried: bool,
    /// A device that a restarted dongle has left alone notices it then.
    abandoned: Option<Duration>,
}

impl SoftDevice {
    pub(super) fn new(board: VirtualBoard, pace: DonglePace, faults: Faults) -> Self {
        Self {
            board,
            who: Central::stranger(),
            pace,
            faults,
            bases: Vec::new(),
            configured: None,
            enabled: false,
            scan: None,
            connecting: None,
            connection: None,
            events: VecDeque::new(),
            not_before: Duration::ZERO,
            hurried: false,
            abandoned: None,
        }
    }

    /// A chip reset. The device hears nothing more, and notices that after the supervision timeout.
    pub(super) fn restart(&mut self, now: Duration) {
        let faults = std::mem::take(&mut self.faults);
        let left = self.connection.as_ref().filter(|connection| !connection.is_ended());
        let abandoned = left.map(|connection| now + connection.supervision()).or(self.abandoned);
        let who = self.who;
        *self = Self { who, abandoned, not_before: now, ..Self::new(self.board.clone(), self.pace, faults) };
    }

    /// True while the host knows of a connection, or a device has not noticed that it has none.
    pub(super) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// True while what a device does may lead to an event.
    pub(super) fn is_on_the_air(&self) -> bool {
        self.scan.is_some() || self.connecting.is_some() || self.connection.is_some()
    }

    /// A packet of data for the device.
    pub(super) fn is_data(&self, command: &Command) -> bool {
        matches!(command, Command::Write { write, .. } if write.op == gatt::WRITE_COMMAND)
    }

    /// A request for the control point.
    pub(super) fn is_control(&self, command: &Command) -> bool {
        let control = self.connection.as_ref().and_then(Connection::control_point);
        matches!(command, Command::Write { write, .. }
            if write.op == gatt::WRITE_REQUEST && Some(write.handle) == control)
    }

    /// The next write to end says so at once.
    pub(super) fn hurry(&mut self) {
        self.hurried = true;
    }

    /// Does what the host calls for.
    pub(super) fn call(&mut self, now: Duration, command: &Command) -> Response {
        self.not_before = now + self.pace.event;
        let mut data = Data::Nothing;
        let result = self.perform(now, command, &mut data);
        let result = result.err().unwrap_or(codes::SUCCESS);
        Response { op: command.op(), result, data: if result == 0 { data } else { Data::Nothing } }
    }

    fn perform(&mut self, now: Duration, command: &Command, data: &mut Data) -> Result<(), u32> {
        match command {
            Command::ConfigureGatt { tag, att_mtu } => {
                self.before_enable()?;
                if *att_mtu < DEFAULT_ATT_MTU || *tag == 0 {
                    return Err(codes::INVALID_PARAM);
                }
                self.configured = Some((*tag, *att_mtu));
            }
            Command::ConfigureGap { .. } => self.before_enable()?,
            Command::Enable => {
                self.before_enable()?;
                self.enabled = true;
            }
            Command::AddUuidBase(base) => {
                let base = without_slot(base);
                let known = self.bases.iter().position(|there| *there == base).unwrap_or_else(|| {
                    self.bases.push(base);
                    self.bases.len() - 1
                });
                *data = Data::UuidKind(gatt::FIRST_VENDOR + known as u8);
            }
            Command::ScanStart(Some(scan)) => {
                self.idle()?;
                let end = (scan.timeout != 0).then(|| now + Duration::from_secs(scan.timeout.into()));
                let blind = self.faults.strikes(DongleFault::NoAdvertising);
                let split = self.faults.strikes(DongleFault::SplitAdvertising);
                let crowded = self.faults.strikes(DongleFault::Neighbours);
                let next_report = self.not_before + REPORTS;
                self.scan = Some(Scan { next_report, end, blind, split, crowded });
            }
            Command::ScanStop => {
                self.scan.take().ok_or(codes::INVALID_STATE)?;
                self.forget_reports();
            }
            Command::Connect { peer, scan, conn, tag } => {
                self.idle()?;
                let (Some(peer), Some(scan), Some(params)) = (peer, scan, conn) else {
                    return Err(codes::INVALID_PARAM);
                };
                // Whoever connects does not scan any more.
                self.scan = None;
                self.forget_reports();
                let end = (scan.timeout != 0).then(|| now + Duration::from_secs(scan.timeout.into()));
                let configured = self.configured.filter(|(known, _)| known == tag);
                let largest_mtu = configured.map_or(DEFAULT_ATT_MTU, |(_, att_mtu)| att_mtu);
                self.connecting = Some(Connecting { peer: *peer, params: *params, largest_mtu, end });
            }
            Command::ScanStart(None) => return Err(codes::INVALID_PARAM),
            Command::Other { .. } => return Err(codes::NOT_SUPPORTED),
            of_a_connection => {
                if let Command::Disconnect { conn: 0, .. } = of_a_connection {
                    self.hasten(now);
                }
                let Self { connection, faults, board, bases, .. } = self;
                let connection = connection.as_mut().ok_or(codes::INVALID_CONNECTION)?;
                let events = connection.call(of_a_connection, board, bases, faults, data)?;
                for what in events {
                    self.say(now, what);
                }
                if self.is_control(of_a_connection) && self.faults.strikes(DongleFault::SpuriousEvents) {
                    self.say(now, What::Other { id: UNKNOWN_EVENT, body: vec![1, 2, 3] });
                    self.say_of(NOT_OURS, now.max(self.not_before), What::Disconnected(HCI_TIMEOUT));
                }
            }
        }
        Ok(())
    }

    fn before_enable(&self) -> Result<(), u32> {
        if self.enabled { Err(codes::INVALID_STATE) } else { Ok(()) }
    }

    /// Enabled, and neither connected nor about to be.
    fn idle(&self) -> Result<(), u32> {
        let idle = self.enabled && self.connecting.is_none() && self.connection.is_none();
        if idle { Ok(()) } else { Err(codes::INVALID_STATE) }
    }

    fn forget_reports(&mut self) {
        self.events.retain(|timed| !matches!(timed.event.what, What::Advertisement { .. }));
    }

    /// Puts an event of the connection behind the others.
    fn say(&mut self, now: Duration, what: What) {
        if let What::Written { .. } = what
            && std::mem::take(&mut self.hurried)
        {
            let event = Event::new(0, what);
            self.events.push_front(Timed { due: now, event });
            return;
        }
        let later =
            if what == What::Disconnected(HCI_REMOTE_USER) { self.pace.farewell } else { Duration::ZERO };
        self.say_of(0, now.max(self.not_before) + later, what);
    }

    fn say_of(&mut self, conn: u16, due: Duration, what: What) {
        let last = self.events.back().map_or(Duration::ZERO, |timed| timed.due);
        self.events.push_back(Timed { due: due.max(last), event: Event::new(conn, what) });
    }

    /// The host ends a connection that has ended by itself: it is told at once.
    fn hasten(&mut self, now: Duration) {
        let due = now.max(self.not_before);
        for timed in &mut self.events {
            timed.due = timed.due.min(due);
        }
    }

    /// The next event that is due.
    pub(super) fn next_event(&mut self, now: Duration) -> Option<Event> {
        if self.events.front()?.due > now {
            return None;
        }
        let event = self.events.pop_front()?.event;
        match (&event.what, &mut self.connection) {
            // The end of a connection that is none of ours.
            (What::Disconnected(_), _) if event.conn != 0 => {}
            (What::Disconnected(_), _) => self.connection = None,
            (what, Some(connection)) => connection.told(what),
            _ => {}
        }
        Some(event)
    }

    /// When there is something to say without anything having come from the device.
    pub(super) fn due(&self) -> Option<Duration> {
        let event = self.events.front().map(|timed| timed.due);
        let scan = self.scan.as_ref().map(|scan| scan.next_report);
        [event, scan, self.abandoned].into_iter().flatten().min()
    }

    /// Goes on with what takes time; takes what the device has said by its cycle `until`.
    pub(super) fn poll(&mut self, now: Duration, until: u64) {
        if self.abandoned.is_some_and(|end| now >= end) {
            self.abandoned = None;
            Connection::leave(&self.board);
        }
        self.report(now);
        self.connect(now);
        let Self { connection, board, faults, .. } = self;
        if let Some(connection) = connection {
            for what in connection.poll(board, faults, now, until) {
                self.say(now, what);
            }
        }
    }

    fn report(&mut self, now: Duration) {
        let Some(scan) = &mut self.scan else { return };
        if scan.end.is_some_and(|end| now >= end) {
            self.scan = None;
            self.say_of(NO_CONNECTION, now, What::Timeout(1));
            return;
        }
        if now < scan.next_report || scan.blind {
            return;
        }
        // A host that takes its time has it, before it is told again.
        scan.next_report = now + REPORTS.max(3 * self.pace.event);
        let (split, crowded) = (scan.split, scan.crowded);
        let found = { self.board.wire().lock().advertisement().cloned() };
        let mut reports = if crowded { air::neighbours() } else { Vec::new() };
        if let Some(found) = found {
            let peer = Address::new(found.address.bytes, found.address.random);
            reports.extend(air::reports(peer, found.data, split));
        }
        for report in reports {
            self.say_of(NO_CONNECTION, now.max(self.not_before), report);
        }
    }

    fn connect(&mut self, now: Duration) {
        let Some(Connecting { peer, params, largest_mtu, end }) = self.connecting else { return };
        let connected = Connection::to(&self.board, peer, params, largest_mtu, &self.who);
        if connected.is_none() && end.is_some_and(|end| now >= end) {
            self.connecting = None;
            self.say_of(NO_CONNECTION, now, What::Timeout(2));
            return;
        }
        let Some(connection) = connected else { return };
        self.connecting = None;
        self.abandoned = None;
        self.connection = Some(connection);
        // The interval is the longest that is allowed.
        let params = ConnParams { min_interval: params.max_interval, ..params };
        self.say(now, What::Connected { peer, role: 2, params });
        if self.faults.strikes(DongleFault::PeerAsks) {
            air::WISHES.into_iter().for_each(|wish| self.say(now, wish));
        }
        if self.faults.strikes(DongleFault::ConnectFails)
            && let Some(connection) = &mut self.connection
        {
            connection.end(&self.board);
            let due = now.max(self.not_before) + FAILING;
            self.say_of(0, due, What::Disconnected(HCI_NOT_ESTABLISHED));
        }
    }

    /// The link to the device is lost, without anybody having ended it.
    pub(super) fn lose_link(&mut self, now: Duration) {
        if let Some(connection) = &mut self.connection {
            connection.end(&self.board);
            self.say(now, What::Disconnected(HCI_TIMEOUT));
        }
    }
}
