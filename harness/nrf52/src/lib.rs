//! The virtual nRF52: what Nordic's nRF52832, nRF52833 and nRF52840 look like to firmware and to a debugger.
//!
//! A [`Chip`] is CPU, memories and peripherals on one virtual clock. It runs firmware exactly the same way every time:
//! a run is a function of the image, the seed and the inputs. A [`Machine`] adds firmware that lives in the host (a
//! [`Guest`]) and the wires of a debug probe.
//!
//! What it is strict about:
//!
//! - **Flash.** Programming only clears bits, word by word, and only while the controller is write-enabled; erasing is
//!   by page or everything. Operations take their time, and the CPU stalls as it would.
//! - **Power.** A [`Cut`] takes the power away before, after or in the middle of the n-th flash operation. What half
//!   changed cells hold then is a [`TearPattern`]. RAM comes back as noise.
//! - **Reset.** What each kind of reset clears is one row of data: [`Reset::effects`].
//! - **Time.** Every peripheral acts in its own cycle, in one order, also while the CPU waits for the flash. Serial bytes
//!   take their time on the wire, and the host at its other end ([`Chip::uart_send`], [`Chip::uart_take`]) obeys flow
//!   control or does not.
//! - **Gaps.** A register that is not modelled reads 0 and is noted with the program counter: [`Chip::touches`].
//! - **Debugging.** Debug port, memory and control access ports, and access port protection behave so that unmodified
//!   debug tools work, and fail where they would fail on a board.
//!
//! | module | what |
//! |---|---|
//! | `variant` | the chips, as data |
//! | `chip` | the chip: running it, its firmware side, its host side |
//! | `soc` | the address map: the CPU's bus, flash rules |
//! | `memory` | flash pages, RAM, factory information |
//! | `nvmc` | flash controller, operation journal, cuts and tears |
//! | `faults` | what is made to go wrong: cuts, resets, failed flash operations |
//! | `peripherals` | power and clocks, counters and timers, serial ports, pins, the interconnect, their event queue |
//! | `sweep` | cold boots from every state a power cut may leave, and what becomes of them |
//! | `reset` | what each reset clears |
//! | `debug` | debug port and access ports |
//! | `machine`, `guest` | a chip with firmware in the host |
//!
//! ```
//! use gauntlet_nrf52::{Chip, Cut, Tear, TearPattern, Variant};
//!
//! let mut chip = Chip::new(Variant::Nrf52840, 1);
//! chip.arm_cut(Cut { at_op: 1, tear: Tear::Torn(TearPattern::LowHalf), off_for: None });
//! chip.nvmc_write_word(0x2000, 0)?;
//! assert!(chip.nvmc_write_word(0x2004, 0).is_err());
//! chip.power_on();
//! assert_eq!(chip.load_word(0x2004)?, 0xFFFF_0000);
//! # Ok::<(), gauntlet_nrf52::ChipFault>(())
//! ```

mod chip;
mod debug;
mod faults;
mod guest;
mod machine;
mod memory;
mod noise;
mod nvmc;
mod peripherals;
mod reset;
mod soc;
mod sweep;
mod time;
mod variant;

pub use chip::{Chip, ChipFault, ChipStop, Fill};
pub use debug::{DapError, DapPort};
pub use faults::{Fault, FiredFault, FlashFailure};
pub use gauntlet_armv7em::{FaultCause, FirstFault};
pub use guest::{Guest, GuestStep};
pub use machine::{Machine, MachineStop};
pub use memory::NonVolatile;
pub use nvmc::{
    Cut, CutReport, FlashAction, FlashOp, Outcome, Overwrite, Refusal, Source, Start, Tear, TearPattern,
};
pub use peripherals::{DmaRefusal, HostPort, LineFault, MissingPart, NextTick, Touch, UartByte, UartSetting};
pub use reset::{RamFate, Reason, Reset, ResetEffects};
pub use sweep::{ColdBoot, Landing, Landmarks, Sweep, Tally, Tears};
pub use time::{CYCLES_PER_SECOND, cycles_from_ms, cycles_from_us, us_from_cycles};
pub use variant::{
    ApprotectGeneration, Profile, RegionProtection, Span, Speed, StallRule, Variant, WriteLimit,
};
