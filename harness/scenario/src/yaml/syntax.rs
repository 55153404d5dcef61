//! What is probably behind a parser's complaint. A parser says where it could not go on; the slip is often a line earlier,
//! and its name for it helps only those who know the grammar.

use crate::diagnostics::{Problem, ProblemKind, nearest, quote};

use super::blanks::{hard_blank, tab_within};
use super::pairs::{apostrophe, open_bracket, open_quote};
use super::unquoted::{bare_placeholder, colon_in_text, first_mark};
use super::{Source, Span};

/// Keys that begin lines, to recognise a line that has lost its colon.
const KEYS: [&str; 24] = [
    "id",
    "title",
    "requirements",
    "from",
    "tags",
    "needs",
    "chip",
    "matrix",
    "device",
    "packages",
    "steps",
    "expect",
    "update",
    "exchange",
    "gatt",
    "reset",
    "power-cut",
    "wait",
    "mode",
    "faults",
    "link",
    "application",
    "settings",
    "bootloader",
];

/// What helps against most of the parser's complaints.
const HELP: &str = "look at the indentation, the brackets and the quotes up to here; \
    text with `: ` or ` #` in it has to be in quotes";

/// A slip that was recognised.
pub(super) struct Slip {
    pub(super) at: Span,
    pub(super) message: String,
    pub(super) label: String,
    pub(super) help: String,
}

/// The problem for a complaint `info` of the parser at a byte of the text.
pub(super) fn problem(source: &Source, at: usize, info: &str) -> Box<Problem> {
    let text = source.text();
    let at = at.min(text.len());
    let slip = unknown_anchor(text, at, info)
        .or_else(|| hard_blank(text, at))
        .or_else(|| tab_within(text, at))
        .or_else(|| bare_placeholder(text, at))
        .or_else(|| first_mark(text, at))
        .or_else(|| apostrophe(text, at))
        .or_else(|| open_quote(text))
        .or_else(|| open_bracket(text))
        .or_else(|| no_blank(text, at))
        .or_else(|| no_comma(text, at, info))
        .or_else(|| no_colon(text, at))
        .or_else(|| colon_in_text(text, at))
        .or_else(|| indentation(text, at));
    if info.contains("recursion limit") {
        let problem = Problem::new(ProblemKind::TooLarge, source, at..at, "the values are nested too deep");
        return Box::new(problem.label("here").help("a scenario needs 7 levels"));
    }
    let problem = match slip {
        Some(slip) => {
            Problem::new(ProblemKind::Syntax, source, slip.at, slip.message).label(slip.label).help(slip.help)
        }
        None => {
            let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            let end = if text[at..end].trim().is_empty() { at } else { end };
            let message = format!("this is not YAML: {info}");
            Problem::new(ProblemKind::Syntax, source, at..end, message).label("here").help(HELP)
        }
    };
    Box::new(problem)
}

/// The lines that say something, with the byte where each begins; up to the one that holds `at`.
pub(super) fn lines_until(text: &str, at: usize) -> Vec<(usize, &str)> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        if start > at {
            break;
        }
        let content = without_comment(line).trim_end();
        if !content.trim().is_empty() {
            lines.push((start, content));
        }
        start += line.len();
    }
    lines
}

pub(super) fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.find(" #").map_or(line, |hash| &line[..hash])
}

pub(super) fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// What stands behind the hyphens of a list, and how many bytes of the line are in front of it.
pub(super) fn behind_hyphens(line: &str) -> (usize, &str) {
    let mut rest = line.trim_start();
    while let Some(item) = rest.strip_prefix("- ") {
        rest = item.trim_start();
    }
    (line.len() - rest.len(), rest)
}

fn unknown_anchor(text: &str, at: usize, info: &str) -> Option<Slip> {
    if !info.contains("anchor") {
        return None;
    }
    let name: String = text
        .get(at..)?
        .strip_prefix('*')?
        .chars()
        .take_while(|c| c.is_alphanumeric() || "-_".contains(*c))
        .collect();
    let known: Vec<String> = text[..at]
        .split('&')
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect())
        .filter(|name: &String| !name.is_empty())
        .collect();
    let label = match nearest(&name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `*{near}`?"),
        None => "nothing above is marked with it".to_owned(),
    };
    Some(Slip {
        at: at..at + 1 + name.len(),
        message: format!("there is no anchor `{name}`"),
        label,
        help: format!(
            "an anchor is set before it is used: `&{name}` in front of the value, `*{name}` where it is repeated"
        ),
    })
}

