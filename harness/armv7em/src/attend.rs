//! Everything asynchronous: reset and halt requests, stalls, sleep, interrupts, time.

use crate::debug::dfsr;
use crate::faults::{Fault, cfsr};
use crate::state::{Sleep, State};
use crate::{Bus, Stop};

impl State {
    /// Everything asynchronous. Answers a reason to stop, or sets the next deadline.
    pub(crate) fn attend<B: Bus>(&mut self, bus: &mut B, until: u64) -> Option<Stop> {
        loop {
            if self.reset_request {
                return Some(Stop::ResetRequested);
            }
            if self.debug.enabled && !self.debug.halted {
                let reason = self.debug.catch | if self.debug.halt_requested { dfsr::HALTED } else { 0 };
                if reason != 0 {
                    self.halt(reason);
                }
            }
            if self.debug.halted {
                return Some(Stop::Halted);
            }
            if bus.interrupted() {
                return Some(Stop::Interrupted);
            }
            if self.lockup {
                return Some(Stop::Lockup);
            }
            if self.sleep == Sleep::Awake {
                self.now = self.now.max(bus.fetch_stalled_until(self.pc).min(until));
            } else if !self.try_to_wake() {
                return Some(Stop::Sleeping);
            }
            if self.now >= until {
                return Some(Stop::Limit);
            }
            self.tick();
            if let Some(exception) = self.preempting() {
                self.enter_exception(bus, exception);
                self.finish_step();
                continue;
            }
            if !self.thumb {
                self.take_fault(bus, Fault::usage(cfsr::INVSTATE), self.pc);
                self.finish_step();
                continue;
            }
            self.deadline = until.min(self.systick.next());
            return None;
        }
    }
}
