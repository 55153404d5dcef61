//! A message of the device arrives twice (FF-050).

use std::fmt;

use super::{Act, MessageFate, Position, has_message};

pub(super) struct DuplicateNotification;

impl Act for DuplicateNotification {
    fn fits(&self, at: &Position) -> bool {
        has_message(at)
    }

    fn on_message(&self, fate: &mut MessageFate) {
        fate.arriving.extend_from_within(..);
    }
}

impl fmt::Display for DuplicateNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("duplicate notification")
    }
}
