//! The board loses its supply.

use std::fmt;

use super::{Act, Break, Position};

pub(super) struct PowerCut;

impl Act for PowerCut {
    fn fits(&self, _: &Position) -> bool {
        true
    }

    fn breaks(&self) -> Option<Break> {
        Some(Break::Power)
    }
}

impl fmt::Display for PowerCut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("power cut")
    }
}
