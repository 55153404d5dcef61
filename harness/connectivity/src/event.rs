//! Events of the SoftDevice, from the dongle to the host.

use crate::bytes::{DecodeError, Reader, Writer};
use crate::gap::{Address, ConnParams, DataLength};
use crate::gatt::{Characteristic, Descriptor, Service, Status};
use crate::security::{AuthStatus, SecParams};

/// Event ids.
mod id {
    pub(super) const CONNECTED: u16 = 0x10;
    pub(super) const DISCONNECTED: u16 = 0x11;
    pub(super) const CONN_PARAM_UPDATE: u16 = 0x12;
    pub(super) const SEC_PARAMS_REQUEST: u16 = 0x13;
    pub(super) const AUTH_STATUS: u16 = 0x19;
    pub(super) const CONN_SEC_UPDATE: u16 = 0x1A;
    pub(super) const GAP_TIMEOUT: u16 = 0x1B;
    pub(super) const ADV_REPORT: u16 = 0x1D;
    pub(super) const CONN_PARAM_UPDATE_REQUEST: u16 = 0x1F;
    pub(super) const PHY_UPDATE_REQUEST: u16 = 0x21;
    pub(super) const DATA_LENGTH_UPDATE_REQUEST: u16 = 0x23;
    pub(super) const DATA_LENGTH_UPDATE: u16 = 0x24;
    pub(super) const SERVICES: u16 = 0x30;
    pub(super) const CHARACTERISTICS: u16 = 0x32;
    pub(super) const DESCRIPTORS: u16 = 0x33;
    pub(super) const READ: u16 = 0x36;
    pub(super) const WRITTEN: u16 = 0x38;
    pub(super) const HANDLE_VALUE: u16 = 0x39;
    pub(super) const MTU: u16 = 0x3A;
    pub(super) const GATTC_TIMEOUT: u16 = 0x3B;
    pub(super) const COMMANDS_SENT: u16 = 0x3C;
}

/// Connection handle of events that belong to none.
pub const NO_CONNECTION: u16 = 0xFFFF;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The connection that it belongs to, or [`NO_CONNECTION`].
    pub conn: u16,
    /// What has happened.
    pub what: What,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Somebody advertises.
    Advertisement {
        /// Who.
        peer: Address,
        /// To whom, when it is directed.
        direct: Address,
        /// In dBm.
        rssi: i8,
        /// Bit 0: a scan response; bits 1 and 2: the kind of advertising.
        flags: u8,
        /// Structures of advertising data, at most 31 bytes.
        data: Vec<u8>,
    },
    /// A connection is there.
    Connected {
        /// With whom.
        peer: Address,
        /// 2 is central.
        role: u8,
        /// Its parameters.
        params: ConnParams,
    },
    /// It is gone, for this HCI reason.
    Disconnected(u8),
    /// The peer asks for other parameters.
    ParamsWanted(ConnParams),
    /// There are other parameters.
    Params(ConnParams),
    /// Scanning (1) or connecting (2) took too long.
    Timeout(u8),
    /// The peer asks for longer packets.
    DataLengthWanted(DataLength),
    /// Packets are this long now.
    DataLength(DataLength),
    /// The peer asks for other PHYs: to it and from it.
    PhyWanted(u8, u8),
    /// The peer's parameters of a pairing; the host has to reply.
    SecParamsWanted(SecParams),
    /// A pairing has ended.
    AuthStatus(AuthStatus),
    /// The link is encrypted, or stays as it was.
    Security {
        /// The mode in the low four bits, the level in the high ones: 0x11 is no security, 0x21 is encryption.
        level: u8,
        /// Bytes of the key.
        key_size: u8,
    },
    /// Services.
    Services(Status, Vec<Service>),
    /// Characteristics.
    Characteristics(Status, Vec<Characteristic>),
    /// Descriptors.
    Descriptors(Status, Vec<Descriptor>),
    /// A value that was read.
    Value {
        /// How it ended.
        status: Status,
        /// Of what.
        handle: u16,
        /// From which byte.
        offset: u16,
        /// The bytes.
        value: Vec<u8>,
    },
    /// A write with response has ended.
    Written {
        /// How it ended.
        status: Status,
        /// Of what.
        handle: u16,
        /// How it was written.
        op: u8,
        /// Of a long write.
        offset: u16,
        /// Of a long write.
        value: Vec<u8>,
    },
    /// A notification or an indication.
    HandleValue {
        /// Always good.
        status: Status,
        /// Of what.
        handle: u16,
        /// [`crate::gatt::NOTIFICATION`] or [`crate::gatt::INDICATION`].
        kind: u8,
        /// The value.
        value: Vec<u8>,
    },
    /// The server's ATT_MTU.
    Mtu(Status, u16),
    /// The peer has not answered for 30 s; the connection is of no use any more.
    GattTimeout(Status, u8),
    /// As many Write Commands have gone out.
    CommandsSent(Status, u8),
    /// Any other event, unread.
    Other {
        /// Its id.
        id: u16,
        /// What it carries.
        body: Vec<u8>,
    },
}

