//! Calls of the SoftDevice, from the host to the dongle.

use crate::bytes::{DecodeError, Reader, Writer};
use crate::gap::{Address, ConnParams, DataLength, ScanParams};
use crate::gatt::{Range, Uuid, Write};
use crate::security::{KeyName, KeySet, LongTermKey, SecParams};

/// Op codes, the first byte of a call.
pub mod op {
    /// `sd_ble_enable`
    pub const ENABLE: u8 = 0x60;
    /// `sd_ble_uuid_vs_add`
    pub const UUID_VS_ADD: u8 = 0x62;
    /// `sd_ble_cfg_set`
    pub const CFG_SET: u8 = 0x69;
    /// `sd_ble_gap_conn_param_update`
    pub const CONN_PARAM_UPDATE: u8 = 0x75;
    /// `sd_ble_gap_disconnect`
    pub const DISCONNECT: u8 = 0x76;
    /// `sd_ble_gap_authenticate`
    pub const AUTHENTICATE: u8 = 0x7E;
    /// `sd_ble_gap_sec_params_reply`
    pub const SEC_PARAMS_REPLY: u8 = 0x7F;
    /// `sd_ble_gap_encrypt`
    pub const ENCRYPT: u8 = 0x85;
    /// `sd_ble_gap_scan_start`
    pub const SCAN_START: u8 = 0x8A;
    /// `sd_ble_gap_scan_stop`
    pub const SCAN_STOP: u8 = 0x8B;
    /// `sd_ble_gap_connect`
    pub const CONNECT: u8 = 0x8C;
    /// `sd_ble_gap_phy_update`
    pub const PHY_UPDATE: u8 = 0x8F;
    /// `sd_ble_gap_data_length_update`
    pub const DATA_LENGTH_UPDATE: u8 = 0x90;
    /// `sd_ble_gattc_primary_services_discover`
    pub const DISCOVER_SERVICES: u8 = 0x94;
    /// `sd_ble_gattc_characteristics_discover`
    pub const DISCOVER_CHARACTERISTICS: u8 = 0x96;
    /// `sd_ble_gattc_descriptors_discover`
    pub const DISCOVER_DESCRIPTORS: u8 = 0x97;
    /// `sd_ble_gattc_read`
    pub const READ: u8 = 0x9A;
    /// `sd_ble_gattc_write`
    pub const WRITE: u8 = 0x9C;
    /// `sd_ble_gattc_hv_confirm`
    pub const CONFIRM: u8 = 0x9D;
    /// `sd_ble_gattc_exchange_mtu_request`
    pub const EXCHANGE_MTU: u8 = 0x9E;
}

const CONN_GAP: u32 = 32;
const CONN_GATT: u32 = 35;

/// One call. The connection handle comes first where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Before [`Command::Enable`]: the largest ATT_MTU of connections with this tag.
    ConfigureGatt {
        /// Any number but 0; given again in [`Command::Connect`].
        tag: u8,
        /// 23 to 247.
        att_mtu: u16,
    },
    /// Before [`Command::Enable`]: air time of connections with this tag.
    ConfigureGap {
        /// Any number but 0.
        tag: u8,
        /// Connections at a time.
        count: u8,
        /// Air time of one event in 1.25 ms; 5 has room for the longest packets.
        event_length: u16,
    },
    /// Starts the stack.
    Enable,
    /// Registers a UUID base, least significant byte first; bytes 12 and 13 do not belong to it. The response has its kind.
    AddUuidBase([u8; 16]),
    /// Starts to scan, or goes on with it.
    ScanStart(Option<ScanParams>),
    /// Ends it.
    ScanStop,
    /// Connects.
    Connect {
        /// To whom.
        peer: Option<Address>,
        /// How it is looked for.
        scan: Option<ScanParams>,
        /// With which parameters.
        conn: Option<ConnParams>,
        /// Of which configuration; with tag 0 the ATT_MTU is 23.
        tag: u8,
    },
    /// Ends a connection.
    Disconnect {
        /// Which.
        conn: u16,
        /// HCI reason, 0x13.
        reason: u8,
    },
    /// Connection parameters, also as the answer to a request of the peer.
    ConnParamUpdate {
        /// Which.
        conn: u16,
        /// `None` refuses the peer's.
        params: Option<ConnParams>,
    },
    /// Which PHYs may be used, in bits; 0 lets the SoftDevice choose.
    PhyUpdate {
        /// Which.
        conn: u16,
        /// To the peer.
        tx: u8,
        /// From the peer.
        rx: u8,
    },
    /// Longer link layer packets.
    DataLengthUpdate {
        /// Which.
        conn: u16,
        /// `None` lets the SoftDevice choose.
        length: Option<DataLength>,
        /// What stands in the way is to be told.
        limitation: bool,
    },
    /// Pairs.
    Authenticate {
        /// Which.
        conn: u16,
        /// What this side can do, and wants.
        params: Option<SecParams>,
    },
    /// The answer to the peer's parameters of a pairing.
    SecParamsReply {
        /// Which.
        conn: u16,
        /// 0 goes on.
        status: u8,
        /// For peripherals only.
        params: Option<SecParams>,
        /// Room for the keys.
        keys: Option<Box<KeySet>>,
    },
    /// Encrypts with the key of a bond.
    Encrypt {
        /// Which.
        conn: u16,
        /// By which the peer finds it.
        name: Option<KeyName>,
        /// The key.
        key: Option<LongTermKey>,
    },
    /// Primary services from a handle on.
    DiscoverServices {
        /// Which.
        conn: u16,
        /// The first handle.
        start: u16,
        /// Only these.
        only: Option<Uuid>,
    },
    /// Characteristics in a range.
    DiscoverCharacteristics {
        /// Which.
        conn: u16,
        /// Where.
        range: Option<Range>,
    },
    /// Descriptors in a range; values are found, too.
    DiscoverDescriptors {
        /// Which.
        conn: u16,
        /// Where.
        range: Option<Range>,
    },
    /// Reads a value.
    Read {
        /// Which.
        conn: u16,
        /// Where.
        handle: u16,
        /// From which byte.
        offset: u16,
    },
    /// Writes a value.
    Write {
        /// Which.
        conn: u16,
        /// What and how.
        write: Write,
    },
    /// Confirms an indication.
    Confirm {
        /// Which.
        conn: u16,
        /// Of what.
        handle: u16,
    },
    /// Exchanges the ATT_MTU.
    ExchangeMtu {
        /// Which.
        conn: u16,
        /// The client's.
        att_mtu: u16,
    },
    /// Any other call, unread.
    Other {
        /// Its op code.
        op: u8,
        /// Its arguments.
        arguments: Vec<u8>,
    },
}

