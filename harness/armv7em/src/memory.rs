//! Loads and stores: a fast path for aligned SRAM, and everything else.

use crate::faults::{Fault, cfsr};
use crate::mpu::Want;
use crate::state::{State, Trap};
use crate::{Access, Bus, BusFault, Width, ppb};

/// Top three bits of an address, and what they are for the SRAM region.
pub(crate) const SRAM_TAG_MASK: u32 = 0xE000_0000;
pub(crate) const SRAM_TAG: u32 = 0x2000_0000;
/// A tag no address has: bit 4 is never looked at.
pub(crate) const NO_PLAIN: u32 = 1 << 4;
const DEVICE: u32 = 0x4000_0000;

/// Aliases agree in these bits; two addresses that differ here are not the same page.
const ALIAS_PAGE: u32 = 0x0003_F000;

impl State {
    #[inline(always)]
    pub(crate) fn load<B: Bus>(&mut self, bus: &mut B, address: u32, width: Width) -> Result<u32, Trap> {
        if address & (SRAM_TAG_MASK | (width.bytes() - 1)) == self.plain_tag {
            match bus.read(self.now, address, width, Access::Data) {
                Ok(value) => Ok(value),
                Err(fault) => self.refused_load(fault),
            }
        } else {
            self.careful_load(bus, address, width)
        }
    }

    #[inline(always)]
    pub(crate) fn store<B: Bus>(
        &mut self,
        bus: &mut B,
        address: u32,
        width: Width,
        value: u32,
    ) -> Result<(), Trap> {
        if address & (SRAM_TAG_MASK | (width.bytes() - 1)) == self.plain_tag {
            if let Err(fault) = bus.write(self.now, address, width, value & width.mask(), Access::Data) {
                return self.refused_store(fault);
            }
            if (address ^ self.code_page) & ALIAS_PAGE == 0 {
                self.maybe_stored_code(bus, address, width);
            }
            Ok(())
        } else {
            self.careful_store(bus, address, width, value & width.mask())
        }
    }

    /// Word access that must be aligned whatever CCR says (LDM, LDRD and their like).
    #[inline(always)]
    pub(crate) fn load_aligned<B: Bus>(&mut self, bus: &mut B, address: u32) -> Result<u32, Trap> {
        self.require_alignment(address, Width::Word)?;
        self.load(bus, address, Width::Word)
    }

    #[inline(always)]
    pub(crate) fn store_aligned<B: Bus>(
        &mut self,
        bus: &mut B,
        address: u32,
        value: u32,
    ) -> Result<(), Trap> {
        self.require_alignment(address, Width::Word)?;
        self.store(bus, address, Width::Word, value)
    }

    #[inline(always)]
    pub(crate) fn require_alignment(&mut self, address: u32, width: Width) -> Result<(), Trap> {
        if address & (width.bytes() - 1) == 0 { Ok(()) } else { Err(self.usage_fault(cfsr::UNALIGNED)) }
    }

    #[cold]
    #[inline(never)]
    fn refused_load(&mut self, fault: BusFault) -> Result<u32, Trap> {
        if self.ignores_bus_faults() { Ok(0) } else { Err(self.precise_fault(fault.address)) }
    }

    #[cold]
    #[inline(never)]
    fn refused_store(&mut self, fault: BusFault) -> Result<(), Trap> {
        if self.ignores_bus_faults() { Ok(()) } else { Err(self.precise_fault(fault.address)) }
    }

    /// CCR.BFHFNMIGN lets HardFault and NMI handlers probe memory.
    fn ignores_bus_faults(&self) -> bool {
        self.scb.ccr & crate::scb::CCR_BFHFNMIGN != 0 && self.execution_priority() < 0
    }

    pub(crate) fn precise_fault(&mut self, address: u32) -> Trap {
        self.fault = Fault::bus(cfsr::PRECISERR, Some(address));
        Trap::Fault
    }

    #[inline(never)]
    fn careful_load<B: Bus>(&mut self, bus: &mut B, address: u32, width: Width) -> Result<u32, Trap> {
        if address & (width.bytes() - 1) != 0 {
            self.check_unaligned(address)?;
            let mut value = 0;
            for byte in 0..width.bytes() {
                let at = address.wrapping_add(byte);
                value |= self.careful_load(bus, at, Width::Byte)? << (8 * byte);
            }
            return Ok(value);
        }
        self.watch(address, width, false);
        if ppb::contains(address) {
            self.check_ppb_privilege(address)?;
            return Ok(self.ppb_read_width(address, width));
        }
        self.check_data(address, Want::Read, self.privileged())?;
        let result = bus.read(self.now, address, width, Access::Data);
        self.after_access(bus, address);
        result.or_else(|fault| self.refused_load(fault))
    }

    #[inline(never)]
    fn careful_store<B: Bus>(
        &mut self,
        bus: &mut B,
        address: u32,
        width: Width,
        value: u32,
    ) -> Result<(), Trap> {
        if address & (width.bytes() - 1) != 0 {
            self.check_unaligned(address)?;
            for byte in 0..width.bytes() {
                let at = address.wrapping_add(byte);
                self.careful_store(bus, at, Width::Byte, value >> (8 * byte) & 0xFF)?;
            }
            return Ok(());
        }
        self.watch(address, width, true);
        if ppb::contains(address) {
            self.check_ppb_privilege(address)?;
            self.ppb_write_width(address, width, value, true);
            return Ok(());
        }
        self.check_data(address, Want::Write, self.privileged())?;
        let result = bus.write(self.now, address, width, value, Access::Data);
        if (address ^ self.code_page) & ALIAS_PAGE == 0 {
            self.maybe_stored_code(bus, address, width);
        }
        self.after_access(bus, address);
        result.or_else(|fault| self.refused_store(fault))
    }

    fn check_unaligned(&mut self, address: u32) -> Result<(), Trap> {
        let trapped = self.scb.ccr & crate::scb::CCR_UNALIGN_TRP != 0;
        let device = (DEVICE..0x6000_0000).contains(&address) || address >= 0xA000_0000;
        if trapped || device { Err(self.usage_fault(cfsr::UNALIGNED)) } else { Ok(()) }
    }

    /// Unprivileged code reaches nothing on the private bus but STIR, and that only when CCR.USERSETMPEND allows it.
    pub(crate) fn check_ppb_privilege(&mut self, address: u32) -> Result<(), Trap> {
        let open = address & !3 == ppb::STIR && self.scb.ccr & crate::scb::CCR_USERSETMPEND != 0;
        if self.privileged() || open { Ok(()) } else { Err(self.precise_fault(address)) }
    }

    fn after_access<B: Bus>(&mut self, bus: &mut B, address: u32) {
        if address >= DEVICE {
            self.device_touched = true;
            self.attention();
        } else if bus.interrupted() || bus.stalled_until() > self.now {
            self.attention();
        }
    }

    /// A store went to an address that may be the page being executed, under this or another alias.
    #[cold]
    #[inline(never)]
    fn maybe_stored_code<B: Bus>(&mut self, bus: &mut B, address: u32, width: Width) {
        if self.code_page & 1 != 0 || bus.page_version(self.code_page) == Some(self.code_version) {
            return;
        }
        let low = address & 0xFFF;
        let high = low + width.bytes();
        let (before_low, before_high) = self.code_stored.unwrap_or((low, high));
        self.code_stored = Some((before_low.min(low), before_high.max(high)));
        self.attention();
    }
}
