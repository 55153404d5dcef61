//! The nearest right word.

/// How many characters of a wrong word are shown and compared. More is no slip of the finger.
const LONGEST: usize = 40;

/// The word that was probably meant, if one is near enough.
#[must_use]
pub fn nearest<'a>(wrong: &str, right: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.chars().count() > LONGEST {
        return None;
    }
    let wrong = plain(wrong);
    right
        .into_iter()
        .filter_map(|word| {
            let plain = plain(word);
            let distance = strsim::osa_distance(&wrong, &plain);
            // One slip in three characters; or a word that was begun and not finished.
            let near = distance <= (plain.chars().count().max(3) / 3).max(1);
            let begun = wrong.len() >= 3 && (plain.starts_with(&wrong) || wrong.starts_with(&plain));
            // `zip_truncated` is rather a part of `zip_truncated_half` than a slip in `bin_truncated`.
            let part =
                wrong.len() >= 3 && plain.strip_prefix(&wrong).is_some_and(|rest| rest.starts_with('-'));
            (near || begun).then_some((if part { distance.min(1) } else { distance }, word))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

fn plain(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

/// A text in back-quotes, shortened when it is long and free of line ends.
pub(crate) fn quote(text: &str) -> String {
    let mut shown: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// What the right words are.
pub(crate) fn one_of<'a>(right: impl Iterator<Item = &'a str> + Clone) -> String {
    let only = right.clone().count() == 1;
    format!("{} {}", if only { "it can only be" } else { "one of" }, words(right))
}

/// A list of words in back-quotes.
pub(crate) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found() {
        let words = ["disconnect", "drop", "duplicate", "corrupt", "lose", "reset", "power-cut"];
        for (wrong, right) in [
            ("disconect", Some("disconnect")),
            ("Drop", Some("drop")),
            ("power_cut", Some("power-cut")),
            ("dup", Some("duplicate")),
            ("power", Some("power-cut")),
            ("explode", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, words), right, "{wrong}");
        }
        assert_eq!(nearest(&"x".repeat(10_000), words), None);
    }

    #[test]
    fn a_long_text_is_shortened() {
        assert_eq!(quote("a\nb"), "`a b`");
        assert_eq!(quote(&"é".repeat(50)), format!("`{}…`", "é".repeat(40)));
    }
}
