//! The chip: CPU and everything around it, on one clock.

mod faults;
mod firmware_side;
mod host_side;
mod run;
mod serial;

use gauntlet_armv7em::{Core, CoreConfig, ResetKind};

pub use firmware_side::ChipFault;
pub use host_side::Fill;

use crate::{
    debug::DebugPort,
    reset::Reset,
    soc::Soc,
    time::cycles_from_us,
    variant::{Profile, Speed, Variant},
};

/// A virtual nRF52. A clone is a snapshot: flash pages are shared until one of the two writes.
///
/// ```
/// use gauntlet_nrf52::{Chip, ChipStop, Variant, cycles_from_ms};
///
/// let mut chip = Chip::new(Variant::Nrf52832, 7);
/// chip.nvmc_write_word(0x1000, 0x1234_5678)?;
/// assert_eq!(chip.load_word(0x1000)?, 0x1234_5678);
///
/// // A program that branches to itself.
/// chip.put_image(0, &[0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0, 0xFE, 0xE7]);
/// chip.reset(gauntlet_nrf52::Reset::Pin);
/// assert_eq!(chip.run_until(chip.now() + cycles_from_ms(1)), ChipStop::Limit);
/// # Ok::<(), gauntlet_nrf52::ChipFault>(())
/// ```
#[derive(Debug, Clone)]
pub struct Chip {
    pub(crate) core: Core,
    pub(crate) soc: Soc,
    pub(crate) debug: DebugPort,
    powered: bool,
    /// Power comes back by itself at this cycle.
    returns_at: Option<u64>,
    /// A debugger has erased the chip through the control port and not reset it since.
    pub(crate) held: bool,
    last_reset: Reset,
    /// Lockup resets in a row, none of which got anywhere.
    futile_resets: u32,
    instructions_at_reset: u64,
}

/// Why [`Chip::run_until`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChipStop {
    /// The time limit was reached.
    Limit,
    /// The time limit was reached, and the CPU sleeps.
    Sleeping,
    /// A debugger holds the CPU. Time stands still.
    Halted,
    /// The CPU is locked up, and a debugger is connected, so the chip does not reset itself. The time limit was reached.
    Lockup,
    /// The chip is held in reset, or in System OFF. The time limit was reached.
    Stopped,
    /// The chip has no power. The time limit was reached.
    PoweredOff,
    /// The CPU executed `UDF #n`, n from 0xD0 to 0xDF, which hands over to the host; it stands behind it.
    HostTrap(u8),
}

impl Chip {
    /// A chip fresh from the factory: flash and UICR erased, power on. The seed decides its identity and all noise.
    pub fn new(variant: Variant, seed: u64) -> Self {
        Self::with_profile(variant.profile(), seed)
    }

    /// The same for a profile with changes, for instance another generation of access port protection.
    pub fn with_profile(profile: Profile, seed: u64) -> Self {
        let core = Core::new(CoreConfig {
            fpu: true,
            irq_lines: profile.irq_lines,
            priority_bits: 3,
            code_breakpoints: Profile::CODE_BREAKPOINTS,
            watchpoints: Profile::WATCHPOINTS,
        });
        let mut chip = Self {
            core,
            soc: Soc::new(profile, seed),
            debug: DebugPort::new(),
            powered: true,
            returns_at: None,
            held: false,
            last_reset: Reset::PowerOn,
            futile_resets: 0,
            instructions_at_reset: 0,
        };
        chip.reset(Reset::PowerOn);
        chip
    }

    /// Which chip this is.
    pub fn variant(&self) -> Variant {
        self.soc.profile.variant
    }

    /// Its facts.
    pub fn profile(&self) -> &Profile {
        &self.soc.profile
    }

    /// The seed it was made with.
    pub fn seed(&self) -> u64 {
        self.soc.seed
    }

    /// Virtual time in cycles since the chip was made. It also passes while the chip has no power.
    pub fn now(&self) -> u64 {
        self.core.now()
    }

    /// Instructions executed since the chip was made.
    pub fn instructions(&self) -> u64 {
        self.core.instructions()
    }

    /// How many times the chip has started: 1 for a new one, one more after every reset and power-up.
    pub fn starts(&self) -> u32 {
        self.soc.boot
    }

    /// Why it started the last time.
    pub fn last_reset(&self) -> Reset {
        self.last_reset
    }

    /// Chooses between the shortest, usual and longest times of the flash controller.
    pub fn set_speed(&mut self, speed: Speed) {
        self.soc.speed = speed;
    }

    /// Resets the chip, if it has power. What a reset clears is written in [`Reset::effects`].
    ///
    /// The reset pin resets even if no UICR connects it; see [`Chip::press_reset`].
    pub fn reset(&mut self, kind: Reset) {
        if !self.powered {
            return;
        }
        let effects = kind.effects();
        let started = self.core.instructions() - self.instructions_at_reset;
        self.futile_resets =
            if kind == Reset::Lockup && started < FUTILE { self.futile_resets + 1 } else { 0 };
        self.soc.reset(&effects, self.core.now());
        self.last_reset = kind;
        self.held = false;
        self.instructions_at_reset = self.core.instructions();
        if effects.clears_debug {
            self.debug.reset();
            self.soc.debugging = false;
        }
        let start_up = if self.futile_resets > 16 { FUTILE_START_UP_US } else { effects.start_up_us };
        self.core.set_now(self.core.now() + cycles_from_us(start_up.into()));
        self.core
            .reset(&mut self.soc, if effects.clears_debug { ResetKind::PowerOn } else { ResetKind::System });
        self.update_irq();
    }

    /// Pulls the reset pin: resets the chip if UICR.PSELRESET connects the pin. Returns whether it did.
    pub fn press_reset(&mut self) -> bool {
        let connected = self.powered && self.soc.has_reset_pin();
        if connected {
            self.reset(Reset::Pin);
        }
        connected
    }

    /// Takes the power away. A flash operation that was running stays half done.
    pub fn power_off(&mut self) {
        if !self.powered {
            return;
        }
        self.soc.interrupt_operation(self.core.now());
        self.soc.strike = None;
        self.soc.peripherals.stop(self.core.now());
        self.soc.peripherals.gpio.reset();
        self.update_irq();
        self.powered = false;
        self.returns_at = None;
        self.debug.reset();
        self.soc.debugging = false;
    }

    /// Gives the power back; the chip starts.
    pub fn power_on(&mut self) {
        if !self.powered {
            self.powered = true;
            self.returns_at = None;
            self.reset(Reset::PowerOn);
        }
    }

    /// Whether the chip has power.
    pub fn is_powered(&self) -> bool {
        self.powered
    }

    /// When power comes back by itself after a cut, in cycles.
    pub fn power_returns_at(&self) -> Option<u64> {
        self.returns_at
    }

    /// Tells the CPU about interrupt lines whose level has changed.
    pub(crate) fn update_irq(&mut self) {
        let lines = self.soc.peripherals.lines();
        let mut changed = lines ^ self.soc.lines_known;
        if lines & changed != 0 {
            self.soc.polls_until = 0;
        }
        self.soc.lines_known = lines;
        while changed != 0 {
            let line = changed.trailing_zeros();
            changed &= changed - 1;
            self.core.set_irq_level(line as u16, lines >> line & 1 == 1);
        }
    }
}

/// A start that locks up within this many instructions did nothing that the next one could not do again.
const FUTILE: u64 = 1_000;
/// A chip without a program resets for ever. After a few rounds each costs this much virtual time, so that a second of
/// it does not take the host a second.
const FUTILE_START_UP_US: u32 = 10_000;
