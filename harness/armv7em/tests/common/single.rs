//! One instruction in a known state: for the differential test (`examples/oracle.rs`) and for vectors made with it.

#![allow(dead_code, reason = "every user needs another part of it")]
#![allow(unreachable_pub, reason = "included as a module by several targets")]

use gauntlet_armv7em::{Access, Bus, BusFault, Core, CoreConfig, FaultCause, Stop, Width};

/// Size of each memory.
pub const SIZE: usize = 0x4000;
pub const CODE: u32 = 0x1_0000;
pub const RAM: u32 = 0x2000_0000;
/// Where an instruction goes that is executed before the one under test.
const PREFIX: usize = 0x3F80;
const SVC: u16 = 11;
const NPRIV: u32 = 1;

pub const EXECUTED: u32 = 0;
pub const UNDEFINED: u32 = 1;
pub const NO_COPROCESSOR: u32 = 2;
pub const USAGE: u32 = 3;
pub const MEMORY: u32 = 4;
pub const SUPERVISOR: u32 = 5;
pub const BREAKPOINT: u32 = 6;
pub const ASLEEP: u32 = 7;
pub const OTHER: u32 = 8;
/// An instruction that faulted has changed a register, or unprivileged code a special one: never right.
pub const NOT_RESTORED: u32 = 10;

/// The byte at offset `n` of either memory.
fn pattern(n: usize) -> u8 {
    (n.wrapping_mul(37) ^ (n >> 5).wrapping_mul(101)) as u8
}

/// Code and data, and where they differ from the pattern.
pub struct Memory {
    code: Vec<u8>,
    ram: Vec<u8>,
    dirty: Vec<usize>,
}

