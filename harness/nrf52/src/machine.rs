//! A chip together with the firmware in the host that runs on it, and with its debug wires.

use crate::{
    Chip, ChipStop, Guest, GuestStep, Reset,
    time::{cycles_from_ms, cycles_from_us},
};

/// Address of DHCSR, the register debuggers poll to learn whether the CPU runs.
pub(crate) const STATUS_REGISTER: u32 = 0xE000_EDF0;
const HALTING_KEY_AND_HALT: u32 = 0xA05F_0003;
const STEP: u32 = 1 << 2;

/// Instructions the CPU may execute while a debugger waits for one answer about its state. More than the longest run
/// of a flash algorithm, so that a debugger never sees it unfinished.
const POLL_INSTRUCTIONS: u64 = 60_000;
/// Time that passes with such an answer when the CPU sleeps, or firmware in the host stands for it.
const POLL_TIME: u64 = cycles_from_ms(1);
/// No answer takes longer than this, whatever the CPU does.
const POLL_TIME_LIMIT: u64 = cycles_from_ms(2_000);
/// Time of one transfer of a fast probe.
const TRANSFER_TIME: u64 = cycles_from_us(12);

/// A chip, its guest, and its debug port. What a bench owns: usually as `Arc<Mutex<Machine>>`, shared by the probe and
/// the links of one board.
pub struct Machine {
    /// The chip. Reset it and switch it through the machine, so that the guest learns of it.
    pub chip: Chip,
    guest: Option<Box<dyn Guest>>,
    /// Where the CPU goes on when the guest returns; the guest is entered.
    entered: Option<u32>,
    /// Starts of the chip the guest knows of.
    starts_seen: u32,
    pub(crate) transfers: u64,
    pub(crate) reset_line_low: bool,
}

/// Why [`Machine::run_until`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineStop {
    /// The time limit was reached.
    Limit,
    /// A debugger holds the CPU, and with it the guest. Time stands still.
    Halted,
    /// The time limit was reached, and nothing can happen before somebody resets the chip: the CPU is locked up with
    /// a debugger connected, is held in reset, or is in System OFF.
    Stopped,
    /// The time limit was reached, and the chip has no power.
    PoweredOff,
    /// The CPU executed a host trap, and there is no guest, or the guest is entered already.
    UnexpectedTrap(u8),
}

impl Machine {
    /// A chip without a guest. Host traps are undefined instructions then.
    pub fn new(chip: Chip) -> Self {
        let starts_seen = chip.starts();
        Self { chip, guest: None, entered: None, starts_seen, transfers: 0, reset_line_low: false }
    }

    /// A chip on which host traps enter a guest.
    pub fn with_guest(mut chip: Chip, guest: Box<dyn Guest>) -> Self {
        chip.core.set_host_traps(true);
        Self { guest: Some(guest), ..Self::new(chip) }
    }

    /// Virtual time in cycles.
    pub fn now(&self) -> u64 {
        self.chip.now()
    }

    /// Lets the machine work until `cycle`. Resets, guest calls, and the return of power after a cut are handled on the
    /// way. Time reaches `cycle`, or goes a little past it, unless the result says that something stopped it before.
    pub fn run_until(&mut self, cycle: u64) -> MachineStop {
        loop {
            self.sync_guest();
            if self.reset_line_low && self.chip.is_powered() {
                self.chip.pass_time(cycle);
                return MachineStop::Stopped;
            }
            if self.is_guest_active() && self.is_running() {
                if self.chip.fault_strikes() || self.chip.watchdog_bites() {
                    continue;
                }
                if self.now() >= cycle {
                    return MachineStop::Limit;
                }
                self.poll_guest(self.chip.until_fault(self.chip.until_watchdog(cycle)));
                continue;
            }
            let stop = self.chip.run_until(cycle);
            self.sync_guest();
            match stop {
                ChipStop::Limit | ChipStop::Sleeping => return MachineStop::Limit,
                ChipStop::Halted => return MachineStop::Halted,
                ChipStop::Lockup | ChipStop::Stopped => return MachineStop::Stopped,
                ChipStop::PoweredOff => return MachineStop::PoweredOff,
                ChipStop::HostTrap(trap) if self.enter_guest(trap) => {}
                ChipStop::HostTrap(trap) => return MachineStop::UnexpectedTrap(trap),
            }
        }
    }

    /// [`Machine::run_until`] a number of cycles from now.
    pub fn run_for(&mut self, cycles: u64) -> MachineStop {
        self.run_until(self.now() + cycles)
    }

    /// Whether the guest stands for the CPU.
    pub fn is_guest_entered(&self) -> bool {
        self.entered.is_some()
    }

