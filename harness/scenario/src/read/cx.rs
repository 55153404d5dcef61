//! What a reader has at hand: the file, the mistakes so far, and access to package files.

use std::io;
use std::sync::Arc;

use crate::diagnostics::{Problem, ProblemKind, nearest, one_of, quote};
use crate::model::Place;
use crate::quantity::Refusal;
use crate::suite::PackageFiles;
use crate::yaml::{Node, Scalar, Source, Span, Style};

/// The most mistakes of a file that are collected; a file with more is not a scenario with slips.
const MOST_PROBLEMS: usize = 100;

pub(crate) struct Cx<'a> {
    pub(crate) source: &'a Source,
    pub(crate) problems: Vec<Problem>,
    files: &'a dyn PackageFiles,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(source: &'a Source, files: &'a dyn PackageFiles) -> Self {
        Self { source, problems: Vec::new(), files }
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS && !self.problems.iter().any(|known| known.repeats(&problem)) {
            self.problems.push(problem);
        }
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
        if is_broken(node) {
            return;
        }
        let found = node.kind();
        let problem = self
            .problem(ProblemKind::WrongType, node, format!("expected {expected}, found {found}"))
            .label(format!("this is {found}"));
        self.report(match unquoted(node, expected) {
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
                self.problem(ProblemKind::BadForm, node, format!("{} is not {short}", quote(text)))
                    .label(format!("expected {expected}"))
            }
            Refusal::Range { what, low, high, .. } => self
                .problem(ProblemKind::OutOfRange, node, format!("{} is out of range", quote(text)))
                .label(format!("{what} is {low} to {high}")),
        };
        self.report(problem);
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
        problem = match nearest(text, right.clone()) {
            Some(word) => problem.label(format!("did you mean `{word}`?")),
            None => problem.label(format!("expected {what}")),
        };
        self.report(problem.help(one_of(right)));
    }
}

/// A scalar with a placeholder for which there is nothing. That has been reported; what is left of the scalar is not
/// worth a word.
fn is_broken(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar.broken)
}

/// Advice for a number or a truth value that is text because of its quotes, or of its word.
fn unquoted(node: &Node, expected: &str) -> Option<String> {
    let scalar = node.scalar()?;
    let plain = Scalar::new(scalar.text.clone(), Style::Plain);
    if scalar.style == Style::Quoted && plain.kind() != "text" {
        return Some(format!(
            "in quotes it is text; without them, {} is {}",
            quote(&scalar.text),
            plain.kind()
        ));
    }
    let yes_or_no = ["yes", "no", "on", "off"].contains(&scalar.text.to_lowercase().as_str());
    (yes_or_no && expected.contains("true")).then(|| "write `true` or `false`".to_owned())
}
