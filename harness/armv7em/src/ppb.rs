//! The private peripheral bus: which register lives where.

use crate::exceptions::lazy::FPCCR_WRITABLE;
use crate::float::FPDSCR_MASK;
use crate::nvic::bit;
use crate::state::State;
use crate::{Width, ids, systick};

pub(crate) const STIR: u32 = 0xE000_EF00;
const DWT: u32 = 0xE000_1000;
const FPB: u32 = 0xE000_2000;
const SCS: u32 = 0xE000_E000;

/// The private peripheral bus is 1 MiB at 0xE0000000.
pub(crate) fn contains(address: u32) -> bool {
    address >> 20 == 0xE00
}

impl State {
    /// Reads a register; `address` is a multiple of the width. Reserved words read 0.
    pub(crate) fn ppb_read_width(&mut self, address: u32, width: Width) -> u32 {
        self.ppb_read(address & !3) >> (8 * (address & 3)) & width.mask()
    }

    pub(crate) fn ppb_read(&mut self, address: u32) -> u32 {
        let (base, offset) = (address & !0xFFF, address & 0xFFC);
        if offset >= 0xFD0 {
            return ids::read(base, offset).unwrap_or(0);
        }
        match base {
            SCS => self.scs_read(offset),
            DWT => self.dwt.read(offset, self.now),
            FPB => self.fpb.read(offset),
            _ => 0,
        }
    }

    /// Writes a register of any width. Byte and half-word writes touch only their lanes.
    pub(crate) fn ppb_write_width(&mut self, address: u32, width: Width, value: u32, from_cpu: bool) {
        let aligned = address & !3;
        if width == Width::Word {
            return self.ppb_write(aligned, value, from_cpu);
        }
        let shift = 8 * (address & 3);
        let lanes = value << shift;
        let word = if one_writes(aligned) {
            lanes
        } else {
            self.ppb_read(aligned) & !(width.mask() << shift) | lanes
        };
        self.ppb_write(aligned, word, from_cpu);
    }

    pub(crate) fn ppb_write(&mut self, address: u32, value: u32, from_cpu: bool) {
        self.attention();
        let offset = address & 0xFFC;
        match address & !0xFFF {
            SCS => self.scs_write(offset, value, from_cpu),
            DWT => {
                self.dwt.write(offset, value, self.now);
                self.rearm();
            }
            FPB => self.fpb.write(offset, value),
            _ => {}
        }
    }

    fn scs_read(&mut self, offset: u32) -> u32 {
        let nvic = &self.nvic;
        match offset {
            0x004 => u32::from(self.config.irq_lines.saturating_sub(1)) / 32,
            0x008 => self.scb.actlr,
            0x010 => {
                self.tick();
                self.systick.read_control()
            }
            0x014 => self.systick.reload(),
            0x018 => {
                self.tick();
                self.systick.current(self.now)
            }
            0x01C => systick::CALIBRATION,
            0x100..=0x11C | 0x180..=0x19C => nvic.word(nvic.enabled, register(offset)),
            0x200..=0x21C | 0x280..=0x29C => nvic.word(nvic.pending, register(offset)),
            0x300..=0x31C => nvic.word(nvic.active, register(offset)),
            0x400..=0x4EC => self.read_priorities(16 + (offset - 0x400) as u16),
            0xD00 => ids::CPUID,
            0xD04 => self.read_icsr(),
            0xD08 => self.scb.vtor,
            0xD0C => self.read_aircr(),
            0xD10 => self.scb.scr,
            0xD14 => self.scb.ccr,
            0xD18..=0xD20 => self.read_priorities((offset - 0xD14) as u16),
            0xD24 => self.read_shcsr(),
            0xD28 => self.status.cfsr,
            0xD2C => self.status.hfsr,
            0xD30 => self.debug.dfsr,
            0xD34 => self.status.mmfar,
            0xD38 => self.status.bfar,
            0xD3C => self.scb.afsr,
            0xD40..=0xD70 => ids::FEATURES[(offset as usize - 0xD40) / 4],
            0xD88 => self.scb.cpacr,
            0xD90..=0xDB8 => self.mpu.read(offset),
            0xDF0 => self.read_dhcsr(),
            0xDF8 => self.read_transfer(),
            0xDFC => self.read_demcr(),
            0xF34 if self.config.fpu => self.scb.fpccr,
            0xF38 if self.config.fpu => self.scb.fpcar,
            0xF3C if self.config.fpu => self.scb.fpdscr,
            0xF40 if self.config.fpu => 0x1011_0021,
            0xF44 if self.config.fpu => 0x1100_0011,
            _ => 0,
        }
    }

