//! The client sends a request twice.

use std::fmt;

use super::{Act, Position};

pub(super) struct RepeatRequest;

impl Act for RepeatRequest {
    fn fits(&self, at: &Position) -> bool {
        matches!(at, Position::Request { .. })
    }

    fn repeats(&self) -> bool {
        true
    }
}

impl fmt::Display for RepeatRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("repeat request")
    }
}
