//! What both protocols need of the wire: the machine, and where on the wire it is.

use std::sync::{MutexGuard, PoisonError};

use gauntlet_nrf52::Machine;

use crate::virtual_probe::SharedMachine;

/// High bits in a row that reset the line.
const LINE_RESET: u32 = 50;

/// A machine at the end of two wires.
pub(super) struct Wire {
    machine: SharedMachine,
    /// High bits in a row so far.
    ones: u32,
}

impl Wire {
    pub(super) fn new(machine: SharedMachine) -> Self {
        Self { machine, ones: 0 }
    }

    /// The machine, for a transfer. A thread that panicked leaves it as good as before.
    pub(super) fn machine(&mut self) -> MutexGuard<'_, Machine> {
        self.ones = 0;
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bits the tool clocks out by itself, lowest first. Of all they may mean, only the line reset matters here: the
    /// sequences that switch protocols end with one.
    pub(super) fn bits(&mut self, count: u32, bits: impl Fn(u32) -> bool) {
        for index in 0..count {
            if bits(index) {
                self.ones += 1;
                if self.ones == LINE_RESET {
                    // Nobody acknowledges a line reset.
                    let _ = self.machine.lock().unwrap_or_else(PoisonError::into_inner).dap_line_reset();
                }
            } else {
                self.ones = 0;
            }
        }
    }

    /// Pulls the reset line low, or lets it go.
    pub(super) fn reset_line(&mut self, low: bool) {
        self.machine().set_reset_line(low);
    }
}
