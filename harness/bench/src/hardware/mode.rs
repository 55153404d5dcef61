//! What the firmware is doing, seen through the debug probe and nothing else.
//!
//! Every look halts the core for a moment to see where it executes. In a SoftDevice, where firmware sleeps in a call of
//! it, the return addresses on the stack tell whose call it was. Nobody must be connected over BLE meanwhile.

use std::ops::Range;

use gauntlet_probe::{CoreState, Debugger, ProbeError};
use gauntlet_reference::layout::{MBR_END, PAGE, UICR_BOOTLOADER};

/// DHCSR: sleeping, locked up, reset since the last look.
const STATUS: u32 = 0xE000_EDF0;
const SLEEPS: u32 = 1 << 18;
const LOCKED_UP: u32 = 1 << 19;
const WAS_RESET: u32 = 1 << 25;
/// What the flash controller is ready to do; 0 is reading.
const NVMC_CONFIG: u32 = 0x4001_E504;
/// A SoftDevice says what it is, and where it ends (MEM-001).
const SOFTDEVICE: u32 = 0x3004;
const SOFTDEVICE_MAGIC: u32 = 0x51B1_E5DB;
const SOFTDEVICE_END: u32 = 0x3008;
/// The MBR's word that says the same as that of the UICR (MEM-017).
const MBR_BOOTLOADER: u32 = 0x0FF8;
const RAM: u32 = 0x2000_0000;
/// Bytes of stack that are looked at.
const STACK: u32 = 512;

/// What a look has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// The application executes, or sleeps.
    Application,
    /// The bootloader does; when it is at work on flash, more is to come.
    Bootloader {
        /// It sleeps.
        asleep: bool,
        /// It may erase or program.
        writes: bool,
    },
    /// Something between them, or nobody knows.
    Elsewhere,
    /// It has crashed, or there is no firmware.
    Dead,
}

/// A look, and whether the chip was reset since the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) seen: Seen,
    pub(super) was_reset: bool,
}

/// Where what stands, as the chip itself says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map {
    application: Range<u32>,
    bootloader: Range<u32>,
    ram_end: u32,
}

impl Map {
    /// Reads it. `usual` is where a bootloader stands when neither UICR nor MBR name one.
    pub(super) fn read(
        debugger: &mut Debugger,
        usual: u32,
        flash_end: u32,
        ram: u32,
    ) -> Result<Self, ProbeError> {
        let named = |word: u32| (MBR_END..flash_end).contains(&word);
        let uicr = debugger.read_word(UICR_BOOTLOADER)?;
        let mbr = debugger.read_word(MBR_BOOTLOADER)?;
        let bootloader = [uicr, mbr].into_iter().find(|word| named(*word)).unwrap_or(usual);
        let base = if debugger.read_word(SOFTDEVICE)? == SOFTDEVICE_MAGIC {
            let end = debugger.read_word(SOFTDEVICE_END)?;
            end.checked_next_multiple_of(PAGE).unwrap_or(bootloader).clamp(MBR_END, bootloader)
        } else {
            MBR_END
        };
        Ok(Self { application: base..bootloader, bootloader: bootloader..flash_end, ram_end: RAM + ram })
    }

    /// Whose code stands at an address.
    fn whose(&self, address: u32) -> Option<Owner> {
        let owner = [(&self.application, Owner::Application), (&self.bootloader, Owner::Bootloader)];
        owner.into_iter().find(|(range, _)| range.contains(&address)).map(|(_, owner)| owner)
    }

    /// Looks at the core.
    pub(super) fn look(&self, debugger: &mut Debugger) -> Result<Look, ProbeError> {
        // The mark of a reset goes with the first reading, so that comes before everything else.
        let status = debugger.read_word(STATUS)?;
        let was_reset = status & WAS_RESET != 0;
        if status & LOCKED_UP != 0 {
            return Ok(Look { seen: Seen::Dead, was_reset });
        }
        let writes = debugger.read_word(NVMC_CONFIG)? & 3 != 0;
        if debugger.state()? == CoreState::Halted {
            // It has halted by itself: a breakpoint instruction is in the firmware.
            return Ok(Look { seen: Seen::Dead, was_reset });
        }
        debugger.halt()?;
        let owner = self.owner(debugger);
        debugger.run()?;
        let seen = match owner? {
            Some(Owner::Application) => Seen::Application,
            Some(Owner::Bootloader) => Seen::Bootloader { asleep: status & SLEEPS != 0, writes },
            None => Seen::Elsewhere,
        };
        Ok(Look { seen, was_reset })
    }

    /// For whom a halted core executes.
    fn owner(&self, debugger: &mut Debugger) -> Result<Option<Owner>, ProbeError> {
        let pc = debugger.program_counter()?;
        if let Some(owner) = self.whose(pc) {
            return Ok(Some(owner));
        }
        // Below them, MBR and SoftDevice execute for somebody only in an exception.
        if pc >= self.application.start || debugger.exception()? == 0 {
            return Ok(None);
        }
        for stack in debugger.stack_pointers()? {
            if !(RAM..self.ram_end).contains(&stack) {
                continue;
            }
            let mut bytes = vec![0; STACK.min(self.ram_end - stack) as usize & !3];
            debugger.read(stack & !3, &mut bytes)?;
            let found = caller(&bytes, |address| self.whose(address));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Application,
    Bootloader,
}

/// Whose code the innermost return address on a stack belongs to. Return addresses have the lowest bit set; those that an
/// exception has stacked have not, so both are taken.
fn caller(stack: &[u8], whose: impl Fn(u32) -> Option<Owner>) -> Option<Owner> {
    stack
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .find_map(|word| whose(word & !1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_caller_counts() {
        let map =
            Map { application: 0x2_6000..0x7_8000, bootloader: 0x7_8000..0x8_0000, ram_end: RAM + 0x1_0000 };
        let stack = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let whose = |address| map.whose(address);
        let found = caller(&stack(&[0x2000_1000, 0x1235, 0x7_9001, 0x2_7001]), whose);
        assert_eq!(found, Some(Owner::Bootloader), "what is in RAM or in the SoftDevice is passed over");
        assert_eq!(caller(&stack(&[0xFFFF_FFF9, 0x2_7000]), whose), Some(Owner::Application));
        assert_eq!(caller(&stack(&[0, u32::MAX, 0x2000_0000]), whose), None);
    }
}
