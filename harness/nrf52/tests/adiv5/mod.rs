//! A minimal debugger: straight on the registers of the debug port, as the architecture describes them.

#![allow(dead_code, reason = "not every test file uses everything")]

use gauntlet_nrf52::{DapError, DapPort, Machine};

/// Register addresses: debug port, then access port.
pub(crate) const CTRL_STAT: u8 = 0x4;
pub(crate) const SELECT: u8 = 0x8;
pub(crate) const CSW: u8 = 0x0;
pub(crate) const TAR: u8 = 0x4;
pub(crate) const DRW: u8 = 0xC;

pub(crate) const POWER_UP: u32 = 0x5000_0000;
pub(crate) const CLEAR_ERRORS: u32 = 0x1E;
pub(crate) const WORD_INCREMENT: u32 = 0x2300_0012;

/// Powers the debug domain up and selects word transfers that count the address up.
pub(crate) fn connect(machine: &mut Machine) -> Result<(), DapError> {
    machine.dap_line_reset()?;
    machine.dap_write(DapPort::Debug, 0, CLEAR_ERRORS)?;
    machine.dap_write(DapPort::Debug, CTRL_STAT, POWER_UP)?;
    machine.dap_write(DapPort::Debug, SELECT, 0)?;
    machine.dap_write(DapPort::Access, CSW, WORD_INCREMENT)
}

/// Reads a register of an access port, whichever bank it is in.
pub(crate) fn ap(machine: &mut Machine, port: u8, register: u8) -> Result<u32, DapError> {
    let select = u32::from(port) << 24 | u32::from(register & 0xF0);
    machine.dap_write(DapPort::Debug, SELECT, select)?;
    let value = machine.dap_read(DapPort::Access, register);
    machine.dap_write(DapPort::Debug, SELECT, 0)?;
    value
}

/// Writes one.
pub(crate) fn set_ap(machine: &mut Machine, port: u8, register: u8, value: u32) -> Result<(), DapError> {
    let select = u32::from(port) << 24 | u32::from(register & 0xF0);
    machine.dap_write(DapPort::Debug, SELECT, select)?;
    let outcome = machine.dap_write(DapPort::Access, register, value);
    machine.dap_write(DapPort::Debug, SELECT, 0)?;
    outcome
}

pub(crate) fn peek(machine: &mut Machine, address: u32) -> Result<u32, DapError> {
    machine.dap_write(DapPort::Access, TAR, address)?;
    machine.dap_read(DapPort::Access, DRW)
}

pub(crate) fn poke(machine: &mut Machine, address: u32, value: u32) -> Result<(), DapError> {
    machine.dap_write(DapPort::Access, TAR, address)?;
    machine.dap_write(DapPort::Access, DRW, value)
}
