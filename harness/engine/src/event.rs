//! What happens during an update, told while it happens.

use std::fmt;

use gauntlet_protocol::Refusal;

use crate::{Connected, LinkError, UpdateReport};

/// The stretch of an update that something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Finding the device and connecting, including the way into DFU mode.
    Connect,
    /// Ping, receipt interval, MTU.
    Prepare,
    /// The init packet, up to the answer to its Execute.
    InitPacket,
    /// The data objects, up to the last Create, Write or Get CRC.
    Data,
    /// The Execute that ends the image, up to its answer or what stands for it.
    Finish,
}

impl Phase {
    /// All phases in the order of a good update.
    pub const ALL: [Self; 5] = [Self::Connect, Self::Prepare, Self::InitPacket, Self::Data, Self::Finish];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Prepare => "preparing the session",
            Self::InitPacket => "sending the init packet",
            Self::Data => "sending the firmware",
            Self::Finish => "finishing the image",
        })
    }
}

/// Which object something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// The command object, which holds the init packet.
    Init,
    /// A data object, counted from 1.
    Data(u32),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Init => f.write_str("init packet"),
            Self::Data(n) => write!(f, "data object {n}"),
        }
    }
}

/// Bytes the device says it holds, and their CRC-32; for data objects from the first byte of the image (CP-018).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Bytes held.
    pub offset: u32,
    /// CRC-32 of these bytes.
    pub crc: u32,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes with CRC {:08X}", self.offset, self.crc)
    }
}

/// One thing that happened. Offsets and totals are bytes of the init packet or of the whole firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateEvent {
    /// An image of a package begins; everything up to its `Finished` belongs to it.
    Image {
        /// Which one, from 1. The same number comes again when an unconfirmed image is offered once more.
        number: u32,
        /// How many images the package has.
        of: u32,
    },
    /// The image that just finished is not needed: the device said so by this refusal (FF-007).
    Skipped {
        /// Which one, from 1.
        number: u32,
        /// What the device said.
        refusal: Refusal,
    },
    /// The device restarts and activates the image before; it is awaited in DFU mode.
    AwaitingRestart,
    /// Another phase began.
    Phase(Phase),
    /// The link is up.
    Connected(Connected),
    /// The session is ready: bytes per packet and receipt interval from here on.
    Session {
        /// Bytes per packet.
        payload: usize,
        /// Receipt interval, 0 for none.
        prn: u16,
    },
    /// The pace has changed, because of a loss or because there has been none for long.
    Pace {
        /// 0 is full speed; see [`Pace`](crate::Pace).
        level: u32,
        /// Receipt interval, 0 for none.
        prn: u16,
        /// Packets that follow Create at once; all of them if none.
        burst: Option<u32>,
        /// Bytes per packet.
        payload: usize,
    },
    /// The image was refused as a whole (0B 0C) after it had been sent without asking for CRCs. It is sent once more,
    /// and the device asked, so that the next refusal speaks of the right bytes.
    SendingAgain(Refusal),
    /// The device already held a part that need not be sent again.
    Resumed {
        /// The object that goes on; a data object number is the one the next byte belongs to.
        object: Object,
        /// Bytes that the device already holds.
        offset: u32,
    },
    /// The device created an object.
    Created {
        /// Which.
        object: Object,
        /// Its first byte.
        offset: u32,
        /// Its size in bytes.
        size: u32,
        /// 1 for the first time, 2 for the first repetition, ...
        attempt: u32,
    },
    /// The device executed an object.
    Executed {
        /// Which.
        object: Object,
        /// It answered that there was nothing left to execute (OBJ-041).
        already: bool,
    },
    /// Bytes were handed to the link.
    Progress {
        /// The object they belong to.
        object: Object,
        /// Bytes sent so far, from the start of the init packet or the firmware.
        sent: u32,
        /// Bytes in all.
        total: u32,
    },
    /// A receipt came and agrees with what was sent.
    Receipt(Checkpoint),
    /// A receipt did not come in time; the device is asked instead.
    ReceiptMissing {
        /// Bytes sent when it was due.
        offset: u32,
    },
    /// The device holds something else than what was sent.
    Mismatch {
        /// The object.
        object: Object,
        /// What was sent.
        expected: Checkpoint,
        /// What the device says.
        found: Checkpoint,
    },
    /// The device refused a write in a receipt; the object is sent again.
    WriteRefused {
        /// The object.
        object: Object,
        /// The result code of the receipt.
        result: u8,
    },
    /// A message that nobody waited for was skipped.
    Stray(Vec<u8>),
    /// A request got no answer in time.
    Silence {
        /// Its opcode.
        opcode: u8,
    },
    /// The link is gone.
    LinkLost(LinkError),
    /// Another connection attempt follows; counted from 1 over the whole update.
    Reconnecting(u32),
    /// The device is being brought into DFU mode.
    EnteringDfu,
    /// The device has started anew and lost progress, and the link did not tell, as a UART does not: the session begins
    /// again, and goes on from what the device still holds.
    DeviceRestarted,
    /// What the device holds cannot be continued: the transfer starts again from the init packet.
    StartingAfresh,
    /// The image ended, well or not; sent exactly once for it. Only `Skipped` may follow it.
    Finished(Box<UpdateReport>),
}

/// Whoever wants to know what happens during an update. Every closure over an event is one.
pub trait Observer {
    /// Something happened. Called from within the transfer, so it should be quick.
    fn event(&mut self, event: &UpdateEvent);
}

impl<F: FnMut(&UpdateEvent)> Observer for F {
    fn event(&mut self, event: &UpdateEvent) {
        self(event);
    }
}

/// An observer that does not look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _: &UpdateEvent) {}
}
