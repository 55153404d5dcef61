//! All 16-bit encodings.

use super::{field, undefined};
use crate::arithmetic::immediate_shift;
use crate::record::set_flags::{ALWAYS, OUTSIDE_IT};
use crate::record::{Op, Record};

pub(super) fn decode(e: u32, address: u32) -> Record {
    match e >> 12 {
        0x0 | 0x1 => shift_add_subtract(e),
        0x2 | 0x3 => immediate8(e),
        0x4 if e < 0x4400 => data_processing(e),
        0x4 if e < 0x4800 => high_registers(e),
        0x4 => Record::new(Op::LdrLit)
            .rd(field(e, 10, 8))
            .imm((address.wrapping_add(4) & !3).wrapping_add(field(e, 7, 0) * 4))
            .cost(2),
        0x5 => load_store_register(e),
        0x6..=0x8 => load_store_immediate(e),
        0x9 => {
            let op = if e & 0x800 == 0 { Op::StrImm } else { Op::LdrImm };
            Record::new(op).rd(field(e, 10, 8)).rn(13).imm(field(e, 7, 0) * 4).cost(if op == Op::LdrImm {
                2
            } else {
                1
            })
        }
        0xA => {
            let record = Record::new(Op::AddImm).rd(field(e, 10, 8)).rn(13).imm(field(e, 7, 0) * 4);
            if e & 0x800 != 0 {
                record
            } else {
                Record::new(Op::MovImm)
                    .rd(field(e, 10, 8))
                    .imm((address.wrapping_add(4) & !3).wrapping_add(field(e, 7, 0) * 4))
            }
        }
        0xB => miscellaneous(e, address),
        0xC => load_store_multiple(e),
        0xD => conditional_branch(e, address),
        // 0xE: the 32-bit prefixes never arrive here.
        _ => {
            let offset = crate::arithmetic::sign_extend(e << 1 & 0xFFF, 12);
            Record::new(Op::B).imm(address.wrapping_add(4).wrapping_add(offset)).cost(3)
        }
    }
}

fn shift_add_subtract(e: u32) -> Record {
    let (rd, rn, rm) = (field(e, 2, 0), field(e, 5, 3), field(e, 8, 6));
    match e >> 11 {
        0b000..=0b010 => {
            let (kind, amount) = immediate_shift(e >> 11, field(e, 10, 6));
            let record =
                Record::new(Op::MovShift).rd(rd).rm(rn).sh(kind).imm(u32::from(amount)).s(OUTSIDE_IT);
            if amount == 0 { Record { op: Op::MovReg, ..record } } else { record }
        }
        _ => {
            let op = match e >> 9 & 3 {
                0 => Op::AddReg,
                1 => Op::SubReg,
                2 => Op::AddImm,
                _ => Op::SubImm,
            };
            let record = Record::new(op).rd(rd).rn(rn).s(OUTSIDE_IT);
            if e & 0x400 == 0 { record.rm(rm) } else { record.imm(rm) }
        }
    }
}

fn immediate8(e: u32) -> Record {
    let (op, s) = match e >> 11 & 3 {
        0 => (Op::MovImm, OUTSIDE_IT),
        1 => (Op::CmpImm, ALWAYS),
        2 => (Op::AddImm, OUTSIDE_IT),
        _ => (Op::SubImm, OUTSIDE_IT),
    };
    let r = field(e, 10, 8);
    Record::new(op).rd(r).rn(r).imm(field(e, 7, 0)).s(s)
}

