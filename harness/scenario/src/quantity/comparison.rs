//! Comparisons: `3`, `"<= 4096"`, `">= 1"`.

use super::{Refusal, number::whole, size::amount};

/// A condition on a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Comparison {
    /// How the count relates to the bound.
    pub relation: Relation,
    /// The bound.
    pub bound: u64,
}

/// How a count relates to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The count is the bound.
    Equal,
    /// The count is the bound or less.
    AtMost,
    /// The count is the bound or more.
    AtLeast,
}

impl Comparison {
    /// Whether a count fulfils the condition.
    #[must_use]
    pub const fn holds(self, count: u64) -> bool {
        match self.relation {
            Relation::Equal => count == self.bound,
            Relation::AtMost => count <= self.bound,
            Relation::AtLeast => count >= self.bound,
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        Self::of(text, whole).ok_or(Refusal::Form {
            expected: "a number or a comparison, such as `1`, `\"<= 4096\"` or `\">= 1\"`",
        })
    }

    /// A relation, if there is one, and the bound as `number` reads it.
    fn of(text: &str, number: impl Fn(&str) -> Option<u64>) -> Option<Self> {
        let (relation, bound) = if let Some(bound) = text.strip_prefix("<=") {
            (Relation::AtMost, bound)
        } else if let Some(bound) = text.strip_prefix(">=") {
            (Relation::AtLeast, bound)
        } else {
            (Relation::Equal, text)
        };
        Some(Self { relation, bound: number(bound.trim_start_matches(' '))? })
    }
}

/// A condition on a count of bytes, which may have a unit: `"<= 4 KiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BytesCompared(pub(crate) Comparison);

impl BytesCompared {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        Comparison::of(text, amount).map(Self).ok_or(Refusal::Form {
            expected: "a number of bytes or a comparison, such as `4096`, `\"<= 4 KiB\"` or `\">= 1\"`",
        })
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.relation {
            Relation::Equal => write!(f, "{}", self.bound),
            Relation::AtMost => write!(f, "<= {}", self.bound),
            Relation::AtLeast => write!(f, ">= {}", self.bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_hold_at_and_around_their_bound() {
        for (text, below, at, above) in
            [("4", false, true, false), ("<= 4", true, true, false), (">=4", false, true, true)]
        {
            let comparison = Comparison::parse(text).unwrap();
            assert_eq!([3, 4, 5].map(|count| comparison.holds(count)), [below, at, above], "{text}");
        }
    }

    #[test]
    fn bytes_are_compared_with_a_unit() {
        let bound = |text| BytesCompared::parse(text).map(|BytesCompared(comparison)| comparison.bound);
        assert_eq!((bound("<= 4 KiB"), bound(">=1 B"), bound("0")), (Ok(4096), Ok(1), Ok(0)));
        assert!(bound("< 4 KiB").is_err() && bound("<= 4 KB").is_err());
    }

    #[test]
    fn what_is_no_comparison_is_refused() {
        for text in ["", "<=", "< 4", "> 4", "== 4", "<= -1", "four", "<= 4 B"] {
            assert!(Comparison::parse(text).is_err(), "{text}");
        }
    }
}
