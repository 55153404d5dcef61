//! Everything a core remembers, apart from the decode cache: plain data.

use crate::debug::DebugUnit;
use crate::dwt::Dwt;
use crate::faults::FaultStatus;
use crate::fpb::BreakpointUnit;
use crate::mpu::ProtectionUnit;
use crate::nvic::Nvic;
use crate::systick::SysTick;
use crate::{CoreConfig, FirstFault};

/// Register numbers with a name.
pub(crate) const SP: usize = 13;
pub(crate) const LR: usize = 14;
pub(crate) const PC: usize = 15;

/// Why an instruction did not simply continue at the next address. Details lie in [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trap {
    /// `fault` tells which.
    Fault,
    /// `trap_value` is the EXC_RETURN value.
    ExceptionReturn,
    SupervisorCall,
    Breakpoint,
    /// `trap_value` is the immediate of the UDF instruction.
    HostCall,
    WaitForInterrupt,
    WaitForEvent,
    /// An IT instruction: the next one to four instructions are conditional.
    IfThen,
    /// The slot of the decode cache is empty.
    Undecoded,
}

/// What the core waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sleep {
    Awake,
    Interrupt,
    Event,
}

#[derive(Clone, Debug)]
pub(crate) struct State {
    /// R0 to R14; R13 is the stack pointer in use. The last is the address of the current instruction plus 4 while it
    /// executes, so that reading it as an operand needs no special case.
    pub(crate) r: [u32; 16],
    /// Address of the next instruction.
    pub(crate) pc: u32,
    /// N is bit 31 of this word. N and Z are kept as results, which costs nothing to update.
    pub(crate) n: u32,
    /// Z is set when this word is 0.
    pub(crate) z: u32,
    pub(crate) c: bool,
    pub(crate) v: bool,
    pub(crate) q: bool,
    /// Bits 3:0 are GE.
    pub(crate) ge: u8,
    /// ITSTATE.
    pub(crate) it: u8,
    /// EPSR.T. Cleared by a branch to an even address; the next instruction then faults.
    pub(crate) thumb: bool,
    /// Number of the exception being handled; 0 in thread mode.
    pub(crate) ipsr: u16,
    /// The stack pointer not in use.
    pub(crate) other_sp: u32,
    /// CONTROL.SPSEL: thread mode uses the process stack.
    pub(crate) spsel: bool,
    /// CONTROL.nPRIV: thread mode is unprivileged.
    pub(crate) npriv: bool,
    pub(crate) primask: bool,
    pub(crate) faultmask: bool,
    pub(crate) basepri: u8,
    pub(crate) exclusive: bool,
    /// The event register of WFE.
    pub(crate) event: bool,
    pub(crate) sleep: Sleep,
    pub(crate) lockup: bool,
    /// CONTROL.FPCA: a floating-point context is active, and exception entry makes room for it.
    pub(crate) fpca: bool,
    /// Floating-point registers.
    pub(crate) s: [u32; 32],
    pub(crate) fpscr: u32,

    pub(crate) now: u64,
    pub(crate) instructions: u64,
    /// The fast loop runs while `now` is below this; 0 asks for attention before the next instruction.
    pub(crate) deadline: u64,
    /// Value the tag bits of an address have when it is plain SRAM; impossible while watchpoints are armed or memory is
    /// protected, so that every access takes the careful path.
    pub(crate) plain_tag: u32,
    /// Base of the 4 KiB page being executed, its version, and what this core stored into it since.
    pub(crate) code_page: u32,
    pub(crate) code_version: u64,
    pub(crate) code_stored: Option<(u32, u32)>,
    /// A device was accessed: pages may have changed in ways this core does not see.
    pub(crate) device_touched: bool,

    pub(crate) host_traps: bool,
    pub(crate) reset_request: bool,
    pub(crate) trap_value: u32,
    pub(crate) fault: crate::faults::Fault,
    pub(crate) first_fault: Option<FirstFault>,

    pub(crate) config: CoreConfig,
    pub(crate) nvic: Nvic,
    pub(crate) scb: crate::scb::SystemControl,
    pub(crate) status: FaultStatus,
    pub(crate) systick: SysTick,
    pub(crate) debug: DebugUnit,
    pub(crate) fpb: BreakpointUnit,
    pub(crate) dwt: Dwt,
    pub(crate) mpu: ProtectionUnit,
}

