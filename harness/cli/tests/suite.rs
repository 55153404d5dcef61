//! The conformance suite as tests: one for each case, named by its id, run on the virtual bench.
//!
//! `cargo test --test suite` runs all, `cargo test --test suite -- resume` some, `-- --exact ID` one, `-- --list` none.
//! cargo-nextest can drive it too.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use gauntlet_bench::VirtualBench;
use gauntlet_record::{Collector, Event, Millis, Recorder, RerunCommand, Verdict};
use gauntlet_runner::{RunOptions, run};
use gauntlet_scenario::{Case, load};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// The seed that `gauntlet run` has without being told.
const SEED: u64 = 1;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Files are then named as in the program, from the root of the project.
    std::env::set_current_dir(root).expect("the tests run from within the project");
    let suite =
        load(&["scenarios".into()]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(120, false)));
    let trial = |case: &Case| {
        let case = case.clone();
        Trial::ignorable_test(case.id.to_string(), move || verdict_of(&case))
    };
    libtest_mimic::run(&arguments, suite.cases().map(trial).collect()).exit_code()
}

/// Runs one case as `gauntlet run` does.
fn verdict_of(case: &Case) -> Result<Completion, Failed> {
    let mut collector = Collector::default();
    let options = RunOptions { seed: SEED, ..RunOptions::default() };
    let recorder = Recorder::new(|| Millis::ZERO).with(&mut collector);
    run(&VirtualBench::new(), &[case], &options, recorder);
    let records = collector.into_records();
    let rerun = records.iter().find_map(|record| RerunCommand::of_run(&record.event)).unwrap_or_default();
    let verdict = records.into_iter().find_map(|record| match record.event {
        Event::CaseFinished { verdict, .. } => Some(verdict),
        _ => None,
    });
    let mut text = match verdict {
        Some(Verdict::Pass) => return Ok(Completion::Completed),
        Some(Verdict::Skipped { reason }) => return Ok(Completion::ignored_with(reason)),
        Some(Verdict::Fail(findings)) => {
            let lines = findings.iter().map(|finding| {
                let detail =
                    finding.detail.as_ref().map(|detail| format!("\n  {detail}")).unwrap_or_default();
                format!(
                    "{}\n  expected {}\n  found    {}{detail}\n",
                    finding.check, finding.expected, finding.found
                )
            });
            lines.collect()
        }
        Some(Verdict::Error(report)) => {
            let mut text = format!("{}: {}\n", report.class, report.message);
            report.causes.iter().for_each(|cause| text.push_str(&format!("  {cause}\n")));
            text
        }
        None => "the case has no verdict\n".to_owned(),
    };
    let _ = write!(text, "again: {}", rerun.for_case(&case.id));
    Err(text.into())
}