impl Event {
    /// An event of a connection.
    #[must_use]
    pub fn new(conn: u16, what: What) -> Self {
        Self { conn, what }
    }

    fn id(&self) -> u16 {
        match &self.what {
            What::Advertisement { .. } => id::ADV_REPORT,
            What::Connected { .. } => id::CONNECTED,
            What::Disconnected(_) => id::DISCONNECTED,
            What::ParamsWanted(_) => id::CONN_PARAM_UPDATE_REQUEST,
            What::Params(_) => id::CONN_PARAM_UPDATE,
            What::Timeout(_) => id::GAP_TIMEOUT,
            What::DataLengthWanted(_) => id::DATA_LENGTH_UPDATE_REQUEST,
            What::DataLength(_) => id::DATA_LENGTH_UPDATE,
            What::PhyWanted(..) => id::PHY_UPDATE_REQUEST,
            What::SecParamsWanted(_) => id::SEC_PARAMS_REQUEST,
            What::AuthStatus(_) => id::AUTH_STATUS,
            What::Security { .. } => id::CONN_SEC_UPDATE,
            What::Services(..) => id::SERVICES,
            What::Characteristics(..) => id::CHARACTERISTICS,
            What::Descriptors(..) => id::DESCRIPTORS,
            What::Value { .. } => id::READ,
            What::Written { .. } => id::WRITTEN,
            What::HandleValue { .. } => id::HANDLE_VALUE,
            What::Mtu(..) => id::MTU,
            What::GattTimeout(..) => id::GATTC_TIMEOUT,
            What::CommandsSent(..) => id::COMMANDS_SENT,
            What::Other { id, .. } => *id,
        }
    }

