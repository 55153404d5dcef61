//! What a core is built with, and why it stops.

/// The implementation choices of one core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoreConfig {
    /// A floating-point unit is fitted. Without it every coprocessor instruction is a UsageFault (NOCP).
    pub fpu: bool,
    /// Number of external interrupt lines, 0 to 112.
    pub irq_lines: u16,
    /// Implemented priority bits, 1 to 8; the lower bits of a priority byte read 0.
    pub priority_bits: u8,
    /// Code comparators of the breakpoint unit, 0 to 8.
    pub code_breakpoints: u8,
    /// Comparators the watchpoint unit reports, 0 to 4.
    pub watchpoints: u8,
}

impl Default for CoreConfig {
    /// A Cortex-M4F with 48 lines, 3 priority bits, 6 code breakpoints and 4 watchpoints.
    fn default() -> Self {
        CoreConfig { fpu: true, irq_lines: 48, priority_bits: 3, code_breakpoints: 6, watchpoints: 4 }
    }
}

/// How deep a reset goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResetKind {
    /// Power came up: everything starts from its reset value, the debug unit too.
    PowerOn,
    /// System reset: the debug unit keeps its state (C_DEBUGEN, DEMCR, breakpoints, DWT).
    System,
}

/// Why [`Core::run`](crate::Core::run) returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// The time limit was reached.
    Limit,
    /// The debugger holds the core. Time does not pass by itself.
    Halted,
    /// WFI or WFE waits. The owner of time moves [`Core::set_now`](crate::Core::set_now) to the next event.
    Sleeping,
    /// Locked up: a fault while handling a fault. Only a reset or the debugger gets it out.
    Lockup,
    /// AIRCR.SYSRESETREQ was written; see [`Core::take_reset_request`](crate::Core::take_reset_request).
    ResetRequested,
    /// [`Bus::interrupted`](crate::Bus::interrupted) answered true.
    Interrupted,
    /// `UDF #n` with n in 0xD0 to 0xDF was executed and host traps are on; the program counter is behind it.
    HostTrap(u8),
}
