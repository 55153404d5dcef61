//! Times: `500 ms`, `3 s`.

use std::time::Duration;

use super::{Refusal, number::whole};

/// A time in the device's own clock, 1 ms to 1 hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(Duration);

impl Period {
    /// The longest time: 1 hour.
    pub const MAX: Self = Self(Duration::from_secs(3600));

    /// The time as the standard library has it.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let expected = Refusal::Form { expected: "a time with its unit, such as `500 ms` or `3 s`" };
        let (number, factor) = [("ms", 1), ("s", 1000), ("min", 60_000)]
            .into_iter()
            .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
            .ok_or(expected.clone())?;
        let count = whole(number.trim_end_matches(' ')).ok_or(expected)?;
        let time = Duration::from_millis(count.saturating_mul(factor));
        if time.is_zero() || time > Self::MAX.0 {
            let (low, high) = ("1 ms".to_owned(), Self::MAX.to_string());
            return Err(Refusal::Range { value: text.to_owned(), what: "a time", low, high });
        }
        Ok(Self(time))
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = self.0.as_millis();
        if ms.is_multiple_of(1000) { write!(f, "{} s", ms / 1000) } else { write!(f, "{ms} ms") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        for (text, ms) in [("500 ms", 500), ("3 s", 3000), ("130s", 130_000), ("2 min", 120_000)] {
            assert_eq!(Period::parse(text).map(Period::duration), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "500", "s", "3 h", "-1 s", "1.5 s"] {
            assert!(matches!(Period::parse(text), Err(Refusal::Form { .. })), "{text}");
        }
        for text in ["0 ms", "3601 s", "99999999999999999999 s"] {
            assert!(matches!(Period::parse(text), Err(Refusal::Range { .. })), "{text}");
        }
    }
}