impl Command {
    /// Its op code.
    #[must_use]
    pub fn op(&self) -> u8 {
        match self {
            Self::ConfigureGatt { .. } | Self::ConfigureGap { .. } => op::CFG_SET,
            Self::Enable => op::ENABLE,
            Self::AddUuidBase(_) => op::UUID_VS_ADD,
            Self::ScanStart(_) => op::SCAN_START,
            Self::ScanStop => op::SCAN_STOP,
            Self::Connect { .. } => op::CONNECT,
            Self::Disconnect { .. } => op::DISCONNECT,
            Self::ConnParamUpdate { .. } => op::CONN_PARAM_UPDATE,
            Self::PhyUpdate { .. } => op::PHY_UPDATE,
            Self::DataLengthUpdate { .. } => op::DATA_LENGTH_UPDATE,
            Self::Authenticate { .. } => op::AUTHENTICATE,
            Self::SecParamsReply { .. } => op::SEC_PARAMS_REPLY,
            Self::Encrypt { .. } => op::ENCRYPT,
            Self::DiscoverServices { .. } => op::DISCOVER_SERVICES,
            Self::DiscoverCharacteristics { .. } => op::DISCOVER_CHARACTERISTICS,
            Self::DiscoverDescriptors { .. } => op::DISCOVER_DESCRIPTORS,
            Self::Read { .. } => op::READ,
            Self::Write { .. } => op::WRITE,
            Self::Confirm { .. } => op::CONFIRM,
            Self::ExchangeMtu { .. } => op::EXCHANGE_MTU,
            Self::Other { op, .. } => *op,
        }
    }

