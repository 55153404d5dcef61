//! Fuzz targets over everything that reads bytes from outside, as functions.
//!
//! | module | what |
//! |---|---|
//! | [`targets`] | one function per target, with inputs to start from |
//! | [`mutator`] | makes new inputs from old ones |
//! | [`soak`] | runs a target on very many inputs, on any compiler |
//! | [`replay`] | runs a target on files: what a find is reproduced with |
//! | [`memory`] | how much memory the process has needed |
//! | [`chance`] | numbers from a seed |
//!
//! `fuzz_targets/` holds the same targets for libFuzzer (`cargo fuzz run slip`), which finds its way by coverage and needs a
//! nightly compiler. Here a target gives a number that says what kind of outcome there was, and an input with a new kind
//! of outcome becomes one to start from.

pub mod chance;
pub mod memory;
pub mod mutator;
pub mod replay;
pub mod soak;
pub mod targets;

/// One thing to be tried with arbitrary bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, that of the libFuzzer target.
    pub name: &'static str,
    /// Tries one input. Panics when something is wrong; gives the kind of outcome.
    pub run: fn(&[u8]) -> Outcome,
    /// Inputs to start from, all made by the project's own builders.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Pieces of text or bytes that inputs are likely to hold.
    pub words: &'static [&'static [u8]],
    /// Longest input in bytes that the soak makes.
    pub max_len: usize,
}

/// What kind of outcome an input had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome(pub u64);

impl Outcome {
    /// The outcome that a value stands for: its `Debug` form without the numbers in it.
    pub fn of(value: &impl std::fmt::Debug) -> Self {
        let mut hash = Kind::default();
        // The hash takes everything.
        let _ = std::fmt::Write::write_fmt(&mut hash, format_args!("{value:?}"));
        Self(hash.0)
    }

    /// The same with a number that counts.
    #[must_use]
    pub fn with(self, number: u64) -> Self {
        Self((self.0 ^ number).wrapping_mul(0x0000_0100_0000_01B3))
    }
}

/// FNV-1a over a text without its digits, and of at most 200 bytes of it.
struct Kind(u64, usize);

impl Default for Kind {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325, 0)
    }
}

impl std::fmt::Write for Kind {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for byte in text.bytes().filter(|byte| !byte.is_ascii_digit()) {
            if self.1 < 200 {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
                self.1 += 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn numbers_do_not_make_an_outcome_new_and_words_do() {
        assert_eq!(Outcome::of(&(Some(12), "x")), Outcome::of(&(Some(7), "x")));
        assert_ne!(Outcome::of(&Some(1)), Outcome::of(&None::<u32>));
    }
}
