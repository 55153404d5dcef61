//! The link is lost.

use std::fmt;

use super::{Act, Break, Position};

pub(super) struct Disconnect;

impl Act for Disconnect {
    fn fits(&self, _: &Position) -> bool {
        true
    }

    fn breaks(&self) -> Option<Break> {
        Some(Break::Link)
    }
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("disconnect")
    }
}
