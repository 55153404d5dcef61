//! Exception return: validation, tail-chaining, unstacking.

use super::entry::{BASIC_FRAME, FRAME_ALIGNED, TAIL_CHAIN_CYCLES};
use super::lazy::{BASIC, EXTENDED};
use super::{HARD_FAULT, NMI};
use crate::Bus;
use crate::faults::{Fault, cfsr};
use crate::nvic::bit;
use crate::state::{LR, Sleep, State};

const RETURN_CYCLES: u64 = 10;

impl State {
    /// Returns from the exception being handled. `value` is the EXC_RETURN that was loaded into the program counter.
    pub(crate) fn exception_return<B: Bus>(&mut self, bus: &mut B, value: u32) {
        let returning = self.ipsr;
        let was_active = self.nvic.is_active(returning);
        let nested = self.nvic.active.count_ones();
        let to_thread = value & 8 != 0;
        let nonbase = self.scb.ccr & crate::scb::CCR_NONBASETHRDENA != 0;
        let extended = value & BASIC_FRAME == 0;
        let known = matches!(value | BASIC_FRAME, 0xFFFF_FFF1 | 0xFFFF_FFF9 | 0xFFFF_FFFD)
            && (self.config.fpu || !extended);
        let consistent = if to_thread { nested == 1 || nonbase } else { nested != 1 };
        if !known || !was_active || !consistent {
            return self.refuse_return(bus, value);
        }
        self.leave_handler(returning);
        if self.tail_chain(bus, value) {
            return;
        }
        let process = value & 4 != 0;
        let frame = if process { self.psp() } else { self.msp() };
        // The access is that of the mode returned to.
        let privileged = !to_thread || !self.npriv;
        let [r0, r1, r2, r3, r12, lr, pc, xpsr] = match self.read_stack(bus, frame, privileged) {
            Ok(words) => words,
            Err(refusal) => return self.unstacking_failed(bus, refusal.while_unstacking(), value),
        };
        let context = if extended {
            match self.unstack_float(bus, frame, privileged) {
                Ok(context) => context,
                Err(fault) => return self.unstacking_failed(bus, fault, value),
            }
        } else {
            None
        };
        let popped_exception = (xpsr & 0x1FF) as u16;
        if to_thread != (popped_exception == 0) {
            return self.refuse_popped(bus, value);
        }
        self.now += RETURN_CYCLES;
        let may_align = extended || self.scb.ccr & crate::scb::CCR_STKALIGN != 0;
        let align = may_align && xpsr & FRAME_ALIGNED != 0;
        let after = frame.wrapping_add(if extended { EXTENDED } else { BASIC }) | if align { 4 } else { 0 };
        if process {
            self.set_psp(after);
        } else {
            self.set_msp(after);
        }
        self.select(popped_exception, process);
        if extended {
            self.restore_float(context);
        }
        self.fpca = extended;
        self.r[0] = r0;
        self.r[1] = r1;
        self.r[2] = r2;
        self.r[3] = r3;
        self.r[12] = r12;
        self.r[LR] = lr;
        self.set_psr_without_ipsr(xpsr);
        self.pc = pc & !1;
        self.exclusive = false;
        self.event = true;
        if to_thread && self.scb.scr & crate::scb::SCR_SLEEPONEXIT != 0 && nested == 1 {
            self.sleep = Sleep::Interrupt;
        }
        self.attention();
    }

    fn leave_handler(&mut self, returning: u16) {
        self.nvic.deactivate(returning);
        if returning != NMI {
            self.faultmask = false;
        }
    }

    /// Enters a pending exception that is stronger than what would be returned to, without touching the stack.
    fn tail_chain<B: Bus>(&mut self, bus: &mut B, value: u32) -> bool {
        let Some(next) = self.preempting() else {
            return false;
        };
        self.now += TAIL_CHAIN_CYCLES;
        self.start_handler(bus, next, value);
        true
    }

    /// The frame cannot be read: the fault is taken in place of the return, and the frame stays where it is.
    fn unstacking_failed<B: Bus>(&mut self, bus: &mut B, fault: Fault, value: u32) {
        self.record_fault(fault, self.pc);
        self.debug_catch_interrupt_error();
        match self.escalate(fault) {
            Some(exception) => {
                self.now += TAIL_CHAIN_CYCLES;
                self.start_handler(bus, exception, value);
            }
            None => self.lock_up(),
        }
    }

    /// An EXC_RETURN that makes no sense: UsageFault INVPC, taken without stacking.
    fn refuse_return<B: Bus>(&mut self, bus: &mut B, value: u32) {
        let returning = self.ipsr;
        self.leave_handler(returning);
        self.invalid_pc(bus, 0xF000_0000 | (value & 0x0FFF_FFFF));
    }

    /// The popped xPSR contradicts the mode returned to: the frame stays where it is.
    fn refuse_popped<B: Bus>(&mut self, bus: &mut B, value: u32) {
        self.invalid_pc(bus, value);
    }

    fn invalid_pc<B: Bus>(&mut self, bus: &mut B, lr: u32) {
        let fault = Fault::usage(cfsr::INVPC);
        self.record_fault(fault, self.pc);
        match self.escalate(fault) {
            Some(exception) => {
                self.catch_fault(exception, fault);
                self.now += TAIL_CHAIN_CYCLES;
                self.start_handler(bus, exception, lr);
                debug_assert!(exception == HARD_FAULT || self.nvic.active & bit(exception) != 0);
            }
            None => self.lock_up(),
        }
    }
}
