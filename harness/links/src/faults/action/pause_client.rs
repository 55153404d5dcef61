//! The client stands still for a time and goes on as if nothing had been.

use std::fmt;
use std::time::Duration;

use super::{Act, Break, Position};
use crate::faults::HostAct;

pub(super) struct PauseClient {
    pub(super) span: Duration,
}

impl Act for PauseClient {
    fn fits(&self, at: &Position) -> bool {
        // What a client has not read yet is late, and there is an action for that.
        !matches!(at, Position::Notification { .. })
    }

    fn breaks(&self) -> Option<Break> {
        Some(Break::Host(HostAct::Pause { span: self.span }))
    }
}

impl fmt::Display for PauseClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pause client for {:?}", self.span)
    }
}
