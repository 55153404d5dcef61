//! 32-bit loads and stores.

use super::{field, undefined};
use crate::record::{Op, Record, indexing};

/// Load and store multiple, dual, exclusive, and table branch.
pub(super) fn multiple_dual_exclusive(e: u32, address: u32) -> Record {
    if e & 1 << 22 == 0 { multiple(e) } else { dual_exclusive_table(e, address) }
}

fn multiple(e: u32) -> Record {
    let decrement = match field(e, 24, 23) {
        1 => false,
        2 => true,
        _ => return undefined(),
    };
    let (rn, list, load) = (field(e, 19, 16), e & 0xFFFF, e & 1 << 20 != 0);
    // Fewer than two registers, SP in the list, PC as a base are UNPREDICTABLE. Lists with bits that cannot be are refused.
    if rn == 15 || list == 0 || list & 1 << 13 != 0 || (!load && list & 1 << 15 != 0) {
        return undefined();
    }
    let writeback = e & 1 << 21 != 0;
    if writeback && list & 1 << rn != 0 {
        return undefined();
    }
    let sh = u8::from(writeback) | u8::from(decrement) << 1;
    let count = list.count_ones();
    let (op, cost) = match (load, list & 1 << 15 != 0) {
        (false, _) => (Op::Stm, 1 + count),
        (true, false) => (Op::Ldm, 1 + count),
        (true, true) => (Op::LdmPc, 4 + count),
    };
    Record::new(op).rn(rn).imm(list).sh(sh).cost(cost)
}

fn dual_exclusive_table(e: u32, address: u32) -> Record {
    let (rn, rt, rt2) = (field(e, 19, 16), field(e, 15, 12), field(e, 11, 8));
    let (load, imm8) = (e & 1 << 20 != 0, field(e, 7, 0));
    let (p, u, w) = (e & 1 << 24 != 0, e & 1 << 23 != 0, e & 1 << 21 != 0);
    if p || w {
        if rt == 15 || rt2 == 15 || (rn == 15 && (!load || w)) {
            return undefined();
        }
        let offset = if u { imm8 * 4 } else { (imm8 * 4).wrapping_neg() };
        let record = Record::new(if load { Op::Ldrd } else { Op::Strd }).rd(rt).rm(rt2).rn(rn).cost(3);
        if rn == 15 {
            let base = address.wrapping_add(4) & !3;
            return record.sh(indexing::LITERAL).imm(base.wrapping_add(offset));
        }
        let mode = match (p, w) {
            (true, false) => indexing::OFFSET,
            (true, true) => indexing::PRE,
            _ => indexing::POST,
        };
        return record.sh(mode).imm(offset);
    }
    if !u {
        // STREX has Rd in the place of Rt2.
        return exclusive(load, rn, rt, rt2, if load { rt2 } else { 15 }).imm(imm8 * 4);
    }
    let (size, low) = (field(e, 7, 4), field(e, 3, 0));
    match (load, size) {
        (true, 0) if rt == 15 && rt2 == 0 => Record::new(Op::Tbb).rn(rn).rm(low).cost(4),
        (true, 1) if rt == 15 && rt2 == 0 => Record::new(Op::Tbh).rn(rn).rm(low).cost(4),
        (true, 4 | 5) if rt2 != 15 => undefined(),
        (_, 4 | 5) => {
            let ones = if load { low } else { rt2 };
            exclusive(load, rn, rt, low, ones).sh(if size == 4 { 2 } else { 1 })
        }
        _ => undefined(),
    }
}

/// LDREX and STREX of any width. `ones` is a field that must be 15.
fn exclusive(load: bool, rn: u32, rt: u32, status: u32, ones: u32) -> Record {
    let bad = |register: u32| register == 13 || register == 15;
    if rn == 15 || bad(rt) || ones != 15 {
        return undefined();
    }
    if load {
        return Record::new(Op::Ldrex).rd(rt).rn(rn).cost(2);
    }
    if bad(status) || status == rn || status == rt {
        return undefined();
    }
    Record::new(Op::Strex).rd(rt).rn(rn).rm(status).cost(2)
}

