//! The core and its public face.

use crate::cache::Cache;
use crate::faults::{Fault, hfsr};
use crate::nvic::bit;
use crate::state::{SP, Sleep, State};
use crate::{Access, Bus, CoreConfig, FirstFault, ResetKind, Stop, Width, exceptions};

/// One processor core.
///
/// A clone shares the decoded instructions with its original until either changes them, so cloning is cheap.
#[derive(Clone, Debug)]
pub struct Core {
    pub(crate) state: State,
    pub(crate) cache: Cache,
}

impl Core {
    /// A core before its first reset. It executes nothing useful until [`reset`](Self::reset).
    pub fn new(config: CoreConfig) -> Self {
        Core { state: State::new(config), cache: Cache::new() }
    }

    /// The choices the core was built with.
    pub fn config(&self) -> CoreConfig {
        self.state.config
    }

    /// Resets the core and loads SP and PC from the vector table at address 0.
    ///
    /// A vector table that cannot be read ends in lockup. With C_DEBUGEN and DEMCR.VC_CORERESET the core halts before its
    /// first instruction. Time, the instruction count and the decoded pages stay.
    pub fn reset<B: Bus>(&mut self, bus: &mut B, kind: ResetKind) {
        let old = &self.state;
        let mut s = State::new(old.config);
        s.now = old.now;
        s.instructions = old.instructions;
        s.host_traps = old.host_traps;
        s.first_fault = old.first_fault;
        s.nvic = old.nvic.clone();
        s.nvic.reset(old.config, kind == ResetKind::System);
        if kind == ResetKind::System {
            s.debug = old.debug;
            s.fpb = old.fpb.clone();
            s.dwt = old.dwt.clone();
            s.rearm();
        }
        s.debug_reset();
        self.state = s;
        let s = &mut self.state;
        let stack = bus.read(s.now, 0, Width::Word, Access::Fetch);
        let entry = bus.read(s.now, 4, Width::Word, Access::Fetch);
        let (Ok(stack), Ok(entry)) = (stack, entry) else {
            s.record_fault(Fault::hard(hfsr::VECTTBL), 0);
            s.lock_up();
            return;
        };
        s.r[SP] = stack & !3;
        s.r[14] = u32::MAX;
        s.pc = entry & !1;
        s.thumb = entry & 1 != 0;
    }

    /// Runs while [`now`](Self::now) is less than `until`, and tells why it stopped.
    ///
    /// The last instruction may end a few cycles after `until`.
    pub fn run<B: Bus>(&mut self, bus: &mut B, until: u64) -> Stop {
        self.run_loop(bus, until, false)
    }

    /// Executes one instruction, after any exception that is due. [`Stop::Limit`] means that it was executed.
    pub fn step<B: Bus>(&mut self, bus: &mut B) -> Stop {
        self.run_loop(bus, u64::MAX, true)
    }

    /// Absolute time, in core cycles.
    pub fn now(&self) -> u64 {
        self.state.now
    }

    /// Moves time. The owner of time does so while the core sleeps, is halted, or waits for the host; SysTick and the cycle
    /// counter stand still while it is halted or asleep.
    pub fn set_now(&mut self, cycle: u64) {
        self.state.set_now(cycle);
    }

    /// Number of instructions executed since the core was made.
    pub fn instructions(&self) -> u64 {
        self.state.instructions
    }

    /// Register R0 to R15. R13 is the stack pointer in use, R15 the address of the next instruction.
    pub fn reg(&self, n: u8) -> u32 {
        if n & 15 == 15 { self.state.pc } else { self.state.reg(n) }
    }

    /// Address of the instruction that was executed last, whether it was completed, branched or faulted. What the bus saw
    /// from it is found out with this once [`run`](Self::run) has returned. Meaningless before the first instruction.
    pub fn last_instruction(&self) -> u32 {
        self.state.r[15].wrapping_sub(4)
    }

    /// Sets register R0 to R15; bit 0 of R15 and bits 1 and 0 of R13 are ignored.
    pub fn set_reg(&mut self, n: u8, value: u32) {
        if n & 15 == 15 {
            self.state.pc = value & !1;
        } else {
            self.state.set(n & 15, value);
        }
    }

    /// Main stack pointer.
    pub fn msp(&self) -> u32 {
        self.state.msp()
    }

    /// Sets the main stack pointer.
    pub fn set_msp(&mut self, value: u32) {
        self.state.set_msp(value);
    }

    /// Process stack pointer.
    pub fn psp(&self) -> u32 {
        self.state.psp()
    }

    /// Sets the process stack pointer.
    pub fn set_psp(&mut self, value: u32) {
        self.state.set_psp(value);
    }

    /// CONTROL: bit 0 nPRIV, bit 1 SPSEL, bit 2 FPCA.
    pub fn control(&self) -> u32 {
        self.state.control()
    }