    pub(crate) fn encode(&self, to: &mut Writer) {
        to.u8(self.op());
        match self {
            Self::ConfigureGatt { tag, att_mtu } => {
                to.u32(CONN_GATT).u8(1).u8(*tag).u16(*att_mtu);
            }
            Self::ConfigureGap { tag, count, event_length } => {
                to.u32(CONN_GAP).u8(1).u8(*tag).u8(*count).u16(*event_length);
            }
            Self::Enable | Self::ScanStop => {}
            Self::AddUuidBase(base) => {
                to.u8(1).bytes(base).u8(1);
            }
            Self::ScanStart(scan) => {
                to.opt(scan.as_ref(), ScanParams::write);
            }
            Self::Connect { peer, scan, conn, tag } => {
                to.opt(peer.as_ref(), Address::write);
                to.opt(scan.as_ref(), ScanParams::write);
                to.opt(conn.as_ref(), ConnParams::write).u8(*tag);
            }
            Self::Disconnect { conn, reason } => {
                to.u16(*conn).u8(*reason);
            }
            Self::ConnParamUpdate { conn, params } => {
                to.u16(*conn).opt(params.as_ref(), ConnParams::write);
            }
            Self::PhyUpdate { conn, tx, rx } => {
                to.u16(*conn).u8(1).u8(*tx).u8(*rx);
            }
            Self::DataLengthUpdate { conn, length, limitation } => {
                to.u16(*conn).opt(length.as_ref(), DataLength::write).u8(u8::from(*limitation));
            }
            Self::Authenticate { conn, params } => {
                to.u16(*conn).opt(params.as_ref(), SecParams::write);
            }
            Self::SecParamsReply { conn, status, params, keys } => {
                to.u16(*conn).u8(*status).opt(params.as_ref(), SecParams::write);
                to.opt(keys.as_deref(), KeySet::write);
            }
            Self::Encrypt { conn, name, key } => {
                to.u16(*conn).opt(name.as_ref(), KeyName::write).opt(key.as_ref(), LongTermKey::write);
            }
            Self::DiscoverServices { conn, start, only } => {
                to.u16(*conn).u16(*start).opt(only.as_ref(), Uuid::write);
            }
            Self::DiscoverCharacteristics { conn, range } | Self::DiscoverDescriptors { conn, range } => {
                to.u16(*conn).opt(range.as_ref(), Range::write);
            }
            Self::Read { conn, handle, offset } => {
                to.u16(*conn).u16(*handle).u16(*offset);
            }
            Self::Write { conn, write } => {
                to.u16(*conn).u8(1);
                Write::write(to, write);
            }
            Self::Confirm { conn, handle } => {
                to.u16(*conn).u16(*handle);
            }
            Self::ExchangeMtu { conn, att_mtu } => {
                to.u16(*conn).u16(*att_mtu);
            }
            Self::Other { arguments, .. } => {
                to.bytes(arguments);
            }
        }
    }

    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let command = match from.u8()? {
            op::CFG_SET => Self::configuration(from)?,
            op::ENABLE => Self::Enable,
            op::UUID_VS_ADD => {
                let base = from.opt(Reader::array)?.ok_or(DecodeError::Presence(0))?;
                let _kind_is_wanted = from.flag()?;
                Self::AddUuidBase(base)
            }
            op::SCAN_START => Self::ScanStart(from.opt(ScanParams::read)?),
            op::SCAN_STOP => Self::ScanStop,
            op::CONNECT => Self::Connect {
                peer: from.opt(Address::read)?,
                scan: from.opt(ScanParams::read)?,
                conn: from.opt(ConnParams::read)?,
                tag: from.u8()?,
            },
            op::DISCONNECT => Self::Disconnect { conn: from.u16()?, reason: from.u8()? },
            op::CONN_PARAM_UPDATE => {
                Self::ConnParamUpdate { conn: from.u16()?, params: from.opt(ConnParams::read)? }
            }
            op::PHY_UPDATE => {
                let (conn, phys) = (from.u16()?, from.opt(Reader::array)?);
                let [tx, rx] = phys.unwrap_or_default();
                Self::PhyUpdate { conn, tx, rx }
            }
            op::DATA_LENGTH_UPDATE => Self::DataLengthUpdate {
                conn: from.u16()?,
                length: from.opt(DataLength::read)?,
                limitation: from.flag()?,
            },
            op::AUTHENTICATE => Self::Authenticate { conn: from.u16()?, params: from.opt(SecParams::read)? },
            op::SEC_PARAMS_REPLY => Self::SecParamsReply {
                conn: from.u16()?,
                status: from.u8()?,
                params: from.opt(SecParams::read)?,
                keys: from.opt(KeySet::read)?.map(Box::new),
            },
            op::ENCRYPT => Self::Encrypt {
                conn: from.u16()?,
                name: from.opt(KeyName::read)?,
                key: from.opt(LongTermKey::read)?,
            },
            op::DISCOVER_SERVICES => {
                Self::DiscoverServices { conn: from.u16()?, start: from.u16()?, only: from.opt(Uuid::read)? }
            }
            op::DISCOVER_CHARACTERISTICS => {
                Self::DiscoverCharacteristics { conn: from.u16()?, range: from.opt(Range::read)? }
            }
            op::DISCOVER_DESCRIPTORS => {
                Self::DiscoverDescriptors { conn: from.u16()?, range: from.opt(Range::read)? }
            }
            op::READ => Self::Read { conn: from.u16()?, handle: from.u16()?, offset: from.u16()? },
            op::WRITE => {
                let conn = from.u16()?;
                Self::Write { conn, write: from.opt(Write::read)?.ok_or(DecodeError::Presence(0))? }
            }
            op::CONFIRM => Self::Confirm { conn: from.u16()?, handle: from.u16()? },
            op::EXCHANGE_MTU => Self::ExchangeMtu { conn: from.u16()?, att_mtu: from.u16()? },
            op => Self::Other { op, arguments: from.rest() },
        };
        Ok(command)
    }

    fn configuration(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (id, present) = (from.u32()?, from.flag()?);
        match (id, present) {
            (CONN_GATT, true) => Ok(Self::ConfigureGatt { tag: from.u8()?, att_mtu: from.u16()? }),
            (CONN_GAP, true) => {
                let (tag, count) = (from.u8()?, from.u8()?);
                Ok(Self::ConfigureGap { tag, count, event_length: from.u16()? })
            }
            _ => {
                let mut arguments = id.to_le_bytes().to_vec();
                arguments.push(u8::from(present));
                arguments.extend(from.rest());
                Ok(Self::Other { op: op::CFG_SET, arguments })
            }
        }
    }
}
