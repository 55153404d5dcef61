//! Encodings to records. Pure functions of the encoding and its address.
//!
//! UNPREDICTABLE encodings decode as undefined where a fixed bit has the wrong value or a register field holds the program
//! counter against the rules, so that nothing runs on by accident; other UNPREDICTABLE forms do the obvious thing.

mod control32;
mod data32;
pub(crate) mod dsp;
pub(crate) mod float;
mod memory32;
mod multiply32;
mod thumb16;

pub(crate) use dsp::Dsp;

use crate::record::{Op, Record};

/// True when the half-word is the first of a 32-bit instruction.
pub(crate) fn is_wide(first: u16) -> bool {
    first >= 0xE800
}

/// Decodes a 16-bit instruction at `address`.
pub(crate) fn narrow(encoding: u16, address: u32) -> Record {
    thumb16::decode(u32::from(encoding), address)
}

/// Decodes a 32-bit instruction at `address`, first half-word in the high half.
pub(crate) fn wide(encoding: u32, address: u32) -> Record {
    let mut record = match encoding >> 25 & 0x7F {
        0b1110100 => memory32::multiple_dual_exclusive(encoding, address),
        0b1110101 => data32::shifted_register(encoding),
        0b1110110 | 0b1110111 | 0b1111110 | 0b1111111 => float::coprocessor(encoding, address),
        0b1111000..=0b1111011 if encoding & 0x8000 != 0 => control32::branches_and_system(encoding, address),
        0b1111000 | 0b1111010 => data32::modified_immediate(encoding),
        0b1111001 | 0b1111011 => data32::plain_immediate(encoding, address),
        0b1111100 => memory32::single(encoding, address),
        0b1111101 => multiply32::register_and_multiply(encoding),
        _ => undefined(),
    };
    record.size = 4;
    record
}

fn undefined() -> Record {
    Record::new(Op::Undefined)
}

/// Bits `high` to `low` of `value`.
fn field(value: u32, high: u32, low: u32) -> u32 {
    value >> low & (((1_u64 << (high - low + 1)) - 1) as u32)
}
