//! Words of stack frames, written and read past the instructions.

use crate::faults::{Fault, cfsr};
use crate::mpu::Want;
use crate::state::State;
use crate::{Access, Bus, Width};

/// Who refused a word of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Bus,
    Protection,
}

impl Refusal {
    pub(super) fn while_stacking(self) -> Fault {
        match self {
            Refusal::Bus => Fault::bus(cfsr::STKERR, None),
            Refusal::Protection => Fault::mem_manage(cfsr::MSTKERR, None),
        }
    }

    pub(super) fn while_unstacking(self) -> Fault {
        match self {
            Refusal::Bus => Fault::bus(cfsr::UNSTKERR, None),
            Refusal::Protection => Fault::mem_manage(cfsr::MUNSTKERR, None),
        }
    }
}

impl State {
    pub(super) fn write_stack<B: Bus>(
        &mut self,
        bus: &mut B,
        address: u32,
        words: &[u32],
        privileged: bool,
    ) -> Result<(), Refusal> {
        // The frame may lie in the page being executed.
        self.device_touched |= (address ^ self.code_page) & 0x3_F000 == 0 || address >= 0x4000_0000;
        for (offset, word) in (0..).step_by(4).zip(words) {
            let address = address.wrapping_add(offset);
            self.check_stack(address, Want::Write, privileged)?;
            bus.write(self.now, address, Width::Word, *word, Access::Stack).map_err(|_| Refusal::Bus)?;
        }
        Ok(())
    }

    pub(super) fn read_stack<B: Bus, const N: usize>(
        &mut self,
        bus: &mut B,
        address: u32,
        privileged: bool,
    ) -> Result<[u32; N], Refusal> {
        let mut words = [0; N];
        for (offset, word) in (0..).step_by(4).zip(&mut words) {
            let address = address.wrapping_add(offset);
            self.check_stack(address, Want::Read, privileged)?;
            *word = bus.read(self.now, address, Width::Word, Access::Stack).map_err(|_| Refusal::Bus)?;
        }
        Ok(words)
    }

    fn check_stack(&self, address: u32, want: Want, privileged: bool) -> Result<(), Refusal> {
        if crate::ppb::contains(address) {
            Err(Refusal::Bus)
        } else if self.permitted(address, want, privileged) {
            Ok(())
        } else {
            Err(Refusal::Protection)
        }
    }
}
