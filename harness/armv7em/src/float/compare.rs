//! Comparison.

use super::unpack::{Kind, Operand};
use super::{Fpscr, flag};

/// A magnitude with its sign, ordered like the values; both zeros are 0.
fn order(operand: &Operand) -> i64 {
    let magnitude = match operand.kind {
        Kind::Zero => 0,
        _ => i64::from(operand.bits & 0x7FFF_FFFF),
    };
    if operand.negative { -magnitude } else { magnitude }
}

impl Fpscr {
    /// Sets N, Z, C and V from a comparison; with `every_nan` a quiet NaN is invalid too.
    pub(crate) fn compare(&mut self, a: u32, b: u32, every_nan: bool) {
        let (a, b) = (self.unpack(a), self.unpack(b));
        let nzcv = if a.is_nan() || b.is_nan() {
            let signalling = a.kind == Kind::SignallingNan || b.kind == Kind::SignallingNan;
            if signalling || every_nan {
                self.raise(flag::INVALID);
            }
            0b0011
        } else {
            match order(&a).cmp(&order(&b)) {
                std::cmp::Ordering::Less => 0b1000,
                std::cmp::Ordering::Equal => 0b0110,
                std::cmp::Ordering::Greater => 0b0010,
            }
        };
        self.0 = self.0 & 0x0FFF_FFFF | nzcv << 28;
    }
}
