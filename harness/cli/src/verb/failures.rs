//! `gauntlet requirements FF`: what has failed in the field, and which scenarios make it happen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use gauntlet_scenario::{Catalogue, FieldFailure, Suite};
use serde::Serialize;

use crate::display::{Look, counted};

/// What stands for all failures where areas stand for requirements.
pub(super) const AREA: &str = "FF";
/// Columns in front of everything but the id.
const INDENT: usize = 9;

/// Everything that is known about a failure.
#[derive(Serialize)]
pub(super) struct KnownFailure<'a> {
    id: &'a str,
    /// What was seen.
    says: &'a str,
    /// Shipped scenarios that make it happen.
    recreated_by: Vec<&'a str>,
    /// Why no scenario can.
    not_recreated: Option<&'a str>,
}

impl KnownFailure<'_> {
    pub(super) fn is_untested(&self) -> bool {
        self.recreated_by.is_empty()
    }
}

/// Whether `name` means failures: all, or one.
pub(super) fn is_meant(name: &str) -> bool {
    name == AREA || name.starts_with("FF-")
}

/// The failures that `wanted` names, in the order of their numbers; all without a name.
pub(super) fn known<'a>(
    catalogue: &'a Catalogue,
    suite: &'a Suite,
    wanted: &[&String],
) -> Vec<KnownFailure<'a>> {
    let mut scenarios: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for case in suite.cases() {
        for id in &case.from {
            scenarios.entry(id.as_str()).or_default().insert(case.scenario.as_str());
        }
    }
    let is_wanted = |failure: &&FieldFailure| {
        wanted.is_empty() || wanted.iter().any(|name| *name == AREA || failure.id.as_str() == name.as_str())
    };
    let known = |failure: &'a FieldFailure| KnownFailure {
        id: failure.id.as_str(),
        says: &failure.says,
        recreated_by: scenarios.get(failure.id.as_str()).into_iter().flatten().copied().collect(),
        not_recreated: failure.not_recreated.as_deref(),
    };
    catalogue.failures().iter().filter(is_wanted).map(known).collect()
}

/// The failures below their title.
pub(super) fn table(shown: &[&KnownFailure<'_>], look: &Look) -> String {
    let mut text = "Failures in the field\n\n".to_owned();
    for known in shown {
        let says = look.wrap(known.says, INDENT).join(&format!("\n{:INDENT$}", ""));
        // Writing into a String does not fail.
        let _ = writeln!(text, "{:INDENT$}{says}", known.id);
        let (name, value) = match (known.recreated_by.as_slice(), known.not_recreated) {
            ([], Some(reason)) => ("not here", reason.to_owned()),
            ([], None) => ("recreated", "by no scenario".to_owned()),
            (scenarios, _) => ("recreated by", scenarios.join(", ")),
        };
        let deep = INDENT + 14;
        let value = look.wrap(&value, deep).join(&format!("\n{:deep$}", ""));
        let _ = writeln!(text, "{:INDENT$}{name:14}{value}\n", "");
    }
    text
}

/// How far the suite makes happen what was asked for.
pub(super) fn summary(all: &[KnownFailure<'_>]) -> String {
    let recreated = all.iter().filter(|known| !known.is_untested()).count();
    let reasoned = all.iter().filter(|known| known.is_untested() && known.not_recreated.is_some()).count();
    format!(
        "{} in the field: {recreated} recreated by scenarios, {reasoned} that can't be recreated here, {} open\n",
        counted(all.len(), "failure"),
        all.len() - recreated - reasoned
    )
}
