//! Peripherals that only remember what is written to them. Firmware may set them up; when it triggers one of their
//! tasks, which would do something on a real chip, that is noted.

use std::collections::BTreeMap;

const MWU: u32 = 0x4002_0000;
const EVENTS: u32 = 0x100;

/// RADIO, SPI/TWI 0 and 1, NFCT, SAADC, CCM/AAR, QDEC, COMP, PWM0, PDM, MWU, PWM1, PWM2, SPI2, I2S, FPU, USBD, QSPI,
/// PWM3, SPI3.
const PAGES: [u32; 20] = [
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
    0x4002_7000,
    0x4002_9000,
    0x4002_D000,
    0x4002_F000,
];

#[derive(Debug, Clone, Default)]
pub(crate) struct Stubs {
    words: BTreeMap<u32, u32>,
}

impl Stubs {
    pub(crate) fn owns(address: u32) -> bool {
        PAGES.contains(&(address & !0xFFF))
    }

    pub(crate) fn read(&self, address: u32) -> u32 {
        if address & 0xFFF < EVENTS {
            return 0;
        }
        self.words.get(&pair(address).0).copied().unwrap_or(0)
    }

    /// Returns false for a task.
    pub(crate) fn write(&mut self, address: u32, value: u32) -> bool {
        if address & 0xFFF < EVENTS {
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

    #[test]
    fn enables_are_set_and_cleared_and_tasks_are_told() {
        let mut stubs = Stubs::default();
        assert!(stubs.write(MWU + 0x514, 0b110) && stubs.write(MWU + 0x518, 0b010));
        assert_eq!([0x510, 0x514, 0x518].map(|offset| stubs.read(MWU + offset)), [0b100; 3]);
        assert!(stubs.write(0x4000_7500, 7));
        assert_eq!(stubs.read(0x4000_7500), 7);
        assert!(!stubs.write(0x4000_7000, 1));
        assert!(Stubs::owns(0x4000_7000) && !Stubs::owns(0x4000_8000));
    }
}
