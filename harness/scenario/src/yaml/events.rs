//! Builds the tree from the parser's events.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use super::{Entry, Node, NodeKind, Scalar, Source, Span, Style};
use crate::diagnostics::{Problem, ProblemKind, quote};

/// The most values of a file, with those that an alias repeats. This is what stops a file of nested aliases.
const MOST_NODES: usize = 20_000;

/// How deep values may be nested. A scenario needs 7.
const DEEPEST: usize = 24;

/// Reads a file. Duplicate keys are reported into `problems` and left out of the tree; whatever stops the reader is
/// the error.
pub(crate) fn parse(source: &Source, problems: &mut Vec<Problem>) -> Result<Node, Box<Problem>> {
    source.check()?;
    let mut builder = Builder::new(source, problems);
    let mut parser = Parser::new_from_str(source.text());
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| builder.syntax(&error))?;
        let span = builder.offsets.span(span);
        builder.event(event, span)?;
    }
    builder.root.take().ok_or_else(|| {
        Box::new(
            Problem::new(ProblemKind::Syntax, source, 0..0, "the file is empty")
                .label("a scenario begins here")
                .help("a scenario has at least `id`, `title` and `steps`:\n  id: area/name\n  title: What happens and what must hold\n  steps:\n    - wait: 1 s"),
        )
    })
}

/// A value that is not complete yet.
struct Open {
    start: usize,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Span)> },
}

struct Builder<'a> {
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
    offsets: Offsets,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Source, problems: &'a mut Vec<Problem>) -> Self {
        Self {
            source,
            problems,
            offsets: Offsets::new(source.text()),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            documents: 0,
            root: None,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Box<Problem>> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self.problem(
                        span,
                        "a second document begins here",
                        "one file holds one scenario",
                    ));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.untagged(tag.is_some(), &span)?;
                let plain = matches!(style, ScalarStyle::Plain);
                let span = self.trimmed(span);
                let scalar = Scalar::new(text.into_owned(), if plain { Style::Plain } else { Style::Quoted });
                self.value(Node { span, kind: NodeKind::Scalar(scalar) }, anchor, 1)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.untagged(tag.is_some(), &span)?;
                self.begin(span, anchor, OpenKind::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.untagged(tag.is_some(), &span)?;
                self.begin(span, anchor, OpenKind::Map { entries: Vec::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            Event::Alias(anchor) => {
                let Some((node, count)) = self.anchors.get(&anchor).cloned() else {
                    return Err(self.problem(
                        span,
                        "this alias stands inside of its own anchor",
                        "write the value out",
                    ));
                };
                self.value(node, 0, count)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, span: Span, anchor: usize, kind: OpenKind) -> Result<(), Box<Problem>> {
        if self.open.len() >= DEEPEST {
            return Err(self.problem(
                span,
                "this is nested too deeply",
                "a scenario is nested 7 levels deep at most",
            ));
        }
        if let Some(Open { kind: OpenKind::Map { key: None, .. }, .. }) = self.open.last() {
            return Err(self.problem(
                span,
                "a key is a single word here, not a list or a mapping",
                "put the key in quotes if it is one",
            ));
        }
        self.open.push(Open { start: span.start, anchor, kind });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Box<Problem>> {
        // The parser balances its events; an unbalanced end would have nothing to close.
        let Some(open) = self.open.pop() else { return Ok(()) };
        let kind = match open.kind {
            OpenKind::List(items) => NodeKind::List(items),
            OpenKind::Map { entries, .. } => NodeKind::Map(entries),
        };
        let span = self.trimmed(open.start..span.end.max(open.start));
        self.value(Node { span, kind }, open.anchor, 1)
    }

    /// Puts a complete value where it belongs.
    fn value(&mut self, mut node: Node, anchor: usize, count: usize) -> Result<(), Box<Problem>> {
        self.nodes += count;
        if self.nodes > MOST_NODES {
            let help = format!("a scenario has at most {MOST_NODES}, with those that aliases repeat");
            return Err(self.problem(node.span, "the file has too many values", &help));
        }
        if anchor != 0 {
            let count = node.count();
            self.anchors.insert(anchor, (node.clone(), count));
        }
        let source = self.source;
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map { entries, key }) => match key.take() {
                None => {
                    let NodeKind::Scalar(scalar) = node.kind else {
                        return Err(self.problem(
                            node.span,
                            "a key is a single word here, not a list or a mapping",
                            "put the key in quotes if it is one",
                        ));
                    };
                    *key = Some((scalar.text, node.span));
                }
                Some((key, key_span)) => {
                    if node.span.is_empty() {
                        node.span = key_span.clone();
                    }
                    if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                        let message = format!("the key {} stands here twice", quote(&key));
                        self.problems.push(
                            Problem::new(ProblemKind::DuplicateKey, source, key_span, message)
                                .label("again here")
                                .also(first.key_span.clone(), "first here"),
                        );
                        return Ok(());
                    }
                    entries.push(Entry { key, key_span, value: node });
                }
            },
        }
        Ok(())
    }

    fn untagged(&self, tagged: bool, span: &Span) -> Result<(), Box<Problem>> {
        if tagged {
            return Err(self.problem(
                span.clone(),
                "YAML tags have no meaning in a scenario",
                "remove the word that begins with `!`",
            ));
        }
        Ok(())
    }

    /// Ends a span where its text ends: the parser counts the blanks and line ends behind a block to it.
    fn trimmed(&self, span: Span) -> Span {
        let text = self.source.text().get(span.clone()).unwrap_or_default();
        span.start..span.start + text.trim_end().len()
    }

    fn problem(&self, span: Span, message: &str, help: &str) -> Box<Problem> {
        Box::new(Problem::new(ProblemKind::Syntax, self.source, span, message).label("here").help(help))
    }

    fn syntax(&mut self, error: &ScanError) -> Box<Problem> {
        let at = self.offsets.byte(error.marker());
        let text = self.source.text();
        if indenting_tab(text, at).is_none() {
            return super::syntax::problem(self.source, at, error.info());
        }
        // A file with one tab mostly has many: each is told at once, the first as what stops the reader.
        let mut all = tabs(text).map(|tab| {
            self.problem(tab..tab + 1, "a tab indents this line", "YAML is indented with blanks only")
        });
        let first = all.next();
        let others: Vec<Problem> = all.map(|problem| *problem).collect();
        self.problems.extend(others);
        first.unwrap_or_else(|| super::syntax::problem(self.source, at, error.info()))
    }
}

/// Every tab that begins the indentation of a line.
fn tabs(text: &str) -> impl Iterator<Item = usize> {
    let mut start = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let at = start;
        start += line.len();
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        line[..indentation].find('\t').map(|tab| at + tab)
    })
}

/// The first tab in the indentation of the line at a byte, or of the next one, where a parser may have stopped short of.
fn indenting_tab(text: &str, at: usize) -> Option<usize> {
    let mut start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    for line in text[start..].split_inclusive('\n').take(2) {
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..indentation].find('\t') {
            return Some(start + tab);
        }
        start += line.len();
    }
    None
}

/// Turns the parser's positions, which count characters, into positions in bytes.
struct Offsets {
    /// The byte of every character, and of the end; empty when every character is one byte.
    bytes: Vec<usize>,
    len: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let bytes = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
        };
        Self { bytes, len: text.len() }
    }

    fn byte(&self, marker: &Marker) -> usize {
        if self.bytes.is_empty() {
            marker.index().min(self.len)
        } else {
            self.bytes.get(marker.index()).copied().unwrap_or(self.len)
        }
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(&span.start);
        start..self.byte(&span.end).max(start)
    }
}
