//! Selection: which cases a user asks for.

use super::Suite;
use crate::case::Case;
use crate::diagnostics::nearest;

/// Which cases are wanted. Without any pattern all of them are.
///
/// A pattern is one of
/// - the id of a case: `stream/disconnect[at=2048]`,
/// - the id of a scenario, for all of its cases: `stream/disconnect`,
/// - the beginning of ids, up to a `/`: `stream`,
/// - any of these with `*` for any text: `*/disconnect*`,
/// - a tag, a requirement or a field failure: `resume`, `OBJ-031`, `FF-041`,
/// - the file of a scenario, or a folder: `scenarios/stream/disconnect.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    patterns: Vec<String>,
}

/// The cases that a selection chose.
#[derive(Clone, Debug)]
pub struct Chosen<'s> {
    /// The cases, in the suite's order.
    pub cases: Vec<&'s Case>,
    /// Patterns that chose nothing.
    pub unmatched: Vec<Unmatched>,
}

/// A pattern that chose nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// The pattern.
    pub pattern: String,
    /// What was probably meant.
    pub nearest: Option<String>,
}

impl Selection {
    /// A selection of everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// A selection of what one of the patterns chooses; of everything without patterns.
    pub fn new<P: Into<String>>(patterns: impl IntoIterator<Item = P>) -> Self {
        Self { patterns: patterns.into_iter().map(Into::into).collect() }
    }

    /// The patterns.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Whether a case is wanted.
    #[must_use]
    pub fn selects(&self, case: &Case) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| matches(pattern, case))
    }

    /// The wanted cases of a suite, and the patterns that no case matched.
    #[must_use]
    pub fn choose<'s>(&self, suite: &'s Suite) -> Chosen<'s> {
        let cases = suite.cases().filter(|case| self.selects(case)).collect();
        let unmatched = self
            .patterns
            .iter()
            .filter(|pattern| !suite.cases().any(|case| matches(pattern, case)))
            .map(|pattern| Unmatched { pattern: pattern.clone(), nearest: near(pattern, suite) })
            .collect();
        Chosen { cases, unmatched }
    }
}

fn matches(pattern: &str, case: &Case) -> bool {
    if pattern.contains('*') {
        return glob(pattern, case.id.as_str()) || glob(pattern, case.scenario.as_str());
    }
    let path = pattern.trim_end_matches('/');
    let below =
        |whole: &str| whole.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    pattern == case.id.as_str()
        || below(case.scenario.as_str())
        || case.tags.iter().any(|tag| tag.as_str() == pattern)
        || case.requirements.iter().any(|id| id.as_str() == pattern)
        || case.from.iter().any(|id| id.as_str() == pattern)
        || file(path, &case.file)
}

/// Whether a path means a file: the same one, a folder above it, or the same one seen from another folder.
fn file(path: &str, file: &str) -> bool {
    let (path, file) = (path.trim_start_matches("./"), file.trim_start_matches("./"));
    let tail = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    if path.is_empty() {
        return false;
    }
    if path.ends_with(".yaml") || path.ends_with(".yml") {
        return tail(file, path) || tail(path, file);
    }
    file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a text has the form of a pattern in which `*` is any text, `/` included.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    // `split` gives at least one part, and two or more when there is a `*`.
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let last = parts.next_back().unwrap_or_default();
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn near(pattern: &str, suite: &Suite) -> Option<String> {
    let ids = suite.cases().map(|case| case.scenario.as_str());
    let groups = suite.cases().filter_map(|case| case.scenario.as_str().split('/').next());
    let tags = suite.cases().flat_map(|case| case.tags.iter().map(|tag| tag.as_str()));
    let cases = suite.cases().map(|case| case.id.as_str());
    nearest(pattern, ids.chain(groups).chain(tags).chain(cases)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, want) in [
            ("*", "a/b", true),
            ("a*", "a/b", true),
            ("*b", "a/b", true),
            ("a*b", "a/b", true),
            ("*/disconnect*", "stream/disconnect-mid", true),
            ("a*c", "a/b", false),
            ("ab*b", "ab", false),
            ("a**b", "ab", true),
            ("*[at=1]", "a[at=1]", true),
        ] {
            assert_eq!(glob(pattern, text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn a_file_is_known_from_other_folders_too() {
        assert!(file("./scenarios/a.yaml", "scenarios/a.yaml"));
        assert!(file("a.yaml", "scenarios/a.yaml"));
        assert!(file("/home/me/scenarios/a.yaml", "scenarios/a.yaml"));
        assert!(file("scenarios/stream", "scenarios/stream/a.yaml"));
        assert!(!file("b.yaml", "scenarios/ab.yaml"));
        assert!(!file("scenarios/str", "scenarios/stream/a.yaml"));
    }
}
