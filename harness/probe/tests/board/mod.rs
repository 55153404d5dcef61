//! A virtual board for a test, and a minimal second debugger that shares no code with the first.

#![allow(dead_code, reason = "not every test file uses everything")]

use std::sync::{Arc, Mutex};

use gauntlet_nrf52::{Chip, DapPort, Fill, Machine, Variant};
use gauntlet_probe::{
    BoardSelector, Debugger,
    virtual_probe::{self, Registration, SharedMachine},
};

pub(crate) const BOTH: [Variant; 2] = [Variant::Nrf52832, Variant::Nrf52840];

pub(crate) struct Board {
    pub(crate) machine: SharedMachine,
    pub(crate) registration: Registration,
    pub(crate) target: &'static str,
}

impl Board {
    /// A used board: noise in its flash.
    pub(crate) fn new(test: &str, variant: Variant) -> Self {
        let mut chip = Chip::new(variant, 7);
        chip.fill_flash(Fill::Noise(3));
        Self::with_chip(test, chip)
    }

    pub(crate) fn with_chip(test: &str, chip: Chip) -> Self {
        let target = chip.variant().target_name();
        let machine = Arc::new(Mutex::new(Machine::new(chip)));
        let registration =
            virtual_probe::register(&format!("{test}-{target}"), Arc::clone(&machine)).unwrap();
        Self { machine, registration, target }
    }

    pub(crate) fn selector(&self) -> BoardSelector {
        BoardSelector::new(self.registration.selector(), self.target)
    }

    pub(crate) fn attach(&self) -> Debugger {
        Debugger::attach(&self.selector()).unwrap()
    }

    pub(crate) fn chip<T>(&self, action: impl FnOnce(&mut Chip) -> T) -> T {
        action(&mut self.machine.lock().unwrap().chip)
    }

    pub(crate) fn flash(&self) -> Vec<u8> {
        self.chip(|chip| chip.flash())
    }

    /// Reads memory straight through the registers of the debug port, as the debug interface architecture says.
    pub(crate) fn read_independently(&self, address: u32, length: u32) -> Vec<u8> {
        let mut machine = self.machine.lock().unwrap();
        machine.dap_line_reset().unwrap();
        machine.dap_write(DapPort::Debug, 0x0, 0x1E).unwrap(); // ABORT: clear errors
        machine.dap_write(DapPort::Debug, 0x8, 0).unwrap(); // SELECT: access port 0, bank 0
        machine.dap_write(DapPort::Debug, 0x4, 0x5000_0000).unwrap(); // CTRL/STAT: power up
        machine.dap_write(DapPort::Access, 0x0, 0x2300_0002).unwrap(); // CSW: words, no increment
        let mut bytes = Vec::new();
        for word in (address..address + length).step_by(4) {
            machine.dap_write(DapPort::Access, 0x4, word).unwrap(); // TAR
            bytes.extend(machine.dap_read(DapPort::Access, 0xC).unwrap().to_le_bytes()); // DRW
        }
        bytes
    }
}

/// Bytes nobody mistakes for anything else.
pub(crate) fn pattern(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 11) as u8
        })
        .collect()
}

/// A program: counts a word in RAM up, for ever.
///
/// ```text
/// 0x08  ldr  r0, =0x20000100
/// 0x0A  movs r1, #0
/// 0x0C  adds r1, #1
/// 0x0E  str  r1, [r0]
/// 0x10  b    0x0C
/// ```
pub(crate) const COUNTER: [u8; 24] = [
    0x00, 0x20, 0x00, 0x20, // stack
    0x09, 0x00, 0x00, 0x00, // start
    0x02, 0x48, 0x00, 0x21, 0x01, 0x31, 0x01, 0x60, 0xFC, 0xE7, 0x00, 0xBF, //
    0x00, 0x01, 0x00, 0x20, // address of the word
];
pub(crate) const COUNT: u32 = 0x2000_0100;
