//! Peripherals that only remember what is written to them. Firmware may set them up; when it triggers one of their
//! tasks, which would do something on a real chip, that is noted.

use std::collections::BTreeMap;

use crate::variant::{Profile, RegionProtection};

const MWU: u32 = 0x4002_0000;
const EVENTS: u32 = 0x100;

/// RADIO, SPI/TWI 0 and 1, NFCT, SAADC, CCM/AAR, QDEC, COMP, PWM0, PDM, MWU, PWM1, PWM2, SPI2, I2S, FPU.
const PAGES: [u32; 16] = [
    0x4000_1000,
    0x4000_3000,
    0x4000_4000,
    0x4000_5000,
    0x4000_7000,
    0x4000_F000,
    0x4001_2000,
    0x4001_3000,
    0x4001_C000,
    0x4001_D000,
    MWU,
    0x4002_1000,
    0x4002_2000,
    0x4002_3000,
    0x4002_5000,
    0x4002_6000,
];
/// USBD, QSPI, PWM3, SPI3.
const PAGES_OF_NEWER_CHIPS: [u32; 4] = [0x4002_7000, 0x4002_9000, 0x4002_D000, 0x4002_F000];
/// CryptoCell 310 and its host registers (nRF52840), and HOST_IOT_LCS, which says that the device is in use.
pub(crate) const CRYPTO_CELL: std::ops::Range<u32> = 0x5002_A000..0x5002_C000;
const CRYPTO_CELL_LIFE_CYCLE: (u32, u32) = (0x5002_BA60, 2);
/// A word beyond the peripherals that start-up code writes for an erratum of the first chips.
const NAMELESS: u32 = 0x4007_C074;

/// Registers that do not start at zero: RADIO FREQUENCY, DATAWHITEIV, MODECNF0 and POWER; CCM MODE, which is also AAR
/// NIRK.
const RESET_VALUES: [(u32, u32); 5] =
    [(0x4000_1508, 2), (0x4000_1554, 0x40), (0x4000_1650, 0x200), (0x4000_1FFC, 1), (0x4000_F504, 1)];
/// CCM MAXPACKETSIZE.
const RESET_VALUE_OF_NEWER_CHIPS: (u32, u32) = (0x4000_F518, 0xFB);

#[derive(Debug, Clone)]
pub(crate) struct Stubs {
    words: BTreeMap<u32, u32>,
    newer: bool,
    crypto_cell: bool,
}

impl Stubs {
    pub(crate) fn new(profile: &Profile) -> Self {
        let newer = matches!(profile.protection, RegionProtection::Acl { .. });
        let mut words = BTreeMap::from(RESET_VALUES);
        words.extend(newer.then_some(RESET_VALUE_OF_NEWER_CHIPS));
        words.extend(profile.crypto_cell.then_some(CRYPTO_CELL_LIFE_CYCLE));
        Self { words, newer, crypto_cell: profile.crypto_cell }
    }

    pub(crate) fn owns(&self, address: u32) -> bool {
        let page = address & !0xFFF;
        PAGES.contains(&page)
            || self.newer && PAGES_OF_NEWER_CHIPS.contains(&page)
            || self.crypto_cell && CRYPTO_CELL.contains(&address)
            || address == NAMELESS
    }

    pub(crate) fn read(&self, address: u32) -> u32 {
        if is_task(address) {
            return 0;
        }
        self.words.get(&pair(address).0).copied().unwrap_or(0)
    }

    /// Returns false for a task.
    pub(crate) fn write(&mut self, address: u32, value: u32) -> bool {
        if is_task(address) {
            return value & 1 == 0;
        }
        let (register, change) = pair(address);
        let word = self.words.entry(register).or_insert(0);
        *word = match change {
            Change::Assign => value,
            Change::Set => *word | value,
            Change::Clear => *word & !value,
        };
        true
    }
}

fn is_task(address: u32) -> bool {
    address & 0xFFF < EVENTS && address != NAMELESS && !CRYPTO_CELL.contains(&address)
}

enum Change {
    Assign,
    Set,
    Clear,
}

/// The register behind an address, and what a write does to it: interrupt and region enables have a register that sets
/// bits and one that clears them.
fn pair(address: u32) -> (u32, Change) {
    let memory_watch = address & !0xFFF == MWU;
    match address & 0xFFF {
        0x304 => (address - 4, Change::Set),
        0x308 => (address - 8, Change::Clear),
        0x324 | 0x514 if memory_watch => (address - 4, Change::Set),
        0x328 | 0x518 if memory_watch => (address - 8, Change::Clear),
        _ => (address, Change::Assign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variant::Variant;

    #[test]
    fn enables_are_set_and_cleared_and_tasks_are_told() {
        let mut stubs = Stubs::new(&Variant::Nrf52832.profile());
        assert!(stubs.write(MWU + 0x514, 0b110) && stubs.write(MWU + 0x518, 0b010));
        assert_eq!([0x510, 0x514, 0x518].map(|offset| stubs.read(MWU + offset)), [0b100; 3]);
        assert!(stubs.write(0x4000_7500, 7));
        assert_eq!(stubs.read(0x4000_7500), 7);
        assert!(!stubs.write(0x4000_7000, 1));
        assert!(stubs.owns(0x4000_7000) && !stubs.owns(0x4000_8000) && !stubs.owns(0x4002_7000));
    }
}
