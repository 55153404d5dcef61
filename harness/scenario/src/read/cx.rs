//! What a reader has at hand: the file, the mistakes so far, and access to package files.

use std::io;
use std::sync::Arc;

use crate::diagnostics::{Problem, ProblemKind, nearest, one_of, quote};
use crate::model::Place;
use crate::quantity::Refusal;
use crate::suite::PackageFiles;
use crate::yaml::{Entry, Node, NodeKind, Scalar, Source, Span};

use super::advice;

/// The most mistakes of a file that are collected; a file with more is not a scenario with slips.
const MOST_PROBLEMS: usize = 100;

pub(crate) struct Cx<'a> {
    pub(crate) source: &'a Source,
    pub(crate) problems: Vec<Problem>,
    dropped: Vec<Span>,
    respelt: Vec<(Span, &'static str)>,
    files: &'a dyn PackageFiles,
    variables: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(source: &'a Source, files: &'a dyn PackageFiles) -> Self {
        Self {
            source,
            problems: Vec::new(),
            dropped: Vec::new(),
            respelt: Vec::new(),
            files,
            variables: &|_| None,
        }
    }

    /// The same file, with no mistake so far.
    pub(crate) fn again(&self) -> Self {
        Self {
            source: self.source,
            problems: Vec::new(),
            dropped: Vec::new(),
            respelt: Vec::new(),
            files: self.files,
            variables: self.variables,
        }
    }

    /// The same, with variables that texts may name.
    pub(crate) fn with_variables(self, variables: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { variables, ..self }
    }

    /// The value of a variable of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS && !self.problems.iter().any(|known| known.repeats(&problem)) {
            self.problems.push(problem);
        }
    }

    /// A mistake of the file has been reported within a node.
    pub(crate) fn has_problem_in(&self, node: &Node) -> bool {
        self.problems.iter().any(|problem| node.span.contains(&problem.offset()))
    }

    /// An item of a list is left out because of its mistakes.
    pub(crate) fn dropped(&mut self, item: &Node) {
        self.dropped.push(item.span.clone());
    }

    /// Reads a value of which it is not certain that it is meant for this place. That it does not fit there at all is kept to
    /// itself; what is wrong inside of it is reported.
    pub(crate) fn tried<T>(
        &mut self,
        value: &Node,
        read: impl FnOnce(&Node, &mut Cx<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut inner = self.again();
        let found = read(value, &mut inner);
        let (problems, dropped, respelt) = (inner.problems, inner.dropped, inner.respelt);
        let is_list_or_map = value.scalar().is_none();
        let inside = |problem: &Problem| {
            is_list_or_map
                && (problem.kind() != ProblemKind::WrongType || problem.offset() != value.span.start)
        };
        problems.into_iter().filter(inside).for_each(|problem| self.report(problem));
        self.dropped.extend(dropped);
        self.respelt.extend(respelt);
        found
    }

    /// A misspelt key is read as the one that was probably meant.
    pub(crate) fn respelt(&mut self, key_span: &Span, meant: &'static str) {
        self.respelt.push((key_span.clone(), meant));
    }

    /// The tree as it was read: without the items that were left out, so that the n-th item of a list is the n-th of its
    /// values, and with misspelt keys as they were meant.
    pub(crate) fn as_read(&mut self, root: Node) -> Node {
        let (dropped, respelt) = (std::mem::take(&mut self.dropped), std::mem::take(&mut self.respelt));
        if dropped.is_empty() && respelt.is_empty() { root } else { as_read(root, &dropped, &respelt) }
    }

    pub(crate) fn place(&self, span: &Span) -> Place {
        self.source.place(span.start)
    }

    /// Reads a file that stands beside the scenario.
    pub(crate) fn package_file(&self, path: &str) -> io::Result<Arc<[u8]>> {
        self.files.read(self.source.name(), path)
    }

    /// A problem with a node. Where a value of the matrix has been put in, that place is shown too.
    pub(crate) fn problem(&self, kind: ProblemKind, node: &Node, message: impl Into<String>) -> Problem {
        let problem = Problem::new(kind, self.source, self.shown(node), message);
        match node.scalar() {
            Some(scalar) => self.with_matrix(problem, scalar),
            None => problem,
        }
    }

    fn with_matrix(&self, problem: Problem, scalar: &Scalar) -> Problem {
        scalar
            .matrix
            .iter()
            .fold(problem, |problem, span| problem.also(span.clone(), "with this value of the matrix"))
    }

    /// The span of a node for a caret: of a value that goes over several lines only the first.
    pub(crate) fn shown(&self, node: &Node) -> Span {
        let text = self.source.text().get(node.span.clone()).unwrap_or_default();
        let first = text.lines().next().unwrap_or_default();
        node.span.start..node.span.start + first.trim_end().len()
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, expected: &str) {
        self.wrong_type_for(node, expected, None);
    }

    /// The same, with advice that only the reader of this place can give.
    pub(crate) fn wrong_type_for(&mut self, node: &Node, expected: &str, help: Option<String>) {
        if is_broken(node) {
            return;
        }
        let found = node.kind();
        let problem = self
            .problem(ProblemKind::WrongType, node, format!("expected {expected}, found {found}"))
            .label(if found == "nothing" {
                "a value is missing here".to_owned()
            } else {
                format!("this is {found}")
            });
        let help = advice::odd_marks(node)
            .or_else(|| advice::unquoted(node, expected))
            .or_else(|| advice::other_kind(node, expected))
            .or(help);
        self.report(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    pub(crate) fn refused(&mut self, node: &Node, refusal: &Refusal) {
        if is_broken(node) {
            return;
        }
        let text = node.scalar().map_or("", |scalar| &scalar.text);
        let problem = match refusal {
            Refusal::Form { expected } => {
                // The examples are for the label; the message says it in short.
                let short = expected.split([',', ':']).next().unwrap_or(expected);
                let problem =
                    self.problem(ProblemKind::BadForm, node, format!("{} is not {short}", quote(text)));
                match advice::mended(text, expected) {
                    _ if text.contains("${") && expected.starts_with("a path") => problem
                        .label("nothing is put into an id")
                        .help("each case gets the values of the matrix behind its id: `area/name[at=1]`"),
                    Some(right) => {
                        problem.label(format!("did you mean `{right}`?")).help(format!("expected {expected}"))
                    }
                    None => {
                        let problem = problem.label(format!("expected {expected}"));
                        match advice::other_list(text, expected) {
                            Some(help) => problem.help(help),
                            None => problem,
                        }
                    }
                }
            }
            Refusal::Range { what, low, high, .. } => {
                let value = if text.is_empty() { "an empty text".to_owned() } else { quote(text) };
                self.problem(ProblemKind::OutOfRange, node, format!("{value} is out of range"))
                    .label(format!("{what} is {low} to {high}"))
            }
        };
        self.report(match advice::odd_marks(node) {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    /// A word that is none of the right ones.
    pub(crate) fn unknown_word<'w>(
        &mut self,
        node: &Node,
        what: &str,
        right: impl Iterator<Item = &'w str> + Clone,
    ) {
        if is_broken(node) {
            return;
        }
        let text = node.scalar().map_or("", |scalar| &scalar.text);
        let short = what.split(':').next().unwrap_or(what);
        let mut problem =
            self.problem(ProblemKind::UnknownWord, node, format!("{} is not {short}", quote(text)));
        let meant = right.clone().find(|word| advice::is_meant(text, word));
        problem = match nearest(text, right.clone()).or(meant) {
            Some(word) => problem.label(format!("did you mean `{word}`?")),
            None => problem.label(format!("expected {what}")),
        };
        self.report(problem.help(advice::odd_marks(node).unwrap_or_else(|| one_of(right))));
    }
}

fn as_read(node: Node, dropped: &[Span], respelt: &[(Span, &'static str)]) -> Node {
    let kind = match node.kind {
        NodeKind::List(items) => {
            let stays = |item: &Node| !dropped.contains(&item.span);
            let items = items.into_iter().filter(stays).map(|item| as_read(item, dropped, respelt));
            NodeKind::List(items.collect())
        }
        NodeKind::Map(entries) => {
            let entry = |entry: Entry| {
                let meant = respelt.iter().find(|(span, _)| *span == entry.key_span);
                let key = meant.map_or(entry.key, |(_, meant)| (*meant).to_owned());
                Entry { key, key_span: entry.key_span, value: as_read(entry.value, dropped, respelt) }
            };
            NodeKind::Map(entries.into_iter().map(entry).collect())
        }
        kind => kind,
    };
    Node { span: node.span, kind }
}

/// A scalar with a placeholder for which there is nothing. That has been reported; what is left of the scalar is not
/// worth a word.
fn is_broken(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar.broken)
}
