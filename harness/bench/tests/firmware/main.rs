//! The firmware in `targets/firmware`, executed instruction by instruction.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bugs;
mod power;
mod refusals;
mod requests;
mod rig;
mod update;
mod watchdog;
