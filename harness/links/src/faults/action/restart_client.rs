//! The client dies, and a new one that knows nothing begins the update anew.

use std::fmt;
use std::time::Duration;

use super::{Act, Break, Position};
use crate::faults::HostAct;

pub(super) struct RestartClient {
    pub(super) away: Duration,
}

impl Act for RestartClient {
    fn fits(&self, _: &Position) -> bool {
        true
    }

    fn breaks(&self) -> Option<Break> {
        Some(Break::Host(HostAct::Restart { away: self.away }))
    }
}

impl fmt::Display for RestartClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "restart client after {:?}", self.away)
    }
}
