//! A central made of a dongle: SoftDevice calls and the events that belong to them.

use std::collections::VecDeque;
use std::time::Duration;

use gauntlet_connectivity::codes::{self, HCI_NOT_ESTABLISHED, HCI_REMOTE_USER};
use gauntlet_connectivity::event::What;
use gauntlet_connectivity::gap::{Address, ConnParams, DataLength, ScanParams};
use gauntlet_connectivity::gatt::{self, Status, Write};
use gauntlet_connectivity::response::Data;
use gauntlet_connectivity::{Command, command::op};
use tokio::time::{Instant, timeout_at};

use super::driver::Driver;
use super::error::DongleError;

/// Tag of the configuration with the larger ATT_MTU.
const TAG: u8 = 1;
/// Air time of a connection event in 1.25 ms: room for the longest packets.
const EVENT_LENGTH: u16 = 5;
/// 200 ms and 150 ms; asks for scan responses, and has no end.
const SCAN: ScanParams = ScanParams { flags: 1, interval: 320, window: 240, timeout: 0 };
/// For a connection request, in s.
const CONNECTING_S: u16 = 4;
/// 7.5 ms to 30 ms, 4 s.
const PARAMS: ConnParams = ConnParams { min_interval: 6, max_interval: 24, latency: 0, timeout: 400 };
/// A procedure of the GATT client ends in this time. ATT itself gives the device 30 s, and is told by an event then.
pub(super) const PROCEDURE: Duration = Duration::from_secs(5);
/// A device that has answered a request has also taken the write; its end is not awaited for longer than this.
const OVERTAKEN: Duration = Duration::from_secs(1);
/// For a buffer, while Write Commands go out.
const BUFFER: Duration = Duration::from_secs(5);
/// Until the end of a connection is told.
const GOODBYE: Duration = Duration::from_secs(2);
/// Bytes of the longest link layer packet, and of what is around an ATT_MTU in one.
const LONGEST: u16 = 251;
const AROUND_MTU: u16 = 4;

/// An open dongle, and its connection while it has one.
pub(super) struct Central {
    driver: Driver,
    conn: Option<u16>,
    /// Notifications and indications that came while something else was waited for.
    told: VecDeque<Vec<u8>>,
    /// A write whose end was not told yet.
    unended: bool,
}

/// An advertiser.
#[derive(Debug, Clone)]
pub(super) struct Advertiser {
    pub(super) address: Address,
    /// Structures of advertising data.
    pub(super) data: Vec<u8>,
}

impl Central {
    /// Configures a dongle that has just been reset, and starts its stack.
    pub(super) async fn enable(driver: Driver, att_mtu: u16) -> Result<Self, DongleError> {
        let mut central = Self { driver, conn: None, told: VecDeque::new(), unended: false };
        central.call(Command::ConfigureGatt { tag: TAG, att_mtu }).await?;
        central.call(Command::ConfigureGap { tag: TAG, count: 1, event_length: EVENT_LENGTH }).await?;
        central.call(Command::Enable).await?;
        Ok(central)
    }

    pub(super) fn is_up(&self) -> bool {
        self.driver.is_up()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.conn.is_some()
    }

    /// The kind that UUIDs of this base have.
    pub(super) async fn add_base(&mut self, base: [u8; 16]) -> Result<u8, DongleError> {
        match self.call(Command::AddUuidBase(base)).await? {
            Data::UuidKind(kind) => Ok(kind),
            _ => Err(DongleError::Garbled { op: op::UUID_VS_ADD }),
        }
    }

    /// Calls, and takes every result but success for an error.
    pub(super) async fn call(&mut self, command: Command) -> Result<Data, DongleError> {
        let op = command.op();
        let response = self.driver.call(command).await?;
        if response.result == codes::SUCCESS {
            return Ok(response.data);
        }
        let refused = DongleError::Refused { op, result: response.result };
        let on_a_connection = matches!(response.result, codes::INVALID_CONNECTION | codes::INVALID_STATE);
        if !on_a_connection || self.conn.is_none() {
            return Err(refused);
        }
        // The connection has ended, and the event that says why is on its way.
        match self.event_until(Instant::now() + GOODBYE, |_| None::<()>).await {
            Err(ended @ DongleError::Disconnected { .. }) => Err(ended),
            _ => Err(refused),
        }
    }

