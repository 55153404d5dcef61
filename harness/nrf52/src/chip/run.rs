//! Running the CPU, and what ends a run.

use gauntlet_armv7em::Stop;

use super::{Chip, ChipStop};
use crate::{nvmc::Source, reset::Reset};

impl Chip {
    /// Lets the chip work until `cycle`. Resets and the return of power are handled on the way.
    ///
    /// Time reaches `cycle` unless the result says that something stopped it before.
    pub fn run_until(&mut self, cycle: u64) -> ChipStop {
        loop {
            if !self.powered {
                if self.wait_for_power(cycle) {
                    continue;
                }
                return ChipStop::PoweredOff;
            }
            if self.is_stopped() {
                self.advance(cycle);
                return ChipStop::Stopped;
            }
            if self.watchdog_bites() {
                continue;
            }
            if self.core.is_halted() {
                return ChipStop::Halted;
            }
            if self.core.is_locked_up() {
                if self.soc.debugging {
                    self.advance(cycle);
                    return ChipStop::Lockup;
                }
                if self.now() >= cycle {
                    return ChipStop::Limit;
                }
                self.reset(Reset::Lockup);
                continue;
            }
            if self.now() >= cycle {
                return if self.core.is_sleeping() { ChipStop::Sleeping } else { ChipStop::Limit };
            }
            self.soc.source = Source::Cpu;
            let cycle = self.until_watchdog(cycle).min(self.soc.peripherals.next_event());
            self.soc.runs_until = cycle;
            let stop = self.core.run(&mut self.soc, cycle);
            self.soc.runs_until = u64::MAX;
            match stop {
                // The time is checked at the top; a halt, a lockup and a cut are, too.
                Stop::Limit | Stop::Halted | Stop::Lockup => {}
                // Only a peripheral can wake it up.
                Stop::Sleeping => self.advance(cycle),
                Stop::Interrupted => {}
                Stop::ResetRequested => {
                    if self.core.take_reset_request() {
                        self.reset(Reset::Soft);
                    }
                }
                Stop::HostTrap(trap) => {
                    self.settle();
                    return ChipStop::HostTrap(trap);
                }
            }
            self.settle();
        }
    }

    /// Time passes, and the CPU does nothing: what a guest uses while it stands for the CPU.
    pub fn pass_time(&mut self, until: u64) {
        if self.powered {
            self.advance(until);
        } else {
            while !self.powered && self.wait_for_power(until) {}
            self.advance(until);
        }
    }

    /// Settles what accesses to the bus have caused.
    pub(crate) fn settle(&mut self) {
        let pc = self.core.last_instruction();
        if self.soc.journal.wants_pc() {
            self.soc.journal.place(pc);
        }
        if std::mem::take(&mut self.soc.touched) {
            let pc = (self.soc.source == Source::Cpu).then_some(pc);
            self.soc.peripherals.notes.place(pc);
        }
        self.soc.peripherals.catch_up(self.core.now(), &mut self.soc.ram);
        if self.soc.peripherals.power().system_off {
            self.fall_asleep();
        }
        self.update_irq();
        if let Some(at) = self.soc.power_lost_at {
            self.cut_power(at);
        }
    }

    /// System OFF: everything stops but the pins, and one of them may wake the chip up at once.
    fn fall_asleep(&mut self) {
        let now = self.now();
        self.soc.peripherals.stop(now);
        if self.soc.peripherals.gpio.detect() {
            self.reset(Reset::WakeFromOff);
        }
    }

    /// Held in reset, erased through the control port and not reset since, or in System OFF.
    pub(crate) fn is_stopped(&self) -> bool {
        self.held || self.debug.holds_reset || self.soc.peripherals.power().system_off
    }

    fn cut_power(&mut self, at: u64) {
        self.advance(at);
        let off_for = self.soc.fired.and_then(|report| report.cut.off_for);
        self.power_off();
        self.returns_at = off_for.map(|cycles| self.now() + cycles);
    }

    /// Without power: moves on to the return of power, if that is due by `cycle`. Returns whether the chip has started.
    fn wait_for_power(&mut self, cycle: u64) -> bool {
        match self.returns_at {
            Some(at) if at <= cycle => {
                self.advance(at);
                self.power_on();
                true
            }
            _ => {
                self.advance(cycle);
                false
            }
        }
    }

    /// The watchdog's time is up, and it has reset the chip.
    pub(crate) fn watchdog_bites(&mut self) -> bool {
        let bites =
            self.powered && self.soc.peripherals.watchdog().bites_at().is_some_and(|end| end <= self.now());
        if bites {
            self.reset(Reset::Watchdog);
        }
        bites
    }

    /// `cycle`, or the end of the watchdog's time if that comes before.
    pub(crate) fn until_watchdog(&self, cycle: u64) -> u64 {
        self.soc
            .peripherals
            .watchdog()
            .bites_at()
            .map_or(cycle, |end| end.clamp(self.now(), cycle.max(self.now())))
    }

    /// Moves time forward, never back.
    pub(crate) fn advance(&mut self, until: u64) {
        if until > self.now() {
            let (asleep, halted) = (self.core.is_sleeping(), self.core.is_halted());
            let now = self.now();
            self.soc.peripherals.pause_watchdog(now, until - now, asleep, halted);
            self.soc.peripherals.catch_up(until, &mut self.soc.ram);
            self.core.set_now(until);
            self.update_irq();
        }
    }

    /// Waits until the flash controller is ready.
    pub(crate) fn wait_ready(&mut self) {
        self.advance(self.soc.nvmc.busy_until);
    }
}
