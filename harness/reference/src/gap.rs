//! Who is on the air: addresses, advertising, and the centrals that a device can tell apart (sections 4.2 and 4.3).

use std::fmt;

use gauntlet_nrf52::{Chip, ChipFault};

/// Assigned number of the DFU service, in advertising and in both GATT databases.
pub const DFU_SERVICE: u16 = 0xFE59;
/// FICR: kind and value of the device's own address.
const DEVICE_ADDRESS_TYPE: u32 = 0x1000_00A0;
const DEVICE_ADDRESS: u32 = 0x1000_00A4;
/// The two highest bits of a random static address.
const STATIC: u8 = 0xC0;

/// Types of the structures in advertising data.
const FLAGS: u8 = 0x01;
const SOME_SERVICES_16: u8 = 0x02;
const ALL_SERVICES_16: u8 = 0x03;
const COMPLETE_NAME: u8 = 0x09;

/// A device address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    /// Least significant byte first, as on the air.
    pub bytes: [u8; 6],
    /// A random static address, not a public one.
    pub random: bool,
}

impl Address {
    /// The address that a SoftDevice takes from the factory information.
    ///
    /// # Errors
    /// [`ChipFault`] when the chip has no power.
    pub fn of_chip(chip: &mut Chip) -> Result<Self, ChipFault> {
        let random = chip.load_word(DEVICE_ADDRESS_TYPE)? & 1 == 1;
        let words = [chip.load_word(DEVICE_ADDRESS)?, chip.load_word(DEVICE_ADDRESS + 4)?];
        let mut bytes = [0; 6];
        bytes[..4].copy_from_slice(&words[0].to_le_bytes());
        bytes[4..].copy_from_slice(&words[1].to_le_bytes()[..2]);
        if random {
            bytes[5] |= STATIC;
        }
        Ok(Self { bytes, random })
    }

    /// BLE-003: the least significant byte plus one, without carry.
    #[must_use]
    pub fn next(mut self) -> Self {
        self.bytes[0] = self.bytes[0].wrapping_add(1);
        self
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.bytes;
        write!(f, "{g:02X}:{e:02X}:{d:02X}:{c:02X}:{b:02X}:{a:02X}")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", if self.random { "random" } else { "public" })
    }
}

/// What is on the air while a device waits for a central.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertisement {
    /// Whose it is.
    pub address: Address,
    /// Advertising data, at most 31 bytes; there is no scan response.
    pub data: Vec<u8>,
    /// The only identity whose connection requests are accepted (BLE-005); anyone's without.
    pub accepts: Option<Identity>,
}

impl Advertisement {
    /// Connectable advertising with `flags`, the listed services and a complete name of up to 20 bytes.
    pub fn new(address: Address, flags: u8, services: &[u16], name: &[u8]) -> Self {
        let mut data = vec![2, FLAGS, flags];
        if !services.is_empty() {
            data.extend([1 + 2 * services.len() as u8, SOME_SERVICES_16]);
            data.extend(services.iter().flat_map(|service| service.to_le_bytes()));
        }
        data.extend([1 + name.len() as u8, COMPLETE_NAME]);
        data.extend(name);
        Self { address, data, accepts: None }
    }

    /// The name that a scanner shows.
    pub fn name(&self) -> Option<&[u8]> {
        self.structure(COMPLETE_NAME)
    }

    /// The flags byte.
    pub fn flags(&self) -> Option<u8> {
        self.structure(FLAGS)?.first().copied()
    }

    /// True when `service` is announced.
    pub fn has_service(&self, service: u16) -> bool {
        [SOME_SERVICES_16, ALL_SERVICES_16].into_iter().any(|kind| {
            let list = self.structure(kind).unwrap_or_default();
            list.chunks_exact(2).any(|pair| pair == service.to_le_bytes())
        })
    }

    /// True when a connection request of `central` is accepted.
    pub fn is_open_to(&self, central: &Central) -> bool {
        self.accepts.is_none_or(|identity| identity == central.identity)
    }

    fn structure(&self, kind: u8) -> Option<&[u8]> {
        let mut rest = &self.data[..];
        while let Some((&length, behind)) = rest.split_first() {
            let length = usize::from(length);
            let (structure, next) = behind.split_at_checked(length)?;
            if structure.first() == Some(&kind) {
                return Some(&structure[1..]);
            }
            rest = next;
        }
        None
    }
}

/// Who a central is, however its address changes: what a device with its identity key makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Identity address.
    pub address: Address,
    /// Identity resolving key.
    pub irk: [u8; 16],
}

/// The key of a bond, with the numbers that find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BondKey {
    /// Long term key.
    pub ltk: [u8; 16],
    /// Encrypted diversifier.
    pub ediv: u16,
    /// Random number.
    pub rand: [u8; 8],
}

/// A central within reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Central {
    /// Who it is.
    pub identity: Identity,
    /// Its bond with the device, if it has one.
    pub bond: Option<BondKey>,
}

impl Central {
    /// The central that our bonded application knows ([`crate::images::buttonless`]).
    pub fn bonded() -> Self {
        let identity = identity(0x11);
        let bond = BondKey { ltk: [0x5A; 16], ediv: 0x1D0F, rand: *b"gauntlet" };
        Self { identity, bond: Some(bond) }
    }

    /// The same central after it forgot its bond.
    pub fn forgetful() -> Self {
        Self { bond: None, ..Self::bonded() }
    }

    /// One with the address of the bonded central that knows the name of its key, and not the key.
    pub fn impostor() -> Self {
        let bond = Self::bonded().bond.map(|bond| BondKey { ltk: [0xA5; 16], ..bond });
        Self { bond, ..Self::bonded() }
    }

    /// A central that no device has met.
    pub fn stranger() -> Self {
        Self { identity: identity(0x77), bond: None }
    }
}

fn identity(mark: u8) -> Identity {
    Identity {
        address: Address { bytes: [mark, 0x22, 0x33, 0x44, 0x55, 0xC6], random: true },
        irk: [mark; 16],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advertising_reads_as_written() {
        let address = Address { bytes: [0xFF, 2, 3, 4, 5, 0xC6], random: true };
        let advertisement = Advertisement::new(address, 6, &[DFU_SERVICE], b"DfuTarg");
        let expected = [&[2, 1, 6, 3, 2, 0x59, 0xFE, 8, 9][..], b"DfuTarg"].concat();
        assert_eq!(advertisement.data, expected);
        assert_eq!(advertisement.name(), Some(&b"DfuTarg"[..]));
        assert_eq!(advertisement.flags(), Some(6));
        assert!(advertisement.has_service(DFU_SERVICE) && !advertisement.has_service(0x180F));
        assert_eq!(address.next().bytes, [0, 2, 3, 4, 5, 0xC6], "no carry");
        assert_eq!(address.to_string(), "C6:05:04:03:02:FF");
        let torn = Advertisement { data: vec![9, 9, b'x'], ..advertisement };
        assert_eq!(torn.name(), None);
    }
}
