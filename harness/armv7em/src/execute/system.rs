//! Special registers, processor state, and instructions of coprocessors.

use crate::Unsupported;
use crate::exceptions::{HARD_FAULT, NMI};
use crate::faults::cfsr;
use crate::record::Record;
use crate::state::{State, Trap};

impl State {
    #[cold]
    #[inline(never)]
    pub(super) fn change_processor_state(&mut self, r: &Record) {
        if !self.privileged() {
            return;
        }
        let disable = r.sh & 0x10 != 0;
        if r.sh & 2 != 0 {
            self.primask = disable;
        }
        if r.sh & 1 != 0 {
            self.set_faultmask(disable);
        }
        self.attention();
    }

    /// FAULTMASK cannot be set at or above the priority it gives.
    fn set_faultmask(&mut self, on: bool) {
        if !on || !matches!(self.ipsr, NMI | HARD_FAULT) {
            self.faultmask = on;
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn read_special(&mut self, r: &Record) {
        let privileged = self.privileged();
        let value = match r.imm {
            // EPSR reads 0; IPSR only to privileged code.
            0..=7 => {
                let apsr = if r.imm & 4 == 0 { self.apsr() } else { 0 };
                let ipsr = if r.imm & 1 != 0 { u32::from(self.ipsr) } else { 0 };
                apsr | if privileged { ipsr } else { 0 }
            }
            8 if privileged => self.msp(),
            9 if privileged => self.psp(),
            16 if privileged => u32::from(self.primask),
            17 | 18 if privileged => u32::from(self.basepri),
            19 if privileged => u32::from(self.faultmask),
            20 => self.control(),
            _ => 0,
        };
        self.set(r.rd, value);
    }

    #[cold]
    #[inline(never)]
    pub(super) fn write_special(&mut self, r: &Record) {
        let value = self.reg(r.rn);
        self.attention();
        match r.imm {
            0..=3 => {
                if r.sh & 2 != 0 {
                    self.set_nzcvq(value);
                }
                if r.sh & 1 != 0 {
                    self.set_ge(value);
                }
                return;
            }
            _ if !self.privileged() => return,
            _ => {}
        }
        let priority = value as u8 & self.nvic.priority_mask();
        match r.imm {
            8 => self.set_msp(value),
            9 => self.set_psp(value),
            16 => self.primask = value & 1 != 0,
            17 => self.basepri = priority,
            18 if priority != 0 && (priority < self.basepri || self.basepri == 0) => self.basepri = priority,
            19 => self.set_faultmask(value & 1 != 0),
            20 => {
                self.npriv = value & 1 != 0;
                if !self.handler_mode() {
                    self.select(0, value & 2 != 0);
                }
            }
            _ => {}
        }
    }

    /// A coprocessor instruction: NOCP, or a floating-point instruction this core does not execute.
    #[cold]
    #[inline(never)]
    pub(super) fn coprocessor(&mut self, r: &Record) -> Trap {
        let floating_point = matches!(r.rd, 10 | 11);
        let access = self.scb.cpacr >> 20 & 15;
        let allowed = access == 15 || (access == 5 && self.privileged());
        if !floating_point || !self.config.fpu || !allowed {
            return self.usage_fault(cfsr::NOCP);
        }
        if r.imm >> 28 == 15 {
            return self.usage_fault(cfsr::UNDEFINSTR);
        }
        self.unsupported = Some(Unsupported {
            name: floating_point_name(r.imm),
            encoding: r.imm,
            address: self.r[15].wrapping_sub(4),
        });
        Trap::Unsupported
    }
}

/// Name of a floating-point instruction, as far as a report needs it.
fn floating_point_name(e: u32) -> &'static str {
    let load = e & 1 << 20 != 0;
    if e >> 25 & 7 == 0b110 {
        return match (e >> 21 & 0xF, load) {
            (0b0010, _) => "VMOV (two core registers)",
            (p, _) if p & 0b1001 == 0b1000 => {
                if load {
                    "VLDR"
                } else {
                    "VSTR"
                }
            }
            (_, true) => "VLDM",
            (_, false) => "VSTM",
        };
    }
    if e & 0x10 != 0 {
        return match (e >> 20 & 15, load) {
            (0xE | 0xF, true) => "VMRS",
            (0xE | 0xF, false) => "VMSR",
            _ => "VMOV (core register)",
        };
    }
    let op = e & 0x40 != 0;
    match (e >> 20 & 0xB, op) {
        (0, false) => "VMLA",
        (0, true) => "VMLS",
        (1, false) => "VNMLS",
        (1, true) => "VNMLA",
        (2, false) => "VMUL",
        (2, true) => "VNMUL",
        (3, false) => "VADD",
        (3, true) => "VSUB",
        (8, _) => "VDIV",
        (9, false) => "VFNMS",
        (9, true) => "VFNMA",
        (10, false) => "VFMA",
        (10, true) => "VFMS",
        (_, false) => "VMOV (immediate)",
        (_, true) => match e >> 16 & 15 {
            0 if e & 0x80 == 0 => "VMOV (register)",
            0 => "VABS",
            1 if e & 0x80 == 0 => "VNEG",
            1 => "VSQRT",
            2 | 3 => "VCVTB/VCVTT",
            4 | 5 => "VCMP",
            _ => "VCVT",
        },
    }
}
