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
            if self.fault_strikes() {
                continue;
            }
            let (limit, cycle) = (cycle, self.until_fault(cycle));
            if !self.powered {
                if self.wait_for_power(cycle) || cycle < limit {
                    continue;
                }
                return ChipStop::PoweredOff;
            }
            if self.is_stopped() {
                self.advance(cycle);
                if cycle < limit {
                    continue;
                }
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
                    if cycle < limit {
                        continue;
                    }
                    return ChipStop::Lockup;
                }
                if self.now() >= limit {
                    return ChipStop::Limit;
                }
                self.reset(Reset::Lockup);
                continue;
            }
            if self.now() >= limit {
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

    /// The processor sleeps, and nothing is under way on the chip that could wake it up.
    pub(crate) fn sleeps_for_ever(&self) -> bool {
        let peripherals = &self.soc.peripherals;
        self.powered
            && self.core.is_sleeping()
            && peripherals.next_event() == u64::MAX
            && peripherals.watchdog().bites_at().is_none()
            && self.soc.faults.next().is_none()
    }

    /// Time passes, and the CPU does nothing: what a guest uses while it stands for the CPU.
    pub fn pass_time(&mut self, until: u64) {
        while !self.powered && self.wait_for_power(until) {}
        self.advance(until);
    }

    /// Settles what accesses to the bus have caused.
    pub(crate) fn settle(&mut self) {
        let pc = self.core.last_instruction();
        if self.soc.wants_pc() {
            self.soc.journal.place(pc);
            self.soc.faults.place(pc);
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
        if let Some(strike) = self.soc.strike.take() {
            self.strike(strike);
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

    /// Waits until the flash controller is ready. A fault may strike before.
    pub(crate) fn wait_ready(&mut self) {
        let starts = self.starts();
        while self.powered && self.starts() == starts && self.now() < self.soc.nvmc.busy_until {
            self.advance(self.until_fault(self.soc.nvmc.busy_until));
            self.fault_strikes();
        }
    }
}
