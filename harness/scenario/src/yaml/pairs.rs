//! Quotes and brackets, which come in pairs.

use super::syntax::{Slip, depth, without_comment};

/// The character of a line stands in quotes.
pub(super) fn in_quotes(line: &str, at: usize) -> bool {
    let count = |mark: char| line[..at].matches(mark).count() % 2 == 1;
    count('"') || count('\'')
}

/// A quote that begins a value and is not closed in its line.
pub(super) fn open_quote(text: &str) -> Option<Slip> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut open: Option<(usize, char)> = None;
        let mut before = ' ';
        for (at, c) in line.char_indices() {
            match open {
                Some((_, mark)) if c == mark && before != '\\' => open = None,
                None if (c == '"' || c == '\'') && " [{,".contains(before) => open = Some((at, c)),
                None if c == '#' && before == ' ' => break,
                _ => {}
            }
            before = c;
        }
        if let Some((at, mark)) = open {
            return Some(Slip {
                at: start + at..start + at + 1,
                message: "this quote is not closed".to_owned(),
                label: format!("no {mark} ends it in this line"),
                help: "a text in quotes begins and ends with the same mark, in one line".to_owned(),
            });
        }
        start += line.len();
    }
    None
}

/// A bracket that is not closed before the next line that begins a key or an item further out, or that closes nothing.
pub(super) fn open_bracket(text: &str) -> Option<Slip> {
    let mut open: Vec<(usize, char, usize)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let outside = depth(line);
        let begins = !without_comment(line).trim().is_empty();
        if let Some(&(at, mark, _)) = open.first().filter(|(_, _, depth)| begins && outside <= *depth) {
            return Some(not_closed(text, at, mark));
        }
        for (at, c) in without_comment(line).char_indices() {
            if in_quotes(line, at) {
                continue;
            }
            match c {
                '{' | '[' => open.push((start + at, c, outside)),
                '}' | ']' => {
                    let fits = |mark| matches!((mark, c), ('{', '}') | ('[', ']'));
                    match open.pop() {
                        Some((_, mark, _)) if fits(mark) => {}
                        before => {
                            let (label, help) = match before {
                                Some((_, mark, _)) => {
                                    ("another bracket is open".to_owned(), format!("a `{mark}` is open here"))
                                }
                                None => (
                                    "nothing is open here".to_owned(),
                                    "take it away, or open it before".to_owned(),
                                ),
                            };
                            let message = format!("this `{c}` closes nothing");
                            return Some(Slip { at: start + at..start + at + 1, message, label, help });
                        }
                    }
                }
                _ => {}
            }
        }
        start += line.len();
    }
    let (at, mark, _) = *open.first()?;
    Some(not_closed(text, at, mark))
}

fn not_closed(text: &str, at: usize, mark: char) -> Slip {
    let line = text[at..].lines().next().unwrap_or_default();
    let help = if line.contains(" #") {
        "what stands behind ` #` is a comment; every bracket is closed again before the next key"
    } else {
        "every bracket is closed again before the next key"
    };
    Slip {
        at: at..at + 1,
        message: format!("this `{mark}` is not closed"),
        label: format!("a `{}` is missing", if mark == '{' { '}' } else { ']' }),
        help: help.to_owned(),
    }
}

/// A text in single quotes that ends at its apostrophe: `'It doesn't complete'`.
pub(super) fn apostrophe(text: &str, at: usize) -> Option<Slip> {
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[line_start..].lines().next()?;
    let begin = line.find(": '").map(|colon| colon + 2)?;
    let second = begin + 1 + line[begin + 1..].find('\'')?;
    let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let inside = letter(line[..second].chars().next_back()) && letter(line[second + 1..].chars().next());
    inside.then(|| Slip {
        at: line_start + second..line_start + second + 1,
        message: "this apostrophe ends the text".to_owned(),
        label: "its quote is closed here".to_owned(),
        help: "put a text with an apostrophe into \"double quotes\", or write the apostrophe twice"
            .to_owned(),
    })
}
