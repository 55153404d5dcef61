//! 32-bit data processing: shifted register, modified immediate, plain immediate.

use super::dsp::{self, Dsp};
use super::{field, undefined};
use crate::arithmetic::{LSL, ROR, expand_immediate, immediate_shift, sign_extend};
use crate::record::set_flags::{ALWAYS, NEVER};
use crate::record::{Op, Record};

/// The operations of the two regular groups: constant, register and shifted-register form.
const AND: [Op; 3] = [Op::AndImm, Op::AndReg, Op::AndShift];
const TST: [Op; 3] = [Op::TstImm, Op::TstReg, Op::TstShift];
const BIC: [Op; 3] = [Op::BicImm, Op::BicReg, Op::BicShift];
const ORR: [Op; 3] = [Op::OrrImm, Op::OrrReg, Op::OrrShift];
const MOV: [Op; 3] = [Op::MovImm, Op::MovReg, Op::MovShift];
const ORN: [Op; 3] = [Op::OrnImm, Op::OrnReg, Op::OrnShift];
const MVN: [Op; 3] = [Op::MvnImm, Op::MvnReg, Op::MvnShift];
const EOR: [Op; 3] = [Op::EorImm, Op::EorReg, Op::EorShift];
const TEQ: [Op; 3] = [Op::TeqImm, Op::TeqReg, Op::TeqShift];
const ADD: [Op; 3] = [Op::AddImm, Op::AddReg, Op::AddShift];
const CMN: [Op; 3] = [Op::CmnImm, Op::CmnReg, Op::CmnShift];
const ADC: [Op; 3] = [Op::AdcImm, Op::AdcReg, Op::AdcShift];
const SBC: [Op; 3] = [Op::SbcImm, Op::SbcReg, Op::SbcShift];
const SUB: [Op; 3] = [Op::SubImm, Op::SubReg, Op::SubShift];
const CMP: [Op; 3] = [Op::CmpImm, Op::CmpReg, Op::CmpShift];
const RSB: [Op; 3] = [Op::RsbImm, Op::RsbReg, Op::RsbShift];

/// Which operation: Rd = 15 with S turns the plain form into the test form, Rn = 15 the or form into a move.
fn operation(e: u32) -> Option<[Op; 3]> {
    let set = e & 1 << 20 != 0;
    let test = field(e, 11, 8) == 15 && set;
    let moves = field(e, 19, 16) == 15;
    let ops = match field(e, 24, 21) {
        0x0 if test => TST,
        0x0 => AND,
        0x1 => BIC,
        0x2 if moves => MOV,
        0x2 => ORR,
        0x3 if moves => MVN,
        0x3 => ORN,
        0x4 if test => TEQ,
        0x4 => EOR,
        0x8 if test => CMN,
        0x8 => ADD,
        0xA => ADC,
        0xB => SBC,
        0xD if test => CMP,
        0xD => SUB,
        0xE => RSB,
        _ => return None,
    };
    let writes = !matches!(ops[0], Op::TstImm | Op::TeqImm | Op::CmnImm | Op::CmpImm);
    if writes && field(e, 11, 8) == 15 { None } else { Some(ops) }
}

fn flags(e: u32) -> u8 {
    if e & 1 << 20 != 0 { ALWAYS } else { NEVER }
}

pub(super) fn shifted_register(e: u32) -> Record {
    let (rn, rd, rm) = (field(e, 19, 16), field(e, 11, 8), field(e, 3, 0));
    if e & 0x8000 != 0 {
        return undefined();
    }
    if field(e, 24, 21) == 6 {
        // PKHBT and PKHTB.
        return if e & 0x0010_0010 == 0 && rd != 15 { dsp::record(Dsp::Pack, e) } else { undefined() };
    }
    let Some(ops) = operation(e) else {
        return undefined();
    };
    let (kind, amount) = immediate_shift(field(e, 5, 4), field(e, 14, 12) << 2 | field(e, 7, 6));
    let record = Record::new(ops[2]).rd(rd).rn(rn).rm(rm).sh(kind).imm(u32::from(amount)).s(flags(e));
    if kind == LSL && amount == 0 { Record { op: ops[1], ..record } } else { record }
}

pub(super) fn modified_immediate(e: u32) -> Record {
    let Some(ops) = operation(e) else {
        return undefined();
    };
    let (value, carry) = expand_immediate(field(e, 26, 26) << 11 | field(e, 14, 12) << 8 | field(e, 7, 0));
    Record::new(ops[0]).rd(field(e, 11, 8)).rn(field(e, 19, 16)).imm(value).sh(u8::from(carry)).s(flags(e))
}

