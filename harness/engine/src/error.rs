//! Why an update failed, with the party to blame kept apart.

use std::fmt;
use std::time::Duration;

use gauntlet_protocol::{Opcode, Refusal, ResponseError};
use thiserror::Error;

use crate::{Checkpoint, LinkError, Object, Phase};

/// An update that did not end well.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UpdateError {
    /// The device answered no. Its result and extended code are in the refusal, in codes and in words.
    #[error("{refusal} ({phase})")]
    Refused {
        /// When.
        phase: Phase,
        /// The object it was about, if any.
        object: Option<Object>,
        /// What was refused and why. For a refused packet, known from a receipt (PRN-006), the opcode is Write.
        refusal: Refusal,
    },
    /// The device did not answer, and the link said nothing about it.
    #[error("the device gave no {awaited} within {waited:?} ({phase})")]
    Silent {
        /// When.
        phase: Phase,
        /// What was waited for.
        awaited: Awaited,
        /// How long, in tokio time.
        waited: Duration,
    },
    /// The link failed, and connecting again did not help or was not allowed.
    #[error("{source} ({phase})")]
    Link {
        /// When.
        phase: Phase,
        /// What the link said.
        source: LinkError,
    },
    /// The device restarted after the image before this one and was not found in DFU mode again. It may have started its
    /// application, when it could not be found in the time it waits for the next image (TMR-009).
    #[error("the device did not come back into DFU mode within {waited:?} for the next image: {source}")]
    NotBack {
        /// How long it was awaited, in tokio time.
        waited: Duration,
        /// What the link said last.
        source: LinkError,
    },
    /// What the device holds was not what was sent, as often as it was sent.
    #[error(
        "{object} did not arrive intact in {attempts} attempts: sent {expected}, the device holds {found}"
    )]
    Transfer {
        /// The object.
        object: Object,
        /// What the device should hold.
        expected: Checkpoint,
        /// What it says it holds.
        found: Checkpoint,
        /// How often it was tried.
        attempts: u32,
    },
    /// The device said something that the protocol does not allow.
    #[error("the device broke the protocol: {violation} ({phase})")]
    Protocol {
        /// When.
        phase: Phase,
        /// What it said.
        violation: Violation,
    },
    /// All of the firmware was taken, and the init packet promises more: the device waits for the rest (FLT-026).
    #[error(
        "the init packet promises {promised} bytes and the firmware has {sent}: the device waits for the rest"
    )]
    Unfinished {
        /// Bytes that the init packet promises.
        promised: u32,
        /// Bytes of the firmware.
        sent: u32,
    },
    /// The image cannot be sent to this device; nothing was refused because nothing was tried.
    #[error("the image cannot be sent: {0}")]
    Unsendable(Unsendable),
    /// Stopped from outside. The device can be resumed or started afresh.
    #[error("cancelled ({phase})")]
    Cancelled {
        /// When.
        phase: Phase,
    },
}

impl UpdateError {
    /// When it happened; `None` for errors of a whole object or image.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        match self {
            Self::Refused { phase, .. }
            | Self::Silent { phase, .. }
            | Self::Link { phase, .. }
            | Self::Protocol { phase, .. }
            | Self::Cancelled { phase } => Some(*phase),
            Self::NotBack { .. } => Some(Phase::Connect),
            Self::Transfer { object: Object::Init, .. } => Some(Phase::InitPacket),
            Self::Transfer { object: Object::Data(_), .. } => Some(Phase::Data),
            Self::Unfinished { .. } => Some(Phase::Finish),
            Self::Unsendable(_) => None,
        }
    }

    /// The device's refusal, if it was one.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(*refusal),
            _ => None,
        }
    }

    /// Whether connecting again may help: the link went away or the device fell silent.
    pub(crate) fn may_reconnect(&self, had_connection: bool) -> bool {
        match self {
            Self::Silent { .. } => true,
            Self::Link { source: LinkError::Lost { .. } | LinkError::TimedOut { .. }, .. } => true,
            // A device that was there a moment ago may be starting up again; one that never was there is just not there.
            Self::Link { source: LinkError::NotFound { .. }, .. } => had_connection,
            _ => false,
        }
    }
}

/// What the device owed when it was silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Awaited {
    /// The answer to a request.
    Answer(Opcode),
    /// A packet receipt notification.
    Receipt,
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(opcode) => write!(f, "answer to {opcode}"),
            Self::Receipt => f.write_str("packet receipt notification"),
        }
    }
}

/// How the device broke the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Violation {
    /// A message that cannot be read, or whose payload is too short.
    #[error("{problem} [{}]", Hex(.message))]
    Message {
        /// All of its bytes.
        message: Vec<u8>,
        /// What is wrong with it.
        problem: ResponseError,
    },
    /// Messages that nobody asked for, without end.
    #[error("{count} messages came that answer nothing, while the answer to {awaited} was due")]
    Flood {
        /// How many.
        count: usize,
        /// What was waited for.
        awaited: Opcode,
    },
    /// The answer to Select says that an object may hold nothing.
    #[error("the largest {object} is said to be 0 bytes")]
    NoRoom {
        /// Which object.
        object: Object,
    },
    /// Fewer than four bytes of data fit into a packet or frame.
    #[error("only {max_data} bytes of data fit into a packet, at least 4 are needed")]
    PacketTooSmall {
        /// Bytes that fit.
        max_data: usize,
    },
}

/// Why an image cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unsendable {
    /// There is no image in the package.
    #[error("the package has no image")]
    NoImage,
    /// There is no init packet in the image.
    #[error("the init packet is empty")]
    EmptyInitPacket,
    /// There is no firmware in the image.
    #[error("the firmware is empty")]
    EmptyFirmware,
    /// Offsets of the protocol have 32 bits.
    #[error("the firmware is larger than 4 GiB")]
    FirmwareTooLong,
    /// The init packet is larger than the device's command object.
    #[error("the init packet has {length} bytes, the device takes {max}")]
    InitPacketTooLong {
        /// Its length in bytes.
        length: usize,
        /// The most that the device takes.
        max: u32,
    },
}

/// Bytes as they are written in the field: `60 04 01`.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}
