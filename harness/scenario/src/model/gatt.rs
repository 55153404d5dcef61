//! What a central does with the attributes of a device, and what it must find.

use super::{Answer, Peer, Place};
use crate::quantity::HexBytes;
use crate::word::words;

words! {
    /// Which firmware is on the air.
    "a firmware"
    pub enum Firmware {
        /// The application.
        Application = "application",
        /// The bootloader in DFU mode.
        Bootloader = "bootloader",
    }
}

words! {
    /// A characteristic by its name.
    "a characteristic"
    pub enum Characteristic {
        /// DFU Control Point of the bootloader.
        ControlPoint = "control-point",
        /// DFU Packet of the bootloader.
        Packet = "packet",
        /// Buttonless DFU of the application, with or without bonds.
        Buttonless = "buttonless",
    }
}

words! {
    /// How a value is written.
    "a kind of write"
    pub enum WriteKind {
        /// Write Request, which is answered.
        Request = "request",
        /// Write Command, which is not.
        Command = "command",
        /// Prepare Write Request, the beginning of a long write.
        Prepare = "prepare",
    }
}

words! {
    /// The address that advertises, held against the one in the factory information.
    "an address"
    pub enum AirAddress {
        /// The device's own address.
        Own = "own",
        /// Its least significant byte is one more, without carry.
        PlusOne = "plus-one",
    }
}

words! {
    /// How pairing ends.
    "an end of pairing"
    pub enum Pairing {
        /// The link is encrypted.
        Done = "done",
        /// The device refuses.
        Refused = "refused",
        /// The device resets.
        Reset = "reset",
    }
}

words! {
    /// Who ends a link.
    "a side of the link"
    pub enum Side {
        /// The central does.
        Host = "host",
        /// The device must: it ends the link, or it resets.
        Device = "device",
    }
}

/// How a request to write must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteResult {
    /// With a Write Response.
    Ok,
    /// With this ATT error.
    Error(u8),
    /// Not at all, within the 30 s that ATT allows.
    None,
}

/// What one central does, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gatt {
    /// Who does it. `known` by default.
    pub central: Peer,
    /// The actions; never empty.
    pub items: Vec<GattItem>,
}

/// One action, and where it stands in the scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GattItem {
    /// Where it stands.
    pub place: Place,
    /// What is done.
    pub action: GattAction,
}

/// What is done, and what must be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GattAction {
    /// The firmware must advertise.
    Find {
        /// Which one.
        firmware: Firmware,
        /// The complete name; `None` is any.
        name: Option<String>,
        /// The address; `None` is any.
        address: Option<AirAddress>,
    },
    /// The central connects to what advertises.
    Connect {
        /// Which firmware it must be.
        firmware: Firmware,
        /// The ATT_MTU asked for, 23 to 247; `None` asks for nothing.
        mtu: Option<u16>,
    },
    /// The central exchanges ATT_MTU once more over the link that is up.
    Mtu {
        /// What it asks for, 23 to 247.
        asked: u16,
        /// What must come of it.
        granted: u16,
    },
    /// The configuration of a characteristic is written.
    Subscribe {
        /// Of which one; never `packet`.
        characteristic: Characteristic,
        /// The value; `None` enables notifications or indications, whichever the characteristic has.
        value: Option<HexBytes>,
        /// How it must end.
        result: WriteResult,
    },
    /// A value is written.
    Write {
        /// To which characteristic.
        characteristic: Characteristic,
        /// The value.
        value: HexBytes,
        /// How. `request` by default.
        kind: WriteKind,
        /// How it must end; a command ends with nothing.
        result: WriteResult,
    },
    /// A notification or an indication must come, or none.
    Hear {
        /// What must come.
        message: Answer,
        /// An indication is confirmed.
        confirm: bool,
    },
    /// The central asks for pairing.
    Pair(Pairing),
    /// The link ends.
    Disconnect(Side),
}
