//! The suite against broken bootloaders: one test for each planted bug, which at least one case must find.

use std::path::Path;
use std::process::ExitCode;

use gauntlet_bench::{PlantedBug, VirtualBench};
use gauntlet_record::{Event, Millis, Record, Recorder, Sink, Verdict};
use gauntlet_runner::{RunOptions, Stopper, run};
use gauntlet_scenario::{Case, load};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trial = |bug: &PlantedBug| {
        let bug = *bug;
        Trial::test(bug.name(), move || is_found(bug))
    };
    libtest_mimic::run(&arguments, PlantedBug::ALL.iter().map(trial).collect()).exit_code()
}

/// Ends the run at the first case that fails.
struct FirstFailure {
    stopper: Stopper,
    found: bool,
}

impl Sink for FirstFailure {
    fn accept(&mut self, record: &Record) {
        if matches!(record.event, Event::CaseFinished { verdict: Verdict::Fail(_), .. }) {
            self.found = true;
            self.stopper.stop();
        }
    }
}

fn is_found(bug: PlantedBug) -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let suite = load(&[folder]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(120, false)));
    let cases: Vec<&Case> = suite.cases().collect();
    let stopper = Stopper::new();
    let mut first = FirstFailure { stopper: stopper.clone(), found: false };
    let options = RunOptions { seed: 1, jobs: 1, retries: 0, planted_bug: Some(bug), stopper };
    run(&VirtualBench::new(), &cases, &options, Recorder::new(|| Millis::ZERO).with(&mut first));
    if first.found {
        return Ok(());
    }
    Err(format!("no case fails although {}\nagain: gauntlet run --planted-bug {bug}", bug.description())
        .into())
}
