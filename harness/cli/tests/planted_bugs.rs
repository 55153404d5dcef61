//! The suite against broken bootloaders: one test for each planted bug, which at least one case must find.

use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;

use gauntlet_bench::{PlantedBug, VirtualBench};
use gauntlet_record::CaseId;
use gauntlet_runner::{RunOptions, hunt};
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

/// The suite, and the cases of it that can prove something.
fn suite() -> &'static (Suite, Vec<CaseId>) {
    static SUITE: OnceLock<(Suite, Vec<CaseId>)> = OnceLock::new();
    SUITE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let suite = load(&[folder]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(120, false)));
        let cases: Vec<&Case> = suite.cases().collect();
        let options = RunOptions { jobs: 2, ..RunOptions::default() };
        let sound = hunt::sound(&VirtualBench::new(), &cases, &options);
        let sound = sound.into_iter().map(|case| case.id.clone()).collect();
        (suite, sound)
    })
}

fn is_found(bug: PlantedBug) -> Result<(), Failed> {
    let (suite, sound) = suite();
    let cases: Vec<&Case> = suite.cases().filter(|case| sound.contains(&case.id)).collect();
    if hunt::find(&VirtualBench::new(), &cases, bug, 1).is_some() {
        return Ok(());
    }
    Err(format!("no case fails although {}\nagain: gauntlet run --planted-bug {bug}", bug.description())
        .into())
}
