//! Conversions between singles and integers or fixed-point numbers.

use super::round::{SINGLE, round_to_integer};
use super::unpack::Kind;
use super::{Fpscr, Rounding, flag};

/// A fixed-point format; an integer has no fraction bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// 16 or 32.
    pub(crate) bits: u32,
    pub(crate) fraction: u32,
    pub(crate) unsigned: bool,
}

impl Fixed {
    fn range(self) -> (i128, i128) {
        if self.unsigned {
            (0, (1 << self.bits) - 1)
        } else {
            (-(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1)
        }
    }
}

impl Fpscr {
    /// Converts to fixed point, extended to a word. What does not fit saturates and is invalid, a NaN becomes 0.
    pub(crate) fn convert_to_fixed(&mut self, a: u32, fixed: Fixed, towards_zero: bool) -> u32 {
        let rounding = if towards_zero { Rounding::Zero } else { self.rounding() };
        let a = self.unpack(a);
        let (low, high) = fixed.range();
        let (magnitude, exact) = match a.kind {
            Kind::QuietNan | Kind::SignallingNan => {
                self.raise(flag::INVALID);
                return 0;
            }
            Kind::Zero => return 0,
            Kind::Infinity => (i128::MAX, true),
            Kind::Finite => {
                let exponent = a.exponent + fixed.fraction as i32;
                if exponent >= 0 {
                    // Beyond 40 places it is out of every range anyway.
                    (i128::from(a.significand) << exponent.min(40), true)
                } else {
                    let significand = u64::from(a.significand);
                    let rounded =
                        round_to_integer(significand, exponent.unsigned_abs(), rounding, a.negative);
                    (i128::from(rounded.value), rounded.exact)
                }
            }
        };
        let value = if a.negative { -magnitude } else { magnitude };
        let clamped = value.clamp(low, high);
        if clamped != value {
            self.raise(flag::INVALID);
        } else if !exact {
            self.raise(flag::INEXACT);
        }
        clamped as u32
    }

    /// Converts from fixed point. From integers FPSCR tells how to round, from fixed point it is always to nearest.
    pub(crate) fn convert_from_fixed(&mut self, word: u32, fixed: Fixed, nearest: bool) -> u32 {
        let value = match (fixed.bits, fixed.unsigned) {
            (16, true) => i64::from(word as u16),
            (16, false) => i64::from(word as i16),
            (_, true) => i64::from(word),
            (_, false) => i64::from(word as i32),
        };
        if value == 0 {
            return 0;
        }
        let rounding = if nearest { Rounding::Nearest } else { self.rounding() };
        self.round_to(SINGLE, rounding, value < 0, -(fixed.fraction as i32), value.unsigned_abs())
    }
}
