//! `gauntlet requirements`: what a bootloader must do, where that is implemented, and what tests it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use gauntlet_record::ExitCode;
use gauntlet_scenario::{Catalogue, Requirement, Suite};
use serde::Serialize;

use crate::args::RequirementsArgs;
use crate::citations::{self, Place};
use crate::display::{Look, counted, tame};
use crate::failure::Failure;
use crate::verb::{cited, failures};
use crate::{output, shipped};

/// Columns in front of everything but the id.
const INDENT: usize = 9;

/// Columns in front of places and scenarios.
const DEEP: usize = INDENT + 13;

/// Everything that is known about a requirement.
#[derive(Serialize)]
struct Known<'a> {
    id: &'a str,
    area: &'a str,
    /// What must hold.
    says: &'a str,
    /// The section of the specification.
    section: &'a str,
    /// Where it shows.
    observed: Vec<String>,
    /// Code that cites it.
    implemented: Vec<Place>,
    /// Shipped scenarios that check it.
    tested_by: Vec<&'a str>,
    /// Tests of the crates that check it.
    checked_by: Vec<Place>,
    /// Why no scenario can.
    not_tested: Option<&'a str>,
}

impl Known<'_> {
    /// Neither a scenario nor a test of a crate checks it.
    fn is_untested(&self) -> bool {
        self.tested_by.is_empty() && self.checked_by.is_empty()
    }
}

pub(super) fn requirements(args: &RequirementsArgs) -> Result<ExitCode, Failure> {
    let catalogue = shipped::catalogue()?;
    let suite = shipped::load()?;
    let tests = tests(&suite);
    let (failures, wanted): (Vec<&String>, Vec<&String>) =
        args.wanted.iter().partition(|name| failures::is_meant(name));
    if !failures.is_empty() && wanted.is_empty() {
        return field_failures(args, &catalogue, &suite, &failures);
    }
    let scenarios: Vec<&String> = args.wanted.iter().filter(|name| cited::is_meant(name, &suite)).collect();
    if !scenarios.is_empty() && scenarios.len() == args.wanted.len() {
        let all = cited::citing(&suite, &scenarios);
        let text = if args.json {
            serde_json::to_string_pretty(&all).map_err(|error| Failure::Stdout(error.into()))? + "\n"
        } else {
            cited::table(&all, &catalogue, &Look::of_text()) + &cited::summary(&all)
        };
        output::print(&text)?;
        return Ok(ExitCode::Pass);
    }
    let wanted = chosen(&catalogue, &suite, &args.wanted)?;
    let all: Vec<Known<'_>> = wanted.into_iter().map(|requirement| known(requirement, &tests)).collect();
    let shown = |known: &&Known<'_>| {
        (!args.untested || known.is_untested()) && (!args.unimplemented || known.implemented.is_empty())
    };
    let text = if args.json {
        let shown: Vec<&Known<'_>> = all.iter().filter(shown).collect();
        // Names and lists of names have nothing in them that JSON could not hold.
        let json = serde_json::to_string_pretty(&shown).map_err(|error| Failure::Stdout(error.into()))?;
        json + "\n"
    } else {
        table(&catalogue, &all.iter().filter(shown).collect::<Vec<_>>(), &Look::of_text()) + &summary(&all)
    };
    output::print(&text)?;
    Ok(ExitCode::Pass)
}

/// What has failed in the field, instead of requirements.
fn field_failures(
    args: &RequirementsArgs,
    catalogue: &Catalogue,
    suite: &Suite,
    wanted: &[&String],
) -> Result<ExitCode, Failure> {
    let all = failures::known(catalogue, suite, wanted);
    if all.is_empty() {
        let last = catalogue.failures().last();
        return Err(Failure::NothingSelected {
            what: "there is no such failure in the field".to_owned(),
            advice: last.map_or_else(String::new, |last| format!("the ids go up to `{}`", last.id)),
        });
    }
    let shown: Vec<_> = all.iter().filter(|known| !args.untested || known.is_untested()).collect();
    let text = if args.json {
        let json = serde_json::to_string_pretty(&shown).map_err(|error| Failure::Stdout(error.into()))?;
        json + "\n"
    } else {
        failures::table(&shown, &Look::of_text()) + &failures::summary(&all)
    };
    output::print(&text)?;
    Ok(ExitCode::Pass)
}

/// The scenarios that say that they check a requirement.
fn tests(suite: &Suite) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut tests: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for case in suite.cases() {
        for id in &case.requirements {
            tests.entry(id.as_str()).or_default().insert(case.scenario.as_str());
        }
    }
    tests
}

