//! Expansion: one scenario becomes one case for every combination of its matrix and its chips.
//!
//! Values are put into the tree and not into the text, so that every place in the tree stays the place in the file.

mod matrix;
mod placeholder;

pub(crate) use matrix::{Combination, Matrix, Put, combinations};
pub(crate) use placeholder::{Known, check, substitute};
