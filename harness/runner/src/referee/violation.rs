//! What a device has said although the specification says otherwise.

use gauntlet_record::Finding;

use super::answers::{
    ABORT, CREATE, EXECUTE, FIRMWARE_VERSION, GET_CRC, GET_MTU, HARDWARE_VERSION, PING, PROTOCOL_VERSION,
    SELECT, SET_RECEIPTS,
};
use super::forecast::spaced;

/// Bytes of a request that are shown.
const SHOWN: usize = 12;

/// One message that can't be right, or one that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// What was judged.
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) found: String,
    /// The requirements that say so, and the request.
    pub(crate) detail: String,
}

impl Violation {
    pub(super) fn new(what: &str, expected: impl Into<String>, found: impl Into<String>, rule: &str) -> Self {
        Self {
            what: what.to_owned(),
            expected: expected.into(),
            found: found.into(),
            detail: rule.to_owned(),
        }
    }

    /// Of the answer to `request`.
    pub(super) fn answer(request: &[u8], expected: String, found: &str, rule: &str) -> Self {
        let what = format!("answer to {}", name(request.first().copied()));
        let detail = format!("{rule}, request {}", spaced(&request[..request.len().min(SHOWN)]));
        Self { what, expected, found: found.to_owned(), detail }
    }

    pub(crate) fn finding(self) -> Finding {
        Finding { check: self.what, expected: self.expected, found: self.found, detail: Some(self.detail) }
    }
}

fn name(opcode: Option<u8>) -> String {
    match opcode {
        Some(PROTOCOL_VERSION) => "Protocol Version".to_owned(),
        Some(CREATE) => "Create".to_owned(),
        Some(SET_RECEIPTS) => "Set PRN".to_owned(),
        Some(GET_CRC) => "Get CRC".to_owned(),
        Some(EXECUTE) => "Execute".to_owned(),
        Some(SELECT) => "Select".to_owned(),
        Some(GET_MTU) => "Get MTU".to_owned(),
        Some(PING) => "Ping".to_owned(),
        Some(HARDWARE_VERSION) => "Hardware Version".to_owned(),
        Some(FIRMWARE_VERSION) => "Firmware Version".to_owned(),
        Some(ABORT) => "Abort".to_owned(),
        Some(other) => format!("opcode {other:02X}"),
        None => "an empty request".to_owned(),
    }
}
