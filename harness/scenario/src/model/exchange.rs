//! Raw requests and the answers they must get.

use super::{Link, Place};
use crate::quantity::{HexBytes, HexPattern, PackageName};
use crate::word::words;

words! {
    /// Which part of a package is sent as object data.
    "a part of a package"
    pub enum DataSource {
        /// The init packet.
        Init = "init",
        /// The firmware.
        Firmware = "firmware",
    }
}

/// Raw requests over one connection, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// `ble` by default.
    pub link: Link,
    /// The requests and the data; never empty.
    pub items: Vec<ExchangeItem>,
}

/// One thing that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExchangeItem {
    /// A request on the control point.
    Send {
        /// Where it stands in the scenario file.
        place: Place,
        /// Opcode and parameters, unframed.
        request: HexBytes,
        /// What must come back.
        answer: Answer,
    },
    /// Bytes on a serial line as they are, without a frame around them.
    Raw {
        /// Where it stands in the scenario file.
        place: Place,
        /// The bytes.
        bytes: HexBytes,
        /// How often they are sent, one after the other. 1 by default.
        times: u32,
        /// The bytes that must come back, as they are on the line; `None` does not look.
        answer: Option<Answer>,
    },
    /// Object data.
    Data {
        /// Where it stands in the scenario file.
        place: Place,
        /// The part of the package.
        source: DataSource,
        /// The package; it is one of the scenario's.
        package: PackageName,
        /// First byte, counted from 0. 0 by default.
        from: u32,
        /// Byte behind the last; `None` is the end of the part. Always above `from`.
        to: Option<u32>,
        /// The byte, counted from the first of the part, whose lowest bit is sent wrong.
        flip: Option<u32>,
        /// A message that must come back (a receipt notification); `None` does not look.
        answer: Option<Answer>,
    },
}

/// What must come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A message with these bytes.
    Bytes(HexPattern),
    /// Nothing: the device must stay silent.
    Silence,
}
