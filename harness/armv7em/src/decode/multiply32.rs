//! Multiplies, divides, and data processing on registers (groups 0xFA and 0xFB).

use super::data32::register_shift_or_extend;
use super::dsp::{self, Dsp};
use super::{field, undefined};
use crate::record::{Op, Record};

pub(super) fn register_and_multiply(e: u32) -> Record {
    match (e & 1 << 24 != 0, e & 1 << 23 != 0) {
        (false, _) if field(e, 15, 12) != 15 => undefined(),
        (false, false) => register_shift_or_extend(e),
        (false, true) => register_misc(e),
        (true, false) => multiply(e),
        (true, true) => long_multiply(e),
    }
}

fn register_misc(e: u32) -> Record {
    let (rd, rm) = (field(e, 11, 8), field(e, 3, 0));
    if rd == 15 {
        return undefined();
    }
    let op1 = field(e, 22, 20);
    if e & 0x80 == 0 {
        // Parallel addition and subtraction: prefix in bits 6:4, operation in op1.
        let valid = matches!(op1, 0 | 1 | 2 | 4 | 5 | 6) && field(e, 5, 4) != 3;
        return if valid { dsp::record(Dsp::Parallel, e) } else { undefined() };
    }
    match (op1, field(e, 6, 4)) {
        (0, 0..=3) => dsp::record(Dsp::SaturatingAdd, e),
        (1, 0) => Record::new(Op::Rev).rd(rd).rm(rm),
        (1, 1) => Record::new(Op::Rev16).rd(rd).rm(rm),
        (1, 2) => Record::new(Op::Rbit).rd(rd).rm(rm),
        (1, 3) => Record::new(Op::Revsh).rd(rd).rm(rm),
        (2, 0) => dsp::record(Dsp::Select, e),
        (3, 0) => Record::new(Op::Clz).rd(rd).rm(rm),
        _ => undefined(),
    }
}

fn multiply(e: u32) -> Record {
    let (rn, ra, rd, rm) = (field(e, 19, 16), field(e, 15, 12), field(e, 11, 8), field(e, 3, 0));
    if e & 0xC0 != 0 || rd == 15 {
        return undefined();
    }
    let record = |op| Record::new(op).rd(rd).rn(rn).rm(rm).sh(ra as u8);
    match (field(e, 22, 20), field(e, 5, 4)) {
        (0, 0) if ra == 15 => record(Op::Mul),
        (0, 0) => record(Op::Mla),
        (0, 1) if ra != 15 => record(Op::Mls),
        (1, _) => dsp::record(Dsp::MultiplyHalves, e),
        (2, 0 | 1) => dsp::record(Dsp::DualMultiply, e),
        (3, 0 | 1) => dsp::record(Dsp::MultiplyWordHalf, e),
        (4, 0 | 1) => dsp::record(Dsp::DualMultiply, e),
        (5, 0 | 1) => dsp::record(Dsp::MostSignificant, e),
        (6, 0 | 1) if ra != 15 => dsp::record(Dsp::MostSignificant, e),
        (7, 0) => dsp::record(Dsp::AbsoluteDifferences, e),
        _ => undefined(),
    }
}

fn long_multiply(e: u32) -> Record {
    let (rn, low, high, rm) = (field(e, 19, 16), field(e, 15, 12), field(e, 11, 8), field(e, 3, 0));
    let (op1, op2) = (field(e, 22, 20), field(e, 7, 4));
    if high == 15 {
        return undefined();
    }
    if let (1, 15, 15) | (3, 15, 15) = (op1, op2, low) {
        // Rd is where a long multiply has its high half.
        let op = if op1 == 1 { Op::Sdiv } else { Op::Udiv };
        return Record::new(op).rd(high).rn(rn).rm(rm).cost(6);
    }
    if low == 15 {
        return undefined();
    }
    let record = |op| Record::new(op).rd(low).sh(high as u8).rn(rn).rm(rm);
    match (op1, op2) {
        (0, 0) => record(Op::Smull),
        (2, 0) => record(Op::Umull),
        (4, 0) => record(Op::Smlal),
        (4, 8..=11) => dsp::record(Dsp::MultiplyHalvesLong, e),
        (4, 12 | 13) | (5, 12 | 13) => dsp::record(Dsp::DualMultiplyLong, e),
        (6, 0) => record(Op::Umlal),
        (6, 6) => record(Op::Umaal),
        _ => undefined(),
    }
}
