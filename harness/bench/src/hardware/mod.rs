//! A bench of real parts: a debug probe, a link of this machine, a supply that a command switches. Wall-clock time.
//!
//! Nothing here knows whether a board or a virtual device of another process is at the other end.
//!
//! | module | what |
//! |---|---|
//! | `setup` | which parts |
//! | `found` | the probe and the chip, before anything is done to them |
//! | `board` | the board for a case |
//! | `mode` | what the firmware is doing, seen through the probe |
//! | `rest` | waiting until it is at rest |
//! | `meter` | the link with a stop watch, and power cuts at moments of a transfer |
//! | `command` | commands of the bench file, with their bounds |

mod board;
mod command;
mod found;
mod meter;
mod mode;
mod rest;
mod setup;

use std::sync::Arc;

use gauntlet_nrf52::Variant;

use crate::backend::Backend;
use crate::board::{Board, BoardError};
use crate::target::Target;
use crate::{Bench, Capability};

pub use command::{Command, CommandError};
pub use found::{BenchError, ChipFound, look_at, selected};
pub use setup::{HardwareLink, HardwareSetup, Supply};

use meter::Pace;

/// One board on a desk.
#[derive(Debug)]
pub struct HardwareBench {
    setup: HardwareSetup,
    selector: gauntlet_probe::BoardSelector,
    capabilities: Vec<Capability>,
    /// How long the last transfer took.
    pace: Arc<Pace>,
}

impl HardwareBench {
    /// Finds the very board that `setup` names, and looks at it without changing anything.
    ///
    /// # Errors
    /// [`BenchError`] when the probe is missing or one of several, when another chip is there, and when the chip is
    /// locked and may not be erased.
    pub fn find(setup: HardwareSetup) -> Result<Self, BenchError> {
        let selector = selected(&setup)?;
        match look_at(&selector)? {
            ChipFound::Open(chip) if chip.part == setup.variant.profile().part => {}
            ChipFound::Open(chip) => {
                return Err(BenchError::OtherChip { wanted: setup.variant, found: chip.to_string() });
            }
            ChipFound::Locked if setup.erase_locked => {}
            ChipFound::Locked => return Err(BenchError::Locked),
        }
        let capabilities = setup.capabilities();
        Ok(Self { setup, selector, capabilities, pace: Arc::default() })
    }
}

impl Bench for HardwareBench {
    fn name(&self) -> &str {
        &self.setup.name
    }

    fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    fn target(&self) -> Option<&Target> {
        self.setup.target.as_ref()
    }

    fn backend(&self) -> Backend {
        self.setup.link.backend()
    }

    fn open(&self, variant: Variant, seed: u64) -> Result<Box<dyn Board>, BoardError> {
        if variant != self.setup.variant {
            return Err(BoardError::Impossible("be another chip than it is"));
        }
        let selector = self.selector.clone();
        Ok(Box::new(board::HardwareBoard::new(&self.setup, selector, seed, Arc::clone(&self.pace))))
    }

    fn has_virtual_time(&self) -> bool {
        false
    }

    fn boards(&self) -> Option<usize> {
        Some(1)
    }

    fn chip(&self) -> Option<Variant> {
        Some(self.setup.variant)
    }
}
