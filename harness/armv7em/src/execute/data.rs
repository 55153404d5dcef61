//! Data processing: results, flags and conditions.

use crate::arithmetic::add_with_carry;
use crate::record::Record;
use crate::state::State;

impl State {
    /// Result of a logical operation, move or shift.
    #[inline(always)]
    pub(super) fn logical(&mut self, r: &Record, result: u32, carry: bool) {
        if r.s != 0 {
            self.set_nz(result);
            self.c = carry;
        }
        self.set(r.rd, result);
    }

    /// Result of `a + b + carry`.
    #[inline(always)]
    pub(super) fn add(&mut self, r: &Record, a: u32, b: u32, carry: bool) {
        let (result, carry, overflow) = add_with_carry(a, b, carry);
        if r.s != 0 {
            self.set_nz(result);
            self.c = carry;
            self.v = overflow;
        }
        self.set(r.rd, result);
    }

    /// Flags of `a + b + carry`.
    #[inline(always)]
    pub(super) fn compare(&mut self, a: u32, b: u32, carry: bool) {
        let (result, carry, overflow) = add_with_carry(a, b, carry);
        self.set_nz(result);
        self.c = carry;
        self.v = overflow;
    }

    #[inline(always)]
    pub(super) fn unsigned_product(&self, r: &Record) -> u64 {
        u64::from(self.reg(r.rn)) * u64::from(self.reg(r.rm))
    }

    #[inline(always)]
    pub(super) fn signed_product(&self, r: &Record) -> u64 {
        (i64::from(self.reg(r.rn) as i32) * i64::from(self.reg(r.rm) as i32)) as u64
    }

    #[inline(always)]
    pub(super) fn long(&self, low: u8, high: u8) -> u64 {
        u64::from(self.reg(high)) << 32 | u64::from(self.reg(low))
    }

    #[inline(always)]
    pub(super) fn set_long(&mut self, low: u8, high: u8, value: u64) {
        self.set(low, value as u32);
        self.set(high, (value >> 32) as u32);
    }

    /// The 4-bit condition holds.
    pub(crate) fn condition(&self, condition: u8) -> bool {
        let negative = self.n >> 31 != 0;
        let zero = self.z == 0;
        let holds = match condition >> 1 {
            0 => zero,
            1 => self.c,
            2 => negative,
            3 => self.v,
            4 => self.c && !zero,
            5 => negative == self.v,
            6 => negative == self.v && !zero,
            _ => return true,
        };
        holds != (condition & 1 != 0)
    }

    /// Moves to the next instruction of the IT block.
    pub(crate) fn advance_it(&mut self) {
        self.it = if self.it & 7 == 0 { 0 } else { self.it & 0xE0 | self.it << 1 & 0x1F };
    }
}
