//! `gauntlet run`: scenarios on a bench, shown, told in a journal, summed up in a JUnit report.

use std::ffi::OsString;
use std::fmt::Write as _;
#[cfg(unix)]
use std::io::BufReader;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::Duration;
use std::time::{Instant, SystemTime};
use std::{fs, thread};

#[cfg(unix)]
use gauntlet_bench::bluetooth::BUS_OWN_VARIABLE;
use gauntlet_bench::{Backend, Bench, PlantedBug};
use gauntlet_record::{ExitCode, JournalWriter, PlanOrder, Recorder, WriteError};
use gauntlet_reports::JunitReport;
#[cfg(unix)]
use gauntlet_runner::ExternalClient;
#[cfg(unix)]
use gauntlet_runner::workers::Workers;
use gauntlet_runner::{RunOptions, Stopper};
use gauntlet_scenario::{Case, KnownFailures, Source};

use crate::args::{Bug, HoldChoice, RunArgs};
use crate::choice::Choice;
use crate::display::{Closing, Display};
use crate::failure::Failure;
use crate::{benches, interrupt, output, targets};

/// The tag of scenarios that are there to judge clients.
#[cfg(unix)]
const CLIENT_TAG: &str = "client";

pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    if args.list_bugs {
        return list_bugs();
    }
    let in_firmware = args.planted_bug.as_ref().and_then(|bug| bug.firmware.as_deref());
    #[cfg(unix)]
    let is_worker = std::env::var_os(BUS_OWN_VARIABLE).is_some();
    #[cfg(not(unix))]
    let is_worker = false;
    let on_desk = benches::is_file(&args.bench);
    let bench = if on_desk {
        of_desk(args, in_firmware)?
    } else {
        let target = targets::find(&args.target, in_firmware)?;
        super::bench(&args.bench, target, if is_worker { Backend::Ble } else { args.link })?
    };
    bugs_fit(bench.target().is_some(), args)?;
    let bug = args.planted_bug.as_ref().filter(|_| bench.target().is_none()).and_then(|bug| bug.reference);
    let choice = Choice::of(&wanted(args))?;
    if !on_desk {
        confirm(&*bench, args.seed)?;
    }
    let cases = choice.part(&args.filter, args.shard)?;
    let known_failures = known_failures(args.known_failures.as_deref(), &choice)?;
    if args.hold.is_some() && bench.backend() == Backend::Ble {
        let what = "the device of a case in a process of its own can't be held".to_owned();
        let advice = "leave out `--link ble`: the verdict is the same".to_owned();
        return Err(Failure::Usage { what, advice });
    }
    if args.hold.is_some() && cases.len() != 1 {
        let what = format!("{} cases were chosen, and only the device of one can be held", cases.len());
        let advice = "choose one case by its id; `gauntlet list` prints them".to_owned();
        return Err(Failure::Usage { what, advice });
    }
    #[cfg(unix)]
    if is_worker {
        return worker(&*bench, &cases, args.seed, bug);
    }
    let stopper = Stopper::new();
    if args.all_planted_bugs {
        interrupt::stops(&stopper, "what was found until then is still told");
        let jobs = args.jobs.map_or_else(processors, NonZeroUsize::get);
        return super::planted_bugs::hunt(
            &*bench,
            &cases,
            &RunOptions { seed: args.seed, jobs, stopper, ..RunOptions::default() },
        );
    }
    interrupt::stops(&stopper, "the reports are still written");

    let mut display = Display::on_stderr(args.progress);
    let mut unwritten: Vec<WriteError> = Vec::new();
    let mut reports = vec![args.report_dir.join("junit.xml")];
    reports.extend(args.junit.clone().filter(|path| *path != reports[0]));

    let began = Instant::now();
    let mut recorder = Recorder::new(move || began.elapsed().into()).began(SystemTime::now());
    for path in &reports {
        recorder = recorder.with(PlanOrder::new(JunitReport::new(path)));
    }
    let journal = args.report_dir.join("run.jsonl");
    // A journal that can't be written does not keep the run from going on; it weighs in at the end.
    match JournalWriter::create(&journal) {
        Ok(writer) => recorder = recorder.with(PlanOrder::new(writer)),
        Err(error) => unwritten.push(error),
    }
    reports.push(journal);
    let recorder = recorder.with(PlanOrder::new(&mut display));

    let options = RunOptions {
        seed: args.seed,
        jobs: args.jobs.map_or_else(processors, NonZeroUsize::get),
        retries: args.retries,
        planted_bug: bug,
        sources: choice.sources(),
        stopper,
        hold: args.hold.map(HoldChoice::hold),
        known_failures,
        #[cfg(unix)]
        client: client(args)?,
        #[cfg(unix)]
        workers: workers(&*bench)?,
    };
    let end = gauntlet_runner::run(&*bench, &cases, &options, recorder);

    unwritten.extend(end.unwritten);
    let missing = if unwritten.is_empty() { ExitCode::Pass } else { ExitCode::ReportNotWritten };
    let exit_code = end.exit_code.and(missing);
    let written = written(&reports, &unwritten);
    display.close(&Closing { reports: &written, unwritten: &unwritten, exit_code });
    Ok(exit_code)
}

