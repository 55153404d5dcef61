//! What each kind of reset clears, as data: a correction from a real board is one line here.

/// Why the chip starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reset {
    /// Power came up.
    PowerOn,
    /// The supply dipped below the brown-out threshold and came back.
    BrownOut,
    /// The reset pin.
    Pin,
    /// The watchdog expired.
    Watchdog,
    /// Software or a debugger set AIRCR.SYSRESETREQ.
    Soft,
    /// The CPU locked up while no debugger was connected.
    Lockup,
    /// A debugger used the RESET register of the control access port.
    CtrlAp,
    /// Wake-up from System OFF.
    WakeFromOff,
}

/// What happens to RAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RamFate {
    /// It keeps its content.
    Kept,
    /// Sections that firmware asked to retain (POWER.RAM) keep theirs; the others hold noise.
    Retained,
    /// It holds noise.
    Lost,
}

/// What happens to RESETREAS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// This bit is set; the others stay until firmware clears them.
    Set(u32),
    /// All bits are cleared.
    Clear,
}

/// The effects of one kind of reset. CPU and peripherals start from their reset values with every kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetEffects {
    /// The kind.
    pub kind: Reset,
    /// RESETREAS afterwards.
    pub reason: Reason,
    /// The pins are released.
    pub clears_gpio: bool,
    /// Breakpoints, watchpoints and DHCSR are cleared, together with the debug port.
    pub clears_debug: bool,
    /// RAM afterwards.
    pub ram: RamFate,
    /// A running watchdog is stopped.
    pub stops_watchdog: bool,
    /// GPREGRET and GPREGRET2 are cleared.
    pub clears_retained: bool,
    /// UICR settings that only change with a hard reset are taken over (access port protection, reset pin).
    pub latches_uicr: bool,
    /// Time until the first instruction, in microseconds.
    pub start_up_us: u32,
}

const RESET_PIN: u32 = 1 << 0;
const WATCHDOG: u32 = 1 << 1;
const SOFT: u32 = 1 << 2;
const LOCKUP: u32 = 1 << 3;
const OFF: u32 = 1 << 16;

const SOFT_RESET: ResetEffects = ResetEffects {
    kind: Reset::Soft,
    reason: Reason::Set(SOFT),
    clears_gpio: true,
    clears_debug: false,
    ram: RamFate::Kept,
    stops_watchdog: false,
    clears_retained: false,
    latches_uicr: false,
    start_up_us: 10,
};
const HARD_RESET: ResetEffects = ResetEffects {
    kind: Reset::PowerOn,
    reason: Reason::Clear,
    clears_gpio: true,
    clears_debug: true,
    ram: RamFate::Lost,
    stops_watchdog: true,
    clears_retained: true,
    latches_uicr: true,
    start_up_us: 300,
};

/// One row for each kind. RAM "may be damaged" by a pin or watchdog reset according to the data sheet; it is kept here,
/// which is what boards usually do.
const TABLE: [ResetEffects; 8] = [
    HARD_RESET,
    ResetEffects { kind: Reset::BrownOut, ..HARD_RESET },
    ResetEffects { kind: Reset::Pin, reason: Reason::Set(RESET_PIN), ram: RamFate::Kept, ..HARD_RESET },
    ResetEffects { kind: Reset::Watchdog, reason: Reason::Set(WATCHDOG), ram: RamFate::Kept, ..HARD_RESET },
    SOFT_RESET,
    ResetEffects { kind: Reset::Lockup, reason: Reason::Set(LOCKUP), ..SOFT_RESET },
    ResetEffects { kind: Reset::CtrlAp, ..SOFT_RESET },
    ResetEffects {
        kind: Reset::WakeFromOff,
        reason: Reason::Set(OFF),
        clears_gpio: false,
        stops_watchdog: true,
        ram: RamFate::Retained,
        ..SOFT_RESET
    },
];

impl Reset {
    /// The row of the table.
    pub const fn effects(self) -> ResetEffects {
        TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_kinds() {
        for row in TABLE {
            assert_eq!(row.kind.effects(), row);
        }
    }
}
