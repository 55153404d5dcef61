//! Conversions between singles and half precision, in the standard and the alternative format.

use super::round::HALF;
use super::unpack::Kind;
use super::{DEFAULT_NAN, Fpscr, INFINITY, QUIET, flag, signed};

const HALF_INFINITY: u32 = 0x7C00;
const HALF_DEFAULT_NAN: u32 = 0x7E00;

impl Fpscr {
    /// Converts a half, which is always exact.
    pub(crate) fn half_to_single(&mut self, half: u32) -> u32 {
        let (biased, fraction) = (half >> 10 & 31, half & 0x3FF);
        let negative = half & 0x8000 != 0;
        if biased == 31 && !self.alternative_half() {
            if fraction == 0 {
                return signed(negative, INFINITY);
            }
            if fraction & 0x200 == 0 {
                self.raise(flag::INVALID);
            }
            let nan = signed(negative, INFINITY | QUIET | fraction << 13);
            return if self.default_nan() { DEFAULT_NAN } else { nan };
        }
        let (exponent, significand) = match biased {
            0 => (-24, fraction),
            _ => (biased as i32 - 25, fraction | 0x400),
        };
        if significand == 0 {
            return signed(negative, 0);
        }
        self.round(negative, exponent, u64::from(significand))
    }

    /// Converts to a half, in the low 16 bits of the result.
    pub(crate) fn single_to_half(&mut self, a: u32) -> u32 {
        let a = self.unpack(a);
        let sign = u32::from(a.negative) << 15;
        let alternative = self.alternative_half();
        match a.kind {
            Kind::QuietNan | Kind::SignallingNan => {
                if a.kind == Kind::SignallingNan || alternative {
                    self.raise(flag::INVALID);
                }
                // The alternative format has no NaN.
                if alternative {
                    sign
                } else if self.default_nan() {
                    HALF_DEFAULT_NAN
                } else {
                    sign | HALF_DEFAULT_NAN | a.bits >> 13 & 0x1FF
                }
            }
            Kind::Infinity if alternative => {
                self.raise(flag::INVALID);
                sign | 0x7FFF
            }
            Kind::Infinity => sign | HALF_INFINITY,
            Kind::Zero => sign,
            Kind::Finite => {
                let rounding = self.rounding();
                self.round_to(HALF, rounding, a.negative, a.exponent, u64::from(a.significand))
            }
        }
    }
}
