//! The floating-point context: access, its part of the stack frame, and saving it only when somebody needs the registers.

use super::stack::Refusal;
use super::{BUS_FAULT, DEBUG_MONITOR, HARD_FAULT, MEM_MANAGE};
use crate::Bus;
use crate::faults::{Fault, cfsr, hfsr};
use crate::float::{FPDSCR_MASK, FPSCR_MASK};
use crate::nvic::bit;
use crate::state::{State, Trap};

/// Bits of FPCCR.
const ASPEN: u32 = 1 << 31;
const LSPEN: u32 = 1 << 30;
const MONRDY: u32 = 1 << 8;
const BFRDY: u32 = 1 << 6;
const MMRDY: u32 = 1 << 5;
const HFRDY: u32 = 1 << 4;
const THREAD: u32 = 1 << 3;
const USER: u32 = 1 << 1;
pub(super) const LSPACT: u32 = 1 << 0;
pub(crate) const FPCCR_WRITABLE: u32 =
    ASPEN | LSPEN | MONRDY | BFRDY | MMRDY | HFRDY | THREAD | USER | LSPACT;

/// Bytes of the basic frame; the floating-point registers lie above it.
pub(super) const BASIC: u32 = 32;
/// Bytes of the extended frame: S0 to S15, FPSCR and a reserved word more.
pub(super) const EXTENDED: u32 = BASIC + 72;
/// Cycles of the 17 words.
const CONTEXT_CYCLES: u64 = 17;

/// S0 to S15 and FPSCR, as they lie in the frame.
pub(super) type Context = [u32; 17];

impl State {
    /// CPACR gives access to the floating-point unit, and there is one.
    pub(crate) fn float_enabled(&self, privileged: bool) -> bool {
        let access = self.scb.cpacr >> 20 & 15;
        self.config.fpu && (access == 15 || (access == 5 && privileged))
    }

    /// Before every floating-point instruction: access, the registers of somebody else, a new context.
    #[inline(always)]
    pub(crate) fn use_float<B: Bus>(&mut self, bus: &mut B) -> Result<(), Trap> {
        if !self.float_enabled(self.privileged()) {
            return Err(self.usage_fault(cfsr::NOCP));
        }
        if self.scb.fpccr & LSPACT != 0 {
            self.preserve_float(bus)?;
        }
        if !self.fpca && self.scb.fpccr & ASPEN != 0 {
            self.fpscr = self.fpscr & !FPDSCR_MASK | self.scb.fpdscr;
            self.fpca = true;
        }
        Ok(())
    }

    /// Stores the registers where exception entry left room for them.
    #[cold]
    #[inline(never)]
    fn preserve_float<B: Bus>(&mut self, bus: &mut B) -> Result<(), Trap> {
        // The access is that of the context the registers belong to.
        let privileged = self.scb.fpccr & USER == 0;
        if let Err(refusal) = self.write_context(bus, self.scb.fpcar, privileged) {
            self.lazy_fault(refusal)?;
        }
        self.scb.fpccr &= !LSPACT;
        Ok(())
    }

    /// A word was refused while saving. Whether the fault escalates was settled when the room was reserved.
    fn lazy_fault(&mut self, refusal: Refusal) -> Result<(), Trap> {
        let (fault, ready) = match refusal {
            Refusal::Bus => (Fault::bus(cfsr::LSPERR, None), BFRDY),
            Refusal::Protection => (Fault::mem_manage(cfsr::MLSPERR, None), MMRDY),
        };
        let escalated = Fault { cfsr: fault.cfsr, ..Fault::hard(hfsr::FORCED) };
        let fault = if self.scb.fpccr & ready != 0 { fault } else { escalated };
        let exception = fault.exception;
        let enabled = exception == HARD_FAULT || self.nvic.is_enabled(exception);
        if enabled && self.group_priority(exception) < self.execution_priority() {
            // It is taken before the instruction, which comes again afterwards; nothing has been saved.
            self.fault = fault;
            return Err(Trap::Fault);
        }
        if self.scb.fpccr & HFRDY == 0 {
            // Not even HardFault could have preempted the owner of the registers: lockup.
            self.fault = escalated;
            return Err(Trap::Fault);
        }
        // It waits for its turn, and the registers are lost.
        self.record_fault(fault, self.r[15].wrapping_sub(4));
        self.pend(bit(exception));
        Ok(())
    }

    /// Stores S0 to S15 and FPSCR.
    fn write_context<B: Bus>(&mut self, bus: &mut B, address: u32, privileged: bool) -> Result<(), Refusal> {
        self.now += CONTEXT_CYCLES;
        let mut words: Context = [0; 17];
        words[..16].copy_from_slice(&self.s[..16]);
        words[16] = self.fpscr;
        let stored = self.write_stack(bus, address, &words, privileged);
        self.attention();
        stored
    }

    /// The floating-point part of exception entry: stores the registers, or notes where they belong.
    pub(super) fn stack_float<B: Bus>(&mut self, bus: &mut B, frame: u32) -> Result<(), Fault> {
        if self.scb.fpccr & LSPEN != 0 {
            self.reserve_float(frame);
            return Ok(());
        }
        if !self.float_enabled(self.privileged()) {
            return Err(Fault::usage(cfsr::NOCP));
        }
        let stored = self.write_context(bus, frame.wrapping_add(BASIC), self.privileged());
        stored.map_err(Refusal::while_stacking)
    }

    /// Notes the place, and which faults the context that is left could have taken.
    fn reserve_float(&mut self, frame: u32) {
        let priority = self.execution_priority();
        let ready = |exception: u16, mask: u32| {
            let enabled = exception == HARD_FAULT || self.nvic.is_enabled(exception);
            if enabled && self.group_priority(exception) < priority { mask } else { 0 }
        };
        let state = ready(DEBUG_MONITOR, MONRDY)
            | ready(BUS_FAULT, BFRDY)
            | ready(MEM_MANAGE, MMRDY)
            | ready(HARD_FAULT, HFRDY)
            | if self.handler_mode() { 0 } else { THREAD }
            | if self.privileged() { 0 } else { USER };
        self.scb.fpcar = frame.wrapping_add(BASIC) & !7;
        self.scb.fpccr = self.scb.fpccr & (ASPEN | LSPEN) | state | LSPACT;
    }

    /// The floating-point part of exception return; `None` while the registers were never touched.
    pub(super) fn unstack_float<B: Bus>(
        &mut self,
        bus: &mut B,
        frame: u32,
        privileged: bool,
    ) -> Result<Option<Context>, Fault> {
        if self.scb.fpccr & LSPACT != 0 {
            return Ok(None);
        }
        if !self.float_enabled(privileged) {
            return Err(Fault::usage(cfsr::NOCP));
        }
        self.now += CONTEXT_CYCLES;
        let context = self.read_stack(bus, frame.wrapping_add(BASIC), privileged);
        context.map(Some).map_err(Refusal::while_unstacking)
    }

    /// Takes over what [`unstack_float`](Self::unstack_float) found.
    pub(super) fn restore_float(&mut self, context: Option<Context>) {
        self.scb.fpccr &= !LSPACT;
        if let Some([singles @ .., fpscr]) = context {
            self.s[..16].copy_from_slice(&singles);
            self.fpscr = fpscr & FPSCR_MASK;
        }
    }
}
