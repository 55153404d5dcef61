//! Interpreter speed on a compiled program (CRC, SHA-256, UMAAL multiplication, sorting, division, table branches).
//!
//!     cargo bench -p gauntlet-armv7em

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::Instant;

use common::Memory;
use gauntlet_armv7em::{Core, CoreConfig, ResetKind, Stop};

const PROGRAM: &[u8] = include_bytes!("../tests/data/known_answer.bin");
const ROUNDS: u32 = 100;

fn run(prepare: impl Fn(&mut Core)) -> (u64, f64) {
    let mut memory = Memory::new(PROGRAM);
    let mut core = Core::new(CoreConfig::default());
    core.ppb_write(0xE000_EDF0, 0xA05F_0001);
    core.reset(&mut memory, ResetKind::System);
    core.set_reg(0, ROUNDS);
    prepare(&mut core);
    let start = Instant::now();
    let stop = core.run(&mut memory, u64::MAX);
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(stop, Stop::Halted);
    black_box(&memory.ram);
    (core.instructions(), seconds)
}

fn report(name: &str, prepare: impl Fn(&mut Core)) {
    let best = (0..5).map(|_| run(&prepare)).min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((instructions, seconds)) = best {
        let mips = instructions as f64 / seconds / 1e6;
        #[expect(clippy::print_stdout, reason = "a benchmark reports to the terminal")]
        {
            println!("{name:<24} {instructions:>12} instructions {seconds:>8.3} s {mips:>8.1} MIPS");
        }
    }
}

/// What a snapshot costs: clones of a core that has decoded the program.
fn clones() {
    let mut memory = Memory::new(PROGRAM);
    let mut core = Core::new(CoreConfig::default());
    core.reset(&mut memory, ResetKind::PowerOn);
    core.run(&mut memory, 1_000_000);
    let start = Instant::now();
    for _ in 0..10_000 {
        black_box(core.clone());
    }
    #[expect(clippy::print_stdout, reason = "a benchmark reports to the terminal")]
    {
        println!("clone of a core {:>45.0} ns", start.elapsed().as_secs_f64() * 1e9 / 10_000.0);
    }
}

fn main() {
    clones();
    report("fast loop", |_| {});
    report("breakpoint armed", |core| {
        core.ppb_write(0xE000_2008, 1 << 30 | 0xFF00 | 1);
        core.ppb_write(0xE000_2000, 3);
    });
}
