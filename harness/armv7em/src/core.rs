//! The core and its public face.

use crate::{Bus, CoreConfig, ResetKind, Stop};

/// One processor core.
#[derive(Clone, Debug)]
pub struct Core {
    config: CoreConfig,
    now: u64,
    instructions: u64,
    regs: [u32; 16],
}

impl Core {
    /// A core before its first reset.
    pub fn new(config: CoreConfig) -> Self {
        Core { config, now: 0, instructions: 0, regs: [0; 16] }
    }
    /// The choices the core was built with.
    pub fn config(&self) -> CoreConfig {
        self.config
    }
    /// Resets the core; loads SP and PC from the vector table at address 0.
    pub fn reset<B: Bus>(&mut self, _bus: &mut B, _kind: ResetKind) {}
    /// Runs while [`now`](Self::now) is less than `until`.
    pub fn run<B: Bus>(&mut self, _bus: &mut B, _until: u64) -> Stop {
        Stop::Limit
    }
    /// Executes one instruction.
    pub fn step<B: Bus>(&mut self, _bus: &mut B) -> Stop {
        Stop::Limit
    }
    /// Absolute time, in core cycles.
    pub fn now(&self) -> u64 {
        self.now
    }
    /// Moves time; the owner of time does so while the core sleeps, is halted or waits for the host.
    pub fn set_now(&mut self, cycle: u64) {
        self.now = cycle;
    }
    /// Number of instructions executed since the core was made.
    pub fn instructions(&self) -> u64 {
        self.instructions
    }
    /// Register R0 to R15.
    pub fn reg(&self, n: u8) -> u32 {
        self.regs[usize::from(n & 15)]
    }
    /// Sets register R0 to R15.
    pub fn set_reg(&mut self, n: u8, value: u32) {
        self.regs[usize::from(n & 15)] = value;
    }
    /// Main stack pointer.
    pub fn msp(&self) -> u32 {
        0
    }
    /// Process stack pointer.
    pub fn psp(&self) -> u32 {
        0
    }
    /// CONTROL.
    pub fn control(&self) -> u32 {
        0
    }
    /// PRIMASK.
    pub fn primask(&self) -> bool {
        false
    }
    /// Program status register.
    pub fn xpsr(&self) -> u32 {
        0
    }
    /// Level of one external interrupt line.
    pub fn set_irq_level(&mut self, _line: u16, _high: bool) {}
    /// Whether `UDF #0xD0` to `UDF #0xDF` hand over to the host.
    pub fn set_host_traps(&mut self, _on: bool) {}
    /// Reads a word of the private peripheral bus.
    pub fn ppb_read(&mut self, _address: u32) -> u32 {
        0
    }
    /// Writes a word of the private peripheral bus.
    pub fn ppb_write(&mut self, _address: u32, _value: u32) {}
    /// The debugger holds the core.
    pub fn is_halted(&self) -> bool {
        false
    }
    /// WFI or WFE waits.
    pub fn is_sleeping(&self) -> bool {
        false
    }
    /// A fault while handling a fault.
    pub fn is_locked_up(&self) -> bool {
        false
    }
    /// Takes a request made through AIRCR.SYSRESETREQ.
    pub fn take_reset_request(&mut self) -> bool {
        false
    }
}
