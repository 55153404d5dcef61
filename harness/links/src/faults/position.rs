//! Where in an update a fault happens: counted, never timed.

use std::fmt;

use gauntlet_engine::Object;
use gauntlet_protocol::Opcode;

/// A counted position. Counts begin at 1 and go on over reconnects: the n-th means the n-th of the whole update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The n-th request of a kind.
    Request {
        /// Which requests are counted.
        kind: RequestKind,
        /// Which one; 1 is the first.
        n: u64,
        /// When, seen from this request.
        moment: Moment,
    },
    /// Byte `byte` of an object: of the init packet (1..=512) or of a data object (1..=4096).
    ///
    /// What breaks the link or the board happens when exactly this many bytes of the object have gone out. A packet
    /// arrives whole or not at all, on the air as in a frame, so the packet that holds the byte arrives only if the
    /// byte is its last one. Byte 0 is the moment before the first packet. A byte behind the end of the object is
    /// never reached.
    Byte {
        /// The object; data objects are pieces of the image, so that a repeated or resumed object keeps its number.
        object: Object,
        /// The byte; 1 is the first.
        byte: u32,
    },
    /// A packet. What breaks the link or the board happens in its place: the packet does not arrive.
    Packet {
        /// Count only in this object, from its last Create on; `None` counts firmware packets over the whole update.
        object: Option<Object>,
        /// Which one; 1 is the first.
        packet: u64,
    },
    /// The n-th message of the device, answers and receipts alike. What breaks the link or the board happens when the
    /// message was sent and before it arrives.
    Notification {
        /// Which one; 1 is the first.
        n: u64,
    },
}

impl Position {
    /// Whether such a position exists at all: counts begin at 1, only bytes know a 0.
    pub(crate) fn is_countable(&self) -> bool {
        match self {
            Self::Request { n, .. } | Self::Notification { n } => *n > 0,
            Self::Packet { object, packet } => *packet > 0 && object.is_none_or(is_counted),
            Self::Byte { object, .. } => is_counted(*object),
        }
    }
}

fn is_counted(object: Object) -> bool {
    object != Object::Data(0)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { kind, n, moment } => write!(f, "{moment} {kind} request {n}"),
            Self::Byte { object, byte } => write!(f, "byte {byte} of {object}"),
            Self::Packet { object: Some(object), packet } => write!(f, "packet {packet} of {object}"),
            Self::Packet { object: None, packet } => write!(f, "firmware packet {packet}"),
            Self::Notification { n } => write!(f, "notification {n}"),
        }
    }
}

/// When a fault happens, seen from a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Moment {
    /// In place of the request: the device never sees it.
    #[default]
    Before,
    /// As soon as the request is on its way; whether the device still handles it is up to the device.
    Sent,
    /// When the device has handled the request and its answer is on its way; the answer does not arrive.
    Answered,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::Sent => "after sending",
            Self::Answered => "before the answer to",
        })
    }
}

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// Every request counts.
    Any,
    /// Requests with this opcode count.
    Of(Opcode),
}

impl RequestKind {
    /// Create an object (01).
    pub const CREATE: Self = Self::Of(Opcode::Create);
    /// Set the receipt interval (02).
    pub const PRN: Self = Self::Of(Opcode::SetPrn);
    /// Ask for offset and CRC (03).
    pub const CRC: Self = Self::Of(Opcode::GetCrc);
    /// Execute the object (04).
    pub const EXECUTE: Self = Self::Of(Opcode::Execute);
    /// Select an object type (06).
    pub const SELECT: Self = Self::Of(Opcode::Select);
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Of(opcode) => write!(f, "{opcode}"),
        }
    }
}
