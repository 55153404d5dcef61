//! Exact values rounded to a format.

use super::{Fpscr, Rounding, flag};

/// A binary interchange format: bits of its fraction and its exponent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub(super) fraction: u32,
    pub(super) exponent: u32,
}

pub(super) const SINGLE: Format = Format { fraction: 23, exponent: 8 };
pub(super) const HALF: Format = Format { fraction: 10, exponent: 5 };

/// A significand divided by a power of two and rounded to an integer.
pub(super) struct Rounded {
    pub(super) value: u64,
    pub(super) exact: bool,
}

/// `value >> shift`, with the lowest bit of the result set when a bit was lost.
pub(super) fn shift_right_sticky(value: u128, shift: u32) -> u128 {
    match shift {
        0 => value,
        1..=127 => value >> shift | u128::from(value << (128 - shift) != 0),
        _ => u128::from(value != 0),
    }
}

/// Rounds `value / 2^shift` to an integer; `negative` tells which way up and down are.
pub(super) fn round_to_integer(value: u64, shift: u32, rounding: Rounding, negative: bool) -> Rounded {
    let (whole, rest, half) = match shift {
        0 => return Rounded { value, exact: true },
        1..=63 => (value >> shift, value & ((1 << shift) - 1), 1_u64 << (shift - 1)),
        64 => (0, value, 1 << 63),
        // Less than a half, whatever the value.
        _ => (0, u64::from(value != 0), 2),
    };
    let up = match rounding {
        Rounding::Nearest => rest > half || (rest == half && whole & 1 != 0),
        Rounding::Up => rest != 0 && !negative,
        Rounding::Down => rest != 0 && negative,
        Rounding::Zero => false,
    };
    Rounded { value: whole + u64::from(up), exact: rest == 0 }
}

impl Fpscr {
    /// Rounds `significand * 2^exponent`, not zero, to a single with the rounding mode of FPSCR.
    pub(super) fn round(&mut self, negative: bool, exponent: i32, significand: u64) -> u32 {
        self.round_to(SINGLE, self.rounding(), negative, exponent, significand)
    }

    /// Rounds `significand * 2^exponent`, not zero. The lowest bit may be sticky when 26 or more bits are significant.
    pub(super) fn round_to(
        &mut self,
        format: Format,
        rounding: Rounding,
        negative: bool,
        exponent: i32,
        significand: u64,
    ) -> u32 {
        let sign = u32::from(negative) << (format.fraction + format.exponent);
        let single = format.exponent == SINGLE.exponent;
        let zeros = significand.leading_zeros();
        let significand = significand << zeros;
        let bias = (1 << (format.exponent - 1)) - 1;
        let biased = exponent + 63 - zeros as i32 + bias;
        let tiny = biased < 1;
        // Half precision never flushes: the flag is about singles.
        if tiny && single && self.flushes() {
            self.raise(flag::UNDERFLOW);
            return sign;
        }
        let shift = 63 - format.fraction + if tiny { (1 - biased) as u32 } else { 0 };
        let rounded = round_to_integer(significand, shift, rounding, negative);
        // The leading bit of a normal number counts as one in the exponent, and a carry out of the fraction goes there too.
        let base = if tiny { 0 } else { ((biased - 1) as u64) << format.fraction };
        let magnitude = base + rounded.value;
        let largest_exponent = (1 << format.exponent) - 1;
        let limit = largest_exponent << format.fraction;
        if !single && self.alternative_half() {
            // The largest exponent is an ordinary one; beyond it there is nothing.
            if magnitude >= limit + (1 << format.fraction) {
                self.raise(flag::INVALID);
                return sign | ((1 << (format.fraction + format.exponent)) - 1);
            }
        } else if magnitude >= limit {
            self.raise(flag::OVERFLOW | flag::INEXACT);
            let to_infinity = match rounding {
                Rounding::Nearest => true,
                Rounding::Up => !negative,
                Rounding::Down => negative,
                Rounding::Zero => false,
            };
            return sign | (limit as u32 - u32::from(!to_infinity));
        }
        if !rounded.exact {
            self.raise(flag::INEXACT | if tiny { flag::UNDERFLOW } else { 0 });
        }
        sign | magnitude as u32
    }
}
