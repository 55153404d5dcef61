//! A connection of a virtual dongle: GATT calls of the host as messages on the device's wire, and back.

mod heard;

use std::collections::VecDeque;
use std::time::Duration;

use gauntlet_connectivity::Command;
use gauntlet_connectivity::codes::{self, HCI_LOCAL_HOST};
use gauntlet_connectivity::event::What;
use gauntlet_connectivity::gap::{Address, ConnParams, DataLength};
use gauntlet_connectivity::gatt::{self, Range, Status, Write};
use gauntlet_connectivity::response::Data;
use gauntlet_reference::att::{ATT_HEADER, AttError, Attribute, DEFAULT_ATT_MTU, WriteKind};
use gauntlet_reference::gap::Central;
use gauntlet_reference::wire::FromHost;

use super::database::{Bases, Database, Found};
use super::fault::{DongleFault, Faults};
use super::security::Security;
use crate::direct::VirtualBoard;

/// Write Commands that the dongle holds.
const COMMANDS: usize = 8;
/// Bytes and µs of the longest link layer packet.
const LONGEST: (u16, u16) = (251, 2120);
/// ATT error: there is no such attribute in the range.
const ATTRIBUTE_NOT_FOUND: u8 = 0x0A;
const NOTHING: Vec<u8> = Vec::new();

/// The one procedure of the GATT client that can be under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Procedure {
    /// Its event is on its way.
    Answered,
    Write {
        handle: u16,
        op: u8,
    },
    Read {
        handle: u16,
        offset: u16,
    },
    Mtu {
        client: u16,
    },
}

#[derive(Debug)]
pub(super) struct Connection {
    params: ConnParams,
    /// The most that the host's configuration allows.
    largest_mtu: u16,
    att_mtu: u16,
    database: Database,
    procedure: Option<Procedure>,
    /// When the device must have answered.
    answer_by: Option<Duration>,
    /// It has not.
    mute: bool,
    security: Security,
    /// Messages that wait for the air, in their order, and whether each is a Write Command.
    waiting: VecDeque<(FromHost, bool)>,
    /// Write Commands that were refused because of a fault, and for which the host now waits.
    owed: u8,
    ended: bool,
}

impl Connection {
    /// A connection to `peer`, if it advertises and accepts it.
    pub(super) fn to(
        board: &VirtualBoard,
        peer: Address,
        params: ConnParams,
        largest_mtu: u16,
        who: &Central,
    ) -> Option<Self> {
        let mut wire = board.wire().lock();
        let there = wire.advertisement().is_some_and(|found| found.address.bytes == peer.bytes);
        if !there || !wire.connect_as(who) {
            return None;
        }
        Some(Self {
            params,
            largest_mtu,
            att_mtu: DEFAULT_ATT_MTU,
            database: Database::of(wire.database()),
            procedure: None,
            answer_by: None,
            mute: false,
            security: Security::default(),
            waiting: VecDeque::new(),
            owed: 0,
            ended: false,
        })
    }

    /// The device is told that nobody is there any more.
    pub(super) fn leave(board: &VirtualBoard) {
        let now = board.machine().now();
        board.wire().lock().send(now, FromHost::Disconnected);
    }

