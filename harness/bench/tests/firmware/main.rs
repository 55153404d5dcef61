//! The firmware in `targets/firmware`, executed instruction by instruction.

mod requests;
mod rig;
mod update;
