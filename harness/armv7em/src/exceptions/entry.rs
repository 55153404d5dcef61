//! Exception entry: stacking, the vector, and what goes wrong on the way.

use super::HARD_FAULT;
use super::lazy::{BASIC, EXTENDED};
use super::stack::Refusal;
use crate::faults::{Fault, hfsr};
use crate::nvic::bit;
use crate::state::{LR, SP, State};
use crate::{Access, Bus, Width};

const ENTRY_CYCLES: u64 = 12;
pub(super) const TAIL_CHAIN_CYCLES: u64 = 6;
/// Set in EXC_RETURN when the frame has no floating-point registers.
pub(super) const BASIC_FRAME: u32 = 1 << 4;
/// Set in the stacked xPSR when the frame was moved to a multiple of 8.
pub(super) const FRAME_ALIGNED: u32 = 1 << 9;

impl State {
    /// Takes an exception; `pc` is the return address.
    pub(crate) fn enter_exception<B: Bus>(&mut self, bus: &mut B, exception: u16) {
        self.now += ENTRY_CYCLES;
        let basic = if self.fpca { 0 } else { BASIC_FRAME };
        let exc_return = match (self.handler_mode(), self.spsel) {
            (true, _) => 0xFFFF_FFE1 | basic,
            (false, false) => 0xFFFF_FFE9 | basic,
            (false, true) => 0xFFFF_FFED | basic,
        };
        // The frame is on the old stack; from here on the main stack is in use.
        let exception = match self.push_frame(bus) {
            Ok(()) => Some(exception),
            Err(fault) => self.derived(exception, fault),
        };
        match exception {
            Some(exception) => self.start_handler(bus, exception, exc_return),
            None => self.lock_up(),
        }
    }

    /// Pushes the frame: the basic one, extended when a floating-point context is active.
    fn push_frame<B: Bus>(&mut self, bus: &mut B) -> Result<(), Fault> {
        let sp = self.r[SP];
        // An extended frame is always aligned.
        let align = (self.fpca || self.scb.ccr & crate::scb::CCR_STKALIGN != 0) && sp & 4 != 0;
        let size = if self.fpca { EXTENDED } else { BASIC };
        let frame = sp.wrapping_sub(if align { size + 4 } else { size });
        let xpsr = self.xpsr() & !FRAME_ALIGNED | if align { FRAME_ALIGNED } else { 0 };
        let words = [self.r[0], self.r[1], self.r[2], self.r[3], self.r[12], self.r[LR], self.pc, xpsr];
        self.r[SP] = frame;
        let stacked = self.write_stack(bus, frame, &words, self.privileged());
        if self.fpca {
            self.stack_float(bus, frame)?;
        }
        stacked.map_err(Refusal::while_stacking)
    }

    /// A fault while entering `exception`: the stronger of the two comes first, the other stays pending.
    fn derived(&mut self, exception: u16, fault: Fault) -> Option<u16> {
        self.record_fault(fault, self.pc);
        let taken = self.escalate(fault)?;
        self.debug_catch_interrupt_error();
        if self.group_priority(exception) < self.group_priority(taken) {
            self.nvic.pending |= bit(taken);
            return Some(exception);
        }
        if taken == exception && taken == HARD_FAULT {
            return None;
        }
        if taken != exception {
            self.nvic.pending |= bit(exception);
        }
        Some(taken)
    }

    /// Activates a handler and reads its vector. The stack is settled already.
    pub(super) fn start_handler<B: Bus>(&mut self, bus: &mut B, exception: u16, exc_return: u32) {
        let mut exception = exception;
        let vector = loop {
            let address = self.scb.vtor.wrapping_add(4 * u32::from(exception));
            match bus.read(self.now, address, Width::Word, Access::Fetch) {
                Ok(vector) => break vector,
                Err(fault) => {
                    self.record_fault(
                        Fault { address: Some(fault.address), ..Fault::hard(hfsr::VECTTBL) },
                        self.pc,
                    );
                    if exception == HARD_FAULT || self.execution_priority() <= -1 {
                        return self.lock_up();
                    }
                    self.nvic.pending |= bit(exception);
                    exception = HARD_FAULT;
                    self.debug_catch_interrupt_error();
                }
            }
        };
        self.nvic.activate(exception);
        self.select(exception, false);
        self.fpca = false;
        self.r[LR] = exc_return;
        self.it = 0;
        self.exclusive = false;
        self.event = true;
        self.pc = vector & !1;
        self.thumb = vector & 1 != 0;
        self.attention();
    }
}
