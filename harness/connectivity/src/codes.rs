//! Numbers of the SoftDevice in words.

/// The call was done.
pub const SUCCESS: u32 = 0;
/// There is no such thing.
pub const NOT_FOUND: u32 = 0x05;
/// There is no such call.
pub const NOT_SUPPORTED: u32 = 0x06;
/// An argument is wrong.
pub const INVALID_PARAM: u32 = 0x07;
/// Not now, in this state.
pub const INVALID_STATE: u32 = 0x08;
/// The call has the wrong length.
pub const INVALID_LENGTH: u32 = 0x09;
/// The value is longer than ATT_MTU allows.
pub const DATA_SIZE: u32 = 0x0C;
/// The peer has not answered for too long; there are no more procedures on this connection.
pub const TIMEOUT: u32 = 0x0D;
/// Another procedure of the GATT client is under way.
pub const BUSY: u32 = 0x11;
/// A queue is full; something has to go out first.
pub const RESOURCES: u32 = 0x13;
/// There is no such connection.
pub const INVALID_CONNECTION: u32 = 0x3002;

/// The result of a call.
#[must_use]
pub fn result(code: u32) -> &'static str {
    match code {
        SUCCESS => "success",
        NOT_FOUND => "not found",
        NOT_SUPPORTED => "not supported",
        INVALID_PARAM => "an invalid parameter",
        INVALID_STATE => "an invalid state",
        INVALID_LENGTH => "an invalid length",
        0x0B => "invalid data",
        DATA_SIZE => "more data than fit",
        TIMEOUT => "a timeout",
        BUSY => "busy",
        RESOURCES => "no resources",
        INVALID_CONNECTION => "no such connection",
        _ => "an unknown error",
    }
}

/// The outcome of a GATT procedure.
#[must_use]
pub fn gatt_status(code: u16) -> &'static str {
    match code {
        0 => "success",
        0x0101 => "invalid handle",
        0x0102 => "read not permitted",
        0x0103 => "write not permitted",
        0x0105 => "insufficient authentication",
        0x0106 => "request not supported",
        0x010A => "attribute not found",
        0x010D => "invalid value length",
        0x010E => "unlikely error",
        0x010F => "insufficient encryption",
        0x01FD => "the client characteristic configuration is improper",
        _ => "an unknown status",
    }
}

/// No pairing with this peer.
pub const PAIRING_NOT_SUPPORTED: u8 = 0x85;

/// How a pairing ended.
#[must_use]
pub fn pairing(status: u8) -> &'static str {
    match status {
        0 => "success",
        0x01 => "a timeout",
        0x82 => "no out of band data",
        0x83 => "the authentication that is required is not possible",
        0x84 => "confirmation failed",
        PAIRING_NOT_SUPPORTED => "pairing is not supported",
        0x86 => "the key is too short",
        0x88 => "unspecified",
        0x89 => "repeated attempts",
        _ => "an unknown reason",
    }
}

/// Supervision timeout.
pub const HCI_TIMEOUT: u8 = 0x08;
/// The peer has ended the connection.
pub const HCI_REMOTE_USER: u8 = 0x13;
/// This side has ended the connection.
pub const HCI_LOCAL_HOST: u8 = 0x16;
/// The peer did not take part in the connection.
pub const HCI_NOT_ESTABLISHED: u8 = 0x3E;

/// Why a connection ended.
#[must_use]
pub fn hci_reason(code: u8) -> &'static str {
    match code {
        HCI_TIMEOUT => "supervision timeout",
        HCI_REMOTE_USER => "the device has ended it",
        0x05 => "authentication failed",
        0x06 => "the device does not know the key",
        0x14 => "the device has ended it: low resources",
        0x15 => "the device has ended it: power off",
        HCI_LOCAL_HOST => "ended by this side",
        0x22 => "link layer response timeout",
        0x28 => "instant passed",
        0x3B => "unacceptable connection parameters",
        0x3D => "integrity check failed",
        HCI_NOT_ESTABLISHED => "failed to be established",
        _ => "unknown reason",
    }
}
