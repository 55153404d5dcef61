//! An application with the buttonless service: a witness that hands over to the model of such an application (section 11).

use gauntlet_protocol::crc32;

use super::filler;
use super::thumb::{Assembler, vector_table};
use super::witness::{VECTORS, say};

/// The trap by which the image hands over to the model.
pub(crate) const APPLICATION_HAND_OVER: u8 = 0xD2;
/// Where the block with the service stands, counted from the image's first byte: right behind the vector table.
pub(crate) const BLOCK_OFFSET: u32 = 4 * VECTORS as u32;
/// Bytes of that block: magic, service, habit, CRC.
pub(crate) const BLOCK_SIZE: usize = 16;
const MAGIC: u32 = 0x4E54_5442;
/// Smallest image, in bytes.
const MIN_SIZE: usize = 192;

/// Which of the two buttonless characteristics an application has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// 8EC90003: anyone may ask; the bootloader has another address.
    Unbonded,
    /// 8EC90004: only a bonded peer may ask; the bootloader has the same address and the peer's bond.
    Bonded,
}

/// How an application differs from what is specified or usual, as devices in the field do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Habit {
    /// Not at all.
    #[default]
    None = 0,
    /// Its flash driver reports every write as failed (BTN-010, BTN-026).
    WritesFail = 1,
    /// Its flash driver may not write the settings page (BTN-024, FF-020).
    WritesForbidden = 2,
    /// It crashes when a name is set (FF-021).
    NameCrashes = 3,
    /// It forgets to leave the request for DFU mode before it resets (FF-026).
    RequestForgotten = 4,
}

impl Habit {
    fn from_code(code: u32) -> Self {
        [Self::WritesFail, Self::WritesForbidden, Self::NameCrashes, Self::RequestForgotten]
            .into_iter()
            .find(|habit| *habit as u32 == code)
            .unwrap_or_default()
    }
}

/// What an application offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Buttonless {
    /// Its characteristic.
    pub service: Service,
    /// What is odd about it.
    pub habit: Habit,
}

impl Buttonless {
    fn to_bytes(self) -> [u8; BLOCK_SIZE] {
        let mut block = [0; BLOCK_SIZE];
        let bonded = u32::from(self.service == Service::Bonded);
        for (at, word) in [MAGIC, bonded, self.habit as u32].into_iter().enumerate() {
            block[4 * at..4 * at + 4].copy_from_slice(&word.to_le_bytes());
        }
        let crc = crc32(&block[..BLOCK_SIZE - 4]);
        block[BLOCK_SIZE - 4..].copy_from_slice(&crc.to_le_bytes());
        block
    }

    /// Reads a block back; `None` when it is damaged, or never was one.
    pub(crate) fn from_bytes(block: &[u8; BLOCK_SIZE]) -> Option<Self> {
        let word = |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
        if word(0) != MAGIC || word(12) != crc32(&block[..BLOCK_SIZE - 4]) {
            return None;
        }
        let service = if word(4) == 1 { Service::Bonded } else { Service::Unbonded };
        Some(Self { service, habit: Habit::from_code(word(8)) })
    }
}

/// An application linked at `base` that says `id` as a witness does, and then offers `buttonless`; padded to `size`.
pub fn buttonless(base: u32, id: u32, size: usize, buttonless: Buttonless) -> Vec<u8> {
    let origin = base + BLOCK_OFFSET + BLOCK_SIZE as u32;
    let mut code = Assembler::at(origin);
    say(&mut code, id);
    code.undefined(APPLICATION_HAND_OVER);
    let sleep = code.label();
    code.bind(sleep).wait_for_interrupt().branch(sleep);
    let hang = code.here();
    let forever = code.label();
    code.bind(forever).branch(forever);
    let mut bytes = vector_table(VECTORS, 0x2000_4000, origin, hang);
    bytes.extend(buttonless.to_bytes());
    bytes.extend(code.finish());
    let size = size.max(MIN_SIZE);
    let padding = size - bytes.len();
    bytes.extend(filler(u64::from(id) << 32 | u64::from(base), padding));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_says_what_the_application_offers_unless_it_is_damaged() {
        for service in [Service::Unbonded, Service::Bonded] {
            for code in 0..5 {
                let offered = Buttonless { service, habit: Habit::from_code(code) };
                assert_eq!(offered.habit as u32, code);
                let image = buttonless(0x2_7000, 7, 0, offered);
                let mut block = [0; BLOCK_SIZE];
                block.copy_from_slice(&image[BLOCK_OFFSET as usize..][..BLOCK_SIZE]);
                assert_eq!(Buttonless::from_bytes(&block), Some(offered));
                block[4] ^= 1;
                assert_eq!(Buttonless::from_bytes(&block), None);
            }
        }
    }
}
