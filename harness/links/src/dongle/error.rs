//! What can fail between a host and a device behind a dongle, with the party to blame kept apart.

use std::fmt;
use std::io;
use std::time::Duration;

use gauntlet_connectivity::codes;
use gauntlet_connectivity::command::op;
use gauntlet_connectivity::delivery::Undelivered;
use gauntlet_engine::LinkError;
use thiserror::Error;

/// Who has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// The serial port, or the system that has it.
    Port,
    /// The dongle or its firmware.
    Dongle,
    /// The radio link.
    Link,
    /// The device.
    Device,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Port => "port",
            Self::Dongle => "dongle",
            Self::Link => "link",
            Self::Device => "device",
        })
    }
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DongleError {
    /// There is no such port now.
    #[error("{0}")]
    PortMissing(String),
    /// The port can't be opened.
    #[error("{0}")]
    PortRefused(String),
    /// The port was there, and has gone.
    #[error("it has vanished: {0}")]
    PortLost(String),
    /// Nothing was taken from the port for so long.
    #[error("it takes no bytes for {0:?}")]
    PortStuck(Duration),
    /// No packet of the start-up was answered.
    #[error("it answers nothing: is it a dongle with connectivity firmware?")]
    Silent,
    /// SYNC was answered, CONFIG was not.
    #[error("it answers SYNC, but not CONFIG")]
    NotConfigured,
    /// It does not acknowledge, or in a way that makes no sense.
    #[error("{undelivered} ({})", CallName(*.op))]
    Undelivered {
        /// Op code of the call that was under way last.
        op: u8,
        /// What it did.
        undelivered: Undelivered,
    },
    /// A call was acknowledged and not answered.
    #[error("it acknowledged {} and gave no response within {waited:?}", CallName(*.op))]
    NoResponse {
        /// Op code of the call.
        op: u8,
        /// How long.
        waited: Duration,
    },
    /// It has restarted by itself.
    #[error("it has restarted by itself")]
    Restarted,
    /// It sent a response that is none.
    #[error("it sent a response to {} that can't be read", CallName(*.op))]
    Garbled {
        /// Op code of the call.
        op: u8,
    },
    /// A call was answered by an error.
    #[error("it refused {}: {} (0x{result:04X})", CallName(*.op), codes::result(*.result))]
    Refused {
        /// Op code of the call.
        op: u8,
        /// The result.
        result: u32,
    },
    /// The event that ends a procedure never came.
    #[error("it accepted {} and never told the end of it, in {waited:?}", CallName(*.op))]
    NoEvent {
        /// Op code of the call.
        op: u8,
        /// How long.
        waited: Duration,
    },
    /// Nobody who is wanted advertises.
    #[error("{0}")]
    NotFound(String),
    /// The device does not take part in the connection.
    #[error("no connection to {peer} in {attempts} attempts: {reason}")]
    NotConnected {
        /// Its address.
        peer: String,
        /// How often it was tried.
        attempts: u32,
        /// What was seen.
        reason: String,
    },
    /// The connection has ended.
    #[error("disconnected: {} (0x{reason:02X})", codes::hci_reason(*.reason))]
    Disconnected {
        /// HCI reason.
        reason: u8,
    },
    /// There is no connection.
    #[error("not connected")]
    Unconnected,
    /// The device did not answer an ATT request for 30 s.
    #[error("it does not answer an ATT request")]
    AttTimeout,
    /// The device refused an ATT request.
    #[error("{} (0x{status:04X}) for {what}", codes::gatt_status(*.status))]
    Att {
        /// GATT status.
        status: u16,
        /// What was asked for.
        what: &'static str,
    },
    /// The device asks for a bond that this host has not.
    #[error("{0}")]
    NoBond(&'static str),
    /// The device has no DFU service in DFU mode.
    #[error("{0} runs its application, not its bootloader")]
    NotInDfu(String),
}

impl DongleError {
    /// Who is to blame.
    #[must_use]
    pub fn party(&self) -> Party {
        match self {
            Self::PortMissing(_) | Self::PortRefused(_) | Self::PortLost(_) | Self::PortStuck(_) => {
                Party::Port
            }
            Self::Silent
            | Self::NotConfigured
            | Self::Undelivered { .. }
            | Self::NoResponse { .. }
            | Self::Restarted
            | Self::Garbled { .. }
            | Self::Refused { .. }
            | Self::NoEvent { .. } => Party::Dongle,
            // Ended by its user, or for want of a key.
            Self::Disconnected { reason: 0x05 | 0x06 | 0x13..=0x15 } => Party::Device,
            Self::NotConnected { .. } | Self::Disconnected { .. } | Self::Unconnected => Party::Link,
            Self::NotFound(_) | Self::AttTimeout | Self::Att { .. } | Self::NoBond(_) | Self::NotInDfu(_) => {
                Party::Device
            }
        }
    }

    /// True when nothing more can be done with the dongle before it is reset.
    pub(super) fn is_of_dongle(&self) -> bool {
        matches!(self.party(), Party::Port | Party::Dongle)
    }

    /// For the engine: what of it may be over after connecting again.
    pub(super) fn on_connecting(self) -> LinkError {
        let detail = self.to_string_of_party();
        match self {
            Self::PortMissing(_) | Self::NotFound(_) | Self::NotInDfu(_) => LinkError::NotFound { detail },
            Self::NotConnected { .. } | Self::AttTimeout => LinkError::TimedOut { detail },
            Self::Disconnected { .. } | Self::Unconnected => LinkError::Lost { detail },
            Self::Att { status, .. } => LinkError::Refused { code: att_code(status), detail },
            Self::NoBond(_) => LinkError::Refused { code: None, detail },
            _ => LinkError::Host { detail },
        }
    }

    /// For the engine, of a connection that was there: the dongle is reset by the next connect, and that helps.
    pub(super) fn on_the_way(self) -> LinkError {
        let detail = self.to_string_of_party();
        match self {
            Self::Att { status, .. } => LinkError::Refused { code: att_code(status), detail },
            _ => LinkError::Lost { detail },
        }
    }

    fn to_string_of_party(&self) -> String {
        format!("{}: {self}", self.party())
    }
}

fn att_code(status: u16) -> Option<u8> {
    let [low, high] = status.to_le_bytes();
    (high == 1).then_some(low)
}

impl From<io::Error> for DongleError {
    fn from(error: io::Error) -> Self {
        Self::PortLost(error.to_string())
    }
}

/// A call by its name.
struct CallName(u8);

impl fmt::Display for CallName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            op::ENABLE => "sd_ble_enable",
            op::UUID_VS_ADD => "sd_ble_uuid_vs_add",
            op::CFG_SET => "sd_ble_cfg_set",
            op::CONN_PARAM_UPDATE => "sd_ble_gap_conn_param_update",
            op::DISCONNECT => "sd_ble_gap_disconnect",
            op::AUTHENTICATE => "sd_ble_gap_authenticate",
            op::SEC_PARAMS_REPLY => "sd_ble_gap_sec_params_reply",
            op::ENCRYPT => "sd_ble_gap_encrypt",
            op::SCAN_START => "sd_ble_gap_scan_start",
            op::SCAN_STOP => "sd_ble_gap_scan_stop",
            op::CONNECT => "sd_ble_gap_connect",
            op::PHY_UPDATE => "sd_ble_gap_phy_update",
            op::DATA_LENGTH_UPDATE => "sd_ble_gap_data_length_update",
            op::DISCOVER_SERVICES => "sd_ble_gattc_primary_services_discover",
            op::DISCOVER_CHARACTERISTICS => "sd_ble_gattc_characteristics_discover",
            op::DISCOVER_DESCRIPTORS => "sd_ble_gattc_descriptors_discover",
            op::READ => "sd_ble_gattc_read",
            op::WRITE => "sd_ble_gattc_write",
            op::CONFIRM => "sd_ble_gattc_hv_confirm",
            op::EXCHANGE_MTU => "sd_ble_gattc_exchange_mtu_request",
            other => return write!(f, "call 0x{other:02X}"),
        })
    }
}