    /// Scans for somebody who is wanted, for `limit` at most.
    pub(super) async fn scan(
        &mut self,
        limit: Duration,
        wanted: impl Fn(&Advertiser) -> bool,
    ) -> Result<Option<Advertiser>, DongleError> {
        self.call(Command::ScanStart(Some(SCAN))).await?;
        let end = Instant::now() + limit;
        let found = self.event_until(end, |what| match what {
            What::Advertisement { peer, data, .. } => {
                let advertiser = Advertiser { address: *peer, data: data.clone() };
                wanted(&advertiser).then_some(advertiser)
            }
            _ => None,
        });
        let found = found.await?;
        match self.call(Command::ScanStop).await {
            // It may have ended by itself.
            Ok(_) | Err(DongleError::Refused { result: codes::INVALID_STATE, .. }) => Ok(found),
            Err(error) => Err(error),
        }
    }

    /// Connects; `None` when the device does not take part.
    pub(super) async fn connect(&mut self, peer: Address) -> Result<Option<()>, DongleError> {
        let scan = ScanParams { timeout: CONNECTING_S, ..SCAN };
        let connect = Command::Connect { peer: Some(peer), scan: Some(scan), conn: Some(PARAMS), tag: TAG };
        self.told.clear();
        self.unended = false;
        self.call(connect).await?;
        let waited = Duration::from_secs(CONNECTING_S.into()) + PROCEDURE;
        loop {
            let end = Instant::now() + waited;
            let Ok(event) = timeout_at(end, self.driver.event()).await else {
                return Err(DongleError::NoEvent { op: op::CONNECT, waited });
            };
            let event = event?;
            match event.what {
                What::Connected { .. } => {
                    self.conn = Some(event.conn);
                    return Ok(Some(()));
                }
                What::Timeout(_) => return Ok(None),
                _ => {}
            }
        }
    }

    /// The connection; without one, that is the error.
    pub(super) fn conn(&self) -> Result<u16, DongleError> {
        self.conn.ok_or(DongleError::Unconnected)
    }

    /// A procedure of the GATT client: a call, and the event at its end. One that only asks may be asked again, when its
    /// event was lost on the way.
    pub(super) async fn ask<T>(
        &mut self,
        command: Command,
        mut wanted: impl FnMut(&What) -> Option<T>,
    ) -> Result<T, DongleError> {
        let op = command.op();
        for _ in 0..2 {
            self.call(command.clone()).await?;
            if let Some(found) = self.event_until(Instant::now() + PROCEDURE, &mut wanted).await? {
                return Ok(found);
            }
        }
        Err(DongleError::NoEvent { op, waited: PROCEDURE })
    }

    /// Exchanges ATT_MTU; what both sides can take.
    pub(super) async fn exchange_mtu(&mut self, att_mtu: u16) -> Result<u16, DongleError> {
        let conn = self.conn()?;
        let server = self.ask(Command::ExchangeMtu { conn, att_mtu }, |what| match what {
            What::Mtu(status, server) => Some((*status, *server)),
            _ => None,
        });
        let (status, server) = server.await?;
        // A server without the exchange keeps to the smallest.
        Ok(if status.code == 0 { server.min(att_mtu).max(23) } else { 23 })
    }

