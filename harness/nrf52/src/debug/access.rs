//! Register accesses of a probe, dispatched to the debug port or the selected access port.

use super::memory::{DRW, TransferSize};
use crate::{debug::rom_table, machine::Machine, soc};

/// Which set of registers a transfer addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DapPort {
    /// The debug port.
    Debug,
    /// The access port that the debug port's SELECT register selects.
    Access,
}

/// Why a transfer did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DapError {
    /// Nobody answers: the chip has no power, or its reset pin is low.
    #[error("no acknowledge from the target")]
    NoAcknowledge,
    /// The target answers FAULT. It does so to every access port transfer until the sticky error is cleared.
    #[error("the target answered FAULT")]
    Fault,
}

const MEMORY_PORT: u8 = 0;
const CONTROL_PORT: u8 = 1;

impl Machine {
    /// Reads a register. Only bits 2 and 3 of the address count; banks are selected through SELECT. The value of an
    /// access port register is returned at once; RDBUFF returns it again.
    ///
    /// # Errors
    /// [`DapError`].
    pub fn dap_read(&mut self, port: DapPort, address: u8) -> Result<u32, DapError> {
        self.check_wire()?;
        self.transfers += 1;
        if port == DapPort::Debug {
            return Ok(self.chip.debug.read(address));
        }
        self.check_ready()?;
        let register = self.chip.debug.register(address);
        let value = match self.chip.debug.selected() {
            MEMORY_PORT => self.memory_port_read(register),
            CONTROL_PORT => Ok(self.control_port_read(register)),
            _ => Ok(0),
        };
        let value = self.finish(value)?;
        self.chip.debug.remember(value);
        Ok(value)
    }

    /// Writes a register.
    ///
    /// # Errors
    /// [`DapError`].
    pub fn dap_write(&mut self, port: DapPort, address: u8, value: u32) -> Result<(), DapError> {
        self.check_wire()?;
        self.transfers += 1;
        if port == DapPort::Debug {
            self.chip.debug.write(address, value);
            self.chip.soc.debugging = self.chip.debug.wants_debug_power();
            return Ok(());
        }
        self.check_ready()?;
        let register = self.chip.debug.register(address);
        let outcome = match self.chip.debug.selected() {
            MEMORY_PORT => self.memory_port_write(register, value),
            CONTROL_PORT => {
                self.control_port_write(register, value);
                Ok(())
            }
            _ => Ok(()),
        };
        self.finish(outcome)
    }

    /// Reads one register repeatedly. The same as so many calls of [`Machine::dap_read`], only faster.
    ///
    /// # Errors
    /// [`DapError`]; the values before the failure have been read.
    pub fn dap_read_block(&mut self, port: DapPort, address: u8, values: &mut [u32]) -> Result<(), DapError> {
        let mut rest = values;
        while !rest.is_empty() {
            let count = if self.is_memory_data(port, address) { self.copy_from_memory(rest) } else { 0 };
            if count == 0 {
                rest[0] = self.dap_read(port, address)?;
                rest = &mut rest[1..];
                continue;
            }
            self.chip.debug.remember(rest[count - 1]);
            self.transfers += count as u64;
            rest = &mut rest[count..];
        }
        Ok(())
    }

    /// Writes one register repeatedly. The same as so many calls of [`Machine::dap_write`], only faster.
    ///
    /// # Errors
    /// [`DapError`]; the values before the failure have been written.
    pub fn dap_write_block(&mut self, port: DapPort, address: u8, values: &[u32]) -> Result<(), DapError> {
        let mut rest = values;
        while let Some((&first, later)) = rest.split_first() {
            let count = if self.is_memory_data(port, address) { self.copy_to_ram(rest) } else { 0 };
            if count == 0 {
                self.dap_write(port, address, first)?;
                rest = later;
                continue;
            }
            self.transfers += count as u64;
            rest = &rest[count..];
        }
        Ok(())
    }

    /// The line was held high for 50 clocks or more.
    ///
    /// # Errors
    /// [`DapError::NoAcknowledge`].
    pub fn dap_line_reset(&mut self) -> Result<(), DapError> {
        self.check_wire()?;
        self.chip.debug.line_reset();
        Ok(())
    }

    /// Pulls the reset line low, or lets it go. The chip takes no notice unless UICR.PSELRESET connects the pin; if it
    /// does, the debug port is dead while the line is low.
    pub fn set_reset_line(&mut self, low: bool) {
        let connected = self.chip.soc.has_reset_pin();
        if low && connected && !self.reset_line_low {
            self.reset_line_low = true;
            self.reset(crate::Reset::Pin);
        } else if !low {
            self.reset_line_low = false;
        }
    }

    /// Transfers so far: reads and writes of single registers.
    pub fn dap_transfers(&self) -> u64 {
        self.transfers
    }

    fn check_wire(&self) -> Result<(), DapError> {
        if self.chip.is_powered() && !self.reset_line_low { Ok(()) } else { Err(DapError::NoAcknowledge) }
    }

    fn check_ready(&self) -> Result<(), DapError> {
        if self.chip.debug.is_ready() { Ok(()) } else { Err(DapError::Fault) }
    }

    /// What the transfer caused: power may be gone, and an error sticks.
    fn finish<T>(&mut self, outcome: Result<T, DapError>) -> Result<T, DapError> {
        self.chip.settle();
        self.sync_guest();
        self.check_wire()?;
        if outcome.is_err() {
            self.chip.debug.set_error();
        }
        outcome
    }

    fn is_memory_data(&self, port: DapPort, address: u8) -> bool {
        let debug = &self.chip.debug;
        port == DapPort::Access
            && debug.selected() == MEMORY_PORT
            && debug.register(address) == DRW
            && debug.is_ready()
            && debug.transfer_size() == TransferSize::Word
            && debug.increments()
            && self.check_wire().is_ok()
            && !self.chip.is_protected()
    }

    /// Copies as many words as plain memory at TAR has in this 4 KiB block; 0 means: do it the long way.
    fn copy_from_memory(&mut self, values: &mut [u32]) -> usize {
        let (address, count) = self.chip.debug.block(values.len());
        let mut bytes = [0; 4096];
        let bytes = &mut bytes[..4 * count];
        if !self.chip.soc.copy_out(self.chip.now(), address, bytes) {
            return 0;
        }
        for (value, bytes) in values.iter_mut().zip(bytes.as_chunks().0) {
            *value = u32::from_le_bytes(*bytes);
        }
        self.chip.debug.advance_address(4 * count as u32);
        count
    }

    fn copy_to_ram(&mut self, values: &[u32]) -> usize {
        let (address, count) = self.chip.debug.block(values.len());
        let copied = self.chip.soc.copy_in(address, &values[..count]);
        if copied {
            self.chip.debug.advance_address(4 * count as u32);
        }
        usize::from(copied) * count
    }
}

impl soc::Soc {
    fn copy_in(&mut self, address: u32, values: &[u32]) -> bool {
        let Some(offset) = self.ram_offset(address) else { return false };
        if offset as usize + 4 * values.len() > self.ram.bytes().len() {
            return false;
        }
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.ram.write(offset, &bytes).is_some()
    }
}

/// The identification registers of a debug component or of the ROM table, if the address is one.
pub(super) fn identification(profile: &crate::Profile, address: u32) -> Option<u32> {
    let (page, offset) = (address & !0xFFF, address & 0xFFC);
    if page == rom_table::BASE {
        return Some(rom_table::table(profile, offset));
    }
    rom_table::component(page, offset)
}
