//! 32-bit branches, special registers, hints and barriers.

use super::data32::{branch_offset_20, branch_offset_24};
use super::thumb16::branch_if;
use super::{field, undefined};
use crate::record::{Op, Record};

pub(super) fn branches_and_system(e: u32, address: u32) -> Record {
    let here = address.wrapping_add(4);
    match field(e, 14, 12) & 0b101 {
        0b001 => Record::new(Op::B).imm(here.wrapping_add(branch_offset_24(e))).cost(3),
        0b101 => Record::new(Op::Bl).imm(here.wrapping_add(branch_offset_24(e))).cost(3),
        0b000 if field(e, 25, 23) != 7 => branch_if(field(e, 25, 22), here.wrapping_add(branch_offset_20(e))),
        0b000 => system(e),
        // BLX with an immediate: there is no other instruction set to change to.
        _ => undefined(),
    }
}

fn system(e: u32) -> Record {
    if field(e, 13, 13) != 0 {
        return undefined();
    }
    let rn = field(e, 19, 16);
    match (field(e, 26, 20), rn) {
        // Without a mask bit the instruction would write nothing.
        (0x38, _) if field(e, 11, 10) != 0 && field(e, 9, 8) == 0 => {
            Record::new(Op::Msr).rn(rn).imm(field(e, 7, 0)).sh(field(e, 11, 10) as u8)
        }
        (0x3A, 15) if field(e, 11, 8) == 0 => match field(e, 7, 0) {
            2 => Record::new(Op::Wfe),
            3 => Record::new(Op::Wfi),
            4 => Record::new(Op::Sev),
            _ => Record::new(Op::Nop),
        },
        (0x3B, 15) if field(e, 11, 8) == 15 => match field(e, 7, 4) {
            2 => Record::new(Op::Clrex),
            4..=6 => Record::new(Op::Nop),
            _ => undefined(),
        },
        (0x3E, 15) if field(e, 11, 8) != 15 => Record::new(Op::Mrs).rd(field(e, 11, 8)).imm(field(e, 7, 0)),
        _ => undefined(),
    }
}
