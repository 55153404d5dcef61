//! What becomes of an instruction that does not simply continue at the next address.

use crate::debug::dfsr;
use crate::exceptions::{HARD_FAULT, SV_CALL};
use crate::faults::{Fault, hfsr};
use crate::record::Record;
use crate::state::{Sleep, State, Trap};
use crate::{Bus, Stop};

impl State {
    pub(crate) fn begin_it(&mut self, record: &Record) {
        self.it = record.imm as u8;
        self.complete(record);
    }

    /// The instruction is done: execution continues behind it.
    pub(crate) fn complete(&mut self, record: &Record) {
        self.pc = self.pc.wrapping_add(u32::from(record.size));
        self.now += u64::from(record.cost);
        self.instructions += 1;
    }

    /// Does what a trap asks for. `pc` is the instruction that trapped.
    #[inline(never)]
    pub(crate) fn handle<B: Bus>(&mut self, bus: &mut B, trap: Trap, record: &Record) -> Option<Stop> {
        match trap {
            Trap::Fault => {
                self.now += u64::from(record.cost);
                self.take_fault(bus, self.fault, self.pc);
            }
            Trap::ExceptionReturn => {
                self.advance_it();
                self.complete(record);
                self.exception_return(bus, self.trap_value);
            }
            Trap::SupervisorCall => {
                self.advance_it();
                self.complete(record);
                self.supervisor_call(bus);
            }
            Trap::Breakpoint => self.breakpoint(bus),
            Trap::HostCall => {
                self.advance_it();
                self.complete(record);
                self.attention();
                return Some(Stop::HostTrap(self.trap_value as u8));
            }
            Trap::WaitForInterrupt | Trap::WaitForEvent => {
                self.advance_it();
                self.complete(record);
                self.wait(trap);
            }
            Trap::IfThen => self.begin_it(record),
            // The slot is decoded before it is executed again.
            Trap::Undecoded => {}
        }
        self.attention();
        None
    }

    fn wait(&mut self, trap: Trap) {
        if self.debug.stepping {
            return;
        }
        if trap == Trap::WaitForInterrupt {
            self.sleep = Sleep::Interrupt;
        } else if !std::mem::take(&mut self.event) {
            self.sleep = Sleep::Event;
        }
    }

    fn supervisor_call<B: Bus>(&mut self, bus: &mut B) {
        if self.group_priority(SV_CALL) < self.execution_priority() {
            self.enter_exception(bus, SV_CALL);
            return;
        }
        let fault = Fault { exception: SV_CALL, ..Fault::hard(hfsr::FORCED) };
        self.record_fault(fault, self.pc);
        match self.escalate(fault) {
            Some(_) => {
                self.catch_fault(HARD_FAULT, fault);
                self.enter_exception(bus, HARD_FAULT);
            }
            None => self.lock_up(),
        }
    }

    /// The debugger's single step is over once anything was executed or entered.
    pub(crate) fn finish_step(&mut self) {
        if self.debug.stepping && !self.lockup {
            self.halt(dfsr::HALTED);
        }
    }
}
