//! Times and counts as people say them.

use gauntlet_record::{Counts, Millis};

use super::look::{Look, Tone};

/// A length of time with about three significant digits, at most 9 columns below 100 hours.
pub(crate) fn time(time: Millis) -> String {
    let micros = time.as_micros();
    match micros {
        0..1_000 => format!("{} µs", micros),
        1_000..9_950 => format!("{:.1} ms", time.as_f64()),
        9_950..999_500 => format!("{:.0} ms", time.as_f64()),
        999_500..9_995_000 => format!("{:.2} s", time.as_seconds()),
        9_995_000..59_950_000 => format!("{:.1} s", time.as_seconds()),
        _ => {
            let seconds = (micros + 500_000) / 1_000_000;
            let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            if hours > 0 {
                format!("{hours}h {minutes:02}min")
            } else {
                format!("{minutes}min {seconds:02}s")
            }
        }
    }
}

/// A number of cases, for example `1 case` or `45 cases`.
pub(crate) fn cases(count: u64) -> String {
    noun(count, "case")
}

/// A number of things by their noun, which takes an `s` unless there is one of them.
pub(crate) fn counted(count: usize, what: &str) -> String {
    noun(count as u64, what)
}

fn noun(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// How the cases ended, for example `43 passed, 1 failed, 1 skipped`; what did not occur is left out.
pub(crate) fn endings(counts: &Counts, look: &Look) -> String {
    let Counts { passed, failed, errors, skipped, not_run } = *counts;
    let error_word = if errors == 1 { "error" } else { "errors" };
    let parts = [
        (Tone::Pass, passed, "passed"),
        (Tone::Fail, failed, "failed"),
        (Tone::Error, errors, error_word),
        (Tone::Skip, skipped, "skipped"),
        (Tone::Error, not_run, "not run"),
    ];
    let told = parts.into_iter().filter(|(_, count, _)| *count > 0);
    let words: Vec<String> =
        told.map(|(tone, count, word)| look.paint(tone, format!("{count} {word}")).to_string()).collect();
    if words.is_empty() { "none ran".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_change_their_unit_without_a_seam() {
        let table = [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_000, "1.0 ms"),
            (9_949, "9.9 ms"),
            (9_950, "10 ms"),
            (999_499, "999 ms"),
            (999_500, "1.00 s"),
            (9_994_999, "9.99 s"),
            (9_995_000, "10.0 s"),
            (59_949_999, "59.9 s"),
            (59_950_000, "1min 00s"),
            (3_599_499_999, "59min 59s"),
            (3_599_500_000, "1h 00min"),
            (90_000_000_000, "25h 00min"),
        ];
        for (micros, text) in table {
            assert_eq!(time(Millis::from_micros(micros)), text, "{micros} µs");
        }
    }
}
