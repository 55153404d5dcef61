//! One mistake in a scenario.

use std::fmt;

use miette::{LabeledSpan, SourceCode};

use super::quote;
use crate::model::Place;
use crate::yaml::{Source, Span};

/// The class of a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The file can't be read, or is not text.
    Unreadable,
    /// The text is not YAML, or more of YAML than a scenario uses.
    Syntax,
    /// The file, or what its matrix makes of it, is larger than anything sensible.
    TooLarge,
    /// A key that the language does not have at this place.
    UnknownKey,
    /// A key that has to be there is not.
    MissingKey,
    /// A key stands twice in one mapping, or a value twice in the matrix.
    DuplicateKey,
    /// A value of another type, such as a list instead of a number.
    WrongType,
    /// A value of the right type that does not have the right form.
    BadForm,
    /// A word that is not one of the vocabulary.
    UnknownWord,
    /// A value outside of its range.
    OutOfRange,
    /// Two parts of the scenario do not fit together.
    Contradiction,
    /// A package, witness or matrix value is named that the scenario does not have.
    Undefined,
    /// Something is defined and not used.
    Unused,
    /// Two scenarios have the same id.
    DuplicateId,
    /// A package file can't be read.
    MissingFile,
}

impl ProblemKind {
    /// The stable name, as messages show it: `unknown-key`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Syntax => "syntax",
            Self::TooLarge => "too-large",
            Self::UnknownKey => "unknown-key",
            Self::MissingKey => "missing-key",
            Self::DuplicateKey => "duplicate-key",
            Self::WrongType => "wrong-type",
            Self::BadForm => "bad-form",
            Self::UnknownWord => "unknown-word",
            Self::OutOfRange => "out-of-range",
            Self::Contradiction => "contradiction",
            Self::Undefined => "undefined",
            Self::Unused => "unused",
            Self::DuplicateId => "duplicate-id",
            Self::MissingFile => "missing-file",
        }
    }
}

/// How many lines two places may be apart to be shown together.
const NEAR: u32 = 2;

/// How bad a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The scenario can be run.
    Warning,
    /// The scenario can't be run.
    Error,
}

/// One mistake in a scenario file.
#[derive(Clone)]
pub struct Problem {
    kind: ProblemKind,
    severity: Severity,
    message: String,
    /// What would be right, and what stands too far away to be shown: one line each.
    notes: Vec<String>,
    source: Source,
    labels: Vec<LabeledSpan>,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, source: &Source, span: Span, message: impl Into<String>) -> Self {
        let label = LabeledSpan::new_primary_with_span(None, span);
        let severity = if kind == ProblemKind::Unused { Severity::Warning } else { Severity::Error };
        Self {
            kind,
            severity,
            message: message.into(),
            notes: Vec::new(),
            source: source.clone(),
            labels: vec![label],
        }
    }

    /// Says something at the place itself.
    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.set_label(Some(text.into()));
        }
        self
    }

    /// Points at a second place. One that is too far away to be shown together with the first is named instead, so that
    /// what is shown always begins with the place of the mistake.
    pub(crate) fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        let (first, second) = (self.place(), self.source.place(span.start));
        if first.line.abs_diff(second.line) <= NEAR {
            self.labels.push(LabeledSpan::new_with_span(Some(text.into()), span));
            return self;
        }
        let token = self.source.text().get(span).and_then(|text| text.lines().next()).unwrap_or_default();
        let note = format!("{}: {} at {second}", text.into(), quote(token));
        self.help(note)
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// The class of the mistake.
    #[must_use]
    pub const fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The file, as it was named when it was loaded.
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// Line and column.
    #[must_use]
    pub fn place(&self) -> Place {
        self.source.place(self.offset())
    }

    /// The text that the caret points at.
    #[must_use]
    pub fn token(&self) -> &str {
        let len = self.labels.first().map_or(0, LabeledSpan::len);
        self.source.text().get(self.offset()..self.offset() + len).unwrap_or_default()
    }

    /// What would be right, if that can be said.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        (!self.notes.is_empty()).then(|| self.notes.join("\n"))
    }

    /// The same in a file of the same length.
    pub(crate) fn of(mut self, source: &Source) -> Self {
        self.source = source.clone();
        self
    }

    /// The byte that the caret points at.
    pub(crate) fn offset(&self) -> usize {
        self.labels.first().map_or(0, LabeledSpan::offset)
    }

    /// Whether another problem says the same of the same place. The cases of a matrix repeat their scenario's mistakes.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        self.kind == other.kind && self.offset() == other.offset() && self.message == other.message
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file(), self.place(), self.kind.name(), self.message)
    }
}

impl std::error::Error for Problem {}

impl miette::Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("scenario::{}", self.kind.name())))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.advice().map(|advice| Box::new(advice) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source.named())
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
