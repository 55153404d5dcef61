//! What cells hold when power failed while they were changing.
//!
//! These are hypotheses, made to find ordering and validation bugs. They are not measurements of silicon.

use crate::noise::hash;

/// Which of the cells that an interrupted operation was changing had already changed.
///
/// One set of names serves every operation: programming one word makes bits fall, an erase makes the bits of many
/// words rise. "Words" counts the words of the operation in address order (erase all: flash, then UICR).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TearPattern {
    /// The lower half: bits 0 to 15 of a programmed word, the first half of an erased area.
    LowHalf,
    /// The upper half: bits 16 to 31 of a programmed word, the last half of an erased area.
    HighHalf,
    /// Only the first words of an erased area; a programmed word is untouched if the count is 0, else complete.
    FirstWords(u32),
    /// All but one bit of each word: the n-th of the bits that change in it, counted from the lowest, cyclically.
    LateBit(u8),
    /// Only that one bit of each word.
    EarlyBit(u8),
    /// Each bit with this chance in percent.
    Density {
        /// 0 to 100.
        percent: u8,
        /// Picks the bits.
        seed: u64,
    },
    /// All but a few bits: one bit of a programmed word, one bit in each 256 words of an erased area.
    Weak {
        /// Picks the bits.
        seed: u64,
    },
}

impl TearPattern {
    /// Half of the bits, picked by the seed.
    pub const fn random(seed: u64) -> Self {
        Self::Density { percent: 50, seed }
    }

    /// The bits of `changing` that had changed in word `index` of `words`.
    pub(crate) fn moved(self, index: usize, words: usize, changing: u32) -> u32 {
        match self {
            Self::LowHalf if words == 1 => changing & 0x0000_FFFF,
            Self::HighHalf if words == 1 => changing & 0xFFFF_0000,
            Self::LowHalf => whole(index < words / 2, changing),
            Self::HighHalf => whole(index >= words / 2, changing),
            Self::FirstWords(count) => whole((index as u64) < u64::from(count), changing),
            Self::LateBit(bit) => changing & !pick(changing, bit.into()),
            Self::EarlyBit(bit) => pick(changing, bit.into()),
            Self::Density { percent, seed } => {
                let chance =
                    |bit: u32| hash(seed, (index as u64) << 5 | u64::from(bit)) % 100 < u64::from(percent);
                (0..32)
                    .filter(|&bit| changing >> bit & 1 == 1 && chance(bit))
                    .fold(0, |mask, bit| mask | 1 << bit)
            }
            Self::Weak { seed } => {
                let group = index / 256;
                let size = (words - group * 256).min(256);
                let choice = hash(seed, group as u64);
                let weak = index % 256 == (choice >> 32) as usize % size;
                if weak { changing & !pick(changing, choice as u32) } else { changing }
            }
        }
    }
}

fn whole(condition: bool, changing: u32) -> u32 {
    if condition { changing } else { 0 }
}

/// The n-th set bit, counted cyclically; nothing if none is set.
fn pick(bits: u32, n: u32) -> u32 {
    if bits == 0 {
        return 0;
    }
    let mut left = bits;
    for _ in 0..n % bits.count_ones() {
        left &= left - 1;
    }
    left & left.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_one_word() {
        let changing = 0xF00F_0300;
        let moved = |pattern: TearPattern| pattern.moved(0, 1, changing);
        assert_eq!(moved(TearPattern::LowHalf), 0x0000_0300);
        assert_eq!(moved(TearPattern::HighHalf), 0xF00F_0000);
        assert_eq!(moved(TearPattern::FirstWords(0)), 0);
        assert_eq!(moved(TearPattern::FirstWords(1)), changing);
        assert_eq!(moved(TearPattern::EarlyBit(0)), 0x100);
        assert_eq!(moved(TearPattern::EarlyBit(1)), 0x200);
        assert_eq!(
            moved(TearPattern::EarlyBit(10)),
            0x100,
            "ten bits change, so the tenth is the first again"
        );
        assert_eq!(moved(TearPattern::LateBit(9)), 0x700F_0300);
        assert_eq!(moved(TearPattern::Weak { seed: 3 }).count_ones(), changing.count_ones() - 1);
        assert_eq!(moved(TearPattern::Density { percent: 0, seed: 1 }), 0);
        assert_eq!(moved(TearPattern::Density { percent: 100, seed: 1 }), changing);
        assert_eq!(moved(TearPattern::random(5)) & !changing, 0);
    }

    #[test]
    fn patterns_of_a_page() {
        let all = |pattern: TearPattern| (0..1024).map(move |i| pattern.moved(i, 1024, u32::MAX));
        assert!(all(TearPattern::LowHalf).take(512).all(|m| m == u32::MAX));
        assert!(all(TearPattern::LowHalf).skip(512).all(|m| m == 0));
        assert_eq!(all(TearPattern::FirstWords(7)).filter(|&m| m == u32::MAX).count(), 7);
        let late: u32 = all(TearPattern::Weak { seed: 9 }).map(u32::count_zeros).sum();
        assert_eq!(late, 4, "one bit in each 256 words");
        for percent in [10, 50, 90] {
            let bits: u32 = all(TearPattern::Density { percent, seed: 4 }).map(u32::count_ones).sum();
            let expected = 32_768 * u32::from(percent) / 100;
            assert!(bits.abs_diff(expected) < 600, "{percent} %: {bits} bits");
        }
    }
}