    fn scs_write(&mut self, offset: u32, value: u32, from_cpu: bool) {
        match offset {
            0x008 => self.scb.actlr = value & 0x307,
            0x010 => {
                self.tick();
                self.systick.write_control(value, self.now);
            }
            0x014 => self.systick.write_reload(value, self.now),
            0x018 => self.systick.clear_current(self.now),
            0x100..=0x11C => self.nvic.set_enabled(self.nvic.lines_of_word(register(offset), value), true),
            0x180..=0x19C => self.nvic.set_enabled(self.nvic.lines_of_word(register(offset), value), false),
            0x200..=0x21C => self.pend(self.nvic.lines_of_word(register(offset), value)),
            0x280..=0x29C => self.nvic.clear_pending(self.nvic.lines_of_word(register(offset), value)),
            0x400..=0x4EC => self.write_priorities(16 + (offset - 0x400) as u16, value),
            0xD04 => self.write_icsr(value),
            0xD08 => self.scb.vtor = value & 0xFFFF_FF80,
            0xD0C => self.write_aircr(value, from_cpu),
            0xD10 => self.scb.scr = value & 0x16,
            0xD14 => self.write_ccr(value),
            0xD18..=0xD20 => self.write_priorities((offset - 0xD14) as u16, value),
            0xD24 => self.write_shcsr(value),
            0xD28 => self.status.cfsr &= !value,
            0xD2C => self.status.hfsr &= !value,
            0xD30 => self.debug.dfsr &= !value,
            0xD34 => self.status.mmfar = value,
            0xD38 => self.status.bfar = value,
            0xD3C => self.scb.afsr &= !value,
            0xD88 if self.config.fpu => self.scb.cpacr = value & 0x00F0_0000,
            0xD90..=0xDB8 => {
                self.mpu.write(offset, value);
                self.rearm();
            }
            0xDF0 => self.write_dhcsr(value, from_cpu),
            0xDF4 => self.select_register(value),
            0xDF8 => self.write_transfer(value),
            0xDFC => self.write_demcr(value),
            0xF00 => self.pend(bit(16_u16.saturating_add((value & 0x1FF) as u16)) & self.nvic.lines()),
            0xF34 if self.config.fpu => self.scb.fpccr = value & FPCCR_WRITABLE,
            0xF38 if self.config.fpu => self.scb.fpcar = value & !7,
            0xF3C if self.config.fpu => self.scb.fpdscr = value & FPDSCR_MASK,
            _ => {}
        }
    }

    fn read_priorities(&self, first: u16) -> u32 {
        u32::from_le_bytes([0, 1, 2, 3].map(|n| self.nvic.raw_priority(first + n)))
    }

    fn write_priorities(&mut self, first: u16, value: u32) {
        for (n, priority) in (first..).zip(value.to_le_bytes()) {
            self.nvic.set_raw_priority(n, priority);
        }
    }

    /// Brings SysTick up to date before its registers are looked at.
    pub(crate) fn tick(&mut self) {
        if self.systick.update(self.now) {
            self.pend(bit(crate::exceptions::SYS_TICK));
        }
    }
}

/// Number of a word register in one of the NVIC's arrays.
fn register(offset: u32) -> u32 {
    offset >> 2 & 7
}

/// Registers where writing 0 to a bit means nothing: the lanes not written must be 0, not what they read.
fn one_writes(address: u32) -> bool {
    matches!(address.wrapping_sub(SCS), 0x100..=0x31C | 0xD04 | 0xD28..=0xD30 | 0xD3C | 0xF00)
}