/// The three addressing forms of one load or store: offset, register, indexed; and its size code for literals.
struct Forms {
    imm: Op,
    reg: Op,
    idx: Op,
    size: u8,
}

/// Loads and stores of one register.
pub(super) fn single(e: u32, address: u32) -> Record {
    let (signed, load, size) = (e & 1 << 24 != 0, e & 1 << 20 != 0, field(e, 22, 21));
    let (rn, rt) = (field(e, 19, 16), field(e, 15, 12));
    let forms = match (load, signed, size) {
        (false, false, 0) => Forms { imm: Op::StrbImm, reg: Op::StrbReg, idx: Op::StrbIdx, size: 2 },
        (false, false, 1) => Forms { imm: Op::StrhImm, reg: Op::StrhReg, idx: Op::StrhIdx, size: 1 },
        (false, false, 2) => Forms { imm: Op::StrImm, reg: Op::StrReg, idx: Op::StrIdx, size: 0 },
        (true, false, 0) => Forms { imm: Op::LdrbImm, reg: Op::LdrbReg, idx: Op::LdrbIdx, size: 2 },
        (true, false, 1) => Forms { imm: Op::LdrhImm, reg: Op::LdrhReg, idx: Op::LdrhIdx, size: 1 },
        (true, false, 2) => Forms { imm: Op::LdrImm, reg: Op::LdrReg, idx: Op::LdrIdx, size: 0 },
        (true, true, 0) => Forms { imm: Op::LdrsbImm, reg: Op::LdrsbReg, idx: Op::LdrsbIdx, size: 4 },
        (true, true, 1) => Forms { imm: Op::LdrshImm, reg: Op::LdrshReg, idx: Op::LdrshIdx, size: 3 },
        _ => return undefined(),
    };
    let long = e & 1 << 23 != 0;
    let record = if load && rn == 15 {
        let base = address.wrapping_add(4) & !3;
        let offset = field(e, 11, 0);
        let target = if long { base.wrapping_add(offset) } else { base.wrapping_sub(offset) };
        let op = if size == 2 { Op::LdrLit } else { Op::LoadLit };
        Record::new(op).imm(target).sh(if size == 2 { indexing::LITERAL } else { forms.size })
    } else if rn == 15 {
        return undefined();
    } else if long {
        Record::new(forms.imm).imm(field(e, 11, 0))
    } else if e & 0x800 != 0 {
        let imm8 = field(e, 7, 0);
        let offset = if e & 0x200 != 0 { imm8 } else { imm8.wrapping_neg() };
        match field(e, 10, 8) {
            0b100 => Record::new(forms.imm).imm(offset),
            0b110 => Record::new(forms.idx).imm(offset).sh(indexing::UNPRIVILEGED),
            0b101 | 0b111 => Record::new(forms.idx).imm(offset).sh(indexing::PRE),
            0b001 | 0b011 => Record::new(forms.idx).imm(offset).sh(indexing::POST),
            _ => return undefined(),
        }
    } else if field(e, 11, 6) == 0 {
        Record::new(forms.reg).rm(field(e, 3, 0)).sh(field(e, 5, 4) as u8)
    } else {
        return undefined();
    };
    let record = record.rd(rt).rn(rn).cost(if load { 2 } else { 1 });
    if rt == 15 { into_pc(record, &forms, load, size) } else { record }
}

/// Rt = 15: a memory hint for bytes and half-words, a branch for words, nothing for stores.
fn into_pc(record: Record, forms: &Forms, load: bool, size: u32) -> Record {
    let indexed = record.op == forms.idx;
    match (load, size) {
        (true, 0 | 1) if !indexed => Record::new(Op::Nop),
        (true, 2) if record.op == forms.reg => {
            // The destination is known; its place holds the shift.
            Record { op: Op::LdrPc, rd: record.sh, sh: indexing::REGISTER, cost: 5, ..record }
        }
        (true, 2) if record.op == forms.imm => {
            Record { op: Op::LdrPc, sh: indexing::OFFSET, cost: 5, ..record }
        }
        (true, 2) => Record { op: Op::LdrPc, cost: 5, ..record },
        _ => undefined(),
    }
}