    /// Asks for longer link layer packets. Nothing depends on it.
    pub(super) async fn lengthen_packets(&mut self, att_mtu: u16) -> Result<(), DongleError> {
        let octets = LONGEST.min(att_mtu + AROUND_MTU);
        let length = DataLength { tx_octets: octets, rx_octets: octets, tx_time: 0, rx_time: 0 };
        let conn = self.conn()?;
        match self.call(Command::DataLengthUpdate { conn, length: Some(length), limitation: true }).await {
            Err(DongleError::Refused { .. }) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Writes with a response.
    pub(super) async fn write(
        &mut self,
        handle: u16,
        value: &[u8],
        what: &'static str,
    ) -> Result<(), DongleError> {
        if self.unended {
            // Somebody has stopped waiting for the last one.
            self.end_of_write().await?;
        }
        let conn = self.conn()?;
        self.unended = true;
        let write = Write { op: gatt::WRITE_REQUEST, flags: 0, handle, offset: 0, value: value.to_vec() };
        self.call(Command::Write { conn, write }).await?;
        let status = self.end_of_write().await?;
        match status.code {
            0 => Ok(()),
            status => Err(DongleError::Att { status, what }),
        }
    }

    async fn end_of_write(&mut self) -> Result<Status, DongleError> {
        let ended = |what: &What| match what {
            What::Written { status, .. } => Some(*status),
            _ => None,
        };
        let end = Instant::now() + PROCEDURE;
        while Instant::now() < end {
            let told = self.told.len();
            let overtaken = told > 0;
            let until = if overtaken { end.min(Instant::now() + OVERTAKEN) } else { end };
            let mut heard = false;
            let status = self.event_until(until, |what| {
                heard |= matches!(what, What::HandleValue { .. });
                ended(what).map(Some).or((heard && !overtaken).then_some(None))
            });
            match status.await? {
                Some(Some(status)) => {
                    self.unended = false;
                    return Ok(status);
                }
                // The device has answered the request, so it has been written; only the event was lost.
                None if overtaken => {
                    self.unended = false;
                    return Ok(Status::SUCCESS);
                }
                _ => {}
            }
        }
        Err(DongleError::NoEvent { op: op::WRITE, waited: PROCEDURE })
    }

    /// Writes without a response. Waits for a buffer.
    pub(super) async fn command(&mut self, handle: u16, value: &[u8]) -> Result<(), DongleError> {
        let end = Instant::now() + BUFFER;
        loop {
            self.take_events().await?;
            let conn = self.conn()?;
            let write = Write { op: gatt::WRITE_COMMAND, flags: 0, handle, offset: 0, value: value.to_vec() };
            match self.call(Command::Write { conn, write }).await {
                Err(DongleError::Refused { result: codes::RESOURCES, .. }) if Instant::now() < end => {
                    let sent = |what: &What| matches!(what, What::CommandsSent(..)).then_some(());
                    self.event_until(end, sent).await?;
                }
                result => return result.map(drop),
            }
        }
    }

    /// The next notification or indication.
    pub(super) async fn told(&mut self) -> Result<Vec<u8>, DongleError> {
        loop {
            if let Some(value) = self.told.pop_front() {
                return Ok(value);
            }
            self.conn()?;
            let event = self.driver.event().await?;
            self.note(&event.what).await?;
        }
    }

    /// Ends the connection.
    pub(super) async fn disconnect(&mut self) -> Result<(), DongleError> {
        let Some(conn) = self.conn else { return Ok(()) };
        match self.call(Command::Disconnect { conn, reason: HCI_REMOTE_USER }).await {
            Ok(_) | Err(DongleError::Refused { .. }) => {}
            Err(DongleError::Disconnected { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        match self.event_until(Instant::now() + GOODBYE, |_| None::<()>).await {
            Err(DongleError::Disconnected { .. }) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(DongleError::NoEvent { op: op::DISCONNECT, waited: GOODBYE }),
        }
    }

    /// Takes the events that are there.
    async fn take_events(&mut self) -> Result<(), DongleError> {
        while let Some(event) = self.driver.waiting_event()? {
            self.note(&event.what).await?;
        }
        Ok(())
    }

    /// Events until one is wanted, or `end` has passed.
    async fn event_until<T>(
        &mut self,
        end: Instant,
        mut wanted: impl FnMut(&What) -> Option<T>,
    ) -> Result<Option<T>, DongleError> {
        while let Ok(event) = timeout_at(end, self.driver.event()).await {
            let event = event?;
            let found = wanted(&event.what);
            self.note(&event.what).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Keeps what an event says, and answers what has to be answered.
    async fn note(&mut self, what: &What) -> Result<(), DongleError> {
        self.keep(what)?;
        let Some(conn) = self.conn else { return Ok(()) };
        let answer = match what {
            What::ParamsWanted(params) => Command::ConnParamUpdate { conn, params: Some(*params) },
            What::DataLengthWanted(_) => Command::DataLengthUpdate { conn, length: None, limitation: false },
            What::PhyWanted(..) => Command::PhyUpdate { conn, tx: 0, rx: 0 },
            What::HandleValue { handle, kind: gatt::INDICATION, .. } => {
                Command::Confirm { conn, handle: *handle }
            }
            _ => return Ok(()),
        };
        match self.driver.call(answer).await {
            // A refused answer is the peer's loss.
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn keep(&mut self, what: &What) -> Result<(), DongleError> {
        match what {
            What::HandleValue { value, .. } => self.told.push_back(value.clone()),
            What::Written { .. } => self.unended = false,
            What::Disconnected(reason) => {
                self.conn = None;
                return Err(DongleError::Disconnected { reason: *reason });
            }
            What::GattTimeout(..) => return Err(DongleError::AttTimeout),
            _ => {}
        }
        Ok(())
    }
}

/// True when a connection that has just begun has failed to be one.
pub(super) fn failed_to_begin(error: &DongleError) -> bool {
    matches!(error, DongleError::Disconnected { reason: HCI_NOT_ESTABLISHED })
}
