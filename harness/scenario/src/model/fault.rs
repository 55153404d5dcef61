//! Faults: a counted position of the update and what happens there.
//!
//! Every position is counted from 1, over the whole update and over reconnects, so that one fault fires once.

use std::num::NonZeroU8;
use std::time::Duration;

use super::{Capability, Place};
use crate::word::words;

words! {
    /// The kind of a request on the control point.
    "a kind of request"
    pub enum RequestKind {
        /// Any request.
        Any = "any",
        /// Select the last object (06).
        Select = "select",
        /// Create an object (01).
        Create = "create",
        /// Set the receipt notification interval (02).
        Prn = "prn",
        /// Ask for offset and CRC (03).
        Crc = "crc",
        /// Execute the object (04).
        Execute = "execute",
    }
}

words! {
    /// How a flash operation is interrupted when the supply goes.
    "a kind of tear"
    pub enum Tear {
        /// The operation has not begun.
        Before = "before",
        /// The operation is done in part; which bits, comes from the run's seed.
        Torn = "torn",
        /// The operation is complete, nothing after it has happened.
        After = "after",
    }
}

/// One fault. The action always fits the position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where the fault stands in the scenario file.
    pub place: Place,
    /// When it happens.
    pub at: Position,
    /// What happens.
    pub action: Action,
}

impl Fault {
    /// Whether the client itself is at fault, and not the link or the device: a client of somebody else can't be made to.
    #[must_use]
    pub const fn is_of_host(&self) -> bool {
        matches!(
            self.action,
            Action::Restart { .. } | Action::Pause { .. } | Action::Reopen | Action::Repeat | Action::Swap
        )
    }

    /// What a bench must be able to do for this fault, beside the link itself.
    #[must_use]
    pub fn needs(&self) -> &'static [Capability] {
        match self.action {
            Action::PowerCut { .. } if !matches!(self.at, Position::FlashOp(_)) => &[Capability::PowerCut],
            Action::Reset => &[Capability::Reset],
            Action::PowerCut { .. } => &[Capability::PowerCut, Capability::FlashOpFaults],
            Action::Disconnect
            | Action::Drop
            | Action::Duplicate
            | Action::Truncate { .. }
            | Action::Corrupt { .. }
            | Action::Lose
            | Action::Delay { .. }
            | Action::Restart { .. }
            | Action::Pause { .. }
            | Action::Reopen
            | Action::Repeat
            | Action::Swap => &[],
        }
    }
}

/// A counted position of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// `{ object: 3, byte: 2048 }`: a byte of the firmware.
    ImageByte(ImageByte),
    /// `{ init-byte: 60 }`: a byte of the init packet, 1 to 512.
    InitByte(u32),
    /// `{ packet: 7, object: 2 }`: a packet of object data.
    Packet(PacketPosition),
    /// `{ request: execute, n: 2 }`: a request on the control point.
    Request(RequestPosition),
    /// `{ notification: 3 }`: a notification of the device.
    Notification(u32),
    /// `{ flash-op: 17 }`: a word write or an erase of the device, counted since the step began; 1 is the first.
    FlashOp(u64),
}

/// A byte of the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageByte {
    /// The data object; 1 is the first.
    pub object: u32,
    /// The byte of the object, 1 to 4096. The fault happens when this byte has been sent; 4096 is the boundary.
    pub byte: u32,
}

impl ImageByte {
    /// The most bytes that a data object has (OBJ-018).
    pub const OBJECT_SIZE: u32 = 4096;

    /// How many bytes of firmware there are up to and with this one.
    #[must_use]
    pub const fn offset_after(self) -> u64 {
        (self.object as u64 - 1) * Self::OBJECT_SIZE as u64 + self.byte as u64
    }
}

/// A packet of object data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketPosition {
    /// The packet; 1 is the first.
    pub packet: u32,
    /// The data object in which packets are counted, 1 is the first; `None` counts over the data objects of the whole
    /// update.
    pub object: Option<u32>,
}

/// A request on the control point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPosition {
    /// The kind that is counted.
    pub kind: RequestKind,
    /// Which one of this kind; 1 (the default) is the first.
    pub n: u32,
}

/// What happens at the position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The link is lost.
    Disconnect,
    /// The packet does not arrive.
    Drop,
    /// The packet arrives twice.
    Duplicate,
    /// Only the first bytes of the packet arrive.
    Truncate {
        /// How many.
        keep: u32,
    },
    /// The byte arrives changed.
    Corrupt {
        /// What the byte is combined with by exclusive or. 0x01 by default.
        xor: NonZeroU8,
    },
    /// The notification, or the answer to the request, does not arrive.
    Lose,
    /// It arrives later, and what follows it waits behind it.
    Delay {
        /// By how much.
        by: Duration,
    },
    /// The client dies with all it knows, and its link with it; a new one begins the update anew.
    Restart {
        /// How long there is no client. 1 s by default.
        away: Duration,
    },
    /// The client stands still and goes on where it was; the link stays.
    Pause {
        /// For how long.
        span: Duration,
    },
    /// The client closes its connection, opens it again, and goes on where it was.
    Reopen,
    /// The client sends the request twice.
    Repeat,
    /// The client sends the packet behind the next one.
    Swap,
    /// The device is reset by its pin.
    Reset,
    /// The supply goes, and comes back.
    PowerCut {
        /// How a flash operation is interrupted. `before` by default.
        tear: Tear,
        /// How long the supply is off. 500 ms by default.
        off: Duration,
    },
}
