//! The DSP extension, except parallel addition and subtraction.

use super::parallel;
use crate::arithmetic::{
    ASR, LSL, immediate_shift, saturate_signed, saturate_unsigned, shift_with_carry, sign_extend,
};
use crate::decode::Dsp;
use crate::record::Record;
use crate::state::State;

/// The register fields of a DSP encoding.
struct Fields {
    e: u32,
    n: u32,
    m: u32,
    /// Accumulator; `None` where the field is 15 and the instruction has none.
    a: Option<u32>,
}

impl Fields {
    fn bit(&self, at: u32) -> bool {
        self.e >> at & 1 != 0
    }

    fn op1(&self) -> u32 {
        self.e >> 20 & 7
    }

    fn accumulator(&self) -> i64 {
        i64::from(self.a.unwrap_or(0) as i32)
    }
}

fn low(value: u32) -> i64 {
    i64::from(value as u16 as i16)
}

fn high(value: u32) -> i64 {
    low(value >> 16)
}

fn half(value: u32, top: bool) -> i64 {
    if top { high(value) } else { low(value) }
}

impl State {
    #[inline(never)]
    pub(super) fn dsp(&mut self, r: &Record) {
        let e = r.imm;
        let (ra, rd) = ((e >> 12 & 15) as u8, (e >> 8 & 15) as u8);
        let f = Fields {
            e,
            n: self.reg((e >> 16 & 15) as u8),
            m: self.reg((e & 15) as u8),
            a: (ra != 15).then(|| self.reg(ra)),
        };
        let result = match Dsp::from_code(r.sh) {
            Dsp::Pack => pack(&f),
            Dsp::Saturate16 => self.saturate_16(&f),
            Dsp::Extend => extend(&f, e >> 16 & 15 == 15),
            Dsp::Parallel => {
                let (result, ge) = parallel::combine(e >> 20 & 7, e >> 4 & 7, f.n, f.m);
                if let Some(ge) = ge {
                    self.ge = ge;
                }
                result
            }
            Dsp::SaturatingAdd => self.saturating_add(&f),
            Dsp::Select => parallel::select(self.ge, f.n, f.m),
            Dsp::MultiplyHalves => self.narrow(half(f.n, f.bit(5)) * half(f.m, f.bit(4)) + f.accumulator()),
            Dsp::DualMultiply => {
                let (first, second) = dual_products(&f);
                let sum = if f.op1() == 2 { first + second } else { first - second };
                self.narrow(sum + f.accumulator())
            }
            Dsp::MultiplyWordHalf => {
                let product = i64::from(f.n as i32) * half(f.m, f.bit(4));
                self.narrow((product >> 16) + f.accumulator())
            }
            Dsp::MostSignificant => most_significant(&f),
            Dsp::AbsoluteDifferences => {
                parallel::absolute_differences(f.n, f.m).wrapping_add(f.a.unwrap_or(0))
            }
            Dsp::MultiplyHalvesLong => {
                let product = half(f.n, f.bit(5)) * half(f.m, f.bit(4));
                return self.accumulate_long(ra, rd, product);
            }
            Dsp::DualMultiplyLong => {
                let (first, second) = dual_products(&f);
                let sum = if f.op1() == 4 { first + second } else { first - second };
                return self.accumulate_long(ra, rd, sum);
            }
        };
        self.set(rd, result);
    }

    fn accumulate_long(&mut self, low: u8, high: u8, value: i64) {
        self.set_long(low, high, self.long(low, high).wrapping_add(value as u64));
    }

    /// Keeps 32 bits; Q remembers when that was not enough.
    fn narrow(&mut self, value: i64) -> u32 {
        self.q |= i64::from(value as i32) != value;
        value as u32
    }

    fn clamp(&mut self, value: i64) -> u32 {
        let (result, saturated) = saturate_signed(value, 32);
        self.q |= saturated;
        result
    }

    /// QADD, QDADD, QSUB, QDSUB: the second operand is Rn.
    fn saturating_add(&mut self, f: &Fields) -> u32 {
        let mut n = i64::from(f.n as i32);
        if f.bit(4) {
            n = i64::from(self.clamp(2 * n) as i32);
        }
        let m = i64::from(f.m as i32);
        self.clamp(if f.bit(5) { m - n } else { m + n })
    }

    fn saturate_16(&mut self, f: &Fields) -> u32 {
        let bits = f.e & 15;
        let mut lane = |value: i64| {
            let (result, saturated) =
                if f.bit(23) { saturate_unsigned(value, bits) } else { saturate_signed(value, bits + 1) };
            self.q |= saturated;
            result & 0xFFFF
        };
        lane(low(f.n)) | lane(high(f.n)) << 16
    }
}

fn dual_products(f: &Fields) -> (i64, i64) {
    let m = if f.bit(4) { f.m.rotate_right(16) } else { f.m };
    (low(f.n) * low(m), high(f.n) * high(m))
}

/// PKHBT and PKHTB.
fn pack(f: &Fields) -> u32 {
    let amount = (f.e >> 12 & 7) << 2 | f.e >> 6 & 3;
    let top_first = f.bit(5);
    let (kind, amount) = immediate_shift(u32::from(if top_first { ASR } else { LSL }), amount);
    let shifted = shift_with_carry(f.m, kind, u32::from(amount), false).0;
    if top_first { f.n & 0xFFFF_0000 | shifted & 0xFFFF } else { shifted & 0xFFFF_0000 | f.n & 0xFFFF }
}

/// Extends with addition, and the forms on two bytes at once.
fn extend(f: &Fields, alone: bool) -> u32 {
    let value = f.m.rotate_right((f.e >> 4 & 3) * 8);
    let base = if alone { 0 } else { f.n };
    match f.op1() {
        0 => base.wrapping_add(sign_extend(value, 16)),
        1 => base.wrapping_add(value & 0xFFFF),
        4 => base.wrapping_add(sign_extend(value, 8)),
        5 => base.wrapping_add(value & 0xFF),
        op1 => {
            let byte = |at: u32| {
                let byte = value >> at & 0xFF;
                if op1 == 2 { sign_extend(byte, 8) } else { byte }
            };
            let low = base.wrapping_add(byte(0)) & 0xFFFF;
            let high = (base >> 16).wrapping_add(byte(16)) & 0xFFFF;
            high << 16 | low
        }
    }
}

/// SMMUL, SMMLA and SMMLS: the high word of a 64-bit result, rounded in the R forms.
fn most_significant(f: &Fields) -> u32 {
    let product = i64::from(f.n as i32) * i64::from(f.m as i32);
    let accumulator = f.accumulator() << 32;
    let sum =
        if f.op1() == 5 { accumulator.wrapping_add(product) } else { accumulator.wrapping_sub(product) };
    let rounding = if f.bit(4) { 0x8000_0000 } else { 0 };
    (sum.wrapping_add(rounding) >> 32) as u32
}
