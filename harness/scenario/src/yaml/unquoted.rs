//! Texts that need quotes and have none.

use super::pairs::in_quotes;
use super::syntax::{Slip, behind_hyphens, lines_until, without_comment};
use crate::diagnostics::quote;

/// `${name}` in a flow mapping, where its brace begins another one.
pub(super) fn bare_placeholder(text: &str, at: usize) -> Option<Slip> {
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[line_start..].lines().next()?;
    let found = line.match_indices("${").find(|(begin, _)| !in_quotes(line, *begin))?.0;
    let length = line[found..].find('}')? + 1;
    let whole = &line[found..found + length];
    Some(Slip {
        at: line_start + found..line_start + found + length,
        message: format!("{} has to be in quotes here", quote(whole)),
        label: format!("write \"{whole}\""),
        help: "a brace begins a mapping in YAML".to_owned(),
    })
}

/// A second `: ` in a line: text that has to be in quotes.
pub(super) fn colon_in_text(text: &str, at: usize) -> Option<Slip> {
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = without_comment(text[line_start..].lines().next()?).trim_end();
    let (front, rest) = behind_hyphens(line);
    let (key, value) = rest.split_once(": ")?;
    let plain = !value.trim_start().starts_with(['{', '[', '"', '\'', '|', '>']);
    if !plain || !value.contains(": ") || key.contains(' ') {
        return None;
    }
    let begin = line_start + front + key.len() + 2;
    Some(Slip {
        at: begin..line_start + line.len(),
        message: "a text with `: ` in it has to be in quotes".to_owned(),
        label: format!("put it in quotes: {key}: \"...\""),
        help: "without quotes a colon with a blank behind it ends a key".to_owned(),
    })
}

/// A text whose first character has a meaning of its own: `>= 1`, `@home`, `{at} bytes`.
pub(super) fn first_mark(text: &str, at: usize) -> Option<Slip> {
    for (start, line) in lines_until(text, at).into_iter().rev().take(3) {
        let (front, rest) = behind_hyphens(line);
        let key = rest.find(": ").map_or(0, |colon| colon + 2);
        let value = rest[key..].trim_start();
        let Some(mark) = value.chars().next() else { continue };
        let behind = &value[mark.len_utf8()..];
        let needs_quotes = match mark {
            '@' | '`' | '%' => true,
            // A block of text has nothing in its first line but how its line ends are kept.
            '>' | '|' => behind.contains(|c: char| !"+-".contains(c) && !c.is_ascii_digit()),
            '{' => key > 0 && closed_before_its_end(value),
            _ => false,
        };
        if needs_quotes {
            let begin = start + front + rest.len() - value.len();
            return Some(Slip {
                at: begin..begin + value.len(),
                message: format!("a text that begins with `{mark}` has to be in quotes"),
                label: format!("write {}", quote(&format!("\"{value}\""))),
                help: format!("without quotes `{mark}` has a meaning of its own in YAML"),
            });
        }
    }
    None
}

/// Every brace is closed again, and something follows behind the last one.
fn closed_before_its_end(value: &str) -> bool {
    value.matches('{').count() == value.matches('}').count()
        && value.rsplit_once('}').is_some_and(|(_, tail)| !tail.trim().is_empty())
}
