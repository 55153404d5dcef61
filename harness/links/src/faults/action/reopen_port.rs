//! The client closes its connection, opens it again, and goes on where it was.

use std::fmt;

use super::{Act, Break, Position};

pub(super) struct ReopenPort;

impl Act for ReopenPort {
    fn fits(&self, at: &Position) -> bool {
        !matches!(at, Position::Notification { .. })
    }

    fn breaks(&self) -> Option<Break> {
        Some(Break::Port)
    }
}

impl fmt::Display for ReopenPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reopen port")
    }
}
