//! Firmware of our own: the images that make a virtual chip (or a board) a device under test.

mod bootloader;
mod buttonless;
mod softdevice;
mod startup;
mod thumb;
mod witness;

pub use bootloader::bootloader;
pub(crate) use buttonless::{APPLICATION_HAND_OVER, BLOCK_OFFSET, BLOCK_SIZE};
pub use buttonless::{Buttonless, Habit, Service, buttonless};
pub(crate) use softdevice::MAGIC as SOFTDEVICE_MAGIC;
pub use softdevice::{StandIn, softdevice, softdevice_image};
pub use startup::start_up;
pub(crate) use startup::{COPY_PENDING, START_UP_HAND_OVER};
pub use witness::{WITNESS_ADDRESS, WITNESS_MAGIC, WITNESS_MIN_SIZE, witness};

/// Bytes at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// First byte.
    pub address: u32,
    /// Content.
    pub bytes: Vec<u8>,
}

impl Segment {
    /// Bytes at `address`.
    pub fn new(address: u32, bytes: Vec<u8>) -> Self {
        Self { address, bytes }
    }

    /// Whether it has a byte at `address`.
    pub fn holds(&self, address: u32) -> bool {
        address.checked_sub(self.address).is_some_and(|offset| (offset as usize) < self.bytes.len())
    }
}

/// `count` bytes that look like code and depend on `seed` alone (SplitMix64).
pub(crate) fn filler(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bytes.extend((word ^ (word >> 31)).to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}