impl State {
    pub(crate) fn new(config: CoreConfig) -> Self {
        State {
            r: [0; 16],
            pc: 0,
            n: 0,
            z: 1,
            c: false,
            v: false,
            q: false,
            ge: 0,
            it: 0,
            thumb: true,
            ipsr: 0,
            other_sp: 0,
            spsel: false,
            npriv: false,
            primask: false,
            faultmask: false,
            basepri: 0,
            exclusive: false,
            event: false,
            sleep: Sleep::Awake,
            lockup: false,
            fpca: false,
            s: [0; 32],
            fpscr: 0,
            now: 0,
            instructions: 0,
            deadline: 0,
            plain_tag: crate::memory::SRAM_TAG,
            code_page: 1,
            code_version: 0,
            code_stored: None,
            device_touched: false,
            host_traps: false,
            reset_request: false,
            trap_value: 0,
            fault: crate::faults::Fault::default(),
            first_fault: None,
            config,
            nvic: Nvic::new(config),
            scb: crate::scb::SystemControl::default(),
            status: FaultStatus::default(),
            systick: SysTick::default(),
            debug: DebugUnit::default(),
            fpb: BreakpointUnit::new(config.code_breakpoints),
            dwt: Dwt::new(config.watchpoints),
            mpu: ProtectionUnit::default(),
        }
    }

    /// Asks for attention before the next instruction.
    #[inline(always)]
    pub(crate) fn attention(&mut self) {
        self.deadline = 0;
    }

    #[inline(always)]
    pub(crate) fn reg(&self, n: u8) -> u32 {
        self.r[usize::from(n & 15)]
    }

    /// Writes R0 to R14; the two low bits of the stack pointer do not exist.
    #[inline(always)]
    pub(crate) fn set(&mut self, n: u8, value: u32) {
        let value = if n == 13 { value & !3 } else { value };
        self.r[usize::from(n & 15)] = value;
    }

    #[inline(always)]
    pub(crate) fn set_nz(&mut self, result: u32) {
        self.n = result;
        self.z = result;
    }

    pub(crate) fn handler_mode(&self) -> bool {
        self.ipsr != 0
    }

    pub(crate) fn privileged(&self) -> bool {
        self.handler_mode() || !self.npriv
    }

    pub(crate) fn process_stack_in_use(&self) -> bool {
        self.spsel && !self.handler_mode()
    }

    pub(crate) fn msp(&self) -> u32 {
        if self.process_stack_in_use() { self.other_sp } else { self.r[SP] }
    }

    pub(crate) fn psp(&self) -> u32 {
        if self.process_stack_in_use() { self.r[SP] } else { self.other_sp }
    }

    pub(crate) fn set_msp(&mut self, value: u32) {
        let process = self.process_stack_in_use();
        *(if process { &mut self.other_sp } else { &mut self.r[SP] }) = value & !3;
    }

    pub(crate) fn set_psp(&mut self, value: u32) {
        let process = self.process_stack_in_use();
        *(if process { &mut self.r[SP] } else { &mut self.other_sp }) = value & !3;
    }

    /// Changes mode and stack selection together, exchanging the stack pointers when another one comes into use.
    pub(crate) fn select(&mut self, ipsr: u16, spsel: bool) {
        let before = self.process_stack_in_use();
        self.ipsr = ipsr;
        self.spsel = spsel;
        if before != self.process_stack_in_use() {
            std::mem::swap(&mut self.r[SP], &mut self.other_sp);
        }
    }

    pub(crate) fn control(&self) -> u32 {
        u32::from(self.fpca) << 2 | u32::from(self.spsel) << 1 | u32::from(self.npriv)
    }

    /// N, Z, C, V, Q and GE.
    pub(crate) fn apsr(&self) -> u32 {
        (self.n & 0x8000_0000)
            | u32::from(self.z == 0) << 30
            | u32::from(self.c) << 29
            | u32::from(self.v) << 28
            | u32::from(self.q) << 27
            | u32::from(self.ge & 15) << 16
    }

    pub(crate) fn set_nzcvq(&mut self, value: u32) {
        self.n = value & 0x8000_0000;
        self.z = !value & 1 << 30;
        self.c = value & 1 << 29 != 0;
        self.v = value & 1 << 28 != 0;
        self.q = value & 1 << 27 != 0;
    }

    pub(crate) fn set_ge(&mut self, value: u32) {
        self.ge = (value >> 16 & 15) as u8;
    }

    pub(crate) fn xpsr(&self) -> u32 {
        self.apsr()
            | u32::from(self.it & 3) << 25
            | u32::from(self.it >> 2) << 10
            | u32::from(self.thumb) << 24
            | u32::from(self.ipsr)
    }

    /// Restores flags, GE, ITSTATE and T; the exception number is the caller's business.
    pub(crate) fn set_psr_without_ipsr(&mut self, value: u32) {
        self.set_nzcvq(value);
        self.set_ge(value);
        self.it = ((value >> 25 & 3) | (value >> 10 & 0x3F) << 2) as u8;
        self.thumb = value & 1 << 24 != 0;
    }

    /// Moves time. While the core is halted or asleep its own counters stand still.
    pub(crate) fn set_now(&mut self, cycle: u64) {
        if self.debug.halted || self.sleep != Sleep::Awake {
            let passed = cycle.saturating_sub(self.now);
            self.dwt.stand_still(passed);
            self.systick.stand_still(passed);
        }
        self.now = cycle;
        self.attention();
    }
}
