//! `gauntlet run`: scenarios on a bench, shown, told in a journal, summed up in a JUnit report.

use std::ffi::OsString;
use std::fmt::Write as _;
#[cfg(unix)]
use std::io::BufReader;
use std::num::NonZeroUsize;
use std::path::Path;
use std::{fs, thread};

#[cfg(unix)]
use gauntlet_bench::bluetooth::BUS_OWN_VARIABLE;
use gauntlet_bench::{Backend, Bench, PlantedBug};
use gauntlet_record::ExitCode;
#[cfg(unix)]
use gauntlet_runner::workers::Workers;
use gauntlet_runner::{RunOptions, Stopper};
use gauntlet_scenario::{Case, KnownFailures, Source};

use super::compare::JOURNAL;
use crate::args::{Bug, HoldChoice, RunArgs, Way};
use crate::choice::Choice;
use crate::failure::Failure;
use crate::{benches, interrupt, output, targets};

mod folder;
mod one;
mod several;

use folder::ReportFolder;
use one::{Files, OneRun};

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
    let ways = ways(args);
    let [first, others @ ..] = ways.as_slice() else {
        return Err(Failure::Usage {
            what: "--link names nothing".to_owned(),
            advice: "try --link direct".to_owned(),
        });
    };
    let on_desk = benches::is_file(&args.bench);
    let bench = if on_desk {
        of_desk(args, in_firmware)?
    } else {
        let target = targets::find(&args.target, in_firmware)?;
        super::bench(&args.bench, target, if is_worker { Backend::Ble } else { backend(first) })?
    };
    bugs_fit(bench.target().is_some(), args)?;
    let bug = args.planted_bug.as_ref().filter(|_| bench.target().is_none()).and_then(|bug| bug.reference);
    let choice = Choice::of(&wanted(args, &ways))?;
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
    if args.all_planted_bugs && bench.backend() == Backend::Ble {
        let what =
            "bugs are planted into devices of this process, and `--link ble` gives each case one of its own"
                .to_owned();
        let advice = "leave out `--link ble`, or name direct or dongle: the bugs are the same".to_owned();
        return Err(Failure::Usage { what, advice });
    }
    if args.hold.is_some() && cases.len() != 1 {
        let what = format!("{} cases were chosen, and only the device of one can be held", cases.len());
        let advice = "choose one case by its id; `gauntlet list` prints them".to_owned();
        return Err(Failure::Usage { what, advice });
    }
    #[cfg(unix)]
    if is_worker {
        let several = !others.is_empty();
        return worker(&*bench, &cases, args, bug, several);
    }
    let only_one = args.hold.is_some() || args.all_planted_bugs;
    if only_one && (!others.is_empty() || args.all_planted_bugs && backend(first).name() != first.name()) {
        let what = "this goes over one backend at a time".to_owned();
        return Err(Failure::Usage { what, advice: "name one backend with --link".to_owned() });
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

    let options = RunOptions {
        seed: args.seed,
        jobs: args.jobs.map_or_else(processors, NonZeroUsize::get),
        retries: args.retries,
        planted_bug: bug,
        sources: choice.sources(),
        stopper,
        hold: args.hold.map(HoldChoice::hold),
        known_failures,
        capture: args.capture.clone(),
        #[cfg(unix)]
        client: None,
        #[cfg(unix)]
        workers: None,
    };
    let folder = ReportFolder::claim(args.report_dir.as_deref())?;
    let run = OneRun { args, cases: &cases, options: &options };
    if others.is_empty() {
        folder.clear_comparison();
        let files = Files {
            folder: folder.path(),
            junit: args.junit.clone(),
            json: args.json.clone(),
            html: args.html.clone(),
            is_one_of_several: false,
        };
        return run.over(first, &*bench, &files);
    }
    let bench_of =
        |way: &Way| super::bench(&args.bench, targets::find(&args.target, in_firmware)?, backend(way));
    several::run(&run, &ways, &bench_of, &folder)
}

/// The bench of a file. Its link is the file's, and there is one board.
fn of_desk(args: &RunArgs, bug: Option<&str>) -> Result<Box<dyn Bench>, Failure> {
    let wrong =
        |what: &str, advice: &str| Err(Failure::Usage { what: what.to_owned(), advice: advice.to_owned() });
    if args.link.is_some() {
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
pub(super) fn workers(bench: &dyn Bench) -> Result<Option<Workers>, Failure> {
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
    args: &RunArgs,
    planted_bug: Option<PlantedBug>,
    several: bool,
) -> Result<ExitCode, Failure> {
    let capture = args.capture.clone();
    let capture = if several { capture.map(|folder| folder.join(Backend::Ble.name())) } else { capture };
    let options = RunOptions { seed: args.seed, planted_bug, capture, ..RunOptions::default() };
    let input = BufReader::new(std::io::stdin());
    // A parent that is gone wants to hear nothing more.
    let _unheard = gauntlet_runner::workers::serve(bench, cases, &options, input, &mut std::io::stdout());
    Ok(ExitCode::Pass)
}

/// The ways of the run.
fn ways(args: &RunArgs) -> Vec<Way> {
    #[cfg(unix)]
    if let Some(client) = &args.client {
        return client.0.clone();
    }
    args.link.as_ref().map_or_else(|| vec![Way::Backend(Backend::Direct)], |links| links.0.clone())
}

/// The backend that the bench needs for a way. A program of somebody else is given the device itself.
fn backend(way: &Way) -> Backend {
    match way {
        Way::Backend(backend) => *backend,
        #[cfg(unix)]
        Way::Tool(_) => Backend::Direct,
    }
}

/// What was asked for; for nothing but clients of others without any names, what is there for clients.
fn wanted(args: &RunArgs, ways: &[Way]) -> Vec<OsString> {
    #[cfg(unix)]
    if ways.iter().all(|way| matches!(way, Way::Tool(_))) && args.wanted.is_empty() && args.filter.is_empty()
    {
        return vec![CLIENT_TAG.into()];
    }
    let _ = ways;
    args.wanted.clone()
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
