//! The suite against broken bootloaders: one test for each planted bug, which at least one case must find.

use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;

use gauntlet_bench::{PlantedBug, VirtualBench};
use gauntlet_record::{CaseId, Event, Millis, Record, Recorder, Sink, Verdict};
use gauntlet_runner::{RunOptions, Stopper, run};
use gauntlet_scenario::{Case, Suite, load};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trial = |bug: &PlantedBug| {
        let bug = *bug;
        Trial::test(bug.name(), move || is_found(bug))
    };
    libtest_mimic::run(&arguments, PlantedBug::ALL.iter().map(trial).collect()).exit_code()
}

/// Remembers the cases that pass, and ends a run against a broken bootloader at the first one that fails.
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
                self.failed = Some(case.clone());
                self.stop_at_failure.iter().for_each(Stopper::stop);
            }
            Verdict::Error(_) | Verdict::Skipped { .. } => {}
        }
    }
}

fn watched(cases: &[&Case], planted_bug: Option<PlantedBug>) -> Watcher {
    let stopper = Stopper::new();
    let stop_at_failure = planted_bug.map(|_| stopper.clone());
    let mut watcher = Watcher { passed: Vec::new(), failed: None, stop_at_failure };
    let options =
        RunOptions { seed: 1, jobs: 1, retries: 0, planted_bug, stopper, sources: vec![], hold: None };
    run(&VirtualBench::new(), cases, &options, Recorder::new(|| Millis::ZERO).with(&mut watcher));
    watcher
}

/// The suite, and the cases that pass on a good bootloader: only these can prove that a bug is found.
fn suite() -> &'static (Suite, Vec<CaseId>) {
    static SUITE: OnceLock<(Suite, Vec<CaseId>)> = OnceLock::new();
    SUITE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let suite = load(&[folder]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(120, false)));
        let passed = watched(&suite.cases().collect::<Vec<_>>(), None).passed;
        (suite, passed)
    })
}

fn is_found(bug: PlantedBug) -> Result<(), Failed> {
    let (suite, good) = suite();
    let cases: Vec<&Case> = suite.cases().filter(|case| good.contains(&case.id)).collect();
    if watched(&cases, Some(bug)).failed.is_some() {
        return Ok(());
    }
    Err(format!("no case fails although {}\nagain: gauntlet run --planted-bug {bug}", bug.description())
        .into())
}
