//! The crate armagnac, with its fastest decoder.

use std::error::Error;

use armagnac::core::ArmVersion::V7M;
use armagnac::core::{Config, Emulator, Event, Processor};
use armagnac::decoder::Lut16AndGrouped32InstructionDecoder;
use armagnac::registers::RegisterIndex;

use crate::{LR, Outcome, RAM, SIZE};

pub(crate) fn run(flash: &[u8], rounds: u32) -> Result<Outcome, Box<dyn Error>> {
    let mut processor = Processor::new(Config::v7m());
    processor.instruction_decoder = Box::new(Lut16AndGrouped32InstructionDecoder::new(V7M));
    // The memory that is used most comes first in its list.
    processor.map(0, flash).map_err(|_| "flash can't be mapped")?;
    processor.map_ram(RAM, SIZE as u32).map_err(|_| "RAM can't be mapped")?;
    processor.write_u32le_iface(RAM, rounds).map_err(|error| format!("{error:?}"))?;
    let word = |at: usize| u32::from_le_bytes([flash[at], flash[at + 1], flash[at + 2], flash[at + 3]]);
    processor.set_sp(word(0));
    processor.set_lr(LR);
    processor.set_pc(word(4) & !1);
    let mut instructions = 0;
    loop {
        match processor.next_event().map_err(|error| format!("{error:?} at {:#x}", processor.pc()))? {
            Event::Instruction { .. } => instructions += 1,
            Event::Break(_) => break,
            _ => return Err("an event that the program does not cause".into()),
        }
    }
    let registers = (0..14).map(|n| processor[RegisterIndex::new_main(n)]).collect();
    let ram = processor.read_bytes_iface(RAM, SIZE as u32).map_err(|error| format!("{error:?}"))?;
    Ok(Outcome { instructions, registers, ram })
}
