//! System control block: the registers that are neither interrupts, faults nor debug.

use crate::exceptions::{BUS_FAULT, DEBUG_MONITOR, MEM_MANAGE, NMI, PEND_SV, SV_CALL, SYS_TICK, USAGE_FAULT};
use crate::nvic::bit;
use crate::state::State;

pub(crate) const CCR_NONBASETHRDENA: u32 = 1 << 0;
pub(crate) const CCR_USERSETMPEND: u32 = 1 << 1;
pub(crate) const CCR_UNALIGN_TRP: u32 = 1 << 3;
pub(crate) const CCR_DIV_0_TRP: u32 = 1 << 4;
pub(crate) const CCR_BFHFNMIGN: u32 = 1 << 8;
pub(crate) const CCR_STKALIGN: u32 = 1 << 9;
const CCR_WRITABLE: u32 = 0x31B;

pub(crate) const SCR_SLEEPONEXIT: u32 = 1 << 1;
pub(crate) const SCR_SEVONPEND: u32 = 1 << 4;

/// SHCSR: the active, pended and enable bits, with the exception each belongs to.
const ACTIVE: [(u32, u16); 7] = [
    (0, MEM_MANAGE),
    (1, BUS_FAULT),
    (3, USAGE_FAULT),
    (7, SV_CALL),
    (8, DEBUG_MONITOR),
    (10, PEND_SV),
    (11, SYS_TICK),
];
const PENDED: [(u32, u16); 4] = [(12, USAGE_FAULT), (13, MEM_MANAGE), (14, BUS_FAULT), (15, SV_CALL)];
const ENABLE: [(u32, u16); 3] = [(16, MEM_MANAGE), (17, BUS_FAULT), (18, USAGE_FAULT)];

#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemControl {
    pub(crate) vtor: u32,
    pub(crate) prigroup: u32,
    pub(crate) scr: u32,
    pub(crate) ccr: u32,
    pub(crate) actlr: u32,
    pub(crate) afsr: u32,
    pub(crate) cpacr: u32,
    pub(crate) fpccr: u32,
    pub(crate) fpcar: u32,
    pub(crate) fpdscr: u32,
}

impl Default for SystemControl {
    fn default() -> Self {
        SystemControl {
            vtor: 0,
            prigroup: 0,
            scr: 0,
            ccr: CCR_STKALIGN,
            actlr: 0,
            afsr: 0,
            cpacr: 0,
            fpccr: 0xC000_0000,
            fpcar: 0,
            fpdscr: 0,
        }
    }
}

impl State {
    pub(crate) fn read_icsr(&self) -> u32 {
        let flag = |exception: u16, at: u32| u32::from(self.nvic.pending & bit(exception) != 0) << at;
        let external = self.nvic.pending & self.nvic.enabled & self.nvic.lines() != 0;
        let base = self.nvic.active.count_ones() <= 1;
        flag(NMI, 31)
            | flag(PEND_SV, 28)
            | flag(SYS_TICK, 26)
            | u32::from(external) << 22
            | u32::from(self.highest_pending()) << 12
            | u32::from(base) << 11
            | u32::from(self.ipsr)
    }

    pub(crate) fn write_icsr(&mut self, value: u32) {
        if value & 1 << 31 != 0 {
            self.pend(bit(NMI));
        }
        for (set, clear, exception) in [(28, 27, PEND_SV), (26, 25, SYS_TICK)] {
            if value & 1 << clear != 0 {
                self.nvic.clear_pending(bit(exception));
            } else if value & 1 << set != 0 {
                self.pend(bit(exception));
            }
        }
    }

    pub(crate) fn read_shcsr(&self) -> u32 {
        let flags = |table: &[(u32, u16)], set: u128| {
            table.iter().fold(0, |word, &(at, n)| word | u32::from(set & bit(n) != 0) << at)
        };
        flags(&ACTIVE, self.nvic.active)
            | flags(&PENDED, self.nvic.pending)
            | flags(&ENABLE, self.nvic.enabled)
    }

    pub(crate) fn write_shcsr(&mut self, value: u32) {
        let assign = |table: &[(u32, u16)], set: &mut u128| {
            for &(at, n) in table {
                if value & 1 << at != 0 {
                    *set |= bit(n);
                } else {
                    *set &= !bit(n);
                }
            }
        };
        assign(&ACTIVE, &mut self.nvic.active);
        assign(&PENDED, &mut self.nvic.pending);
        assign(&ENABLE, &mut self.nvic.enabled);
    }

    pub(crate) fn read_aircr(&self) -> u32 {
        0xFA05_0000 | self.scb.prigroup << 8
    }

    /// VECTRESET asks for the same reset as SYSRESETREQ: the core alone cannot be reset apart from its chip here.
    pub(crate) fn write_aircr(&mut self, value: u32, from_cpu: bool) {
        if value >> 16 != 0x05FA {
            return;
        }
        self.scb.prigroup = value >> 8 & 7;
        if value & 4 != 0 || (value & 1 != 0 && !from_cpu) {
            self.reset_request = true;
        }
        if value & 2 != 0 && !from_cpu {
            self.nvic.active = 0;
            self.select(0, self.spsel);
        }
    }

    pub(crate) fn write_ccr(&mut self, value: u32) {
        self.scb.ccr = value & CCR_WRITABLE;
    }
}
