//! Boards and their debug probes: select, erase, flash, verify, read back, reset. The only crate that knows probe-rs.
//!
//! A [`BoardSelector`] names a board, [`Debugger::attach`] takes control of it. The same code drives a J-Link with a
//! development kit and a virtual board: [`virtual_probe`] makes a virtual machine of this process look like a probe to
//! an unmodified probe-rs.
//!
//! | module | what |
//! |---|---|
//! | `debugger` | a board under control: memory, run control, flash |
//! | `selector` | which board |
//! | `found` | the probes of this machine |
//! | `image` | bytes and their addresses |
//! | `error` | what can go wrong, by type |
//! | `virtual_probe` | the probe driver for virtual boards |
//! | `serve` | virtual boards for other people's debug tools |
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use gauntlet_nrf52::{Chip, Machine, Variant};
//! use gauntlet_probe::{BoardSelector, Debugger, Image, virtual_probe};
//!
//! let machine = Arc::new(Mutex::new(Machine::new(Chip::new(Variant::Nrf52832, 1))));
//! let board = virtual_probe::register("doc", machine)?;
//!
//! let mut debugger = Debugger::attach(&BoardSelector::new(board.selector(), "nRF52832_xxAA"))?;
//! debugger.flash(&Image::new().with(0x1000, *b"hello, board"), true, &mut |_| {})?;
//! assert_eq!(debugger.read_word(0x1000)?, u32::from_le_bytes(*b"hell"));
//! debugger.detach()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod debugger;
mod error;
mod found;
mod image;
mod selector;
pub mod serve;
pub mod virtual_probe;

pub use debugger::{CoreState, Debugger, FlashPhase, FlashProgress};
pub use error::{Cause, Doing, ProbeError};
pub use found::{FoundProbe, probes};
pub use image::{Image, Segment};
pub use selector::BoardSelector;