fn data_processing(e: u32) -> Record {
    let (rdn, rm) = (field(e, 2, 0), field(e, 5, 3));
    let record = |op| Record::new(op).rd(rdn).rn(rdn).rm(rm).s(OUTSIDE_IT);
    match e >> 6 & 15 {
        0 => record(Op::AndReg),
        1 => record(Op::EorReg),
        2 => record(Op::ShiftByReg).sh(0),
        3 => record(Op::ShiftByReg).sh(1),
        4 => record(Op::ShiftByReg).sh(2),
        5 => record(Op::AdcReg),
        6 => record(Op::SbcReg),
        7 => record(Op::ShiftByReg).sh(3),
        8 => record(Op::TstReg).s(ALWAYS),
        9 => Record::new(Op::RsbImm).rd(rdn).rn(rm).imm(0).s(OUTSIDE_IT),
        10 => record(Op::CmpReg).s(ALWAYS),
        11 => record(Op::CmnReg).s(ALWAYS),
        12 => record(Op::OrrReg),
        13 => record(Op::Mul),
        14 => record(Op::BicReg),
        _ => record(Op::MvnReg),
    }
}

fn high_registers(e: u32) -> Record {
    let rdn = (e >> 4 & 8) | field(e, 2, 0);
    let rm = field(e, 6, 3);
    match e >> 8 & 3 {
        0 if rdn == 15 => Record::new(Op::AddPc).rn(15).rm(rm).cost(3),
        0 => Record::new(Op::AddReg).rd(rdn).rn(rdn).rm(rm),
        1 => Record::new(Op::CmpReg).rn(rdn).rm(rm).s(ALWAYS),
        2 if rdn == 15 => Record::new(Op::MovPc).rm(rm).cost(3),
        2 => Record::new(Op::MovReg).rd(rdn).rm(rm),
        _ => Record::new(if e & 0x80 == 0 { Op::Bx } else { Op::Blx }).rm(rm).cost(3),
    }
}

fn load_store_register(e: u32) -> Record {
    let (op, cost) = match e >> 9 & 7 {
        0 => (Op::StrReg, 1),
        1 => (Op::StrhReg, 1),
        2 => (Op::StrbReg, 1),
        3 => (Op::LdrsbReg, 2),
        4 => (Op::LdrReg, 2),
        5 => (Op::LdrhReg, 2),
        6 => (Op::LdrbReg, 2),
        _ => (Op::LdrshReg, 2),
    };
    Record::new(op).rd(field(e, 2, 0)).rn(field(e, 5, 3)).rm(field(e, 8, 6)).cost(cost)
}

fn load_store_immediate(e: u32) -> Record {
    let imm5 = field(e, 10, 6);
    let (op, scale, cost) = match e >> 11 {
        0b01100 => (Op::StrImm, 4, 1),
        0b01101 => (Op::LdrImm, 4, 2),
        0b01110 => (Op::StrbImm, 1, 1),
        0b01111 => (Op::LdrbImm, 1, 2),
        0b10000 => (Op::StrhImm, 2, 1),
        _ => (Op::LdrhImm, 2, 2),
    };
    Record::new(op).rd(field(e, 2, 0)).rn(field(e, 5, 3)).imm(imm5 * scale).cost(cost)
}

fn load_store_multiple(e: u32) -> Record {
    let (rn, list) = (field(e, 10, 8), e & 0xFF);
    if list == 0 {
        return undefined();
    }
    let cost = 1 + list.count_ones();
    if e & 0x800 == 0 {
        return Record::new(Op::Stm).rn(rn).imm(list).sh(1).cost(cost);
    }
    // A base in the list is loaded, not written back.
    let writeback = list & 1 << rn == 0;
    Record::new(Op::Ldm).rn(rn).imm(list).sh(u8::from(writeback)).cost(cost)
}

fn conditional_branch(e: u32, address: u32) -> Record {
    let condition = e >> 8 & 15;
    match condition {
        14 => Record::new(Op::Udf).imm(e & 0xFF),
        15 => Record::new(Op::Svc).imm(e & 0xFF),
        _ => {
            let offset = crate::arithmetic::sign_extend(e << 1 & 0x1FF, 9);
            branch_if(condition, address.wrapping_add(4).wrapping_add(offset))
        }
    }
}

