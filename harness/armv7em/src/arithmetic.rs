//! Adders, shifters and immediates of the architecture, as pure functions.

/// `a + b + carry` with carry and overflow out.
#[inline(always)]
pub(crate) fn add_with_carry(a: u32, b: u32, carry: bool) -> (u32, bool, bool) {
    let (partial, carry_1) = a.overflowing_add(b);
    let (result, carry_2) = partial.overflowing_add(u32::from(carry));
    let overflow = (a ^ result) & (b ^ result) & 0x8000_0000 != 0;
    (result, carry_1 | carry_2, overflow)
}

pub(crate) const LSL: u8 = 0;
pub(crate) const LSR: u8 = 1;
pub(crate) const ASR: u8 = 2;
pub(crate) const ROR: u8 = 3;
/// Rotate right by one through the carry; its own kind once decoded.
pub(crate) const RRX: u8 = 4;

/// Decodes a shift given by a 2-bit type and a 5-bit amount: zero means 32 for LSR and ASR, and RRX for ROR.
pub(crate) fn immediate_shift(kind: u32, amount: u32) -> (u8, u8) {
    match (kind & 3, amount & 31) {
        (1, 0) => (LSR, 32),
        (2, 0) => (ASR, 32),
        (3, 0) => (RRX, 1),
        (kind, amount) => (kind as u8, amount as u8),
    }
}

/// Shifts by 0 to 255 with carry out.
#[inline]
pub(crate) fn shift_with_carry(value: u32, kind: u8, amount: u32, carry: bool) -> (u32, bool) {
    if amount == 0 {
        return (value, carry);
    }
    match kind {
        LSL => match amount {
            1..=31 => (value << amount, value >> (32 - amount) & 1 != 0),
            32 => (0, value & 1 != 0),
            _ => (0, false),
        },
        LSR => match amount {
            1..=31 => (value >> amount, value >> (amount - 1) & 1 != 0),
            32 => (0, value >> 31 != 0),
            _ => (0, false),
        },
        ASR => match amount {
            1..=31 => (((value as i32) >> amount) as u32, value >> (amount - 1) & 1 != 0),
            _ => (((value as i32) >> 31) as u32, value >> 31 != 0),
        },
        ROR => {
            let result = value.rotate_right(amount & 31);
            (result, result >> 31 != 0)
        }
        _ => (u32::from(carry) << 31 | value >> 1, value & 1 != 0),
    }
}

/// The 12-bit modified immediate of 32-bit data processing: the constant, and whether the carry becomes its bit 31.
pub(crate) fn expand_immediate(imm12: u32) -> (u32, bool) {
    let byte = imm12 & 0xFF;
    if imm12 & 0xC00 == 0 {
        let value = match imm12 >> 8 & 3 {
            0 => byte,
            1 => byte << 16 | byte,
            2 => byte << 24 | byte << 8,
            _ => byte * 0x0101_0101,
        };
        (value, false)
    } else {
        ((0x80 | imm12 & 0x7F).rotate_right(imm12 >> 7 & 31), true)
    }
}

/// Clamps to a signed range of `bits` (1 to 32) bits; true when it had to.
pub(crate) fn saturate_signed(value: i64, bits: u32) -> (u32, bool) {
    let high = (1_i64 << (bits - 1)) - 1;
    let clamped = value.clamp(-high - 1, high);
    (clamped as u32, clamped != value)
}

/// Clamps to an unsigned range of `bits` (0 to 32) bits; true when it had to.
pub(crate) fn saturate_unsigned(value: i64, bits: u32) -> (u32, bool) {
    let clamped = value.clamp(0, (1_i64 << bits) - 1);
    (clamped as u32, clamped != value)
}

pub(crate) fn sign_extend(value: u32, bits: u32) -> u32 {
    (((value << (32 - bits)) as i32) >> (32 - bits)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carry_and_overflow_are_independent() {
        assert_eq!(add_with_carry(0xFFFF_FFFF, 0, true), (0, true, false));
        assert_eq!(add_with_carry(0x7FFF_FFFF, 0, true), (0x8000_0000, false, true));
        assert_eq!(add_with_carry(0x8000_0000, 0x8000_0000, false), (0, true, true));
        assert_eq!(add_with_carry(5, !5, true), (0, true, false));
    }

    #[test]
    fn shifts_at_and_beyond_the_word() {
        assert_eq!(shift_with_carry(0x8000_0001, LSL, 32, false), (0, true));
        assert_eq!(shift_with_carry(0x8000_0001, LSL, 33, true), (0, false));
        assert_eq!(shift_with_carry(0x8000_0001, LSR, 32, false), (0, true));
        assert_eq!(shift_with_carry(0x8000_0001, ASR, 200, false), (0xFFFF_FFFF, true));
        assert_eq!(shift_with_carry(0x8000_0001, ROR, 32, false), (0x8000_0001, true));
        assert_eq!(shift_with_carry(0x8000_0001, RRX, 1, true), (0xC000_0000, true));
        assert_eq!(shift_with_carry(1, LSR, 0, true), (1, true));
    }

    #[test]
    fn modified_immediates() {
        assert_eq!(expand_immediate(0x0AB), (0xAB, false));
        assert_eq!(expand_immediate(0x1AB), (0x00AB_00AB, false));
        assert_eq!(expand_immediate(0x2AB), (0xAB00_AB00, false));
        assert_eq!(expand_immediate(0x3AB), (0xABAB_ABAB, false));
        assert_eq!(expand_immediate(0x47F), (0xFF00_0000, true));
        assert_eq!(expand_immediate(0xFFF), (0xFF << 1, true));
    }

    #[test]
    fn saturation_reports_itself() {
        assert_eq!(saturate_signed(200, 8), (127, true));
        assert_eq!(saturate_signed(-128, 8), (-128_i32 as u32, false));
        assert_eq!(saturate_unsigned(-1, 8), (0, true));
        assert_eq!(saturate_unsigned(5, 0), (0, true));
    }
}
