//! Blanks that are none for YAML: they come with text that was copied from a page.

use super::Span;
use super::pairs::in_quotes;
use super::syntax::{Slip, lines_until};

/// Characters that look like a blank, or like nothing, and mean neither.
const HARD: [(char, &str); 9] = [
    ('\u{A0}', "no-break space"),
    ('\u{1680}', "ogham space"),
    ('\u{2002}', "en space"),
    ('\u{2003}', "em space"),
    ('\u{2007}', "figure space"),
    ('\u{2009}', "thin space"),
    ('\u{200B}', "zero width space"),
    ('\u{202F}', "narrow no-break space"),
    ('\u{3000}', "ideographic space"),
];

/// What such a character is called.
pub(crate) fn hard_name(c: char) -> Option<&'static str> {
    HARD.iter().find(|(hard, _)| *hard == c).map(|(_, name)| *name)
}

/// A character that looks like a blank, in the last lines before the parser gave up.
pub(super) fn hard_blank(text: &str, at: usize) -> Option<Slip> {
    for (start, line) in lines_until(text, at).into_iter().rev().take(3) {
        let hard = |(at, c): (usize, char)| Some((at, c, hard_name(c)?));
        let outside = |at: usize| !in_quotes(line, at);
        if let Some((at, c, name)) = line.char_indices().filter(|(at, _)| outside(*at)).find_map(hard) {
            let at: Span = start + at..start + at + c.len_utf8();
            return Some(Slip {
                at,
                message: format!("this {name} (U+{:04X}) is no blank", u32::from(c)),
                label: "write a plain blank".to_owned(),
                help: "such characters come with text that is copied from a page or a document".to_owned(),
            });
        }
    }
    None
}

/// A tab behind the first word of the line in which the parser gave up.
pub(super) fn tab_within(text: &str, at: usize) -> Option<Slip> {
    let (start, line) = lines_until(text, at).pop()?;
    let tab = line.char_indices().find(|(at, c)| *c == '\t' && !in_quotes(line, *at))?.0;
    Some(Slip {
        at: start + tab..start + tab + 1,
        message: "a tab stands between two words".to_owned(),
        label: "write a blank".to_owned(),
        help: "only blanks separate what stands in one line".to_owned(),
    })
}
