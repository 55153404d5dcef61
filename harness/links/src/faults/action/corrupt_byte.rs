//! A byte of a packet arrives changed.

use std::fmt;
use std::num::NonZeroU8;

use super::{Act, PacketFate, Position, has_packet};

pub(super) struct CorruptByte {
    pub(super) xor: NonZeroU8,
}

impl Act for CorruptByte {
    fn fits(&self, at: &Position) -> bool {
        has_packet(at)
    }

    fn on_packet(&self, fate: &mut PacketFate, byte: usize) {
        for packet in &mut fate.arriving {
            if let Some(byte) = packet.get_mut(byte) {
                *byte ^= self.xor.get();
            }
        }
    }
}

impl fmt::Display for CorruptByte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "corrupt byte with {:02X}", self.xor)
    }
}
