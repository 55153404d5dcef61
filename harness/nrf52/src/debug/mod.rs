//! The debug port: what a probe sees on its two wires, one register access at a time.

mod access;
mod control;
mod memory;
mod port;
pub(crate) mod rom_table;

pub use access::{DapError, DapPort};
pub(crate) use port::DebugPort;
