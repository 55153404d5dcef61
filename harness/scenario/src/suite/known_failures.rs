//! Known failures: cases that are expected to fail for the time being, in a file beside the scenarios.

use super::{Selection, Suite};
use crate::case::Case;
use crate::diagnostics::{Diagnostics, Problem, ProblemKind};
use crate::yaml::{Source, Span};

/// Cases that are known to fail, each with the reason.
///
/// The file has one pattern in a line, as in a [`Selection`], and behind a `#` why the cases fail. Empty lines and lines
/// that begin with `#` mean nothing.
///
/// ```text
/// # Bootloader 1.4; mended in 1.5.
/// resume/mid-object[at=4096]   # the CRC is kept over a disconnect
/// power                        # no supply switch on this bench yet
/// ```
#[derive(Clone, Debug, Default)]
pub struct KnownFailures {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    pattern: String,
    selection: Selection,
    reason: Option<String>,
    source: Source,
    span: Span,
}

impl KnownFailures {
    /// Reads the text of such a file.
    ///
    /// # Errors
    /// Every line with more than one pattern, and every pattern that stands there twice.
    pub fn read(source: &Source) -> Result<Self, Diagnostics> {
        let mut known: Vec<Line> = Vec::new();
        let mut problems = Vec::new();
        let mut start = 0;
        for text in source.text().split_inclusive('\n') {
            let at = start;
            start += text.len();
            // An id has no `#` in it, so the first one begins the reason.
            let (pattern, reason) = text.split_once('#').unwrap_or((text, ""));
            let span = at + (pattern.len() - pattern.trim_start().len())..at + pattern.trim_end().len();
            let (pattern, reason) = (pattern.trim(), reason.trim());
            if pattern.is_empty() {
                continue;
            }
            if pattern.contains(char::is_whitespace) {
                let message = "two words where one pattern is expected";
                problems.push(
                    Problem::new(ProblemKind::BadForm, source, span, message)
                        .label("one case or pattern in a line")
                        .help("the reason stands behind a `#`"),
                );
                continue;
            }
            if let Some(first) = known.iter().find(|line| line.pattern == pattern) {
                let message = format!("`{pattern}` stands here twice");
                problems.push(
                    Problem::new(ProblemKind::DuplicateKey, source, span, message)
                        .label("again here")
                        .also(first.span.clone(), "first here"),
                );
                continue;
            }
            known.push(Line {
                pattern: pattern.to_owned(),
                selection: Selection::new([pattern]),
                reason: (!reason.is_empty()).then(|| reason.to_owned()),
                source: source.clone(),
                span,
            });
        }
        if problems.is_empty() { Ok(Self { lines: known }) } else { Err(problems.into_iter().collect()) }
    }

    /// Whether the case is known to fail, and if so why.
    #[must_use]
    pub fn reason(&self, case: &Case) -> Option<&str> {
        let line = self.lines.iter().find(|line| line.selection.selects(case))?;
        Some(line.reason.as_deref().unwrap_or("no reason is given"))
    }

    /// The lines that mean no case of any of the suites: a case was renamed, or its name is misspelt.
    ///
    /// # Errors
    /// One mistake for each such line.
    pub fn check<'s>(&self, suites: impl IntoIterator<Item = &'s Suite> + Clone) -> Result<(), Diagnostics> {
        let problems = self.lines.iter().filter_map(|line| {
            let mut nearest = None;
            for suite in suites.clone() {
                match line.selection.choose(suite).unmatched.pop() {
                    None => return None,
                    Some(unmatched) => nearest = unmatched.nearest.or(nearest),
                }
            }
            let message = format!("no case is `{}`", line.pattern);
            let problem = Problem::new(ProblemKind::Undefined, &line.source, line.span.clone(), message);
            let label =
                nearest.map_or("nothing has this name".to_owned(), |near| format!("did you mean `{near}`?"));
            Some(
                problem
                    .label(label)
                    .help("`gauntlet list` prints every id; a line that is not needed any more can go"),
            )
        });
        let problems: Diagnostics = problems.collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{NoFiles, load_sources};

    fn suite() -> Suite {
        let text = "id: a/one\ntitle: T ${n}\nmatrix: { n: [1, 2] }\nsteps: [{ wait: \"${n} s\" }]\n";
        load_sources(&[Source::new("a.yaml", text)], &NoFiles).unwrap()
    }

    fn read(text: &str) -> Result<KnownFailures, Diagnostics> {
        KnownFailures::read(&Source::new("known.txt", text))
    }

    #[test]
    fn a_line_is_a_pattern_and_a_reason() {
        let known = read("# all\n\na/one[n=1]  # told to the maker\r\n").unwrap();
        let suite = suite();
        let reasons: Vec<_> = suite.cases().map(|case| known.reason(case)).collect();
        assert_eq!(reasons, [Some("told to the maker"), None]);
        assert!(known.check([&suite]).is_ok());
        assert!(read("a # b\n").unwrap().check([&suite]).is_ok());
    }

    #[test]
    fn what_can_not_be_right_is_shown_with_its_place() {
        let wrong = read("a/one b/two\na/one\na/one\n").unwrap_err();
        let places: Vec<String> =
            wrong.problems().iter().map(|problem| problem.place().to_string()).collect();
        assert_eq!(places, ["1:1", "3:1"]);
        let stale = read("a/one\n  a/on # slip\n").unwrap().check([&suite()]).unwrap_err();
        let found = &stale.problems()[0];
        assert_eq!((found.place().to_string().as_str(), found.token()), ("2:3", "a/on"));
        assert!(stale.render(100, false).contains("did you mean `a/one`?"), "{}", stale.render(100, false));
    }
}