/// The bench of a file. Its link is the file's, and there is one board.
fn of_desk(args: &RunArgs, bug: Option<&str>) -> Result<Box<dyn Bench>, Failure> {
    let wrong =
        |what: &str, advice: &str| Err(Failure::Usage { what: what.to_owned(), advice: advice.to_owned() });
    if args.link != Backend::Direct {
        return wrong(
            "the link of a bench file is the one in the file",
            "leave --link away, or change `link` in the file",
        );
    }
    if args.hold.is_some() {
        return wrong("a board is there for other debug tools anyway", "leave --hold away");
    }
    #[cfg(unix)]
    if args.client.is_some() {
        return wrong("a client of yours is judged on the virtual bench", "leave --client or --bench away");
    }
    if args.jobs.is_some_and(|jobs| jobs.get() > 1) {
        output::tell("  one board: one case at a time, whatever --jobs says\n");
    }
    benches::open(&args.bench, &args.target, bug)
}

/// This program once more for each of several cases at a time, where the bench needs processes.
#[cfg(unix)]
fn workers(bench: &dyn Bench) -> Result<Option<Workers>, Failure> {
    if bench.backend() != Backend::Ble || bench.name() != "virtual" {
        return Ok(None);
    }
    let started = std::env::current_exe()
        .and_then(|program| Workers::new(program, std::env::args_os().skip(1).collect()));
    started.map(Some).map_err(Failure::Workers)
}

/// What a worker does: the cases that its parent asks for.
#[cfg(unix)]
fn worker(
    bench: &dyn Bench,
    cases: &[&Case],
    seed: u64,
    planted_bug: Option<PlantedBug>,
) -> Result<ExitCode, Failure> {
    let options = RunOptions { seed, planted_bug, ..RunOptions::default() };
    let input = BufReader::new(std::io::stdin());
    // A parent that is gone wants to hear nothing more.
    let _unheard = gauntlet_runner::workers::serve(bench, cases, &options, input, &mut std::io::stdout());
    Ok(ExitCode::Pass)
}

/// What was asked for; for a client without any names, what is there for clients.
fn wanted(args: &RunArgs) -> Vec<OsString> {
    #[cfg(unix)]
    if args.client.is_some() && args.wanted.is_empty() && args.filter.is_empty() {
        return vec![CLIENT_TAG.into()];
    }
    args.wanted.clone()
}

/// The client that does the updates, if it is not our own.
#[cfg(unix)]
fn client(args: &RunArgs) -> Result<Option<ExternalClient>, Failure> {
    let Some(command) = args.client.clone() else { return Ok(None) };
    if let Some(missing) = ["{port}", "{package}"].into_iter().find(|part| !command.contains(part)) {
        return Err(Failure::Usage {
            what: format!("the client's command has no {missing}"),
            advice:
                "the port and the package file are put in there: nrfutil dfu serial -pkg {package} -p {port}"
                    .to_owned(),
        });
    }
    Ok(Some(ExternalClient { command, limit: Duration::from_secs(args.client_timeout) }))
}

/// A bug is planted into the device that has it.
fn bugs_fit(has_firmware: bool, args: &RunArgs) -> Result<(), Failure> {
    let advice = "`--list-bugs` names the bugs of each device".to_owned();
    let wrong = |what: &str| Err(Failure::Usage { what: what.to_owned(), advice: advice.clone() });
    match (&args.planted_bug, has_firmware) {
        (Some(Bug { firmware: None, .. }), true) => {
            wrong("this bug is one of the reference device, not of the target")
        }
        (Some(Bug { reference: None, .. }), false) => wrong("this bug is one of `--target demo-uart`"),
        _ if has_firmware && args.all_planted_bugs => {
            wrong("the bugs of the reference device can't be planted into a target")
        }
        _ => Ok(()),
    }
}

/// What a target says of itself must be what its file says; otherwise every verdict would be a riddle.
pub(super) fn confirm(bench: &dyn Bench, seed: u64) -> Result<(), Failure> {
    let Some(target) = bench.target() else { return Ok(()) };
    let lies = gauntlet_runner::target::ask(bench, target, seed).map_err(Failure::Target)?;
    if lies.is_empty() {
        return Ok(());
    }
    let lies: Vec<String> = lies.iter().map(ToString::to_string).collect();
    Err(Failure::TargetLies { target: target.name.clone(), lies: lies.join("\n") })
}

/// The cases that have to fail. A line that means no case would never be noticed, so it is a mistake.
fn known_failures(path: Option<&Path>, choice: &Choice) -> Result<KnownFailures, Failure> {
    let Some(path) = path else { return Ok(KnownFailures::default()) };
    let file = |source| Failure::File { path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(|error| file(error.into()))?;
    let source = Source::from_bytes(path.to_string_lossy(), bytes)
        .map_err(|problem| file(problem.to_string().into()))?;
    let known = KnownFailures::read(&source)?;
    known.check(choice.suites())?;
    Ok(known)
}

/// The reports that are there.
fn written<'a>(reports: &'a [PathBuf], unwritten: &[WriteError]) -> Vec<&'a Path> {
    let missing = |path: &Path| unwritten.iter().any(|error| error.path == path);
    reports.iter().map(PathBuf::as_path).filter(|path| !missing(path)).collect()
}

pub(super) fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// One bug in a line, its name first.
fn list_bugs() -> Result<ExitCode, Failure> {
    let width = PlantedBug::ALL.iter().map(|bug| bug.name().len()).max().unwrap_or_default();
    let mut text = String::new();
    for bug in PlantedBug::ALL {
        let _ = writeln!(text, "{:width$}  {}", bug.name(), bug.description());
    }
    for (bug, does) in targets::bugs() {
        let _ = writeln!(text, "{bug:width$}  With --target demo-uart: {does}");
    }
    output::print(&text)?;
    Ok(ExitCode::Pass)
}
