//! Where a board ends up after it got power.

use std::ops::Range;

use crate::{Chip, ChipStop, Reset, cycles_from_ms, cycles_from_us};

/// What became of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Landing {
    /// The processor executes the application.
    Application,
    /// The serial port listens, and nothing else happens: the bootloader waits for an update.
    Listening,
    /// It resets itself over and over.
    ResetLoop,
    /// It locks up over and over: a fault in the handler of a fault, or no code at all.
    Lockup,
    /// It sleeps, and nothing on the chip can wake it.
    Asleep,
    /// It is in System OFF.
    Off,
    /// It has lost power through a fault that was armed, and nobody gives it back.
    PowerLost,
    /// A breakpoint instruction halted it for a debugger.
    Halted,
    /// None of these within the limits: it runs, or sleeps and wakes up, and gets nowhere.
    Stuck,
}

/// By what a landing is recognised, and how long is waited for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landmarks {
    /// Addresses of the application's code. Empty if there is none to be recognised.
    pub application: Range<u32>,
    /// The serial port the bootloader listens on; none is any port of the chip.
    pub port: Option<usize>,
    /// How long the port must listen, without a flash operation and a reset, in microseconds.
    pub quiet_us: u32,
    /// How many resets are too many.
    pub resets: u32,
    /// Virtual time after which the board is stuck, in milliseconds.
    pub limit_ms: u32,
    /// Instructions after which it is stuck, so that a busy loop does not cost the host seconds.
    pub instructions: u64,
}

impl Default for Landmarks {
    /// No application, any port, 2 ms, 50 resets, 12 s, 100 million instructions.
    fn default() -> Self {
        Self {
            application: 0..0,
            port: None,
            quiet_us: 2_000,
            resets: 50,
            limit_ms: 12_000,
            instructions: 100_000_000,
        }
    }
}

/// How often the board is looked at.
const LOOK: u64 = cycles_from_us(100);

impl Landmarks {
    fn listens(&self, chip: &Chip) -> bool {
        match self.port {
            Some(port) => chip.uart_listens(port),
            None => (0..chip.uarts()).any(|port| chip.uart_listens(port)),
        }
    }

    /// Lets a board work until it is clear what becomes of it.
    pub fn watch(&self, chip: &mut Chip) -> Landing {
        let limit = chip.now().saturating_add(cycles_from_ms(self.limit_ms.into()));
        let instructions = chip.instructions().saturating_add(self.instructions);
        let first_start = chip.starts();
        let mut lockups = 0;
        let mut last = (chip.starts(), chip.flash_ops());
        let mut quiet_since = None;
        while chip.now() < limit && chip.instructions() < instructions {
            // An erase goes by in one step: the processor waits for it.
            match chip.run_until((chip.now() + LOOK).min(limit)) {
                ChipStop::Limit | ChipStop::Sleeping | ChipStop::HostTrap(_) => {}
                ChipStop::Halted => return Landing::Halted,
                ChipStop::Lockup => return Landing::Lockup,
                ChipStop::Stopped => return Landing::Off,
                ChipStop::PoweredOff if chip.power_returns_at().is_none() => return Landing::PowerLost,
                ChipStop::PoweredOff => continue,
            }
            if self.application.contains(&chip.core().reg(15)) && chip.core().exception() == 0 {
                return Landing::Application;
            }
            let now = (chip.starts(), chip.flash_ops());
            if now.0 != last.0 && chip.last_reset() == Reset::Lockup {
                lockups += now.0 - last.0;
            }
            if chip.starts() - first_start > self.resets {
                // A few other resets may be part of the round.
                return if lockups > self.resets / 2 { Landing::Lockup } else { Landing::ResetLoop };
            }
            let since = match quiet_since.filter(|_| now == last && self.listens(chip)) {
                None => chip.now(),
                Some(since) if chip.now() - since >= cycles_from_us(self.quiet_us.into()) => {
                    return Landing::Listening;
                }
                Some(since) => since,
            };
            quiet_since = self.listens(chip).then_some(since);
            if quiet_since.is_none() && chip.sleeps_for_ever() {
                return Landing::Asleep;
            }
            last = now;
        }
        Landing::Stuck
    }
}
