//! What the tests share: a good scenario, and mistakes made in it.

use gauntlet_scenario::{Diagnostics, NoFiles, Source, Suite, load_sources};

/// A scenario that uses most of the language.
pub(crate) const GOOD: &str = include_str!("../data/good.yaml");

/// Loads one text.
pub(crate) fn load(text: &str) -> Result<Suite, Diagnostics> {
    load_sources(&[Source::new("scenario.yaml", text)], &NoFiles)
}

/// The good scenario with one part of its text replaced. The part has to be there.
pub(crate) fn with(part: &str, replacement: &str) -> String {
    assert_eq!(GOOD.matches(part).count(), 1, "the part has to be there once: {part}");
    GOOD.replace(part, replacement)
}

/// What is reported for a text, as a person reads it.
pub(crate) fn report(text: &str) -> String {
    let found = match load(text) {
        Ok(suite) => suite.warnings().clone(),
        Err(found) => found,
    };
    found.render(100, false)
}