/// The requirements that are named by id or area, in the order of the catalogue.
fn chosen<'a>(
    catalogue: &'a Catalogue,
    suite: &Suite,
    wanted: &[String],
) -> Result<Vec<&'a Requirement>, Failure> {
    let fits = |requirement: &Requirement, name: &str| {
        requirement.id.as_str() == name || requirement.id.area() == name
    };
    let unknown: Vec<&String> = wanted
        .iter()
        .filter(|name| !catalogue.requirements().iter().any(|requirement| fits(requirement, name)))
        .collect();
    if !unknown.is_empty() {
        return Err(no_such(catalogue, suite, &unknown));
    }
    let all = catalogue.requirements().iter();
    Ok(all.filter(|known| wanted.is_empty() || wanted.iter().any(|name| fits(known, name))).collect())
}

fn no_such(catalogue: &Catalogue, suite: &Suite, unknown: &[&String]) -> Failure {
    let names: Vec<String> = unknown.iter().map(|name| format!("`{}`", tame(name))).collect();
    let advice = unknown.iter().filter_map(|name| {
        if name.contains('/') {
            let ids = suite.scenarios().iter().map(|scenario| scenario.id().as_str());
            return gauntlet_scenario::nearest_word(name, ids)
                .map(|right| format!("did you mean `{right}`?"));
        }
        let area = name.split_once('-').map_or("", |(area, _)| area);
        match catalogue.area(area).last() {
            Some(last) => Some(format!("the ids of {area} go up to `{}`", last.id)),
            None => catalogue.nearest(name).map(|right| format!("did you mean `{right}`?")),
        }
    });
    let areas: Vec<&str> = catalogue.areas().iter().map(|area| area.id.as_str()).collect();
    let list = format!("the areas are {}", areas.join(", "));
    Failure::NothingSelected {
        what: format!("there is no such requirement: {}", names.join(", ")),
        advice: advice.chain([list]).collect::<Vec<_>>().join("\n"),
    }
}

fn known<'a>(requirement: &'a Requirement, tests: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Known<'a> {
    let id = requirement.id.as_str();
    Known {
        id,
        area: requirement.id.area(),
        says: &requirement.says,
        section: requirement.section.as_str(),
        observed: requirement.observed.iter().map(ToString::to_string).collect(),
        implemented: citations::implementing(id),
        tested_by: tests.get(id).into_iter().flatten().copied().collect(),
        checked_by: citations::checking(id),
        not_tested: requirement.not_tested.as_deref(),
    }
}

/// The requirements below the titles of their areas.
fn table(catalogue: &Catalogue, shown: &[&Known<'_>], look: &Look) -> String {
    let mut text = String::new();
    for area in catalogue.areas() {
        let own: Vec<_> = shown.iter().filter(|known| known.area == area.id.as_str()).collect();
        if own.is_empty() {
            continue;
        }
        // Writing into a String does not fail.
        let _ = writeln!(text, "{}\n", area.title);
        own.into_iter().for_each(|known| entry(&mut text, known, look));
    }
    text
}

fn entry(text: &mut String, known: &Known<'_>, look: &Look) {
    let says = look.wrap(known.says, INDENT).join(&format!("\n{:INDENT$}", ""));
    let _ = writeln!(text, "{:INDENT$}{says}", known.id);
    let mut row = |name: &str, value: &str| {
        let value = look.wrap(value, DEEP).join(&format!("\n{:DEEP$}", ""));
        let _ = writeln!(text, "{:INDENT$}{name:13}{value}", "");
    };
    row("observed in", &known.observed.join(", "));
    let implemented = places(&known.implemented);
    row("implemented", if implemented.is_empty() { "nowhere" } else { &implemented });
    match known.not_tested {
        Some(reason) if known.tested_by.is_empty() => row("not tested", reason),
        _ if known.tested_by.is_empty() => row("tested by", "no scenario"),
        _ => row("tested by", &known.tested_by.join(", ")),
    }
    if !known.checked_by.is_empty() {
        row("checked by", &places(&known.checked_by));
    }
    text.push('\n');
}

/// Every file once, with its lines: `a.rs:3,17, b.rs:1`.
fn places(places: &[Place]) -> String {
    let mut files: Vec<String> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| places.get(before));
        match files.last_mut().filter(|_| before.is_some_and(|before| before.file == place.file)) {
            Some(file) => *file += &format!(",{}", place.line),
            None => files.push(format!("{}:{}", place.file, place.line)),
        }
    }
    files.join(", ")
}

/// How far everything is that was asked for, whatever of it is shown.
fn summary(all: &[Known<'_>]) -> String {
    let count = |what: fn(&Known<'_>) -> bool| all.iter().filter(|known| what(known)).count();
    format!(
        "{}: {} implemented, {} tested by scenarios, {} only by tests of the crates, {} that can't be tested \
         here, {} open\n",
        counted(all.len(), "requirement"),
        count(|known| !known.implemented.is_empty()),
        count(|known| !known.tested_by.is_empty()),
        count(|known| known.tested_by.is_empty() && !known.checked_by.is_empty()),
        count(|known| known.is_untested() && known.not_tested.is_some()),
        count(|known| known.is_untested() && known.not_tested.is_none()),
    )
}
