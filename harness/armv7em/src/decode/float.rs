//! Instructions of the floating-point extension (single precision, 16 double-word registers) and of absent coprocessors.

use super::{field, undefined};
use crate::float::Fixed;
use crate::record::{Op, Record};

/// What a floating-point instruction does: value of [`Record::sh`].
///
/// Registers S0 to S31 are numbered 0 to 31 in `rd`, `rn` and `rm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Float {
    // rd, rn, rm.
    MulAdd,
    MulSub,
    NegMulSub,
    NegMulAdd,
    Mul,
    NegMul,
    Add,
    Sub,
    Div,
    FusedNegMulSub,
    FusedNegMulAdd,
    FusedMulAdd,
    FusedMulSub,
    // rd, rm.
    Copy,
    Abs,
    Neg,
    Sqrt,
    /// rd = imm.
    Immediate,
    // rd, rm; imm = bit position of the half.
    HalfToSingle,
    SingleToHalf,
    // rd, rm; s = 1 when a quiet NaN is invalid too.
    Compare,
    CompareZero,
    // rd, rm; rn and imm as in `fixed`; s = 1 for the rounding that FPSCR does not choose.
    ToFixed,
    FromFixed,
    /// rd = first register, rm = number of registers, \[rn\], imm = offset to the new base; s = 1 writeback.
    Load,
    Store,
    /// rd = first register, rm = number of registers, \[rn + imm\].
    LoadOffset,
    StoreOffset,
    /// rd = first register, rm = number of registers, \[imm\].
    LoadLiteral,
    /// rd = first register, rm = number of registers; rn and imm = core registers.
    ToCore,
    FromCore,
    /// rn = core register, 15 for the flags.
    ReadStatus,
    WriteStatus,
}

impl Float {
    pub(crate) const ALL: [Float; 33] = [
        Float::MulAdd,
        Float::MulSub,
        Float::NegMulSub,
        Float::NegMulAdd,
        Float::Mul,
        Float::NegMul,
        Float::Add,
        Float::Sub,
        Float::Div,
        Float::FusedNegMulSub,
        Float::FusedNegMulAdd,
        Float::FusedMulAdd,
        Float::FusedMulSub,
        Float::Copy,
        Float::Abs,
        Float::Neg,
        Float::Sqrt,
        Float::Immediate,
        Float::HalfToSingle,
        Float::SingleToHalf,
        Float::Compare,
        Float::CompareZero,
        Float::ToFixed,
        Float::FromFixed,
        Float::Load,
        Float::Store,
        Float::LoadOffset,
        Float::StoreOffset,
        Float::LoadLiteral,
        Float::ToCore,
        Float::FromCore,
        Float::ReadStatus,
        Float::WriteStatus,
    ];

    pub(crate) fn from_code(code: u8) -> Float {
        Self::ALL[usize::from(code) % Self::ALL.len()]
    }
}

/// The fixed-point format of a conversion.
pub(crate) fn fixed(r: &Record) -> Fixed {
    Fixed { bits: if r.imm & 2 != 0 { 16 } else { 32 }, fraction: u32::from(r.rn), unsigned: r.imm & 1 != 0 }
}

/// Decodes an instruction of any coprocessor.
pub(super) fn coprocessor(e: u32, address: u32) -> Record {
    if field(e, 25, 24) == 3 {
        return undefined();
    }
    let number = field(e, 11, 8);
    let known = match (number, field(e, 28, 28)) {
        (10 | 11, 0) => floating_point(e, address),
        _ => None,
    };
    // Access is checked before the encoding.
    known.unwrap_or_else(|| Record::new(Op::Coprocessor).rd(number))
}

fn floating_point(e: u32, address: u32) -> Option<Record> {
    let double = field(e, 8, 8) != 0;
    match (field(e, 25, 24), field(e, 4, 4)) {
        (2, 1) => core_transfer(e, double),
        (2, _) if double => None,
        (2, _) => data_processing(e),
        _ => load_store(e, address, double),
    }
}

fn record(what: Float, rd: u32, rn: u32, rm: u32) -> Record {
    Record { rd: rd as u8, rn: rn as u8, rm: rm as u8, ..Record::new(Op::Float).sh(what as u8) }
}

