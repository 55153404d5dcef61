//! The control access port: it works on a protected chip, too.

use crate::{Reset, machine::Machine};

const RESET: u8 = 0x00;
const ERASE_ALL: u8 = 0x04;
const ERASE_ALL_STATUS: u8 = 0x08;
const APPROTECT_STATUS: u8 = 0x0C;
const IDR: u8 = 0xFC;
const CTRL_AP: u32 = 0x0288_0000;

impl Machine {
    pub(super) fn control_port_read(&mut self, register: u8) -> u32 {
        match register {
            RESET => self.chip.debug.holds_reset.into(),
            ERASE_ALL => self.chip.debug.erase_all,
            ERASE_ALL_STATUS => {
                // Tools poll this without end: the time of the erase passes with the first poll.
                self.let_run_until(self.chip.soc.nvmc.busy_until);
                0
            }
            APPROTECT_STATUS => u32::from(!self.chip.is_protected()),
            IDR => CTRL_AP,
            _ => 0,
        }
    }

    pub(super) fn control_port_write(&mut self, register: u8, value: u32) {
        match register {
            RESET if value & 1 == 0 => self.chip.debug.holds_reset = false,
            // Writing 1 again to a chip that is held does nothing.
            RESET if self.chip.debug.holds_reset => {}
            RESET => {
                self.reset(Reset::CtrlAp);
                self.chip.debug.holds_reset = true;
            }
            ERASE_ALL => {
                self.chip.debug.erase_all = value & 1;
                if value & 1 == 1 {
                    self.chip.soc.erase_everything(self.chip.now());
                    self.chip.held = true;
                }
            }
            _ => {}
        }
    }
}
