//! Cortex-M4 interpreter; knows no chip.

mod bus;
mod config;
mod core;

pub use bus::{Access, Bus, BusFault, FaultCause, Width};
pub use config::{CoreConfig, ResetKind, Stop, Unsupported};
pub use core::Core;
