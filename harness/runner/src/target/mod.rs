//! Devices with firmware of their own: read from a target file, asked what they are, and given the cases that fit them.

mod ask;
mod fit;
mod load;

pub use ask::{Lie, ask};
pub(crate) use fit::{fitted, installed, on_chip};
pub use load::{BadTarget, load};
