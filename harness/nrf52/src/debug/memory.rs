//! The memory access port: the debugger's own way to the bus.

use gauntlet_armv7em::{Access, Bus, Width};

use super::{DapError, access::identification, port::DebugPort};
use crate::{
    machine::{Machine, STATUS_REGISTER},
    memory::UICR,
    nvmc::{Source, controller},
};

const CSW: u8 = 0x00;
const TAR: u8 = 0x04;
pub(super) const DRW: u8 = 0x0C;
const BANKED_DATA: u8 = 0x10;
const BANKED_DATA_LAST: u8 = 0x1C;
const BASE: u8 = 0xF8;
const IDR: u8 = 0xFC;

/// As written, without the bits that only say something about the chip.
pub(super) const CSW_RESET: u32 = 0x2300_0000;
const CSW_SIZE: u32 = 7;
const CSW_INCREMENT: u32 = 3 << 4;
const CSW_SINGLE: u32 = 1 << 4;
const CSW_DEVICE_ENABLED: u32 = 1 << 6;
const CSW_IN_PROGRESS: u32 = 1 << 7;
const AHB_AP: u32 = 0x2477_0011;
const S_RESET_ST: u32 = 1 << 25;
const PPB: std::ops::Range<u32> = 0xE000_0000..0xE010_0000;

/// Width of a transfer through DRW.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransferSize {
    Byte,
    Half,
    Word,
}

impl From<TransferSize> for Width {
    fn from(size: TransferSize) -> Self {
        match size {
            TransferSize::Byte => Self::Byte,
            TransferSize::Half => Self::Half,
            TransferSize::Word => Self::Word,
        }
    }
}

impl DebugPort {
    pub(super) fn transfer_size(&self) -> TransferSize {
        match self.csw & CSW_SIZE {
            0 => TransferSize::Byte,
            1 => TransferSize::Half,
            _ => TransferSize::Word,
        }
    }

    pub(super) fn increments(&self) -> bool {
        self.csw & CSW_INCREMENT != 0
    }

    /// The address counter is 12 bits wide: it wraps inside a 4 KiB block.
    pub(super) fn advance_address(&mut self, bytes: u32) {
        self.tar = self.tar & !0xFFF | self.tar.wrapping_add(bytes) & 0xFFF;
    }

    /// Where a run of word transfers starts, and how many of them come before the address wraps.
    pub(super) fn block(&self, wanted: usize) -> (u32, usize) {
        let address = self.tar & !3;
        (address, wanted.min((0x1000 - (address & 0xFFF)) as usize / 4))
    }

    fn set_csw(&mut self, value: u32) {
        // A size beyond a word reads back as a word, packed transfers as single ones: that is how tools find out.
        let size = (value & CSW_SIZE).min(2);
        let increment = if value & CSW_INCREMENT == 0 { 0 } else { CSW_SINGLE };
        self.csw =
            value & !(CSW_SIZE | CSW_INCREMENT | CSW_DEVICE_ENABLED | CSW_IN_PROGRESS) | size | increment;
    }
}

impl Machine {
    pub(super) fn memory_port_read(&mut self, register: u8) -> Result<u32, DapError> {
        let port = &self.chip.debug;
        match register {
            CSW => Ok(port.csw | if self.chip.is_protected() { 0 } else { CSW_DEVICE_ENABLED }),
            TAR => Ok(port.tar),
            DRW => {
                let (address, size) = (port.tar, port.transfer_size());
                let value = self.debug_load(address, size)? << lane(address, size);
                self.next_address(size);
                Ok(value)
            }
            BANKED_DATA..=BANKED_DATA_LAST => {
                let address = port.tar & !0xF | u32::from(register & 0xC);
                self.debug_load(address, TransferSize::Word)
            }
            BASE => Ok(super::rom_table::BASE | 3),
            IDR => Ok(AHB_AP),
            _ => Ok(0),
        }
    }

    pub(super) fn memory_port_write(&mut self, register: u8, value: u32) -> Result<(), DapError> {
        let port = &mut self.chip.debug;
        match register {
            CSW => port.set_csw(value),
            TAR => {
                port.tar = value;
                // The wire takes its time, and a program that runs gets on meanwhile.
                self.let_run_for_a_transfer();
            }
            DRW => {
                let (address, size) = (port.tar, port.transfer_size());
                self.debug_store(address, size, value >> lane(address, size))?;
                self.next_address(size);
            }
            BANKED_DATA..=BANKED_DATA_LAST => {
                let address = port.tar & !0xF | u32::from(register & 0xC);
                self.debug_store(address, TransferSize::Word, value)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn next_address(&mut self, size: TransferSize) {
        if self.chip.debug.increments() {
            self.chip.debug.advance_address(Width::from(size).bytes());
        }
    }

    fn debug_load(&mut self, address: u32, size: TransferSize) -> Result<u32, DapError> {
        let width = Width::from(size);
        let address = address & !(width.bytes() - 1);
        if self.chip.is_protected() {
            return Err(DapError::Fault);
        }
        if !PPB.contains(&address) {
            self.wait_for_array(address);
            self.chip.soc.source = Source::Debugger;
            return self
                .chip
                .soc
                .read(self.chip.now(), address, width, Access::Debug)
                .map_err(|_| DapError::Fault);
        }
        let word = address & !3;
        let value = match identification(self.chip.profile(), word) {
            Some(value) => value,
            None if word == STATUS_REGISTER => {
                self.let_run_for_a_poll();
                let stuck = u32::from(self.chip.debug.holds_reset) * S_RESET_ST;
                self.chip.core.ppb_read(word) | stuck
            }
            None => self.chip.core.ppb_read(word),
        };
        Ok(value >> (8 * (address & 3)) & width.mask())
    }

    fn debug_store(&mut self, address: u32, size: TransferSize, value: u32) -> Result<(), DapError> {
        let width = Width::from(size);
        let address = address & !(width.bytes() - 1);
        let value = value & width.mask();
        if self.chip.is_protected() {
            return Err(DapError::Fault);
        }
        if !PPB.contains(&address) {
            self.wait_for_array(address);
            self.chip.soc.source = Source::Debugger;
            return self
                .chip
                .soc
                .write(self.chip.now(), address, width, value, Access::Debug)
                .map_err(|_| DapError::Fault);
        }
        let (word, shift) = (address & !3, 8 * (address & 3));
        let value = match width {
            Width::Word => value,
            _ => self.chip.core.ppb_read(word) & !(width.mask() << shift) | value << shift,
        };
        self.chip.core.ppb_write(word, value);
        if self.chip.core.take_reset_request() {
            self.reset(crate::Reset::Soft);
        }
        Ok(())
    }

    /// The array and its controller answer when they are done: the wire would say WAIT so long.
    fn wait_for_array(&mut self, address: u32) {
        let concerned = address < self.chip.profile().flash_size
            || address.wrapping_sub(UICR) < 4096
            || address & !0xFFF == controller::BASE;
        if concerned {
            self.let_run_until(self.chip.soc.nvmc.busy_until);
        }
    }
}

/// Bits a transfer of less than a word is shifted by: data travels on the lanes of its address.
fn lane(address: u32, size: TransferSize) -> u32 {
    match size {
        TransferSize::Byte => 8 * (address & 3),
        TransferSize::Half => 8 * (address & 2),
        TransferSize::Word => 0,
    }
}