/// A conditional branch; `condition` is 0 to 13.
pub(super) fn branch_if(condition: u32, target: u32) -> Record {
    const OPS: [Op; 16] = [
        Op::Beq,
        Op::Bne,
        Op::Bcs,
        Op::Bcc,
        Op::Bmi,
        Op::Bpl,
        Op::Bvs,
        Op::Bvc,
        Op::Bhi,
        Op::Bls,
        Op::Bge,
        Op::Blt,
        Op::Bgt,
        Op::Ble,
        Op::B,
        Op::B,
    ];
    Record::new(OPS[(condition & 15) as usize]).imm(target)
}

fn miscellaneous(e: u32, address: u32) -> Record {
    let (rd, rm) = (field(e, 2, 0), field(e, 5, 3));
    match e >> 8 & 15 {
        0x0 => {
            let op = if e & 0x80 == 0 { Op::AddImm } else { Op::SubImm };
            Record::new(op).rd(13).rn(13).imm(field(e, 6, 0) * 4)
        }
        0x1 | 0x3 | 0x9 | 0xB => {
            let op = if e & 0x800 == 0 { Op::Cbz } else { Op::Cbnz };
            let offset = (e >> 3 & 0x40) | (e >> 2 & 0x3E);
            Record::new(op).rn(rd).imm(address.wrapping_add(4).wrapping_add(offset))
        }
        0x2 => {
            let op = [Op::Sxth, Op::Sxtb, Op::Uxth, Op::Uxtb][(e >> 6 & 3) as usize];
            Record::new(op).rd(rd).rm(rm)
        }
        0x4 | 0x5 => {
            let list = (e & 0xFF) | (e << 6 & 0x4000);
            if list == 0 {
                return undefined();
            }
            Record::new(Op::Stm).rn(13).imm(list).sh(3).cost(1 + list.count_ones())
        }
        0x6 if e & 0xFFEC == 0xB660 => Record::new(Op::Cps).sh((e & 0x13) as u8),
        0xA => match e >> 6 & 3 {
            0 => Record::new(Op::Rev).rd(rd).rm(rm),
            1 => Record::new(Op::Rev16).rd(rd).rm(rm),
            3 => Record::new(Op::Revsh).rd(rd).rm(rm),
            _ => undefined(),
        },
        0xC | 0xD => {
            let list = (e & 0xFF) | (e << 7 & 0x8000);
            match list {
                0 => undefined(),
                0x8000.. => Record::new(Op::LdmPc).rn(13).imm(list).sh(1).cost(4 + list.count_ones()),
                _ => Record::new(Op::Ldm).rn(13).imm(list).sh(1).cost(1 + list.count_ones()),
            }
        }
        0xE => Record::new(Op::Bkpt).imm(e & 0xFF),
        0xF => hint_or_it(e),
        _ => undefined(),
    }
}

fn hint_or_it(e: u32) -> Record {
    if e & 0xF != 0 {
        return Record::new(Op::It).imm(e & 0xFF);
    }
    match e >> 4 & 15 {
        2 => Record::new(Op::Wfe),
        3 => Record::new(Op::Wfi),
        4 => Record::new(Op::Sev),
        // NOP, YIELD and the hints no processor gave a meaning to.
        _ => Record::new(Op::Nop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_branches_are_resolved() {
        assert_eq!(decode(0x4801, 0x1002).imm, 0x1008);
        assert_eq!(decode(0xE7FE, 0x1002).imm, 0x1002);
        assert_eq!(decode(0xD0FE, 0x1002), Record::new(Op::Beq).imm(0x1002));
        assert_eq!(decode(0xB108, 0x1000).imm, 0x1006);
        assert_eq!(decode(0xA101, 0x1002), Record::new(Op::MovImm).rd(1).imm(0x1008));
    }

    #[test]
    fn an_ldm_with_its_base_in_the_list_does_not_write_back() {
        assert_eq!(decode(0xC803, 0).sh, 0);
        assert_eq!(decode(0xC806, 0).sh, 1);
    }
}
