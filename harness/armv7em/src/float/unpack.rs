//! Operands taken apart, and what NaN operands become.

use super::{DEFAULT_NAN, Fpscr, QUIET, SIGN, flag};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zero,
    Finite,
    Infinity,
    QuietNan,
    SignallingNan,
}

/// An operand. A finite one is `significand * 2^exponent`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    pub(super) bits: u32,
    pub(super) kind: Kind,
    pub(super) negative: bool,
    pub(super) exponent: i32,
    pub(super) significand: u32,
}

impl Operand {
    pub(super) fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::QuietNan | Kind::SignallingNan)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.kind == Kind::Zero
    }

    pub(super) fn is_infinite(&self) -> bool {
        self.kind == Kind::Infinity
    }
}

impl Fpscr {
    /// Takes a single apart. In flush-to-zero mode a denormal is zero, and is reported.
    pub(super) fn unpack(&mut self, bits: u32) -> Operand {
        let (biased, fraction) = (bits >> 23 & 0xFF, bits & 0x7F_FFFF);
        let mut operand =
            Operand { bits, kind: Kind::Finite, negative: bits & SIGN != 0, exponent: 0, significand: 0 };
        match (biased, fraction) {
            (0, 0) => operand.kind = Kind::Zero,
            (0, _) if self.flushes() => {
                self.raise(flag::INPUT_DENORMAL);
                operand.kind = Kind::Zero;
            }
            (0, _) => {
                operand.exponent = -149;
                operand.significand = fraction;
            }
            (0xFF, 0) => operand.kind = Kind::Infinity,
            (0xFF, _) if fraction & QUIET != 0 => operand.kind = Kind::QuietNan,
            (0xFF, _) => operand.kind = Kind::SignallingNan,
            _ => {
                operand.exponent = biased as i32 - 150;
                operand.significand = fraction | 1 << 23;
            }
        }
        operand
    }

    /// The NaN that `nan` turns into.
    pub(super) fn process_nan(&mut self, nan: &Operand) -> u32 {
        if nan.kind == Kind::SignallingNan {
            self.raise(flag::INVALID);
        }
        if self.default_nan() { DEFAULT_NAN } else { nan.bits | QUIET }
    }

    /// The result when an operand is a NaN: the first signalling one, else the first quiet one.
    pub(super) fn process_nans(&mut self, operands: &[Operand]) -> Option<u32> {
        let signalling = operands.iter().find(|operand| operand.kind == Kind::SignallingNan);
        let nan = signalling.or_else(|| operands.iter().find(|operand| operand.is_nan()))?;
        Some(self.process_nan(nan))
    }
}