    /// Ends it; the host has to be told.
    pub(super) fn end(&mut self, board: &VirtualBoard) {
        if !std::mem::replace(&mut self.ended, true) {
            Self::leave(board);
        }
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn supervision(&self) -> Duration {
        Duration::from_millis(10) * u32::from(self.params.timeout)
    }

    pub(super) fn control_point(&self) -> Option<u16> {
        self.database.handle(Attribute::ControlPoint)
    }

    /// The host is being told of this.
    pub(super) fn told(&mut self, what: &What) {
        use What::{Characteristics, Descriptors, Mtu, Services, Value, Written};
        if let Services(..)
        | Characteristics(..)
        | Descriptors(..)
        | Value { .. }
        | Written { .. }
        | Mtu(..) = what
        {
            self.procedure = None;
            self.answer_by = None;
        }
    }

    /// Does what the host calls for. The events in the answer are due at once.
    pub(super) fn call(
        &mut self,
        command: &Command,
        board: &VirtualBoard,
        bases: &Bases,
        faults: &mut Faults,
        data: &mut Data,
    ) -> Result<Vec<What>, u32> {
        match command {
            // Until the host has been told of the end, it may end the connection itself.
            Command::Disconnect { conn: 0, .. } => {
                let told = std::mem::replace(&mut self.ended, true);
                if told {
                    return Ok(Vec::new());
                }
                Self::leave(board);
                Ok(vec![What::Disconnected(HCI_LOCAL_HOST)])
            }
            Command::ConnParamUpdate { conn: 0, params: Some(params) } => {
                self.params = *params;
                let params = ConnParams { min_interval: params.max_interval, ..*params };
                Ok(vec![What::Params(params)])
            }
            Command::ConnParamUpdate { conn: 0, params: None } | Command::PhyUpdate { conn: 0, .. } => {
                Ok(Vec::new())
            }
            Command::DataLengthUpdate { conn: 0, .. } => {
                *data = Data::Limitation([0; 3]);
                let (octets, time) = LONGEST;
                let length =
                    DataLength { tx_octets: octets, rx_octets: octets, tx_time: time, rx_time: time };
                Ok(vec![What::DataLength(length)])
            }
            Command::DiscoverServices { conn: 0, start, .. } => {
                self.begin(Procedure::Answered)?;
                let found = self.database.services(*start, bases);
                Ok(vec![What::Services(found_or_not(found.is_empty(), *start), found)])
            }
            Command::DiscoverCharacteristics { conn: 0, range: Some(range) } => {
                self.begin(Procedure::Answered)?;
                if faults.strikes(DongleFault::LostDiscovery) {
                    self.procedure = None;
                    return Ok(Vec::new());
                }
                let found = self.database.characteristics(*range, bases);
                Ok(vec![What::Characteristics(found_or_not(found.is_empty(), range.start), found)])
            }
            Command::DiscoverDescriptors { conn: 0, range: Some(Range { start, end }) } => {
                self.begin(Procedure::Answered)?;
                let found = self.database.descriptors(Range { start: *start, end: *end }, bases);
                Ok(vec![What::Descriptors(found_or_not(found.is_empty(), *start), found)])
            }
            Command::Read { conn: 0, handle, offset } => self.read(*handle, *offset),
            Command::Write { conn: 0, write } if is_request(write) => self.request(write),
            Command::Write { conn: 0, write } if write.op == gatt::WRITE_COMMAND => {
                self.command(write, faults)
            }
            Command::Confirm { conn: 0, .. } => {
                self.send(FromHost::Confirm);
                Ok(Vec::new())
            }
            Command::ExchangeMtu { conn: 0, att_mtu } => {
                if !(DEFAULT_ATT_MTU..=self.largest_mtu).contains(att_mtu) {
                    return Err(codes::INVALID_PARAM);
                }
                self.begin(Procedure::Mtu { client: *att_mtu })?;
                self.send(FromHost::ExchangeMtu(*att_mtu));
                Ok(Vec::new())
            }
            Command::Authenticate { conn: 0, .. }
            | Command::SecParamsReply { conn: 0, .. }
            | Command::Encrypt { conn: 0, .. } => {
                if self.ended {
                    return Err(codes::INVALID_CONNECTION);
                }
                let (message, events) = self.security.call(command, data)?;
                self.waiting.extend(message.map(|message| (message, false)));
                Ok(events)
            }
            Command::Write { conn: 0, .. } => Err(codes::NOT_SUPPORTED),
            Command::DiscoverCharacteristics { conn: 0, .. }
            | Command::DiscoverDescriptors { conn: 0, .. } => Err(codes::INVALID_PARAM),
            _ => Err(codes::INVALID_CONNECTION),
        }
    }

    fn begin(&mut self, procedure: Procedure) -> Result<(), u32> {
        if self.ended {
            return Err(codes::INVALID_CONNECTION);
        }
        if self.mute {
            return Err(codes::TIMEOUT);
        }
        if self.procedure.is_some() {
            return Err(codes::BUSY);
        }
        self.procedure = Some(procedure);
        Ok(())
    }

    /// A request goes out behind the Write Commands before it.
    fn send(&mut self, message: FromHost) {
        self.waiting.push_back((message, false));
    }

    fn read(&mut self, handle: u16, offset: u16) -> Result<Vec<What>, u32> {
        self.begin(Procedure::Read { handle, offset })?;
        let (status, value) = match self.database.find(handle) {
            Some(Found::Attribute(attribute)) => {
                self.send(FromHost::Read(attribute));
                return Ok(Vec::new());
            }
            Some(Found::Fixed(value)) => (Status::SUCCESS, from_offset(value, offset)),
            None => (att(AttError::InvalidHandle, handle), NOTHING),
        };
        Ok(vec![What::Value { status, handle, offset, value }])
    }

    fn request(&mut self, write: &Write) -> Result<Vec<What>, u32> {
        self.fits(write)?;
        let (handle, op) = (write.handle, write.op);
        self.begin(Procedure::Write { handle, op })?;
        let error = match self.database.find(handle) {
            Some(Found::Attribute(attribute)) => {
                let value = write.value.clone();
                let message = match attribute {
                    _ if op == gatt::PREPARE_WRITE => {
                        FromHost::Write { attribute, kind: WriteKind::Prepare, value }
                    }
                    Attribute::ControlPoint => FromHost::Control(value),
                    _ => FromHost::Write { attribute, kind: WriteKind::Request, value },
                };
                self.send(message);
                return Ok(Vec::new());
            }
            Some(Found::Fixed(_)) => AttError::WriteNotPermitted,
            None => AttError::InvalidHandle,
        };
        Ok(vec![written(att(error, handle), handle, op)])
    }

    fn command(&mut self, write: &Write, faults: &mut Faults) -> Result<Vec<What>, u32> {
        self.fits(write)?;
        if self.ended {
            return Err(codes::INVALID_CONNECTION);
        }
        if faults.strikes(DongleFault::WriteRefused) {
            return Err(codes::NOT_FOUND);
        }
        if faults.strikes(DongleFault::NoResources) {
            self.owed += 1;
            return Err(codes::RESOURCES);
        }
        if self.waiting.iter().filter(|(_, command)| *command).count() >= COMMANDS {
            return Err(codes::RESOURCES);
        }
        let mut value = write.value.clone();
        // An init packet is shorter.
        let whole = value.len() == usize::from(self.att_mtu - ATT_HEADER);
        let lost = whole && faults.strikes(DongleFault::LostData);
        if whole
            && faults.strikes(DongleFault::CorruptData)
            && let Some(byte) = value.first_mut()
        {
            *byte ^= 1;
        }
        let message = match self.database.find(write.handle) {
            Some(Found::Attribute(Attribute::Packet)) => FromHost::Packet(value),
            Some(Found::Attribute(attribute)) => {
                FromHost::Write { attribute, kind: WriteKind::Command, value }
            }
            // A server says nothing about a command to nothing.
            _ => return Ok(vec![What::CommandsSent(Status::SUCCESS, 1)]),
        };
        if lost {
            return Ok(vec![What::CommandsSent(Status::SUCCESS, 1)]);
        }
        self.waiting.push_back((message, true));
        Ok(Vec::new())
    }

    /// A value that ATT_MTU has no room for is refused by the SoftDevice itself.
    fn fits(&self, write: &Write) -> Result<(), u32> {
        let room = usize::from(self.att_mtu - ATT_HEADER);
        if write.value.len() > room { Err(codes::DATA_SIZE) } else { Ok(()) }
    }
}

fn written(status: Status, handle: u16, op: u8) -> What {
    What::Written { status, handle, op, offset: 0, value: NOTHING }
}

fn is_request(write: &Write) -> bool {
    matches!(write.op, gatt::WRITE_REQUEST | gatt::PREPARE_WRITE)
}

fn att(error: AttError, handle: u16) -> Status {
    Status::att(error.code(), handle)
}

fn from_offset(mut value: Vec<u8>, offset: u16) -> Vec<u8> {
    value.drain(..usize::from(offset).min(value.len()));
    value
}

fn found_or_not(nothing: bool, start: u16) -> Status {
    if nothing { Status::att(ATTRIBUTE_NOT_FOUND, start) } else { Status::SUCCESS }
}