/// Numbers of the destination and the two operand registers.
fn registers(e: u32) -> (u32, u32, u32) {
    (
        field(e, 15, 12) << 1 | field(e, 22, 22),
        field(e, 19, 16) << 1 | field(e, 7, 7),
        field(e, 3, 0) << 1 | field(e, 5, 5),
    )
}

fn data_processing(e: u32) -> Option<Record> {
    let (d, n, m) = registers(e);
    let (what, cost) = match (field(e, 23, 23) << 2 | field(e, 21, 20), field(e, 6, 6)) {
        (0, 0) => (Float::MulAdd, 3),
        (0, _) => (Float::MulSub, 3),
        (1, 0) => (Float::NegMulSub, 3),
        (1, _) => (Float::NegMulAdd, 3),
        (2, 0) => (Float::Mul, 1),
        (2, _) => (Float::NegMul, 1),
        (3, 0) => (Float::Add, 1),
        (3, _) => (Float::Sub, 1),
        (4, 0) => (Float::Div, 14),
        (5, 0) => (Float::FusedNegMulSub, 3),
        (5, _) => (Float::FusedNegMulAdd, 3),
        (6, 0) => (Float::FusedMulAdd, 3),
        (6, _) => (Float::FusedMulSub, 3),
        (7, 0) => {
            let immediate = expand_immediate(field(e, 19, 16) << 4 | field(e, 3, 0));
            return (e & 0xA0 == 0).then(|| record(Float::Immediate, d, 0, 0).imm(immediate));
        }
        (7, _) => return one_operand(e, d, m),
        _ => return None,
    };
    Some(record(what, d, n, m).cost(cost))
}

fn one_operand(e: u32, d: u32, m: u32) -> Option<Record> {
    let (opcode, high) = (field(e, 19, 16), field(e, 7, 7));
    let integer = |what, unsigned: u32, other: u32| record(what, d, 0, m).imm(unsigned).s(other as u8);
    Some(match (opcode, high) {
        (0, 0) => record(Float::Copy, d, 0, m),
        (0, _) => record(Float::Abs, d, 0, m),
        (1, 0) => record(Float::Neg, d, 0, m),
        (1, _) => record(Float::Sqrt, d, 0, m).cost(14),
        (2, _) => record(Float::HalfToSingle, d, 0, m).imm(16 * high),
        (3, _) => record(Float::SingleToHalf, d, 0, m).imm(16 * high),
        (4, _) => record(Float::Compare, d, 0, m).s(high as u8),
        (5, _) if e & 0x2F == 0 => record(Float::CompareZero, d, 0, 0).s(high as u8),
        (8, _) => integer(Float::FromFixed, 1 - high, 0),
        (12, _) => integer(Float::ToFixed, 1, high),
        (13, _) => integer(Float::ToFixed, 0, high),
        (10 | 11 | 14 | 15, _) => {
            let bits: u32 = if high != 0 { 32 } else { 16 };
            // More fraction bits than there are bits are UNPREDICTABLE.
            let fraction = bits.checked_sub(m_as_number(e))?;
            let what = if opcode & 4 != 0 { Float::ToFixed } else { Float::FromFixed };
            let format = field(opcode, 0, 0) | if bits == 16 { 2 } else { 0 };
            // Always to nearest from fixed point, towards zero to it.
            record(what, d, fraction, d).imm(format).s(1)
        }
        _ => return None,
    })
}

/// The operand field read as a 5-bit number.
fn m_as_number(e: u32) -> u32 {
    field(e, 3, 0) << 1 | field(e, 5, 5)
}

/// The 8-bit immediate of VMOV: sign, three bits of exponent, four of fraction.
fn expand_immediate(imm8: u32) -> u32 {
    let exponent = if imm8 & 0x40 != 0 { 0x1F << 25 } else { 1 << 30 };
    (imm8 & 0x80) << 24 | exponent | (imm8 & 0x3F) << 19
}

/// Registers of a transfer that begins at `Vd`: the first, and whether so many exist.
fn span(e: u32, double: bool, words: u32) -> Option<u32> {
    let first = match (double, field(e, 22, 22)) {
        (false, bit) => field(e, 15, 12) << 1 | bit,
        (true, 0) => field(e, 15, 12) << 1,
        // There is no D16.
        (true, _) => return None,
    };
    (first + words <= 32).then_some(first)
}