pub(super) fn plain_immediate(e: u32, address: u32) -> Record {
    let (rn, rd) = (field(e, 19, 16), field(e, 11, 8));
    if rd == 15 {
        return undefined();
    }
    let imm12 = field(e, 26, 26) << 11 | field(e, 14, 12) << 8 | field(e, 7, 0);
    let imm16 = rn << 12 | imm12;
    let low = field(e, 14, 12) << 2 | field(e, 7, 6);
    let high = field(e, 4, 0);
    if e & 1 << 24 != 0 && (e & 1 << 26 != 0 || e & 1 << 5 != 0) {
        return undefined();
    }
    let base = address.wrapping_add(4) & !3;
    match field(e, 24, 20) {
        0b00000 if rn == 15 => Record::new(Op::MovImm).rd(rd).imm(base.wrapping_add(imm12)),
        0b00000 => Record::new(Op::AddImm).rd(rd).rn(rn).imm(imm12),
        0b00100 => Record::new(Op::MovImm).rd(rd).imm(imm16),
        0b01010 if rn == 15 => Record::new(Op::MovImm).rd(rd).imm(base.wrapping_sub(imm12)),
        0b01010 => Record::new(Op::SubImm).rd(rd).rn(rn).imm(imm12),
        0b01100 => Record::new(Op::Movt).rd(rd).imm(imm16),
        0b10010 if low == 0 => dsp::record(Dsp::Saturate16, e),
        0b11010 if low == 0 => dsp::record(Dsp::Saturate16, e),
        op @ (0b10000 | 0b10010 | 0b11000 | 0b11010) => {
            let (kind, amount) = immediate_shift(op & 2, low);
            let signed = op & 8 == 0;
            let bits = if signed { high + 1 } else { high };
            Record::new(if signed { Op::Ssat } else { Op::Usat })
                .rd(rd)
                .rn(rn)
                .rm(u32::from(kind))
                .imm(u32::from(amount))
                .sh(bits as u8)
        }
        0b10100 | 0b11100 if low + high > 31 => undefined(),
        op @ (0b10100 | 0b11100) => Record::new(if op == 0b10100 { Op::Sbfx } else { Op::Ubfx })
            .rd(rd)
            .rn(rn)
            .rm(low)
            .sh(high as u8 + 1),
        // The last bit lies below the first: UNPREDICTABLE.
        0b10110 if high < low => undefined(),
        0b10110 => {
            let record = Record::new(Op::Bfi).rd(rd).rn(rn).rm(low).sh((high - low + 1) as u8);
            // Rn = 15 is BFC, which inserts zeros; imm masks the source.
            record.imm(if rn == 15 { 0 } else { u32::MAX })
        }
        _ => undefined(),
    }
}

/// Register shifts and the plain extends (group 0xFA with op1 below 8).
pub(super) fn register_shift_or_extend(e: u32) -> Record {
    let (rn, rd, rm) = (field(e, 19, 16), field(e, 11, 8), field(e, 3, 0));
    if rd == 15 {
        return undefined();
    }
    let op1 = field(e, 23, 20);
    if field(e, 7, 4) == 0 {
        let kind = (op1 >> 1) as u8;
        debug_assert!(kind <= ROR);
        return Record::new(Op::ShiftByReg).rd(rd).rn(rn).rm(rm).sh(kind).s(flags(e));
    }
    if e & 0xC0 != 0x80 || op1 > 5 {
        return undefined();
    }
    let op = match op1 {
        0 => Op::Sxth,
        1 => Op::Uxth,
        4 => Op::Sxtb,
        5 => Op::Uxtb,
        _ => return dsp::record(Dsp::Extend, e),
    };
    if rn != 15 {
        return dsp::record(Dsp::Extend, e);
    }
    Record::new(op).rd(rd).rm(rm).sh((field(e, 5, 4) * 8) as u8)
}

/// Offset of a conditional branch in its 32-bit form.
pub(super) fn branch_offset_20(e: u32) -> u32 {
    let bits = field(e, 26, 26) << 20
        | field(e, 11, 11) << 19
        | field(e, 13, 13) << 18
        | field(e, 21, 16) << 12
        | field(e, 10, 0) << 1;
    sign_extend(bits, 21)
}

/// Offset of B.W and BL.
pub(super) fn branch_offset_24(e: u32) -> u32 {
    let s = field(e, 26, 26);
    let i1 = field(e, 13, 13) ^ s ^ 1;
    let i2 = field(e, 11, 11) ^ s ^ 1;
    let bits = s << 24 | i1 << 23 | i2 << 22 | field(e, 25, 16) << 12 | field(e, 10, 0) << 1;
    sign_extend(bits, 25)
}
