//! The hunt for a planted bug: cases on a broken bootloader, until one of them fails.

use std::collections::BTreeSet;

use gauntlet_bench::{Bench, PlantedBug};
use gauntlet_record::{CaseId, Event, Millis, Record, Recorder, Sink, Verdict};
use gauntlet_scenario::Case;

use crate::run::{RunOptions, Stopper, run};

/// Remembers how cases end, and ends a hunt at the first one that fails.
struct Watcher {
    passed: Vec<CaseId>,
    failed: Option<CaseId>,
    stop_at_failure: Option<Stopper>,
}

impl Sink for Watcher {
    fn accept(&mut self, record: &Record) {
        let (Event::CaseFinished { verdict, .. }, Some(case)) = (&record.event, &record.case) else { return };
        match verdict {
            Verdict::Pass => self.passed.push(case.clone()),
            Verdict::Fail(_) => {
                self.failed.get_or_insert_with(|| case.clone());
                self.stop_at_failure.iter().for_each(Stopper::stop);
            }
            Verdict::Error(_) | Verdict::Skipped { .. } => {}
        }
    }
}

/// The cases that pass on a good bootloader: only these can prove that a bug is found.
///
/// `options` says with which seed, how many at a time, and what stops it; a planted bug in there is left out.
pub fn sound<'c>(bench: &dyn Bench, cases: &[&'c Case], options: &RunOptions) -> Vec<&'c Case> {
    let mut watcher = Watcher { passed: Vec::new(), failed: None, stop_at_failure: None };
    let options = RunOptions { planted_bug: None, ..options.clone() };
    run(bench, cases, &options, Recorder::new(|| Millis::ZERO).with(&mut watcher));
    let passed: BTreeSet<CaseId> = watcher.passed.into_iter().collect();
    cases.iter().copied().filter(|case| passed.contains(&case.id)).collect()
}

/// The first of `cases` that fails on a bootloader with this bug, if one does.
///
/// Cases that check the very requirement which the bug breaks come first. Errors prove nothing: a bench that gives up has
/// not said that the device is wrong.
pub fn find<'c>(bench: &dyn Bench, cases: &[&'c Case], bug: PlantedBug, seed: u64) -> Option<&'c Case> {
    let mut cases = cases.to_vec();
    // A stable sort: among equals the order of the suite stays.
    cases.sort_by_key(|case| distance(case, bug));
    let stopper = Stopper::new();
    let mut watcher = Watcher { passed: Vec::new(), failed: None, stop_at_failure: Some(stopper.clone()) };
    let options = RunOptions { seed, planted_bug: Some(bug), stopper, ..RunOptions::default() };
    run(bench, &cases, &options, Recorder::new(|| Millis::ZERO).with(&mut watcher));
    let failed = watcher.failed?;
    cases.into_iter().find(|case| case.id == failed)
}

/// How far a case is from a bug, by the requirement that stands behind the bug's description: `... (OBJ-031).`
fn distance(case: &Case, bug: PlantedBug) -> u8 {
    let broken = bug.description().rsplit_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let ids: Vec<&str> = broken.map(|(ids, _)| ids.split(", ").collect()).unwrap_or_default();
    let area = |id: &str| id.split_once('-').map(|(area, _)| area.to_owned());
    if case.requirements.iter().any(|id| ids.contains(&id.as_str())) {
        0
    } else if case.requirements.iter().any(|id| ids.iter().any(|broken| area(broken) == area(id.as_str()))) {
        1
    } else {
        2
    }
}
