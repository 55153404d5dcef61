//! The client sends a packet behind the next one.

use std::fmt;

use super::{Act, Position};

pub(super) struct SwapPacket;

impl Act for SwapPacket {
    fn fits(&self, at: &Position) -> bool {
        matches!(at, Position::Packet { .. })
    }

    fn swaps(&self) -> bool {
        true
    }
}

impl fmt::Display for SwapPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("swap packet with the next")
    }
}
