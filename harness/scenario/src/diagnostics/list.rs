//! All mistakes of a load.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use super::{Problem, Severity};

/// Everything that is wrong with the scenarios that were loaded, in the order of the files and of the places in them.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    problems: Vec<Problem>,
}

impl Diagnostics {
    /// Adds a problem, unless the same is already known.
    pub(crate) fn push(&mut self, problem: Problem) {
        if !self.problems.iter().any(|known| known.repeats(&problem) && known.file() == problem.file()) {
            self.problems.push(problem);
        }
    }

    /// The mistakes.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many of the mistakes keep a scenario from being run.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity() == Severity::Error).count()
    }

    /// How many of the mistakes are warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.problems.len() - self.errors()
    }

    /// The mistakes as a person reads them: file, line, column, the line itself with a caret, and advice.
    ///
    /// `width` is the terminal's in columns; `colour` adds ANSI colours.
    #[must_use]
    pub fn render(&self, width: usize, colour: bool) -> String {
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
        let mut text = String::new();
        for problem in &self.problems {
            // Writing into a String does not fail, and a span outside of its text is shown without the text.
            if handler.render_report(&mut text, problem).is_err() {
                text.push_str(&format!("{problem:?}\n"));
            }
            text.push('\n');
        }
        text
    }
}

impl FromIterator<Problem> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        let mut list = Self::default();
        problems.into_iter().for_each(|problem| list.push(problem));
        list
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        f.write_str(&plural(self.errors(), "mistake"))?;
        if self.warnings() > 0 {
            write!(f, " and {}", plural(self.warnings(), "warning"))?;
        }
        f.write_str(" found")
    }
}

impl std::error::Error for Diagnostics {}

impl Diagnostic for Diagnostics {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("scenario"))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}
