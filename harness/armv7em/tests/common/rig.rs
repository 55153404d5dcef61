//! A core with a vector table, handlers, and code given as half-words.

use gauntlet_armv7em::{Core, CoreConfig, ResetKind, Stop};

use super::Memory;

pub const STACK: u32 = 0x2000_8000;
/// Thread code starts here.
pub const CODE: u32 = 0x1000;
pub const LOOP: u16 = 0xE7FE;
pub const NOP: u16 = 0xBF00;
pub const BX_LR: u16 = 0x4770;
pub const SVC: u16 = 0xDF00;
pub const WFI: u16 = 0xBF30;
pub const WFE: u16 = 0xBF20;
pub const SEV: u16 = 0xBF40;
pub const BKPT: u16 = 0xBE00;
pub const CPSID_I: u16 = 0xB672;
pub const CPSIE_I: u16 = 0xB662;
pub const CPSID_F: u16 = 0xB671;

pub const HARD_FAULT: u16 = 3;
pub const BUS_FAULT: u16 = 5;
pub const USAGE_FAULT: u16 = 6;
pub const SV_CALL: u16 = 11;
pub const PEND_SV: u16 = 14;
pub const SYS_TICK: u16 = 15;
pub const IRQ: u16 = 16;

pub const ICSR: u32 = 0xE000_ED04;
pub const AIRCR: u32 = 0xE000_ED0C;
pub const SCR: u32 = 0xE000_ED10;
pub const CCR: u32 = 0xE000_ED14;
pub const SHCSR: u32 = 0xE000_ED24;
pub const CFSR: u32 = 0xE000_ED28;
pub const HFSR: u32 = 0xE000_ED2C;
pub const DFSR: u32 = 0xE000_ED30;
pub const BFAR: u32 = 0xE000_ED38;
pub const DHCSR: u32 = 0xE000_EDF0;
pub const DCRSR: u32 = 0xE000_EDF4;
pub const DCRDR: u32 = 0xE000_EDF8;
pub const DEMCR: u32 = 0xE000_EDFC;
pub const ISER: u32 = 0xE000_E100;
pub const ISPR: u32 = 0xE000_E200;
pub const ICPR: u32 = 0xE000_E280;
pub const IPR: u32 = 0xE000_E400;
pub const CPACR: u32 = 0xE000_ED88;
pub const FPCCR: u32 = 0xE000_EF34;
pub const FPCAR: u32 = 0xE000_EF38;
pub const FPDSCR: u32 = 0xE000_EF3C;
pub const SHPR1: u32 = 0xE000_ED18;
pub const SHPR2: u32 = 0xE000_ED1C;
pub const SHPR3: u32 = 0xE000_ED20;

/// Writes a special register from R0: MSR.
pub const fn msr_r0(sysm: u16) -> [u16; 2] {
    [0xF380, 0x8800 | sysm]
}

pub struct Rig {
    pub core: Core,
    pub memory: Memory,
}

/// Address of the handler of an exception.
pub const fn handler(exception: u16) -> u32 {
    0x400 + 0x20 * exception as u32
}

impl Rig {
    /// Thread code at `CODE`; every handler is `NOP; BX LR`.
    pub fn new(code: &[u16]) -> Rig {
        let mut memory = Memory::new(&[]);
        memory.set_flash_word(0, STACK);
        memory.set_flash_word(4, CODE | 1);
        for exception in 2..48 {
            memory.set_flash_word(4 * u32::from(exception), handler(exception) | 1);
        }
        let mut rig = Rig { core: Core::new(CoreConfig::default()), memory };
        for exception in 2..48 {
            rig.put(handler(exception), &[NOP, BX_LR]);
        }
        rig.put(CODE, code);
        rig.core.reset(&mut rig.memory, ResetKind::PowerOn);
        rig
    }

    /// Puts code into flash or RAM.
    pub fn put(&mut self, address: u32, code: &[u16]) {
        let (memory, base) = if address >= super::RAM {
            (&mut self.memory.ram, super::RAM)
        } else {
            (&mut self.memory.flash, 0)
        };
        for (n, half) in code.iter().enumerate() {
            let at = (address - base) as usize + 2 * n;
            memory[at..at + 2].copy_from_slice(&half.to_le_bytes());
        }
    }

    pub fn handle(mut self, exception: u16, code: &[u16]) -> Rig {
        self.put(handler(exception), code);
        self
    }

    /// Sets R0 to R12.
    pub fn with(mut self, registers: &[(u8, u32)]) -> Rig {
        for &(n, value) in registers {
            self.core.set_reg(n, value);
        }
        self
    }

    /// Writes words of the private peripheral bus.
    pub fn set(mut self, writes: &[(u32, u32)]) -> Rig {
        for &(address, value) in writes {
            self.core.ppb_write(address, value);
        }
        self
    }

    /// Enables an interrupt with a priority.
    pub fn irq(mut self, line: u16, priority: u32) -> Rig {
        let line = u32::from(line);
        self.core.ppb_write_width(IPR + line, gauntlet_armv7em::Width::Byte, priority);
        self.core.ppb_write(ISER + 4 * (line / 32), 1 << (line % 32));
        self
    }

    pub fn step(&mut self) -> Stop {
        self.core.step(&mut self.memory)
    }

    pub fn steps(&mut self, count: usize) {
        for _ in 0..count {
            assert_eq!(self.step(), Stop::Limit, "at {:#x}", self.core.reg(15));
        }
    }

    pub fn run(&mut self, cycles: u64) -> Stop {
        let until = self.core.now() + cycles;
        self.core.run(&mut self.memory, until)
    }

    pub fn read(&mut self, address: u32) -> u32 {
        self.core.ppb_read(address)
    }

    pub fn write(&mut self, address: u32, value: u32) {
        self.core.ppb_write(address, value);
    }

    /// The exception number after each of the next `count` instructions, repeats left out.
    pub fn trace(&mut self, count: usize) -> Vec<u16> {
        let mut seen = vec![self.core.exception()];
        for _ in 0..count {
            if self.step() != Stop::Limit {
                break;
            }
            seen.push(self.core.exception());
        }
        seen.dedup();
        seen
    }

    /// Word `n` of the frame at the stack pointer in use.
    pub fn frame(&self, n: u32) -> u32 {
        self.memory.word(self.core.reg(13) + 4 * n)
    }
}
