//! A bus with flash at 0 and RAM at 0x20000000, for tests, benchmark and oracle.

#![allow(dead_code, reason = "every test uses another part of it")]
#![allow(unreachable_pub, reason = "included as a module by several targets")]

pub mod rig;

use gauntlet_armv7em::{Access, Bus, BusFault, FaultCause, Width};

pub const RAM: u32 = 0x2000_0000;
pub const SIZE: u32 = 0x1_0000;
/// The same RAM again, for tests of aliases.
pub const ALIAS: u32 = 0x0080_0000;
/// A device register: remembers what was written, refuses offset 0xF00.
pub const DEVICE: u32 = 0x4000_0000;

/// 64 KiB of read-only flash, 64 KiB of RAM, one device.
#[derive(Clone)]
pub struct Memory {
    pub flash: Vec<u8>,
    pub ram: Vec<u8>,
    pub versions: [u64; 16],
    pub device: u32,
    pub stall: u64,
    pub interrupt: bool,
}

impl Memory {
    pub fn new(flash: &[u8]) -> Self {
        let mut memory = Memory {
            flash: vec![0xFF; SIZE as usize],
            ram: vec![0; SIZE as usize],
            versions: [0; 16],
            device: 0,
            stall: 0,
            interrupt: false,
        };
        memory.flash[..flash.len()].copy_from_slice(flash);
        memory
    }

    pub fn word(&self, address: u32) -> u32 {
        let at = (address - RAM) as usize;
        u32::from_le_bytes(self.ram[at..at + 4].try_into().expect("four bytes"))
    }

    pub fn set_word(&mut self, address: u32, value: u32) {
        let at = (address - RAM) as usize;
        self.ram[at..at + 4].copy_from_slice(&value.to_le_bytes());
        self.versions[at >> 12] += 1;
    }

    pub fn set_flash_word(&mut self, address: u32, value: u32) {
        self.flash[address as usize..address as usize + 4].copy_from_slice(&value.to_le_bytes());
    }
}

#[inline(always)]
fn get(memory: &[u8], at: usize, width: Width) -> Option<u32> {
    Some(match width {
        Width::Byte => u32::from(*memory.get(at)?),
        Width::Half => u32::from(u16::from_le_bytes(memory.get(at..at + 2)?.try_into().ok()?)),
        Width::Word => u32::from_le_bytes(memory.get(at..at + 4)?.try_into().ok()?),
    })
}

fn fault<T>(address: u32, cause: FaultCause) -> Result<T, BusFault> {
    Err(BusFault { address, cause })
}

impl Bus for Memory {
    #[inline(always)]
    fn read(&mut self, _now: u64, address: u32, width: Width, _access: Access) -> Result<u32, BusFault> {
        if let Some(value) = get(&self.ram, address.wrapping_sub(RAM) as usize, width) {
            return Ok(value);
        }
        if let Some(value) = get(&self.flash, address as usize, width) {
            return Ok(value);
        }
        if let Some(value) = get(&self.ram, address.wrapping_sub(ALIAS) as usize, width) {
            return Ok(value);
        }
        match address.wrapping_sub(DEVICE) {
            0..0xF00 => Ok(self.device & width.mask()),
            0xF00..0x1000 => fault(address, FaultCause::Refused),
            _ => fault(address, FaultCause::Unmapped),
        }
    }

    #[inline(always)]
    fn write(
        &mut self,
        now: u64,
        address: u32,
        width: Width,
        value: u32,
        _access: Access,
    ) -> Result<(), BusFault> {
        let mut at = address.wrapping_sub(RAM);
        if at >= SIZE {
            at = address.wrapping_sub(ALIAS);
        }
        if at < SIZE {
            self.versions[(at >> 12) as usize] += 1;
            let at = at as usize;
            match width {
                Width::Byte => self.ram[at] = value as u8,
                Width::Half => self.ram[at..at + 2].copy_from_slice(&(value as u16).to_le_bytes()),
                Width::Word => self.ram[at..at + 4].copy_from_slice(&value.to_le_bytes()),
            }
            return Ok(());
        }
        match address {
            0..SIZE => fault(address, FaultCause::Refused),
            // Stalls the core for so many cycles.
            0x4000_0100 => {
                self.stall = now + u64::from(value);
                Ok(())
            }
            0x4000_0104 => {
                self.interrupt = true;
                Ok(())
            }
            DEVICE..0x4000_0F00 => {
                self.device = value;
                Ok(())
            }
            _ => fault(address, FaultCause::Unmapped),
        }
    }

    fn stalled_until(&self) -> u64 {
        self.stall
    }

    fn interrupted(&self) -> bool {
        self.interrupt
    }

    fn page_version(&self, address: u32) -> Option<u64> {
        match address {
            0..SIZE => Some(0),
            ALIAS..0x0081_0000 => Some(self.versions[((address - ALIAS) >> 12) as usize]),
            RAM..0x2001_0000 => Some(self.versions[((address - RAM) >> 12) as usize]),
            _ => None,
        }
    }
}
