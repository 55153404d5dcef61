//! A central made of a dongle: SoftDevice calls and the events that belong to them.

mod advertiser;
mod events;

use std::collections::VecDeque;
use std::time::Duration;

use gauntlet_connectivity::codes::{self, HCI_NOT_ESTABLISHED, HCI_REMOTE_USER};
use gauntlet_connectivity::event::What;
use gauntlet_connectivity::gap::{Address, ConnParams, DataLength, ScanParams};
use gauntlet_connectivity::response::Data;
use gauntlet_connectivity::{Command, command::op};
use tokio::time::{Instant, timeout_at};

use self::advertiser::Heard;
use super::driver::Driver;
use super::error::DongleError;
use super::{LARGEST_MTU, SMALLEST_MTU};

pub(super) use self::advertiser::Advertiser;

/// Tag of the configuration with the larger ATT_MTU, and that of the standard one.
const TAG: u8 = 1;
const STANDARD_TAG: u8 = 0;
/// What is tried for it.
const ATT_MTUS: [u16; 3] = [LARGEST_MTU, 185, 65];
/// Air time of a connection event in 1.25 ms: room for the longest packets.
const EVENT_LENGTH: u16 = 5;
/// 200 ms and 150 ms; asks for scan responses, and has no end.
const SCAN: ScanParams = ScanParams { flags: 1, interval: 320, window: 240, timeout: 0 };
/// For a connection request, in s.
const CONNECTING_S: u16 = 4;
/// 7.5 ms to 30 ms, 4 s.
const PARAMS: ConnParams = ConnParams { min_interval: 6, max_interval: 24, latency: 0, timeout: 400 };
/// A procedure of the GATT client has ended in this time, unless the device is slow or an event was lost.
pub(super) const PROCEDURE: Duration = Duration::from_secs(5);
/// After this time a device counts as one that does not answer.
pub(super) const UNANSWERED: Duration = Duration::from_secs(9);
/// Source of a timeout: the connection request.
const CONNECTION: u8 = 2;
/// Until the end of a connection is told.
const GOODBYE: Duration = Duration::from_secs(2);
/// Bytes of the longest link layer packet, and of what is around an ATT_MTU in one.
const LONGEST: u16 = 251;
const AROUND_MTU: u16 = 4;

/// An open dongle, and its connection while it has one.
pub(super) struct Central {
    driver: Driver,
    /// The most that its configuration allows.
    largest_mtu: u16,
    conn: Option<u16>,
    /// Notifications and indications that came while something else was waited for.
    pub(super) told: VecDeque<Vec<u8>>,
    /// Values that may tell something; all of them without.
    heard: Option<Vec<u16>>,
    /// Indications wait for [`Central::confirm`], and those that do.
    by_hand: bool,
    unconfirmed: Vec<u16>,
    /// A write whose end was not told yet.
    pub(super) unended: bool,
}

/// The key that a host and a device have in common from a pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bond {
    /// Long term key, least significant byte first.
    pub ltk: [u8; 16],
    /// Encrypted diversifier, by which the device finds the key.
    pub ediv: u16,
    /// Random number, by which the device finds the key.
    pub rand: [u8; 8],
}

/// How a pairing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pairing {
    Done,
    Refused,
}

impl Central {
    /// Configures a dongle that has just been reset, and starts its stack.
    pub(super) async fn enable(driver: Driver) -> Result<Self, DongleError> {
        let mut central = Self {
            driver,
            largest_mtu: SMALLEST_MTU,
            conn: None,
            told: VecDeque::new(),
            heard: None,
            by_hand: false,
            unconfirmed: Vec::new(),
            unended: false,
        };
        for att_mtu in ATT_MTUS {
            // Firmware with less memory takes a smaller one, or none at all.
            if central.if_it_may(Command::ConfigureGatt { tag: TAG, att_mtu }).await? {
                central.largest_mtu = att_mtu;
                break;
            }
        }
        let event_length = EVENT_LENGTH;
        central.if_it_may(Command::ConfigureGap { tag: TAG, count: 1, event_length }).await?;
        match central.call(Command::Enable).await {
            // One that was only half reset has it running.
            Ok(_) | Err(DongleError::Refused { result: codes::INVALID_STATE, .. }) => Ok(central),
            Err(error) => Err(error),
        }
    }

    /// Calls for what is nice to have; whether it was granted.
    async fn if_it_may(&mut self, command: Command) -> Result<bool, DongleError> {
        match self.call(command).await {
            Ok(_) => Ok(true),
            Err(DongleError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
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
        let mut heard = Heard::default();
        let found = self.event_until(Instant::now() + limit, |what| match what {
            What::Advertisement { peer, flags, data, .. } => {
                heard.take(*peer, *flags, data).filter(|advertiser| wanted(advertiser))
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
        let tag = if self.largest_mtu > SMALLEST_MTU { TAG } else { STANDARD_TAG };
        let connect = Command::Connect { peer: Some(peer), scan: Some(scan), conn: Some(PARAMS), tag };
        self.told.clear();
        self.unconfirmed.clear();
        (self.heard, self.by_hand, self.unended) = (None, false, false);
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
                What::Timeout(CONNECTION) => return Ok(None),
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
        let began = Instant::now();
        for _ in 0..2 {
            match self.call(command.clone()).await {
                Ok(_) => {}
                // The dongle waits for the device, too.
                Err(DongleError::Refused { result: codes::BUSY, .. }) => break,
                Err(error) => return Err(error),
            }
            if let Some(found) = self.event_until(Instant::now() + PROCEDURE, &mut wanted).await? {
                return Ok(found);
            }
        }
        if began.elapsed() >= PROCEDURE * 2 {
            return Err(DongleError::NoEvent { op, waited: PROCEDURE });
        }
        let found = self.event_until(began + UNANSWERED, wanted).await?;
        found.ok_or(DongleError::AttTimeout)
    }

    /// Exchanges ATT_MTU; what both sides can take.
    pub(super) async fn exchange_mtu(&mut self, att_mtu: u16) -> Result<u16, DongleError> {
        let att_mtu = att_mtu.min(self.largest_mtu);
        let conn = self.conn()?;
        let server = self.ask(Command::ExchangeMtu { conn, att_mtu }, |what| match what {
            What::Mtu(status, server) => Some((*status, *server)),
            _ => None,
        });
        let (status, server) = match server.await {
            // It may have been exchanged already, with whatever result.
            Err(DongleError::Refused { .. }) => return Ok(SMALLEST_MTU),
            server => server?,
        };
        // A server without the exchange keeps to the smallest.
        Ok(if status.code == 0 { server.min(att_mtu).max(SMALLEST_MTU) } else { SMALLEST_MTU })
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
}

/// True when a connection that has just begun has failed to be one.
pub(super) fn failed_to_begin(error: &DongleError) -> bool {
    matches!(error, DongleError::Disconnected { reason: HCI_NOT_ESTABLISHED })
}
