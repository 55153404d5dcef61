//! Comparisons: `3`, `"<= 4096"`, `">= 1"`.

use super::{Refusal, number::whole};

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
        let (relation, bound) = if let Some(bound) = text.strip_prefix("<=") {
            (Relation::AtMost, bound)
        } else if let Some(bound) = text.strip_prefix(">=") {
            (Relation::AtLeast, bound)
        } else {
            (Relation::Equal, text)
        };
        let bound = whole(bound.trim_start_matches(' ')).ok_or(Refusal::Form {
            expected: "a number or a comparison, such as `1`, `\"<= 4096\"` or `\">= 1\"`",
        })?;
        Ok(Self { relation, bound })
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
    fn what_is_no_comparison_is_refused() {
        for text in ["", "<=", "< 4", "> 4", "== 4", "<= -1", "four", "<= 4 B"] {
            assert!(Comparison::parse(text).is_err(), "{text}");
        }
    }
}
