//! `gauntlet requirements resume`: the other way round, from scenarios to the requirements that they check.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gauntlet_scenario::{Catalogue, Scenario, Suite};
use serde::Serialize;

use crate::display::{Look, counted};

/// Columns in front of what an id says.
const INDENT: usize = 12;

/// What a scenario cites.
#[derive(Serialize)]
pub(super) struct Citing<'a> {
    scenario: &'a str,
    /// The title of its first case.
    title: &'a str,
    file: &'a str,
    cases: usize,
    requirements: Vec<&'a str>,
    /// Field failures behind it.
    from: Vec<&'a str>,
}

/// Whether `name` means scenarios: one by its id, or those of a folder.
pub(super) fn is_meant(name: &str, suite: &Suite) -> bool {
    suite.scenarios().iter().any(|scenario| fits(scenario, name))
}

fn fits(scenario: &Scenario, name: &str) -> bool {
    let id = scenario.id().as_str();
    id.strip_prefix(name.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The scenarios that `wanted` names, in the order of their ids.
pub(super) fn citing<'a>(suite: &'a Suite, wanted: &[&String]) -> Vec<Citing<'a>> {
    let is_wanted = |scenario: &&Scenario| wanted.iter().any(|name| fits(scenario, name));
    let cited = |scenario: &'a Scenario| {
        let first = scenario.cases().first();
        Citing {
            scenario: scenario.id().as_str(),
            title: first.map_or("", |case| &case.title),
            file: scenario.file(),
            cases: scenario.cases().len(),
            requirements: first.iter().flat_map(|case| &case.requirements).map(|id| id.as_str()).collect(),
            from: first.iter().flat_map(|case| &case.from).map(|id| id.as_str()).collect(),
        }
    };
    suite.scenarios().iter().filter(is_wanted).map(cited).collect()
}

/// Each scenario with what it checks, in words.
pub(super) fn table(all: &[Citing<'_>], catalogue: &Catalogue, look: &Look) -> String {
    let requirements = catalogue.requirements().iter().map(|known| (known.id.as_str(), known.says.as_str()));
    let failures = catalogue.failures().iter().map(|known| (known.id.as_str(), known.says.as_str()));
    let says: BTreeMap<&str, &str> = requirements.chain(failures).collect();
    let mut text = String::new();
    for one in all {
        // Writing into a String does not fail.
        let _ = writeln!(text, "{}\n  {}\n", one.scenario, look.wrap(one.title, 2).join("\n  "));
        for id in one.requirements.iter().chain(&one.from) {
            let words = look.wrap(says.get(id).copied().unwrap_or_default(), INDENT);
            let _ = writeln!(text, "  {id:10}{}", words.join(&format!("\n{:INDENT$}", "")));
        }
        text.push('\n');
    }
    text
}

/// How much that is.
pub(super) fn summary(all: &[Citing<'_>]) -> String {
    let distinct = |of: fn(&Citing<'_>) -> Vec<String>| {
        all.iter().flat_map(of).collect::<std::collections::BTreeSet<_>>().len()
    };
    let requirements = distinct(|one| one.requirements.iter().map(ToString::to_string).collect());
    let failures = distinct(|one| one.from.iter().map(ToString::to_string).collect());
    let silent = all.iter().filter(|one| one.requirements.is_empty()).count();
    format!(
        "{}: {}, {} in the field, {silent} without a requirement\n",
        counted(all.len(), "scenario"),
        counted(requirements, "requirement"),
        counted(failures, "failure"),
    )
}
