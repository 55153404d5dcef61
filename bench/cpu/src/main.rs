//! Runs one program on one engine, and prints instructions, seconds of CPU time and the final state, for `compare.py`.
//!
//!     cpu-engines gauntlet|armagnac PROGRAM.hex ROUNDS

use std::error::Error;

use cpu_time::ProcessTime;

mod armagnac_engine;
mod gauntlet_engine;
mod hex;

/// 64 KiB of each memory.
const SIZE: usize = 0x1_0000;
const RAM: u32 = 0x2000_0000;

/// What an engine leaves.
struct Outcome {
    instructions: u64,
    /// R0 to R12 and SP.
    registers: Vec<u32>,
    ram: Vec<u8>,
}

/// Runs a program, given as the content of flash, with a number of rounds.
type Engine = fn(&[u8], u32) -> Result<Outcome, Box<dyn Error>>;

/// LR after a reset; engines that have no reset are given it.
const LR: u32 = 0xFFFF_FFFF;

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [engine, program, rounds] = arguments.as_slice() else {
        return Err("usage: cpu-engines gauntlet|armagnac PROGRAM.hex ROUNDS".into());
    };
    let flash = hex::read(&std::fs::read_to_string(program)?, SIZE)?;
    let rounds: u32 = rounds.parse()?;
    let run: Engine = match engine.as_str() {
        "gauntlet" => gauntlet_engine::run,
        "armagnac" => armagnac_engine::run,
        other => return Err(format!("no engine is called {other}").into()),
    };
    let start = ProcessTime::now();
    let outcome = run(&flash, rounds)?;
    let seconds = start.elapsed().as_secs_f64();
    let registers: Vec<String> = outcome.registers.iter().map(|value| format!("{value:08x}")).collect();
    println!("{} {:.6} {} {:016x}", outcome.instructions, seconds, registers.join(","), hash(&outcome.ram));
    Ok(())
}
