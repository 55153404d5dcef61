//! The board is reset.

use std::fmt;

use super::{Act, BoardReset, Break, Position};

pub(super) struct Reset {
    pub(super) kind: BoardReset,
}

impl Act for Reset {
    fn fits(&self, _: &Position) -> bool {
        true
    }

    fn breaks(&self) -> Option<Break> {
        Some(Break::Reset(self.kind))
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} reset", self.kind)
    }
}