    pub(crate) fn encode(&self, to: &mut Writer) {
        to.u16(self.id()).u16(self.conn);
        match &self.what {
            What::Advertisement { peer, direct, rssi, flags, data } => {
                Address::write(to, peer);
                Address::write(to, direct);
                to.u8(rssi.cast_unsigned()).u8(*flags).buf8(data);
            }
            What::Connected { peer, role, params } => {
                Address::write(to, peer);
                to.u8(*role);
                ConnParams::write(to, params);
            }
            What::Disconnected(byte) | What::Timeout(byte) => {
                to.u8(*byte);
            }
            What::ParamsWanted(params) | What::Params(params) => ConnParams::write(to, params),
            What::DataLengthWanted(length) | What::DataLength(length) => DataLength::write(to, length),
            What::PhyWanted(tx, rx) => {
                to.u8(*tx).u8(*rx);
            }
            What::SecParamsWanted(params) => SecParams::write(to, params),
            What::AuthStatus(auth) => AuthStatus::write(to, auth),
            What::Security { level, key_size } => {
                to.u8(*level).u8(*key_size);
            }
            What::Services(status, found) => {
                status.write(to);
                to.list(found, Service::write);
            }
            What::Characteristics(status, found) => {
                status.write(to);
                to.list(found, Characteristic::write);
            }
            What::Descriptors(status, found) => {
                status.write(to);
                to.list(found, Descriptor::write);
            }
            What::Value { status, handle, offset, value } => {
                status.write(to);
                to.u16(*handle).u16(*offset).counted(value);
            }
            What::Written { status, handle, op, offset, value } => {
                status.write(to);
                to.u16(*handle).u8(*op).u16(*offset).counted(value);
            }
            What::HandleValue { status, handle, kind, value } => {
                status.write(to);
                to.u16(*handle).u8(*kind).counted(value);
            }
            What::Mtu(status, att_mtu) => {
                status.write(to);
                to.u16(*att_mtu);
            }
            What::GattTimeout(status, byte) | What::CommandsSent(status, byte) => {
                status.write(to);
                to.u8(*byte);
            }
            What::Other { body, .. } => {
                to.bytes(body);
            }
        }
    }

    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (id, conn) = (from.u16()?, from.u16()?);
        let what = match id {
            id::ADV_REPORT => What::Advertisement {
                peer: Address::read(from)?,
                direct: Address::read(from)?,
                rssi: from.u8()?.cast_signed(),
                flags: from.u8()?,
                data: from.buf8()?,
            },
            id::CONNECTED => What::Connected {
                peer: Address::read(from)?,
                role: from.u8()?,
                params: ConnParams::read(from)?,
            },
            id::DISCONNECTED => What::Disconnected(from.u8()?),
            id::CONN_PARAM_UPDATE_REQUEST => What::ParamsWanted(ConnParams::read(from)?),
            id::CONN_PARAM_UPDATE => What::Params(ConnParams::read(from)?),
            id::GAP_TIMEOUT => What::Timeout(from.u8()?),
            id::DATA_LENGTH_UPDATE_REQUEST => What::DataLengthWanted(DataLength::read(from)?),
            id::DATA_LENGTH_UPDATE => What::DataLength(DataLength::read(from)?),
            id::PHY_UPDATE_REQUEST => What::PhyWanted(from.u8()?, from.u8()?),
            id::SERVICES => What::Services(Status::read(from)?, from.list(Service::read)?),
            id::CHARACTERISTICS => {
                What::Characteristics(Status::read(from)?, from.list(Characteristic::read)?)
            }
            id::DESCRIPTORS => What::Descriptors(Status::read(from)?, from.list(Descriptor::read)?),
            id::READ => What::Value {
                status: Status::read(from)?,
                handle: from.u16()?,
                offset: from.u16()?,
                value: from.counted()?,
            },
            id::WRITTEN => What::Written {
                status: Status::read(from)?,
                handle: from.u16()?,
                op: from.u8()?,
                offset: from.u16()?,
                value: from.counted()?,
            },
            id::HANDLE_VALUE => What::HandleValue {
                status: Status::read(from)?,
                handle: from.u16()?,
                kind: from.u8()?,
                value: from.counted()?,
            },
            id::SEC_PARAMS_REQUEST => What::SecParamsWanted(SecParams::read(from)?),
            id::AUTH_STATUS => What::AuthStatus(AuthStatus::read(from)?),
            id::CONN_SEC_UPDATE => What::Security { level: from.u8()?, key_size: from.u8()? },
            id::MTU => What::Mtu(Status::read(from)?, from.u16()?),
            id::GATTC_TIMEOUT => What::GattTimeout(Status::read(from)?, from.u8()?),
            id::COMMANDS_SENT => What::CommandsSent(Status::read(from)?, from.u8()?),
            id => What::Other { id, body: from.rest() },
        };
        Ok(Self { conn, what })
    }
}
