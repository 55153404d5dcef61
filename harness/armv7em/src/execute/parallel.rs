//! Operations on the two half-words or four bytes of a word at once.

use crate::arithmetic::{saturate_signed, saturate_unsigned};

/// One lane: what kind of number, and what happens to the sum.
#[derive(Clone, Copy)]
struct Lane {
    bits: u32,
    unsigned: bool,
    saturate: bool,
    halve: bool,
}

impl Lane {
    fn take(self, word: u32, index: u32) -> i32 {
        let value = word >> (index * self.bits) << (32 - self.bits);
        if self.unsigned { (value >> (32 - self.bits)) as i32 } else { (value as i32) >> (32 - self.bits) }
    }

    /// The lane of the result, and its GE condition.
    fn combine(self, a: i32, b: i32, subtract: bool) -> (u32, bool) {
        let sum = if subtract { a - b } else { a + b };
        let ge = if self.unsigned && !subtract { sum >= 1 << self.bits } else { sum >= 0 };
        let result = if self.saturate && self.unsigned {
            saturate_unsigned(sum.into(), self.bits).0
        } else if self.saturate {
            saturate_signed(sum.into(), self.bits).0
        } else if self.halve {
            (sum >> 1) as u32
        } else {
            sum as u32
        };
        (result & (u32::MAX >> (32 - self.bits)), ge)
    }
}

/// ADD8, ADD16, ASX, SUB8, SUB16 and SAX (`operation` is bits 22:20) with the prefixes S, Q, SH, U, UQ and UH (`prefix` is
/// bits 6:4). The second value is the new GE; the saturating and halving forms leave it alone.
pub(super) fn combine(operation: u32, prefix: u32, n: u32, m: u32) -> (u32, Option<u8>) {
    let bytes = operation & 3 == 0;
    let lane = Lane {
        bits: if bytes { 8 } else { 16 },
        unsigned: prefix & 4 != 0,
        saturate: prefix & 3 == 1,
        halve: prefix & 3 == 2,
    };
    // ASX and SAX exchange the halves of the second operand and do the opposite in the low lane.
    let exchange = operation & 3 == 2;
    let m = if exchange { m.rotate_right(16) } else { m };
    let subtract = operation & 4 != 0;
    let (mut word, mut ge) = (0, 0);
    for index in 0..32 / lane.bits {
        let opposite = exchange && index == 0;
        let (result, condition) =
            lane.combine(lane.take(n, index), lane.take(m, index), subtract != opposite);
        word |= result << (index * lane.bits);
        let mask = if bytes { 1 } else { 3 };
        ge |= if condition { mask << (index * lane.bits / 8) } else { 0 };
    }
    (word, (prefix & 3 == 0).then_some(ge))
}

/// SEL: each byte from `n` where its GE bit is set, else from `m`.
pub(super) fn select(ge: u8, n: u32, m: u32) -> u32 {
    let mask =
        (0..4).fold(0, |mask, byte| if ge >> byte & 1 != 0 { mask | 0xFF << (8 * byte) } else { mask });
    n & mask | m & !mask
}

/// Sum of the absolute differences of the four bytes.
pub(super) fn absolute_differences(n: u32, m: u32) -> u32 {
    n.to_le_bytes().iter().zip(m.to_le_bytes()).map(|(&a, b)| u32::from(a.abs_diff(b))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD8: u32 = 0;
    const ADD16: u32 = 1;
    const ASX: u32 = 2;
    const SUB16: u32 = 5;
    const SAX: u32 = 6;

    #[test]
    fn ge_of_signed_and_unsigned_forms() {
        assert_eq!(combine(ADD8, 4, 0xFF01_80FF, 0x0101_8001), (0x0002_0000, Some(0b1011)));
        assert_eq!(combine(ADD8, 0, 0x7F80_0000, 0x0100_00FF), (0x8080_00FF, Some(0b1010)));
        assert_eq!(combine(SUB16, 4, 0x0001_0000, 0x0001_0001), (0x0000_FFFF, Some(0b1100)));
    }

    #[test]
    fn saturating_and_halving_leave_ge_alone() {
        assert_eq!(combine(ADD16, 1, 0x7FFF_8000, 0x0001_FFFF), (0x7FFF_8000, None));
        assert_eq!(combine(ADD16, 6, 0xFFFF_0001, 0xFFFF_0002), (0xFFFF_0001, None));
        assert_eq!(combine(SUB16, 5, 0x0001_0005, 0x0002_0003), (0x0000_0002, None));
    }

    #[test]
    fn exchanged_forms() {
        // ASX: high = n.high + m.low, low = n.low - m.high.
        assert_eq!(combine(ASX, 0, 0x0010_0020, 0x0001_0002).0, 0x0012_001F);
        assert_eq!(combine(SAX, 0, 0x0010_0020, 0x0001_0002).0, 0x000E_0021);
    }

    #[test]
    fn select_and_differences() {
        assert_eq!(select(0b0101, 0x1122_3344, 0xAABB_CCDD), 0xAA22_CC44);
        assert_eq!(absolute_differences(0x01FF_0010, 0xFF01_0020), 254 + 254 + 16);
    }
}
