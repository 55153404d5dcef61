//! Only the first bytes of a packet arrive, as from a stack that cuts what does not fit (FF-070).

use std::fmt;

use super::{Act, PacketFate, Position, has_packet};

pub(super) struct TruncatePacket {
    pub(super) keep: usize,
}

impl Act for TruncatePacket {
    fn fits(&self, at: &Position) -> bool {
        has_packet(at)
    }

    fn on_packet(&self, fate: &mut PacketFate, _: usize) {
        for packet in &mut fate.arriving {
            packet.truncate(self.keep);
        }
        // A packet of nothing is not a short packet; devices mistake it for something else (FLT-007).
        fate.arriving.retain(|packet| !packet.is_empty());
    }
}

impl fmt::Display for TruncatePacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cut packet to {} bytes", self.keep)
    }
}
