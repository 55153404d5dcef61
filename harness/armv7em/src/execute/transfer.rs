//! Loads and stores of single registers and pairs, exclusives and table branches.

use crate::arithmetic::sign_extend;
use crate::faults::cfsr;
use crate::mpu::Want;
use crate::record::{Op, Record, indexing};
use crate::state::{PC, State, Trap};
use crate::{Access, Bus, Width, ppb};

impl State {
    #[inline(always)]
    pub(super) fn indexed(&self, r: &Record) -> u32 {
        self.reg(r.rn).wrapping_add(self.reg(r.rm) << (r.sh & 3))
    }

    #[inline(always)]
    pub(super) fn load_into<B: Bus>(
        &mut self,
        bus: &mut B,
        r: &Record,
        address: u32,
        width: Width,
        extend: fn(u32) -> u32,
    ) -> Result<(), Trap> {
        let value = self.load(bus, address, width)?;
        self.set(r.rd, extend(value));
        Ok(())
    }

    #[inline(always)]
    pub(super) fn store_from<B: Bus>(
        &mut self,
        bus: &mut B,
        r: &Record,
        address: u32,
        width: Width,
    ) -> Result<(), Trap> {
        self.store(bus, address, width, self.reg(r.rd))
    }

    /// Address of the access, and the new base.
    #[inline(always)]
    fn with_index(&mut self, r: &Record, want: Want) -> Result<(u32, Option<u32>), Trap> {
        let base = self.reg(r.rn);
        let moved = base.wrapping_add(r.imm);
        match r.sh {
            indexing::PRE => Ok((moved, Some(moved))),
            indexing::POST => Ok((base, Some(moved))),
            indexing::UNPRIVILEGED if ppb::contains(moved) => Err(self.precise_fault(moved)),
            indexing::UNPRIVILEGED => self.check_data(moved, want, false).map(|()| (moved, None)),
            _ => Ok((moved, None)),
        }
    }

    #[inline(always)]
    pub(super) fn load_indexed<B: Bus>(
        &mut self,
        bus: &mut B,
        r: &Record,
        width: Width,
        extend: fn(u32) -> u32,
    ) -> Result<(), Trap> {
        let (address, base) = self.with_index(r, Want::Read)?;
        let value = self.load(bus, address, width)?;
        if let Some(base) = base {
            self.set(r.rn, base);
        }
        self.set(r.rd, extend(value));
        Ok(())
    }

    #[inline(always)]
    pub(super) fn store_indexed<B: Bus>(
        &mut self,
        bus: &mut B,
        r: &Record,
        width: Width,
    ) -> Result<(), Trap> {
        let (address, base) = self.with_index(r, Want::Write)?;
        self.store(bus, address, width, self.reg(r.rd))?;
        if let Some(base) = base {
            self.set(r.rn, base);
        }
        Ok(())
    }

    /// A literal lies next to the code: always aligned, never a device, and readable, unless memory is protected.
    #[inline(always)]
    pub(super) fn load_literal<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        self.check_data(r.imm, Want::Read, self.privileged())?;
        match bus.read(self.now, r.imm, Width::Word, Access::Data) {
            Ok(value) => {
                self.set(r.rd, value);
                Ok(())
            }
            Err(fault) => Err(self.precise_fault(fault.address)),
        }
    }

    #[inline(never)]
    pub(super) fn load_short_literal<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        let width = if matches!(r.sh, 1 | 3) { Width::Half } else { Width::Byte };
        let value = self.load(bus, r.imm, width)?;
        let value = match r.sh {
            3 => sign_extend(value, 16),
            4 => sign_extend(value, 8),
            _ => value,
        };
        self.set(r.rd, value);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn load_pc<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<u32, Trap> {
        let (address, base) = match r.sh {
            indexing::REGISTER => (self.reg(r.rn).wrapping_add(self.reg(r.rm) << (r.rd & 3)), None),
            indexing::LITERAL => (r.imm, None),
            _ => self.with_index(r, Want::Read)?,
        };
        self.require_alignment(address, Width::Word)?;
        let target = self.load(bus, address, Width::Word)?;
        if let Some(base) = base {
            self.set(r.rn, base);
        }
        self.branch_exchange(target)
    }

    #[inline(never)]
    pub(super) fn load_dual<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        let (address, base) = match r.sh {
            indexing::LITERAL => (r.imm, None),
            _ => self.with_index(r, Want::Read)?,
        };
        let first = self.load_aligned(bus, address)?;
        let second = self.load_aligned(bus, address.wrapping_add(4))?;
        if let Some(base) = base {
            self.set(r.rn, base);
        }
        self.set(r.rd, first);
        self.set(r.rm, second);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn store_dual<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        let (address, base) = self.with_index(r, Want::Write)?;
        self.store_aligned(bus, address, self.reg(r.rd))?;
        self.store_aligned(bus, address.wrapping_add(4), self.reg(r.rm))?;
        if let Some(base) = base {
            self.set(r.rn, base);
        }
        Ok(())
    }

    fn exclusive_width(r: &Record) -> Width {
        match r.sh {
            0 => Width::Word,
            1 => Width::Half,
            _ => Width::Byte,
        }
    }

    #[inline(never)]
    pub(super) fn load_exclusive<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        let address = self.reg(r.rn).wrapping_add(r.imm);
        let width = Self::exclusive_width(r);
        self.require_alignment(address, width)?;
        let value = self.load(bus, address, width)?;
        self.exclusive = true;
        self.set(r.rd, value);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn store_exclusive<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        let address = self.reg(r.rn).wrapping_add(r.imm);
        let width = Self::exclusive_width(r);
        self.require_alignment(address, width)?;
        if self.exclusive {
            self.store(bus, address, width, self.reg(r.rd))?;
        }
        self.set(r.rm, u32::from(!self.exclusive));
        self.exclusive = false;
        Ok(())
    }

    #[inline(never)]
    pub(super) fn table_branch<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<u32, Trap> {
        let (base, index) = (self.reg(r.rn), self.reg(r.rm));
        let entry = if r.op == Op::Tbb {
            self.load(bus, base.wrapping_add(index), Width::Byte)?
        } else {
            self.load(bus, base.wrapping_add(index << 1), Width::Half)?
        };
        Ok(self.r[PC].wrapping_add(2 * entry))
    }

    /// BX, POP and loads to PC: in a handler, a value that begins with 0xF is an exception return.
    #[inline(always)]
    pub(super) fn branch_exchange(&mut self, target: u32) -> Result<u32, Trap> {
        if target >= 0xF000_0000 && self.handler_mode() {
            self.trap_value = target;
            return Err(Trap::ExceptionReturn);
        }
        self.set_thumb(target & 1 != 0);
        Ok(target & !1)
    }

    /// A branch to an even address clears T; the next instruction faults.
    #[inline(always)]
    pub(super) fn set_thumb(&mut self, thumb: bool) {
        if !thumb {
            self.thumb = false;
            self.attention();
        }
    }

    /// UDF: a call to the host, or undefined.
    #[cold]
    pub(super) fn permanently_undefined(&mut self, imm: u32) -> Trap {
        if self.host_traps && (0xD0..=0xDF).contains(&imm) {
            self.trap_value = imm;
            Trap::HostCall
        } else {
            self.usage_fault(cfsr::UNDEFINSTR)
        }
    }
}