fn load_store(e: u32, address: u32, double: bool) -> Option<Record> {
    let (p, u, w, load) = (field(e, 24, 24), field(e, 23, 23), field(e, 21, 21), field(e, 20, 20) != 0);
    let (rn, imm8) = (field(e, 19, 16), field(e, 7, 0));
    let distance = if u != 0 { 4 * imm8 } else { (4 * imm8).wrapping_neg() };
    match (p, u, w) {
        (0, 0, 0) => pair_transfer(e, double),
        (1, _, 0) => {
            let words = 1 + u32::from(double);
            let first = span(e, double, words)?;
            let (what, imm) = match (load, rn) {
                (true, 15) => (Float::LoadLiteral, (address.wrapping_add(4) & !3).wrapping_add(distance)),
                (true, _) => (Float::LoadOffset, distance),
                (false, 15) => return None,
                (false, _) => (Float::StoreOffset, distance),
            };
            Some(record(what, first, rn, words).imm(imm).cost(1 + words))
        }
        (0, 1, _) | (1, 0, 1) => {
            // An odd number of words for double-words moves the base one word further than there is data.
            let words = if double { imm8 & !1 } else { imm8 };
            if words == 0 || rn == 15 {
                return None;
            }
            let first = span(e, double, words)?;
            let what = if load { Float::Load } else { Float::Store };
            Some(record(what, first, rn, words).imm(distance).s(w as u8).cost(1 + words))
        }
        _ => None,
    }
}

fn forbidden(register: u32) -> bool {
    register == 13 || register == 15
}

/// Two core registers and two singles or one double-word register.
fn pair_transfer(e: u32, double: bool) -> Option<Record> {
    // Bit 22 tells it from undefined encodings.
    if field(e, 22, 22) == 0 || e & 0xD0 != 0x10 {
        return None;
    }
    let (rt, rt2, to_core) = (field(e, 15, 12), field(e, 19, 16), field(e, 20, 20) != 0);
    let first = match (double, field(e, 5, 5)) {
        (false, bit) => field(e, 3, 0) << 1 | bit,
        (true, 0) => field(e, 3, 0) << 1,
        (true, _) => return None,
    };
    if forbidden(rt) || forbidden(rt2) || first == 31 || (to_core && rt == rt2) {
        return None;
    }
    let what = if to_core { Float::ToCore } else { Float::FromCore };
    Some(record(what, first, rt, 2).imm(rt2).cost(2))
}

/// One core register and a single, half of a double-word register, or FPSCR.
fn core_transfer(e: u32, double: bool) -> Option<Record> {
    let (rt, to_core) = (field(e, 15, 12), field(e, 20, 20) != 0);
    if e & 0x6F != 0 {
        return None;
    }
    let kind = field(e, 23, 21);
    let register = match (kind, double) {
        (0, false) => field(e, 19, 16) << 1 | field(e, 7, 7),
        // The register number has no fifth bit here either.
        (0 | 1, true) if field(e, 7, 7) == 0 => field(e, 19, 16) << 1 | kind,
        (7, false) if field(e, 19, 16) == 1 && field(e, 7, 7) == 0 => {
            let what = if to_core { Float::ReadStatus } else { Float::WriteStatus };
            let flags = to_core && rt == 15;
            return (flags || !forbidden(rt)).then(|| record(what, 0, rt, 0));
        }
        _ => return None,
    };
    let what = if to_core { Float::ToCore } else { Float::FromCore };
    (!forbidden(rt)).then(|| record(what, register, rt, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_there_and_back() {
        for kind in Float::ALL {
            assert_eq!(Float::from_code(kind as u8), kind);
        }
    }

    #[test]
    fn immediates() {
        for (imm8, value) in
            [(0x70, 1.0_f32), (0x00, 2.0), (0x78, 1.5), (0xF0, -1.0), (0x3F, 31.0), (0x40, 0.125)]
        {
            assert_eq!(f32::from_bits(expand_immediate(imm8)), value, "{imm8:#x}");
        }
    }
}
