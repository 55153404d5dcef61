//! What a fault does. One file for each; this one only knows them all.

mod corrupt_byte;
mod delay_answer;
mod disconnect;
mod drop_packet;
mod duplicate_notification;
mod duplicate_packet;
mod lose_notification;
mod pause_client;
mod power_cut;
mod reopen_port;
mod repeat_request;
mod reset;
mod restart_client;
mod swap_packet;
mod truncate_packet;

use std::fmt;
use std::num::NonZeroU8;
use std::time::Duration;

use super::board::BoardReset;
use super::inject::Break;
use super::position::Position;

/// What happens at the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The link is lost.
    Disconnect,
    /// The packet does not arrive.
    DropPacket,
    /// The packet arrives twice.
    DuplicatePacket,
    /// Only the first bytes of the packet arrive (FF-070).
    TruncatePacket {
        /// How many, at most.
        keep: usize,
    },
    /// The byte arrives changed; at a packet, its first byte.
    CorruptByte {
        /// What it is combined with by exclusive or.
        xor: NonZeroU8,
    },
    /// The message of the device does not arrive.
    LoseNotification,
    /// The message of the device arrives twice.
    DuplicateNotification,
    /// The message of the device, and what follows it, arrives later.
    DelayAnswer {
        /// By how much, in tokio time.
        by: Duration,
    },
    /// The board is reset. The host is not told; it notices what its link notices.
    Reset {
        /// How.
        kind: BoardReset,
    },
    /// The board loses its supply. The host is not told.
    PowerCut,
    /// The client dies with all it knows, and its link with it; a new one begins anew.
    RestartClient {
        /// How long there is no client, in tokio time.
        away: Duration,
    },
    /// The client stands still. The link stays.
    PauseClient {
        /// For how long, in tokio time.
        span: Duration,
    },
    /// The client closes its connection, opens it again, and goes on where it was.
    ReopenPort,
    /// The client sends the request twice.
    RepeatRequest,
    /// The client sends the packet behind the next one.
    SwapPacket,
}

/// What becomes of a packet on its way to the device.
pub(super) struct PacketFate {
    /// What arrives, in this order.
    pub(super) arriving: Vec<Vec<u8>>,
}

/// What becomes of a message on its way to the host.
pub(super) struct MessageFate {
    /// What arrives, in this order.
    pub(super) arriving: Vec<Vec<u8>>,
    /// How much later.
    pub(super) delay: Duration,
}

/// One action, as its file defines it.
pub(super) trait Act: fmt::Display {
    /// Whether the action makes sense at the position.
    fn fits(&self, at: &Position) -> bool;

    /// Changes a packet; `byte` is the index of the position's byte in it.
    fn on_packet(&self, _fate: &mut PacketFate, _byte: usize) {}

    /// Changes a message.
    fn on_message(&self, _fate: &mut MessageFate) {}

    /// Whether a request is sent once more.
    fn repeats(&self) -> bool {
        false
    }

    /// Whether a packet lets the next one pass.
    fn swaps(&self) -> bool {
        false
    }

    /// What the action breaks, if it does.
    fn breaks(&self) -> Option<Break> {
        None
    }
}

impl Action {
    pub(super) fn act(self) -> Box<dyn Act> {
        match self {
            Self::Disconnect => Box::new(disconnect::Disconnect),
            Self::DropPacket => Box::new(drop_packet::DropPacket),
            Self::DuplicatePacket => Box::new(duplicate_packet::DuplicatePacket),
            Self::TruncatePacket { keep } => Box::new(truncate_packet::TruncatePacket { keep }),
            Self::CorruptByte { xor } => Box::new(corrupt_byte::CorruptByte { xor }),
            Self::LoseNotification => Box::new(lose_notification::LoseNotification),
            Self::DuplicateNotification => Box::new(duplicate_notification::DuplicateNotification),
            Self::DelayAnswer { by } => Box::new(delay_answer::DelayAnswer { by }),
            Self::Reset { kind } => Box::new(reset::Reset { kind }),
            Self::PowerCut => Box::new(power_cut::PowerCut),
            Self::RestartClient { away } => Box::new(restart_client::RestartClient { away }),
            Self::PauseClient { span } => Box::new(pause_client::PauseClient { span }),
            Self::ReopenPort => Box::new(reopen_port::ReopenPort),
            Self::RepeatRequest => Box::new(repeat_request::RepeatRequest),
            Self::SwapPacket => Box::new(swap_packet::SwapPacket),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.act().fmt(f)
    }
}

/// A position at which a packet is at hand.
fn has_packet(at: &Position) -> bool {
    matches!(at, Position::Byte { byte: 1.., .. } | Position::Packet { .. })
}

/// A position at which a message of the device is at hand: the message itself, or the answer to a request.
fn has_message(at: &Position) -> bool {
    matches!(at, Position::Notification { .. } | Position::Request { .. })
}
