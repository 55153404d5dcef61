//! LDM, STM, PUSH and POP. No register changes before every access has succeeded.

use crate::record::Record;
use crate::state::{State, Trap};
use crate::{Bus, Width};

const WRITEBACK: u8 = 1;
const DECREMENT: u8 = 2;

/// Lowest address of the transfer, and the base afterwards.
#[inline(always)]
fn span(r: &Record, base: u32) -> (u32, u32) {
    let bytes = 4 * r.imm.count_ones();
    if r.sh & DECREMENT != 0 {
        (base.wrapping_sub(bytes), base.wrapping_sub(bytes))
    } else {
        (base, base.wrapping_add(bytes))
    }
}

impl State {
    #[inline(always)]
    fn read_block<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<([u32; 16], u32), Trap> {
        let (mut address, after) = span(r, self.reg(r.rn));
        self.require_alignment(address, Width::Word)?;
        let mut values = self.r;
        let mut list = r.imm & 0xFFFF;
        while list != 0 {
            let register = list.trailing_zeros() as usize & 15;
            list &= list - 1;
            values[register] = self.load(bus, address, Width::Word)?;
            address = address.wrapping_add(4);
        }
        Ok((values, after))
    }

    #[inline(always)]
    fn finish_block(&mut self, r: &Record, values: [u32; 16], after: u32) {
        self.r = values;
        if r.sh & WRITEBACK != 0 {
            self.set(r.rn, after);
        }
    }

    #[inline(never)]
    pub(super) fn load_multiple<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        let (values, after) = self.read_block(bus, r)?;
        self.finish_block(r, values, after);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn load_multiple_pc<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<u32, Trap> {
        let (values, after) = self.read_block(bus, r)?;
        self.finish_block(r, values, after);
        self.branch_exchange(values[15])
    }

    #[inline(never)]
    pub(super) fn store_multiple<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        let (mut address, after) = span(r, self.reg(r.rn));
        self.require_alignment(address, Width::Word)?;
        let mut list = r.imm & 0xFFFF;
        while list != 0 {
            let register = list.trailing_zeros() as usize & 15;
            list &= list - 1;
            self.store(bus, address, Width::Word, self.r[register])?;
            address = address.wrapping_add(4);
        }
        if r.sh & WRITEBACK != 0 {
            self.set(r.rn, after);
        }
        Ok(())
    }
}
