//! A message of the device arrives late. What follows it waits behind it: links keep the order.

use std::fmt;
use std::time::Duration;

use super::{Act, MessageFate, Position, has_message};

pub(super) struct DelayAnswer {
    pub(super) by: Duration,
}

impl Act for DelayAnswer {
    fn fits(&self, at: &Position) -> bool {
        has_message(at)
    }

    fn on_message(&self, fate: &mut MessageFate) {
        fate.delay += self.by;
    }
}

impl fmt::Display for DelayAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delay answer by {:?}", self.by)
    }
}
