//! Single-precision arithmetic of the floating-point extension, as pure functions of operands and FPSCR.
//!
//! Values are taken apart into sign, exponent and an integer significand, computed exactly (or with a sticky lowest bit far
//! below the precision), and rounded once. NaN operands, flags and modes follow the architecture, which is not what the
//! host's own arithmetic does; so nothing here uses it.

mod arithmetic;
mod compare;
mod convert;
mod half;
mod round;
mod unpack;

pub(crate) use convert::Fixed;

/// FPSCR while instructions work on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fpscr(pub(crate) u32);

/// The bits of FPSCR that exist.
pub(crate) const FPSCR_MASK: u32 = 0xF7C0_009F;
/// AHP, DN, FZ and the rounding mode: what FPDSCR holds, and what a new context starts with.
pub(crate) const FPDSCR_MASK: u32 = 0x07C0_0000;

/// Cumulative exception flags.
pub(crate) mod flag {
    pub(crate) const INVALID: u32 = 1 << 0;
    pub(crate) const DIVIDE_BY_ZERO: u32 = 1 << 1;
    pub(crate) const OVERFLOW: u32 = 1 << 2;
    pub(crate) const UNDERFLOW: u32 = 1 << 3;
    pub(crate) const INEXACT: u32 = 1 << 4;
    pub(crate) const INPUT_DENORMAL: u32 = 1 << 7;
}

const ALTERNATIVE_HALF: u32 = 1 << 26;
const DEFAULT_NAN_MODE: u32 = 1 << 25;
const FLUSH_TO_ZERO: u32 = 1 << 24;

const SIGN: u32 = 1 << 31;
const INFINITY: u32 = 0x7F80_0000;
const DEFAULT_NAN: u32 = 0x7FC0_0000;
const QUIET: u32 = 1 << 22;

/// How a result that does not fit is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    Nearest,
    Up,
    Down,
    Zero,
}

impl Fpscr {
    fn raise(&mut self, flags: u32) {
        self.0 |= flags;
    }

    fn rounding(self) -> Rounding {
        match self.0 >> 22 & 3 {
            0 => Rounding::Nearest,
            1 => Rounding::Up,
            2 => Rounding::Down,
            _ => Rounding::Zero,
        }
    }

    fn flushes(self) -> bool {
        self.0 & FLUSH_TO_ZERO != 0
    }

    fn default_nan(self) -> bool {
        self.0 & DEFAULT_NAN_MODE != 0
    }

    fn alternative_half(self) -> bool {
        self.0 & ALTERNATIVE_HALF != 0
    }

    /// An operation without a meaningful result.
    fn invalid(&mut self) -> u32 {
        self.raise(flag::INVALID);
        DEFAULT_NAN
    }
}

fn signed(negative: bool, magnitude: u32) -> u32 {
    if negative { magnitude | SIGN } else { magnitude }
}
