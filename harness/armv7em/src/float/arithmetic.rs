//! Addition, multiplication, division, square root and fused multiply-add.

use super::round::shift_right_sticky;
use super::unpack::{Kind, Operand};
use super::{Fpscr, INFINITY, Rounding, signed};

/// An exact finite value: `significand * 2^exponent`, possibly zero.
#[derive(Clone, Copy)]
struct Exact {
    negative: bool,
    exponent: i32,
    significand: u64,
}

impl From<&Operand> for Exact {
    fn from(operand: &Operand) -> Self {
        Exact {
            negative: operand.negative,
            exponent: operand.exponent,
            significand: u64::from(operand.significand),
        }
    }
}

impl Exact {
    fn product(a: &Operand, b: &Operand) -> Self {
        Exact {
            negative: a.negative != b.negative,
            exponent: a.exponent + b.exponent,
            significand: u64::from(a.significand) * u64::from(b.significand),
        }
    }

    /// The significand with its leading bit at bit 125, and the exponent that goes with it.
    fn wide(self) -> (i32, u128) {
        let shift = self.significand.leading_zeros() + 62;
        (self.exponent - shift as i32, u128::from(self.significand) << shift)
    }
}

impl Fpscr {
    pub(crate) fn add(&mut self, a: u32, b: u32) -> u32 {
        self.add_operands(a, b, false)
    }

    pub(crate) fn sub(&mut self, a: u32, b: u32) -> u32 {
        self.add_operands(a, b, true)
    }

    fn add_operands(&mut self, a: u32, b: u32, subtract: bool) -> u32 {
        let (a, mut b) = (self.unpack(a), self.unpack(b));
        if let Some(nan) = self.process_nans(&[a, b]) {
            return nan;
        }
        b.negative ^= subtract;
        if a.is_infinite() && b.is_infinite() && a.negative != b.negative {
            return self.invalid();
        }
        if a.is_infinite() {
            return signed(a.negative, INFINITY);
        }
        if b.is_infinite() {
            return signed(b.negative, INFINITY);
        }
        self.sum(Exact::from(&a), Exact::from(&b))
    }

    /// The sum of two finite values, rounded once.
    fn sum(&mut self, a: Exact, b: Exact) -> u32 {
        match (a.significand, b.significand) {
            (0, 0) if a.negative == b.negative => return signed(a.negative, 0),
            (0, 0) => return self.exact_zero(),
            (0, _) => return self.round(b.negative, b.exponent, b.significand),
            (_, 0) => return self.round(a.negative, a.exponent, a.significand),
            _ => {}
        }
        let ((a_exponent, a_wide), (b_exponent, b_wide)) = (a.wide(), b.wide());
        let exponent = a_exponent.max(b_exponent);
        let a_wide = shift_right_sticky(a_wide, exponent.abs_diff(a_exponent));
        let b_wide = shift_right_sticky(b_wide, exponent.abs_diff(b_exponent));
        let (negative, total) = if a.negative == b.negative {
            (a.negative, a_wide + b_wide)
        } else if a_wide >= b_wide {
            (a.negative, a_wide - b_wide)
        } else {
            (b.negative, b_wide - a_wide)
        };
        if total == 0 {
            return self.exact_zero();
        }
        let zeros = total.leading_zeros();
        let top = shift_right_sticky(total << zeros, 64) as u64;
        self.round(negative, exponent + 64 - zeros as i32, top)
    }

    /// Zero as the difference of equal values.
    fn exact_zero(self) -> u32 {
        signed(self.rounding() == Rounding::Down, 0)
    }

    pub(crate) fn mul(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.unpack(a), self.unpack(b));
        if let Some(nan) = self.process_nans(&[a, b]) {
            return nan;
        }
        let negative = a.negative != b.negative;
        if a.is_infinite() || b.is_infinite() {
            if a.is_zero() || b.is_zero() {
                return self.invalid();
            }
            return signed(negative, INFINITY);
        }
        if a.is_zero() || b.is_zero() {
            return signed(negative, 0);
        }
        let product = Exact::product(&a, &b);
        self.round(negative, product.exponent, product.significand)
    }

    /// `addend + a * b` with a single rounding.
    pub(crate) fn mul_add(&mut self, addend: u32, a: u32, b: u32) -> u32 {
        let (addend, a, b) = (self.unpack(addend), self.unpack(a), self.unpack(b));
        let infinite = a.is_infinite() || b.is_infinite();
        let meaningless = infinite && (a.is_zero() || b.is_zero());
        let negative = a.negative != b.negative;
        if let Some(nan) = self.process_nans(&[addend, a, b]) {
            // Infinity times zero is invalid even when a quiet NaN is added to it.
            return if meaningless && addend.kind == Kind::QuietNan { self.invalid() } else { nan };
        }
        if meaningless || (infinite && addend.is_infinite() && addend.negative != negative) {
            return self.invalid();
        }
        if infinite {
            return signed(negative, INFINITY);
        }
        if addend.is_infinite() {
            return signed(addend.negative, INFINITY);
        }
        self.sum(Exact::from(&addend), Exact::product(&a, &b))
    }

    pub(crate) fn div(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.unpack(a), self.unpack(b));
        if let Some(nan) = self.process_nans(&[a, b]) {
            return nan;
        }
        let negative = a.negative != b.negative;
        if (a.is_infinite() && b.is_infinite()) || (a.is_zero() && b.is_zero()) {
            return self.invalid();
        }
        if a.is_infinite() || b.is_zero() {
            if !a.is_infinite() {
                self.raise(super::flag::DIVIDE_BY_ZERO);
            }
            return signed(negative, INFINITY);
        }
        if a.is_zero() || b.is_infinite() {
            return signed(negative, 0);
        }
        // 24 bits each, so that the quotient has 40 or 41.
        let (a_shift, b_shift) = (a.significand.leading_zeros() - 8, b.significand.leading_zeros() - 8);
        let dividend = u64::from(a.significand << a_shift) << 40;
        let divisor = u64::from(b.significand << b_shift);
        let sticky = u64::from(dividend % divisor != 0);
        let exponent = (a.exponent - a_shift as i32) - (b.exponent - b_shift as i32) - 40;
        self.round(negative, exponent, (dividend / divisor) | sticky)
    }

    pub(crate) fn sqrt(&mut self, a: u32) -> u32 {
        let a = self.unpack(a);
        if a.is_nan() {
            return self.process_nan(&a);
        }
        if a.is_zero() {
            return signed(a.negative, 0);
        }
        if a.negative {
            return self.invalid();
        }
        if a.is_infinite() {
            return INFINITY;
        }
        // Leading bit at 61 or 62, whichever leaves an even exponent; the root has 31 bits.
        let shift = a.significand.leading_zeros() + 30;
        let shift = if (a.exponent - shift as i32) % 2 == 0 { shift } else { shift - 1 };
        let radicand = u64::from(a.significand) << shift;
        let root = radicand.isqrt();
        let sticky = u64::from(root * root != radicand);
        self.round(false, (a.exponent - shift as i32) / 2 - 1, root << 1 | sticky)
    }
}
