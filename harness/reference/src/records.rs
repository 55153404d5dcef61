//! What an application leaves for the bootloader in the settings page: peer data and advertising name (section 8.1).
//!
//! Each record begins with a CRC of its own over the rest, so that one that was never written, or torn, is not used.

use gauntlet_protocol::crc32;

use crate::gap::{Address, BondKey, Identity};

/// Where the peer data stands in the settings page.
pub const PEER_OFFSET: u32 = 0x324;
/// Bytes of the peer data.
pub const PEER_LEN: usize = 64;
/// Where the name record stands.
pub const NAME_OFFSET: u32 = 0x364;
/// Bytes of the name record.
pub const NAME_LEN: usize = 28;
/// The longest name.
pub const NAME_MAX: usize = 20;

/// Bit 0 of the address byte: the address is an identity address; the other bits are its type.
const IDENTITY: u8 = 0x01;
const RANDOM_STATIC: u8 = 1 << 1;
/// Sixteen bytes of key, neither LE Secure Connections nor authenticated.
const KEY_FLAGS: u8 = 16 << 2;

/// The bond that the bootloader shares with the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerData {
    /// Who the peer is.
    pub identity: Identity,
    /// The key that encrypts the link.
    pub key: BondKey,
    /// The SoftDevice's system attributes of the peer: handle, length, value, CRC.
    pub system_attributes: [u8; 8],
}

impl PeerData {
    /// Reads a record; `None` when its CRC is wrong, as for an erased one.
    pub fn parse(record: &[u8; PEER_LEN]) -> Option<Self> {
        crc_is_right(record).then(|| Self {
            identity: Identity {
                address: Address { bytes: array(&record[0x15..]), random: record[0x14] & RANDOM_STATIC != 0 },
                irk: array(&record[0x04..]),
            },
            key: BondKey {
                ltk: array(&record[0x1C..]),
                ediv: u16::from_le_bytes(array(&record[0x2E..])),
                rand: array(&record[0x30..]),
            },
            system_attributes: array(&record[0x38..]),
        })
    }

    /// The record as it is written.
    pub fn to_bytes(&self) -> [u8; PEER_LEN] {
        let mut record = [0; PEER_LEN];
        let Identity { address, irk } = self.identity;
        record[0x04..0x14].copy_from_slice(&irk);
        record[0x14] = IDENTITY | if address.random { RANDOM_STATIC } else { 0 };
        record[0x15..0x1B].copy_from_slice(&address.bytes);
        record[0x1C..0x2C].copy_from_slice(&self.key.ltk);
        record[0x2C] = KEY_FLAGS;
        record[0x2E..0x30].copy_from_slice(&self.key.ediv.to_le_bytes());
        record[0x30..0x38].copy_from_slice(&self.key.rand);
        record[0x38..].copy_from_slice(&self.system_attributes);
        close(&mut record);
        record
    }

    /// The configuration of Service Changed among the system attributes.
    pub fn service_changed(&self) -> u16 {
        u16::from_le_bytes(array(&self.system_attributes[4..]))
    }
}

/// BTN-019: the record of `name`, of which at most [`NAME_MAX`] bytes are stored. `buffer` is what the application's buffer
/// held before, and shows behind a shorter name.
pub fn name_record(name: &[u8], buffer: [u8; NAME_MAX]) -> [u8; NAME_LEN] {
    let mut record = [0; NAME_LEN];
    let length = name.len().min(NAME_MAX);
    record[4..4 + NAME_MAX].copy_from_slice(&buffer);
    record[4..4 + length].copy_from_slice(&name[..length]);
    record[24..].copy_from_slice(&(length as u32).to_le_bytes());
    close(&mut record);
    record
}

/// SET-020: the name in a record, if its CRC is right and its length possible. A record of zeros is not right (SET-023).
pub fn stored_name(record: &[u8; NAME_LEN]) -> Option<&[u8]> {
    unchecked_name(record).filter(|_| crc_is_right(record))
}

/// The name in a record whose length is possible, whatever its CRC.
pub(crate) fn unchecked_name(record: &[u8; NAME_LEN]) -> Option<&[u8]> {
    let length = u32::from_le_bytes(array(&record[24..])) as usize;
    (1..=NAME_MAX).contains(&length).then(|| &record[4..4 + length])
}

fn crc_is_right(record: &[u8]) -> bool {
    record[..4] == crc32(&record[4..]).to_le_bytes()
}

fn close(record: &mut [u8]) {
    let crc = crc32(&record[4..]);
    record[..4].copy_from_slice(&crc.to_le_bytes());
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|at| bytes[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gap::Central;

    #[test]
    fn records_survive_their_bytes_and_damage_is_seen() {
        let Central { identity, bond } = Central::bonded();
        let system_attributes = [0x0D, 0, 2, 0, 2, 0, 0xAB, 0xCD];
        let peer = PeerData { identity, key: bond.unwrap(), system_attributes };
        let record = peer.to_bytes();
        assert_eq!(PeerData::parse(&record), Some(peer));
        assert_eq!(peer.service_changed(), 2);
        let name = name_record(b"Lamp", [b'?'; 20]);
        assert_eq!(stored_name(&name), Some(&b"Lamp"[..]));
        assert_eq!(&name[4..10], b"Lamp??", "BTN-019");
        for at in 0..NAME_LEN {
            let mut torn = name;
            torn[at] ^= 1;
            assert_eq!(stored_name(&torn), None, "byte {at}");
        }
        for at in 0..PEER_LEN {
            let mut torn = record;
            torn[at] ^= 0x80;
            assert_eq!(PeerData::parse(&torn), None, "byte {at}");
        }
    }

    #[test]
    fn blank_and_zero_records_are_not_used() {
        assert_eq!(crc32(&[0; 24]), 0xA3C1_CA20, "SET-023");
        for fill in [0, 0xFF] {
            assert_eq!(stored_name(&[fill; NAME_LEN]), None);
            assert_eq!(PeerData::parse(&[fill; PEER_LEN]), None);
        }
        assert_eq!(stored_name(&name_record(b"", [0; 20])), None, "a name has 1 to 20 bytes");
    }
}