    /// PRIMASK.
    pub fn primask(&self) -> bool {
        self.state.primask
    }

    /// BASEPRI.
    pub fn basepri(&self) -> u8 {
        self.state.basepri
    }

    /// FAULTMASK.
    pub fn faultmask(&self) -> bool {
        self.state.faultmask
    }

    /// Program status register: flags, GE, ITSTATE, T and the exception number.
    pub fn xpsr(&self) -> u32 {
        self.state.xpsr()
    }

    /// Sets flags, GE, ITSTATE and T; the exception number stays.
    pub fn set_xpsr(&mut self, value: u32) {
        self.state.set_psr_without_ipsr(value);
        self.state.attention();
    }

    /// Floating-point register S0 to S31; 0 without a floating-point unit.
    pub fn float_reg(&self, n: u8) -> u32 {
        self.state.s[usize::from(n & 31)]
    }

    /// Sets floating-point register S0 to S31. Without a floating-point unit nothing happens.
    pub fn set_float_reg(&mut self, n: u8, value: u32) {
        if self.state.config.fpu {
            self.state.s[usize::from(n & 31)] = value;
        }
    }

    /// FPSCR: floating-point flags and modes; 0 without a floating-point unit.
    pub fn fpscr(&self) -> u32 {
        self.state.fpscr
    }

    /// Sets FPSCR; bits that do not exist stay 0. Without a floating-point unit nothing happens.
    pub fn set_fpscr(&mut self, value: u32) {
        if self.state.config.fpu {
            self.state.fpscr = value & crate::float::FPSCR_MASK;
        }
    }

    /// Number of the exception being handled; 0 in thread mode.
    pub fn exception(&self) -> u16 {
        self.state.ipsr
    }

    /// Level of an external interrupt line. Lines that do not exist are ignored.
    pub fn set_irq_level(&mut self, line: u16, high: bool) {
        if self.state.nvic.set_level(line, high) {
            if self.state.scb.scr & crate::scb::SCR_SEVONPEND != 0 {
                self.state.event = true;
            }
            self.state.attention();
        }
    }

    /// Raises the non-maskable interrupt.
    pub fn set_nmi(&mut self) {
        self.state.pend(bit(exceptions::NMI));
    }

    /// Sets the event register, as an SEV of another master would.
    pub fn send_event(&mut self) {
        self.state.event = true;
        self.state.attention();
    }

    /// Whether `UDF #0xD0` to `UDF #0xDF` hand over to the host ([`Stop::HostTrap`]). Off after [`new`](Self::new); a reset
    /// does not change it.
    pub fn set_host_traps(&mut self, on: bool) {
        self.state.host_traps = on;
    }

    /// Reads a word of the private peripheral bus (0xE0000000 to 0xE00FFFFF) as a debugger does. Reserved words read 0.
    pub fn ppb_read(&mut self, address: u32) -> u32 {
        self.state.ppb_read(address)
    }

    /// Writes a word of the private peripheral bus as a debugger does: unlike the processor it may change C_DEBUGEN.
    pub fn ppb_write(&mut self, address: u32, value: u32) {
        self.state.ppb_write(address, value, false);
    }

    /// Reads a byte, half-word or word of the private peripheral bus; the value is right-aligned.
    pub fn ppb_read_width(&mut self, address: u32, width: Width) -> u32 {
        self.state.ppb_read_width(address & !(width.bytes() - 1), width)
    }

    /// Writes a byte, half-word or word of the private peripheral bus; the value is right-aligned.
    pub fn ppb_write_width(&mut self, address: u32, width: Width, value: u32) {
        self.state.ppb_write_width(address & !(width.bytes() - 1), width, value & width.mask(), false);
    }

    /// The debugger holds the core.
    pub fn is_halted(&self) -> bool {
        self.state.debug.halted
    }

    /// C_DEBUGEN: a debugger is connected.
    pub fn is_debug_enabled(&self) -> bool {
        self.state.debug.enabled
    }

    /// WFI or WFE waits.
    pub fn is_sleeping(&self) -> bool {
        self.state.sleep != Sleep::Awake
    }

    /// SCR.SLEEPDEEP.
    pub fn sleep_deep(&self) -> bool {
        self.state.scb.scr & 4 != 0
    }

    /// A fault while handling a fault.
    pub fn is_locked_up(&self) -> bool {
        self.state.lockup
    }

    /// Takes a request made through AIRCR.SYSRESETREQ. Until then the core stays at [`Stop::ResetRequested`].
    pub fn take_reset_request(&mut self) -> bool {
        std::mem::take(&mut self.state.reset_request)
    }

    /// The first fault since the core was made or this was called, for diagnosis. It survives resets.
    pub fn take_first_fault(&mut self) -> Option<FirstFault> {
        self.state.first_fault.take()
    }
}
