//! What is left of a file that is not YAML: the blocks of its top-level keys beside the one with the slip.
//!
//! A slip ends the parser, and would hide every other mistake of the file. The block that it is in is blanked out, byte by
//! byte, so that everything else stays where it was.

use super::{Node, Source, Span, parse};
use crate::diagnostics::Problem;

/// Slips after which a file is given up.
const MOST_SLIPS: usize = 8;

/// Reads `source` without the blocks that have slips in them; `first` is the slip that is known. Further ones are added to
/// `problems`. `None` when nothing is left that could be read.
pub(crate) fn parse_rest(source: &Source, first: &Problem, problems: &mut Vec<Problem>) -> Option<Node> {
    let mut text = source.text().to_owned();
    let mut at = first.offset();
    for _ in 0..MOST_SLIPS {
        blank_out(&mut text, at)?;
        if text.trim().is_empty() {
            return None;
        }
        let rest = Source::new(source.name(), text.as_str());
        let mut found = Vec::new();
        let tree = parse(&rest, &mut found);
        problems.extend(found.into_iter().map(|problem| problem.of(source)));
        match tree {
            Ok(root) => return Some(root),
            Err(slip) => {
                at = slip.offset();
                problems.push(slip.of(source));
            }
        }
    }
    None
}

/// Blanks the block of the top-level key that a byte belongs to, and of a second document everything. `None` when the byte
/// belongs to no block.
fn blank_out(text: &mut String, at: usize) -> Option<()> {
    if text.get(at..).is_some_and(|rest| rest.starts_with("---")) {
        blank(text, at..text.len());
        return Some(());
    }
    let mut starts = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(|c: char| c.is_alphanumeric() || "\"'${[".contains(c)) {
            starts.push(start);
        }
        start += line.len();
    }
    let begin = starts.iter().copied().rfind(|start| *start <= at)?;
    let end = starts.iter().copied().find(|start| *start > at).unwrap_or(text.len());
    blank(text, begin..end);
    Some(())
}

fn blank(text: &mut String, range: Span) {
    let blank: String =
        text[range.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(range, &blank);
}
