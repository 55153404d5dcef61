//! One instruction at a time from standard input, for the differential test in `ci/fuzz-cpu`.
//!
//! Each record is 18 little-endian words: encoding (a 16-bit one below 0x10000), address of the instruction, R0 to R14,
//! xPSR. The answer is 20 words: R0 to R15, xPSR, a hash of the memory (two words), status. Memory is 16 KiB at 0x20000000
//! and 16 KiB of code at 0x10000, both filled with a fixed pattern before each record.
//!
//! With the argument `float` there is a floating-point unit, and S0 to S31 and FPSCR (33 words) follow in record and answer.
//!
//! Status: 0 executed, 1 undefined, 2 no coprocessor, 3 other usage fault, 4 memory fault, 5 supervisor call, 6 breakpoint,
//! 7 asleep, 8 anything else.

use std::io::{self, BufReader, BufWriter, Read, Write};

use gauntlet_armv7em::{Access, Bus, BusFault, Core, CoreConfig, FaultCause, Stop, Width};

const SIZE: usize = 0x4000;
const CODE: u32 = 0x1_0000;
const RAM: u32 = 0x2000_0000;
const SVC: u16 = 11;

/// The byte at offset `n` of either memory.
fn pattern(n: usize) -> u8 {
    (n.wrapping_mul(37) ^ (n >> 5).wrapping_mul(101)) as u8
}

/// Code and data, and where they differ from the pattern.
struct Memory {
    code: Vec<u8>,
    ram: Vec<u8>,
    dirty: Vec<usize>,
}

impl Memory {
    fn new() -> Self {
        let fill: Vec<u8> = (0..SIZE).map(pattern).collect();
        Memory { code: fill.clone(), ram: fill, dirty: Vec::new() }
    }

    /// FNV-1a over address and value of every byte that differs from the pattern, in address order.
    fn hash(&mut self) -> u64 {
        self.dirty.sort_unstable();
        self.dirty.dedup();
        let mut hash = 0xCBF2_9CE4_8422_2325_u64;
        for &at in self.dirty.iter().filter(|&&at| self.ram[at] != pattern(at)) {
            for byte in [at as u8, (at >> 8) as u8, self.ram[at]] {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
            }
        }
        hash
    }

    fn restore(&mut self) {
        for at in self.dirty.drain(..) {
            self.ram[at] = pattern(at);
        }
    }
}

impl Bus for Memory {
    fn read(&mut self, _: u64, address: u32, width: Width, access: Access) -> Result<u32, BusFault> {
        let bytes = width.bytes() as usize;
        let find = |memory: &[u8], base: u32| -> Option<u32> {
            let at = address.wrapping_sub(base) as usize;
            let slice = memory.get(at..at.checked_add(bytes)?)?;
            Some(slice.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte)))
        };
        // Every vector leads to the code. Loads see nothing there.
        if address < 0x200 && access == Access::Fetch {
            return Ok(CODE | 1);
        }
        find(&self.ram, RAM)
            .or_else(|| find(&self.code, CODE))
            .ok_or(BusFault { address, cause: FaultCause::Unmapped })
    }

    fn write(&mut self, _: u64, address: u32, width: Width, value: u32, _: Access) -> Result<(), BusFault> {
        let at = address.wrapping_sub(RAM) as usize;
        let bytes = width.bytes() as usize;
        if at >= SIZE || at + bytes > SIZE {
            return Err(BusFault { address, cause: FaultCause::Unmapped });
        }
        for n in 0..bytes {
            self.ram[at + n] = (value >> (8 * n)) as u8;
            self.dirty.push(at + n);
        }
        Ok(())
    }

    fn page_version(&self, _: u32) -> Option<u64> {
        None
    }
}

fn status(core: &mut Core, stop: Stop) -> u32 {
    const UNDEFINSTR: u32 = 1 << 16;
    const NOCP: u32 = 1 << 19;
    match (core.take_first_fault(), stop) {
        (Some(fault), _) if fault.cfsr & UNDEFINSTR != 0 => 1,
        (Some(fault), _) if fault.cfsr & NOCP != 0 => 2,
        (Some(fault), _) if fault.cfsr >> 16 != 0 => 3,
        (Some(_), _) => 4,
        (None, Stop::Limit) if core.exception() == SVC => 5,
        (None, Stop::Limit) if core.is_sleeping() => 7,
        (None, Stop::Limit) => 0,
        (None, Stop::Halted) => 6,
        _ => 8,
    }
}

fn execute(fresh: &Core, memory: &mut Memory, record: &[u32; 18], float: &mut [u32; 33]) -> [u32; 20] {
    let [encoding, address, registers @ .., xpsr] = record;
    let mut bytes = Vec::with_capacity(4);
    if *encoding > 0xFFFF {
        bytes.extend(((encoding >> 16) as u16).to_le_bytes());
    }
    bytes.extend((*encoding as u16).to_le_bytes());
    let at = (address - CODE) as usize;
    for (slot, n) in memory.code[at..at + 4].iter_mut().zip(at..) {
        *slot = pattern(n);
    }
    memory.code[at..at + bytes.len()].copy_from_slice(&bytes);
    let mut core = fresh.clone();
    for (n, value) in (0..).zip(registers) {
        core.set_reg(n, *value);
    }
    core.set_reg(15, *address);
    core.set_xpsr(*xpsr);
    for (n, value) in (0..32).zip(float.iter()) {
        core.set_float_reg(n, *value);
    }
    core.set_fpscr(float[32]);
    let stop = core.step(memory);
    for (n, value) in (0..32).zip(float.iter_mut()) {
        *value = core.float_reg(n);
    }
    float[32] = core.fpscr();
    let mut answer = [0; 20];
    for (n, word) in (0..16).zip(&mut answer) {
        *word = core.reg(n);
    }
    answer[16] = core.xpsr();
    let hash = memory.hash();
    answer[17] = hash as u32;
    answer[18] = (hash >> 32) as u32;
    answer[19] = status(&mut core, stop);
    memory.restore();
    for n in at..at + 4 {
        memory.code[n] = pattern(n);
    }
    answer
}

fn main() -> io::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    let mut memory = Memory::new();
    let fpu = std::env::args().nth(1).as_deref() == Some("float");
    let mut fresh = Core::new(CoreConfig { fpu, ..CoreConfig::default() });
    // Access to the floating-point unit, and no automatic contexts: they would change FPSCR.
    fresh.ppb_write(0xE000_ED88, 0x00F0_0000);
    fresh.ppb_write(0xE000_EF34, 0);
    // A debugger is connected, so that BKPT halts and is told from a fault.
    fresh.ppb_write(0xE000_EDF0, 0xA05F_0001);
    loop {
        let Some(record) = read_words::<18>(&mut input)? else {
            return output.flush();
        };
        let mut float = if fpu { read_words(&mut input)?.unwrap_or([0; 33]) } else { [0; 33] };
        let answer = execute(&fresh, &mut memory, &record, &mut float);
        let float = if fpu { &float[..] } else { &[] };
        for word in answer.iter().chain(float) {
            output.write_all(&word.to_le_bytes())?;
        }
    }
}

/// The next words; `None` at the end of the input.
fn read_words<const N: usize>(input: &mut impl Read) -> io::Result<Option<[u32; N]>> {
    let mut words = [0; N];
    for word in &mut words {
        let mut bytes = [0; 4];
        match input.read_exact(&mut bytes) {
            Ok(()) => *word = u32::from_le_bytes(bytes),
            Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(words))
}