impl Memory {
    pub fn new() -> Self {
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

    fn put_code(&mut self, at: usize, encoding: u32) {
        let halves = [(encoding >> 16) as u16, encoding as u16];
        let halves = if encoding > 0xFFFF { &halves[..] } else { &halves[1..] };
        for (n, half) in halves.iter().enumerate() {
            self.code[at + 2 * n..at + 2 * n + 2].copy_from_slice(&half.to_le_bytes());
        }
    }

    fn restore_code(&mut self, at: usize) {
        for n in at..at + 4 {
            self.code[n] = pattern(n);
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
        // Every vector leads to the start of the code, where execution finds NOP: a step that faults goes on to there.
        // Loads see neither.
        if access == Access::Fetch && address < 0x200 {
            return Ok(CODE | 1);
        }
        if access == Access::Fetch && address.wrapping_sub(CODE) < 4 {
            return Ok(0xBF00_BF00 & width.mask());
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

/// The state before an instruction.
#[derive(Clone, Copy)]
pub struct Case {
    /// A 16-bit encoding is below 0x10000.
    pub encoding: u32,
    /// In the memory of the code.
    pub address: u32,
    /// R0 to R14.
    pub registers: [u32; 15],
    pub xpsr: u32,
    /// Executed before, in the same registers, which are set again afterwards; 0 for none.
    pub prefix: u32,
    /// CONTROL, FAULTMASK, BASEPRI and PRIMASK, as in the debugger's register 20.
    pub special: u32,
    /// The stack pointer that is not in use.
    pub other_stack: u32,
    /// S0 to S31 and FPSCR, when there is a floating-point unit.
    pub float: Option<[u32; 33]>,
}

/// The state after it. After anything but "executed" all of it is zero but the status.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// R0 to R15.
    pub registers: [u32; 16],
    pub xpsr: u32,
    /// Of the memory.
    pub hash: u64,
    pub status: u32,
    /// As in the case; then MSP and PSP.
    pub special: [u32; 3],
    pub float: [u32; 33],
}

/// Cores and memories to execute instructions in, one at a time.
pub struct Single {
    integer: Core,
    float: Core,
    memory: Memory,
}

fn fresh(fpu: bool) -> Core {
    let mut core = Core::new(CoreConfig { fpu, ..CoreConfig::default() });
    // Access to the floating-point unit, and no automatic contexts: they would change FPSCR.
    core.ppb_write(0xE000_ED88, 0x00F0_0000);
    core.ppb_write(0xE000_EF34, 0);
    // A debugger is connected, so that BKPT halts and is told from a fault.
    core.ppb_write(0xE000_EDF0, 0xA05F_0001);
    core
}

impl Single {
    pub fn new() -> Self {
        Single { integer: fresh(false), float: fresh(true), memory: Memory::new() }
    }

    /// Executes the instruction of a case.
    pub fn execute(&mut self, case: &Case) -> After {
        let memory = &mut self.memory;
        let at = (case.address - CODE) as usize;
        memory.put_code(at, case.encoding);
        let mut core = if case.float.is_some() { self.float.clone() } else { self.integer.clone() };
        set_special(&mut core, case);
        if case.prefix != 0 {
            memory.put_code(PREFIX, case.prefix);
            set_registers(&mut core, case);
            core.set_reg(15, CODE + PREFIX as u32);
            core.set_xpsr(1 << 24);
            core.step(memory);
            memory.restore_code(PREFIX);
            if core.take_first_fault().is_some() {
                // That is not what is tested.
                core = if case.float.is_some() { self.float.clone() } else { self.integer.clone() };
                set_special(&mut core, case);
                memory.restore();
            }
        }
        set_registers(&mut core, case);
        core.set_xpsr(case.xpsr);
        core.set_reg(15, case.address);
        if let Some(float) = &case.float {
            for (n, value) in (0..32).zip(float) {
                core.set_float_reg(n, *value);
            }
            core.set_fpscr(float[32]);
        }
        let stop = core.step(memory);
        let after = read(&mut core, memory, stop, case);
        memory.restore();
        memory.restore_code(at);
        after
    }
}

fn set_registers(core: &mut Core, case: &Case) {
    for (n, value) in (0..).zip(case.registers) {
        core.set_reg(n, value);
    }
}

fn set_special(core: &mut Core, case: &Case) {
    if case.special == 0 && case.other_stack == 0 {
        return;
    }
    core.set_msp(case.other_stack);
    core.set_psp(case.other_stack);
    core.ppb_write(0xE000_EDF0, 0xA05F_0003);
    core.ppb_write(0xE000_EDF8, case.special);
    core.ppb_write(0xE000_EDF4, 1 << 16 | 20);
    core.ppb_write(0xE000_EDF0, 0xA05F_0001);
}

fn read(core: &mut Core, memory: &mut Memory, stop: Stop, case: &Case) -> After {
    let mut after = After {
        registers: [0; 16],
        xpsr: 0,
        hash: 0,
        status: status(core, stop),
        special: [0; 3],
        float: [0; 33],
    };
    if after.status != EXECUTED {
        // An exception was taken: nothing may have changed of what it leaves alone.
        let fault = [UNDEFINED, NO_COPROCESSOR, USAGE, MEMORY].contains(&after.status);
        if fault && (0..13).any(|n| core.reg(n) != case.registers[usize::from(n)]) {
            after.status = NOT_RESTORED;
        }
        return after;
    }
    for (n, word) in (0..).zip(&mut after.registers) {
        *word = core.reg(n);
    }
    after.xpsr = core.xpsr();
    after.hash = memory.hash();
    let (primask, faultmask) = (u32::from(core.primask()), u32::from(core.faultmask()));
    let masks = primask | u32::from(core.basepri()) << 8 | faultmask << 16;
    after.special = if core.control() & NPRIV == 0 {
        [masks | core.control() << 24, core.msp(), core.psp()]
    } else {
        // Unprivileged code reads nothing else.
        [core.control() << 24, 0, 0]
    };
    let unchanged = core.control() << 24 | masks == case.special
        && case.other_stack == if core.control() & 2 == 0 { core.psp() } else { core.msp() };
    if case.special >> 24 & NPRIV != 0 && !unchanged {
        after.status = NOT_RESTORED;
    }
    for (n, value) in (0..32).zip(&mut after.float) {
        *value = core.float_reg(n);
    }
    after.float[32] = core.fpscr();
    after
}

fn status(core: &mut Core, stop: Stop) -> u32 {
    const UNDEFINSTR: u32 = 1 << 16;
    const NOCP: u32 = 1 << 19;
    match (core.take_first_fault(), stop) {
        (Some(fault), _) if fault.cfsr & UNDEFINSTR != 0 => UNDEFINED,
        (Some(fault), _) if fault.cfsr & NOCP != 0 => NO_COPROCESSOR,
        (Some(fault), _) if fault.cfsr >> 16 != 0 => USAGE,
        (Some(_), _) => MEMORY,
        (None, Stop::Limit) if core.exception() == SVC => SUPERVISOR,
        (None, Stop::Limit) if core.is_sleeping() => ASLEEP,
        (None, Stop::Limit) => EXECUTED,
        (None, Stop::Halted) => BREAKPOINT,
        _ => OTHER,
    }
}