/// `key:value` and `-item`, in the last lines before the parser gave up.
fn no_blank(text: &str, at: usize) -> Option<Slip> {
    for (start, line) in lines_until(text, at).into_iter().rev().take(3) {
        let hyphen = depth(line);
        if line[hyphen..].starts_with('-')
            && line[hyphen + 1..].starts_with(|c: char| c.is_ascii_alphabetic())
        {
            let fixed = format!("- {}", &line[hyphen + 1..]);
            return Some(Slip {
                at: start + hyphen..start + hyphen + 1,
                message: "a blank is missing behind this hyphen".to_owned(),
                label: format!("write {}", quote(&fixed)),
                help: "an item of a list begins with `- `".to_owned(),
            });
        }
        let (front, rest) = behind_hyphens(line);
        let word = rest.len()
            - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-".contains(c)).len();
        let value = rest[word..].strip_prefix(':');
        if word > 0
            && value.is_some_and(|value| value.starts_with(|c: char| !c.is_whitespace() && c != ':'))
            && nearest(&rest[..word], KEYS).is_some()
        {
            let fixed = format!("{}: {}", &rest[..word], value.unwrap_or_default());
            return Some(Slip {
                at: start + front + word..start + front + word + 1,
                message: "a blank is missing behind this colon".to_owned(),
                label: format!("write {}", quote(&fixed)),
                help: "a key ends with `: `".to_owned(),
            });
        }
    }
    None
}

/// Two keys of a flow mapping without a comma between them.
fn no_comma(text: &str, at: usize, info: &str) -> Option<Slip> {
    if !info.contains("','") {
        return None;
    }
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    // The parser stops at the colon of the second key.
    let before = text[line_start..at].trim_end();
    let key = before.rsplit(|c: char| c.is_whitespace() || "{[,".contains(c)).next()?;
    let value = before[..before.len() - key.len()].trim_end();
    if !text[at..].starts_with(':') || key.is_empty() || value.ends_with(['{', ',', '[']) {
        return None;
    }
    Some(Slip {
        at: line_start + before.len() - key.len()..at,
        message: format!("a comma is missing before {}", quote(key)),
        label: format!("write `, {key}`"),
        help: "keys between braces have commas between them".to_owned(),
    })
}

/// A line that begins with the name of a key and has no colon at all.
fn no_colon(text: &str, at: usize) -> Option<Slip> {
    for (start, line) in lines_until(text, at).into_iter().rev().take(2) {
        let (front, rest) = behind_hyphens(line);
        let word = rest.split_whitespace().next()?;
        if rest.contains(':') || rest.starts_with(['{', '[', '"', '\'', '}', ']']) {
            continue;
        }
        let Some(key) = nearest(word, KEYS) else { continue };
        let value = rest[word.len()..].trim().trim_start_matches('=').trim_start();
        let fixed = if value.is_empty() { format!("{key}:") } else { format!("{key}: {value}") };
        return Some(Slip {
            at: start + front..start + front + word.len(),
            message: format!("a colon is missing behind {}", quote(word)),
            label: format!("write {}", quote(&fixed)),
            help: "a key ends with `: `".to_owned(),
        });
    }
    None
}

/// A line that stands at a depth at which nothing was begun.
fn indentation(text: &str, at: usize) -> Option<Slip> {
    let lines = lines_until(text, at);
    let (&(start, line), above) = lines.split_last()?;
    let here = depth(line);
    // A line may stand as far in as any line above it that is still open, counted behind its hyphens.
    let mut open: Vec<usize> = Vec::new();
    let mut open_keys: Vec<usize> = Vec::new();
    for (_, line) in above {
        let (first, (inner, rest)) = (depth(line), behind_hyphens(line));
        open.retain(|depth| *depth <= first);
        open_keys.retain(|depth| *depth <= first);
        open.extend([first, inner]);
        // The items of a list close the keys that stood where their hyphens are.
        open_keys.retain(|depth| inner == first || *depth != first);
        if !rest.starts_with(['{', '[', '"']) {
            open_keys.push(inner);
        }
    }
    for depths in [&mut open, &mut open_keys] {
        depths.sort_unstable();
        depths.dedup();
    }
    // What is listed item by item goes on with items.
    let list = above.iter().rev().find(|(_, line)| depth(line) == here);
    let items = list.is_some_and(|(_, line)| line.trim_start().starts_with("- "));
    let label = |depths: &[usize]| {
        let words: Vec<String> = depths.iter().map(ToString::to_string).collect();
        if depths.contains(&here) {
            let keys: Vec<String> = open_keys.iter().map(ToString::to_string).collect();
            return format!("the items of a list stand here; keys stand {} in", keys.join(" or "));
        }
        format!("it stands {here} in; what is open above stands {} in", words.join(", "))
    };
    if open.contains(&here) && (!items || line.trim_start().starts_with("- ")) {
        return None;
    }
    let (_, word) = behind_hyphens(line);
    let word = word.split([':', ' ']).next().unwrap_or_default();
    let end = start + here + line[here..].chars().next().map_or(0, char::len_utf8);
    Some(Slip {
        at: start + here..end.max(start + here),
        message: format!("the line with {} stands at the wrong depth", quote(word)),
        label: label(&open),
        help: "keys of one mapping, and hyphens of one list, stand below each other".to_owned(),
    })
}
