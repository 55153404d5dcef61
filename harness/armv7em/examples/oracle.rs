//! One instruction at a time from standard input, for the differential test in `ci/fuzz-cpu`.
//!
//! Each record is 19 little-endian words: encoding (a 16-bit one below 0x10000), address of the instruction, R0 to R14,
//! xPSR, an instruction to execute before (0 for none). The answer is 20 words: R0 to R15, xPSR, a hash of the memory (two
//! words), status. Memory is 16 KiB at 0x20000000 and 16 KiB of code at 0x10000, both filled with a fixed pattern before
//! each record. After anything but "executed" the answer is all zeros but its status.
//!
//! With the argument `float` there is a floating-point unit, and S0 to S31 and FPSCR (33 words) follow in record and answer.
//! With the argument `system`, CONTROL, FAULTMASK, BASEPRI and PRIMASK (one word) follow in both; then the stack pointer that
//! is not in use in the record, MSP and PSP in the answer.
//!
//! Status: 0 executed, 1 undefined, 2 no coprocessor, 3 other usage fault, 4 memory fault, 5 supervisor call, 6 breakpoint,
//! 7 asleep, 8 anything else, 10 a fault that changed registers.

#[path = "../tests/common/single.rs"]
mod single;

use std::io::{self, BufReader, BufWriter, Read, Write};

use single::{After, Case, Single};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Integer,
    Float,
    System,
}

impl Mode {
    /// Words behind the first 19 of a record.
    fn more(self) -> usize {
        match self {
            Mode::Integer => 0,
            Mode::Float => 33,
            Mode::System => 2,
        }
    }

    fn case(self, record: &[u32]) -> Option<Case> {
        let (state, more) = record.split_at_checked(19)?;
        let [encoding, address, registers @ .., xpsr, prefix] = state else { return None };
        let system = self == Mode::System;
        Some(Case {
            encoding: *encoding,
            address: *address,
            registers: registers.try_into().ok()?,
            xpsr: *xpsr,
            prefix: *prefix,
            special: if system { *more.first()? } else { 0 },
            other_stack: if system { *more.get(1)? } else { 0 },
            float: if self == Mode::Float { Some(more.try_into().ok()?) } else { None },
        })
    }

    fn answer(self, after: &After) -> Vec<u32> {
        let mut words = after.registers.to_vec();
        words.extend([after.xpsr, after.hash as u32, (after.hash >> 32) as u32, after.status]);
        match self {
            Mode::Integer => {}
            Mode::Float => words.extend(after.float),
            Mode::System => words.extend(after.special),
        }
        words
    }
}

fn main() -> io::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    let mode = match std::env::args().nth(1).as_deref() {
        Some("float") => Mode::Float,
        Some("system") => Mode::System,
        _ => Mode::Integer,
    };
    let mut single = Single::new();
    let mut bytes = vec![0; 4 * (19 + mode.more())];
    loop {
        match input.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return output.flush(),
            Err(error) => return Err(error),
        }
        let record: Vec<u32> =
            bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let case = mode.case(&record).ok_or(io::ErrorKind::InvalidData)?;
        for word in mode.answer(&single.execute(&case)) {
            output.write_all(&word.to_le_bytes())?;
        }
    }
}
