//! A packet does not arrive.

use std::fmt;

use super::{Act, PacketFate, Position, has_packet};

pub(super) struct DropPacket;

impl Act for DropPacket {
    fn fits(&self, at: &Position) -> bool {
        has_packet(at)
    }

    fn on_packet(&self, fate: &mut PacketFate, _: usize) {
        fate.arriving.clear();
    }
}

impl fmt::Display for DropPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("drop packet")
    }
}