    /// The guest, to ask it things only its owner understands.
    pub fn guest_mut(&mut self) -> Option<&mut (dyn Guest + 'static)> {
        self.guest.as_deref_mut()
    }

    /// Takes the power away.
    pub fn power_off(&mut self) {
        self.chip.power_off();
        self.sync_guest();
    }

    /// Gives it back.
    pub fn power_on(&mut self) {
        self.chip.power_on();
        self.sync_guest();
    }

    /// Resets the chip, if it has power.
    pub fn reset(&mut self, kind: Reset) {
        self.chip.reset(kind);
        self.sync_guest();
    }

    /// Pulls the reset pin; see [`Chip::press_reset`].
    pub fn press_reset(&mut self) -> bool {
        let connected = self.chip.press_reset();
        self.sync_guest();
        connected
    }

    /// Tells the guest that the chip has started again. Without power it is no longer entered.
    pub(crate) fn sync_guest(&mut self) {
        if !self.chip.is_powered() {
            self.entered = None;
        }
        if self.chip.starts() != self.starts_seen {
            self.starts_seen = self.chip.starts();
            self.entered = None;
            if let Some(guest) = &mut self.guest {
                guest.reset(self.chip.last_reset());
            }
        }
    }

    fn enter_guest(&mut self, trap: u8) -> bool {
        let Some(guest) = self.guest.as_deref_mut().filter(|_| self.entered.is_none()) else { return false };
        self.entered = Some(self.chip.core.reg(15));
        let step = guest.enter(&mut self.chip, trap);
        self.take_step(step);
        true
    }

    fn poll_guest(&mut self, until: u64) {
        let Some(guest) = self.guest.as_deref_mut() else { return };
        let before = self.chip.now();
        let step = guest.poll(&mut self.chip, until);
        if step == GuestStep::Stay && self.chip.now() == before {
            // A guest that lets no time pass would keep the host here for ever.
            self.chip.pass_time(until);
        }
        self.take_step(step);
        if self.chip.core.ppb_read(STATUS_REGISTER) & STEP != 0 {
            // A debugger steps: the guest's slice counts as the one instruction.
            self.chip.core.ppb_write(STATUS_REGISTER, HALTING_KEY_AND_HALT);
        }
    }

    fn take_step(&mut self, step: GuestStep) {
        match step {
            GuestStep::Stay | GuestStep::PowerLost => {}
            GuestStep::Return { r0 } => {
                self.chip.core.set_reg(0, r0);
                self.entered = None;
            }
            GuestStep::Reset(kind) => self.chip.reset(kind),
        }
        self.sync_guest();
    }

    /// The guest is entered, and the CPU stands where it left it. A debugger that sends the CPU somewhere else, to run a
    /// flash algorithm for instance, leaves the guest waiting.
    fn is_guest_active(&self) -> bool {
        self.entered.is_some_and(|pc| pc == self.chip.core.reg(15))
    }

    /// The CPU is executing, or would be if it did not sleep.
    fn is_running(&self) -> bool {
        self.chip.is_powered()
            && !self.reset_line_low
            && !self.chip.is_stopped()
            && !self.chip.core.is_halted()
            && !self.chip.core.is_locked_up()
    }

    /// Time that passes with one transfer of the debugger, for a CPU that runs.
    pub(crate) fn let_run_for_a_transfer(&mut self) {
        if self.is_running() {
            self.run_for(TRANSFER_TIME);
        }
    }

    /// Lets time pass up to `cycle`, with a CPU that runs or one that is halted.
    pub(crate) fn let_run_until(&mut self, cycle: u64) {
        if self.is_running() {
            self.run_until(cycle);
        }
        self.chip.advance(cycle);
    }

    /// The debugger asks whether the CPU runs: it gets on until it stands still, sleeps, or has executed enough.
    pub(crate) fn let_run_for_a_poll(&mut self) {
        let enough = self.chip.instructions() + POLL_INSTRUCTIONS;
        let deadline = self.now() + POLL_TIME_LIMIT;
        while self.is_running() && self.chip.instructions() < enough && self.now() < deadline {
            let still = self.is_guest_active() || self.chip.core.is_sleeping();
            let before = self.chip.instructions();
            match self.run_for(if still { POLL_TIME } else { POLL_TIME / 4 }) {
                MachineStop::Limit if !still => {}
                _ => break,
            }
            let idle = self.chip.instructions() == before;
            if idle && (self.is_guest_active() || self.chip.core.is_sleeping()) {
                break;
            }
        }
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine")
            .field("variant", &self.chip.variant())
            .field("now", &self.now())
            .field("guest_entered", &self.is_guest_entered())
            .finish_non_exhaustive()
    }
}
