//! Special registers and processor state.

use crate::exceptions::{HARD_FAULT, NMI};
use crate::record::Record;
use crate::state::State;

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
                self.fpca = self.config.fpu && value & 4 != 0;
                if !self.handler_mode() {
                    self.select(0, value & 2 != 0);
                }
            }
            _ => {}
        }
    }
}
