//! A packet arrives twice.

use std::fmt;

use super::{Act, PacketFate, Position, has_packet};

pub(super) struct DuplicatePacket;

impl Act for DuplicatePacket {
    fn fits(&self, at: &Position) -> bool {
        has_packet(at)
    }

    fn on_packet(&self, fate: &mut PacketFate, _: usize) {
        fate.arriving.extend_from_within(..);
    }
}

impl fmt::Display for DuplicatePacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("duplicate packet")
    }
}
