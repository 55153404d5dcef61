//! The states in which a power cut may leave an operation.

use crate::{FlashAction, FlashOp, NonVolatile, Tear, TearPattern, noise::hash};

/// Which states a sweep boots from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tears {
    /// Before each operation, which is also after the one before it.
    Clean,
    /// Before each operation, and one torn state of it: half of the bits, picked by the number of the operation.
    Random,
    /// Before each operation, and every declared state: halves; each single bit of a word early and late; the first words
    /// of an erased area; bits with a chance of 10, 50 and 90 percent; all but a few weak bits.
    All,
    /// Before each operation, and these.
    These(Vec<TearPattern>),
}

/// How many of the first words of an erased page are erased, in one state each.
const FIRST_WORDS: [u32; 4] = [1, 16, 256, 1023];

impl Tears {
    /// The states of one operation on this array. States that would be the same as one before are left out where that is
    /// plain from the operation: bits of a word that do not change.
    pub(crate) fn of(&self, array: &NonVolatile, op: &FlashOp) -> Vec<Tear> {
        let seed = hash(op.n, 0x7EA2);
        let patterns = match self {
            Self::Clean => Vec::new(),
            Self::Random => vec![TearPattern::random(seed)],
            Self::All => TearPattern::declared(array, op.action, seed),
            Self::These(patterns) => patterns.clone(),
        };
        std::iter::once(Tear::Before).chain(patterns.into_iter().map(Tear::Torn)).collect()
    }
}

impl TearPattern {
    /// Every state that power may leave an operation in, by the hypotheses of this crate; the seed picks the random ones.
    pub fn declared(array: &NonVolatile, action: FlashAction, seed: u64) -> Vec<TearPattern> {
        let chances =
            |percents: &'static [u8]| percents.iter().map(move |&percent| Self::Density { percent, seed });
        match action {
            FlashAction::Program { address, value } => {
                let falling = array.word(address).map_or(0, |old| old & !value);
                let bits = falling.count_ones() as u8;
                let mut patterns = vec![Self::LowHalf, Self::HighHalf];
                patterns.extend((0..bits).map(Self::EarlyBit));
                patterns.extend((0..bits).map(Self::LateBit));
                patterns.extend(chances(&[50]));
                patterns
            }
            FlashAction::ErasePage { .. }
            | FlashAction::ErasePart { .. }
            | FlashAction::EraseUicr
            | FlashAction::EraseAll => {
                let mut patterns = vec![Self::LowHalf, Self::HighHalf, Self::Weak { seed }];
                patterns.extend(FIRST_WORDS.map(Self::FirstWords));
                patterns.extend(chances(&[10, 50, 90]));
                patterns
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, Source, Variant};

    #[test]
    fn every_bit_of_a_word_is_early_once_and_late_once() {
        let mut array = NonVolatile::blank(Variant::Nrf52832);
        assert!(array.put(0x1000, &0xFFFF_00FFu32.to_le_bytes()));
        let op = FlashOp {
            n: 3,
            action: FlashAction::Program { address: 0x1000, value: 0xFFFF_FF0E },
            start: 0,
            end: 1,
            source: Source::Cpu,
            pc: 0,
            boot: 0,
            outcome: Outcome::Complete,
        };
        let states: Vec<u32> = Tears::All
            .of(&array, &op)
            .into_iter()
            .map(|tear| {
                let mut array = array.clone();
                array.perform(op.action, tear);
                array.word(0x1000).unwrap_or(0)
            })
            .collect();
        for bit in [0, 4, 5, 6, 7] {
            assert!(states.contains(&(0xFFFF_00FF & !(1 << bit))), "bit {bit} fell first");
            assert!(states.contains(&(0xFFFF_000E | 1 << bit)), "bit {bit} fell last");
        }
        assert_eq!(states[0], 0xFFFF_00FF);
        assert_eq!((Tears::Clean.of(&array, &op).len(), Tears::Random.of(&array, &op).len()), (1, 2));
    }
}
