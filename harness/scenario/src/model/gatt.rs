//! What a central does with the attributes of a device, and what it must find.

use std::time::Duration;

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
    /// How a request to encrypt the link ends.
    "an end of encryption"
    pub enum Encryption {
        /// The link is encrypted with the key of the bond.
        Done = "done",
        /// The device has no such key, and the link stays as it was.
        Refused = "refused",
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
        /// The device must end it, and say so.
        Ended = "ended",
        /// The device must go without a word.
        Lost = "lost",
    }
}

words! {
    /// What a central can read.
    "what can be read"
    pub enum Readable {
        /// The GAP device name.
        Name = "name",
        /// The configuration of the DFU Control Point.
        ControlPointConfiguration = "control-point-configuration",
        /// The configuration of the buttonless characteristic.
        ButtonlessConfiguration = "buttonless-configuration",
        /// The value of the DFU Control Point.
        ControlPoint = "control-point",
        /// The value of the DFU Packet characteristic.
        Packet = "packet",
        /// The value of the buttonless characteristic.
        Buttonless = "buttonless",
    }
}

/// How a request to read must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadEnd {
    /// With this value.
    Value(HexBytes),
    /// With this ATT error.
    Error(u8),
}

/// How a request to write must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteResult {
    /// With a Write Response.
    Ok,
    /// With this ATT error.
    Error(u8),
    /// With any ATT error.
    Refused,
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
    /// Nobody may advertise for a second.
    FindNobody,
    /// The central connects to what advertises.
    Connect {
        /// Which firmware it must be.
        firmware: Firmware,
        /// The ATT_MTU asked for, 23 to 517; `None` asks for nothing.
        mtu: Option<u16>,
        /// The indication that services have changed is confirmed, if one comes.
        confirm: bool,
        /// The device must accept it.
        accepted: bool,
    },
    /// The central exchanges ATT_MTU once more over the link that is up.
    Mtu {
        /// What it asks for, 23 to 517.
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
    /// A value is read.
    Read {
        /// Of which attribute.
        what: Readable,
        /// What must come.
        end: ReadEnd,
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
    /// The central asks for encryption with the key of its bond.
    Encrypt(Encryption),
    /// Nothing is done for so long, in device time.
    Wait(Duration),
    /// The link ends.
    Disconnect(Side),
}
