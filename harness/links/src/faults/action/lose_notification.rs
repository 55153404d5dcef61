//! A message of the device does not arrive (PRN-014, BLE-035).

use std::fmt;

use super::{Act, MessageFate, Position, has_message};

pub(super) struct LoseNotification;

impl Act for LoseNotification {
    fn fits(&self, at: &Position) -> bool {
        has_message(at)
    }

    fn on_message(&self, fate: &mut MessageFate) {
        fate.arriving.clear();
    }
}

impl fmt::Display for LoseNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lose notification")
    }
}
