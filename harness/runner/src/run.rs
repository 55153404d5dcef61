//! A run: cases on worker threads, each with a runtime of its own, told in the order of the plan.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use gauntlet_bench::{Backend, Bench, Capability, PlantedBug};
use gauntlet_engine::Cancel;
use gauntlet_record::{
    Counts, ErrorClass, ErrorReport, Event, ExitCode, Millis, Recorder, Verdict, WriteError,
};
use gauntlet_scenario::model;
use gauntlet_scenario::{Case, KnownFailures};

use crate::attempt::{Seat, attempted};
#[cfg(unix)]
use crate::external::{self, ExternalClient};
use crate::hold::Hold;
use crate::told::{Teller, Told};
#[cfg(unix)]
use crate::workers::Workers;
use crate::{beyond, desk, device, sampled, target};

/// How a run is made.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// What every choice of chance is derived from.
    pub seed: u64,
    /// Cases at a time; at least 1.
    pub jobs: usize,
    /// How often a case that ended with an error (never one that failed) is tried again.
    pub retries: u32,
    /// Planted into every bootloader.
    pub planted_bug: Option<PlantedBug>,
    /// Files and folders that the cases were loaded from, so that a report can say how to run one again; empty for the
    /// suite that is shipped.
    pub sources: Vec<String>,
    /// Stops the run.
    pub stopper: Stopper,
    /// Hold the device of each case when it has ended; meant for runs of one case.
    pub hold: Option<Hold>,
    /// Cases that have to fail.
    pub known_failures: KnownFailures,
    /// Folder for what passes over the links of each case, as packets and as words.
    pub capture: Option<PathBuf>,
    /// Does the updates instead of the project's own client.
    #[cfg(unix)]
    pub client: Option<ExternalClient>,
    /// Run every case in a process of its own kind, for a bench that needs that.
    #[cfg(unix)]
    pub workers: Option<Workers>,
}

/// One case at a time, from seed 1, on a bootloader without planted bugs.
impl Default for RunOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            jobs: 1,
            retries: 0,
            planted_bug: None,
            sources: Vec::new(),
            stopper: Stopper::new(),
            hold: None,
            known_failures: KnownFailures::default(),
            capture: None,
            #[cfg(unix)]
            client: None,
            #[cfg(unix)]
            workers: None,
        }
    }
}

/// Stops a run in good order, from any thread: running updates end, what is known is reported.
#[derive(Clone, Debug, Default)]
pub struct Stopper(Cancel);

impl Stopper {
    /// One that has not been used.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the run to stop.
    pub fn stop(&self) {
        self.0.cancel();
    }

    /// Whether it was asked to.
    pub fn is_stopped(&self) -> bool {
        self.0.is_cancelled()
    }

    pub(crate) fn cancel(&self) -> &Cancel {
        &self.0
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct RunEnd {
    /// How many cases ended how.
    pub counts: Counts,
    /// For the program.
    pub exit_code: ExitCode,
    /// Reports that could not be written.
    pub unwritten: Vec<WriteError>,
}

/// Runs `cases` on `bench` and tells `recorder` everything, from run-started to run-finished.
///
/// Records come as they happen, cases beside each other; give the recorder a
/// [`PlanOrder`](gauntlet_record::PlanOrder) to have them in the order of the plan.
pub fn run(bench: &dyn Bench, cases: &[&Case], options: &RunOptions, mut recorder: Recorder<'_>) -> RunEnd {
    let mut chips: Vec<String> = cases.iter().map(|case| case.chip.to_string()).collect();
    chips.sort_unstable();
    chips.dedup();
    let started = Event::RunStarted {
        gauntlet: env!("CARGO_PKG_VERSION").to_owned(),
        seed: options.seed,
        bench: bench.name().to_owned(),
        link: link_name(bench, options),
        chips,
        planned: cases.iter().map(|case| case.id.clone()).collect(),
        sources: options.sources.clone(),
        client: client_command(options),
        planted_bug: options.planted_bug.map(|bug| bug.name().to_owned()),
    };
    recorder.emit(None, None, started);
    let (began, began_ms) = (Instant::now(), recorder.now());

    let (sender, receiver) = mpsc::channel::<Told>();
    let next = AtomicUsize::new(0);
    let mut verdicts = Vec::new();
    std::thread::scope(|scope| {
        let queue = Mutex::new(sender);
        let boards = bench.boards().unwrap_or(usize::MAX);
        for _ in 0..options.jobs.min(boards).clamp(1, cases.len().max(1)) {
            let sender = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
            let next = &next;
            scope.spawn(move || {
                let mut worker = Seat::default();
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if options.stopper.is_stopped() {
                        break;
                    }
                    one(bench, case, options, &Teller::new(case.id.clone(), sender.clone()), &mut worker);
                }
            });
        }
        drop(queue);
        for told in receiver {
            if let Event::CaseFinished { verdict, .. } = &told.event {
                verdicts.push(verdict.clone());
            }
            let at = began_ms + told.at.duration_since(began).into();
            recorder.emit_timed(at, told.cpu, Some(&told.case), told.device, told.event);
        }
    });

    let mut counts = Counts::default();
    verdicts.iter().for_each(|verdict| counts.add(verdict));
    counts.not_run = cases.len() as u64 - counts.finished();
    let interrupted = options.stopper.is_stopped();
    recorder.emit(None, None, Event::RunFinished { counts, interrupted });
    let unwritten = recorder.finish();
    let mut exit_code = ExitCode::of_run(&verdicts, counts.not_run);
    // A run of known failures alone has tested something.
    if exit_code == ExitCode::NothingSelected && verdicts.iter().any(is_known_failure) {
        exit_code = ExitCode::Pass;
    }
    if interrupted {
        exit_code = exit_code.and(ExitCode::Interrupted);
    }
    if !unwritten.is_empty() {
        exit_code = exit_code.and(ExitCode::ReportNotWritten);
    }
    RunEnd { counts, exit_code, unwritten }
}

/// How the reason of a known failure that failed begins.
const KNOWN_FAILURE: &str = "a known failure: ";

fn is_known_failure(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Skipped { reason } if reason.starts_with(KNOWN_FAILURE))
}

/// One case with its retries, from case-started to case-finished.
fn one(bench: &dyn Bench, case: &Case, options: &RunOptions, teller: &Teller, seat: &mut Seat) {
    let fitted = bench.target().map(|target| target::fitted(case, target)).transpose();
    let case = match &fitted {
        Ok(fitted) => fitted.as_ref().unwrap_or(case),
        Err(reason) => {
            let verdict = Verdict::Skipped { reason: reason.clone() };
            return teller.send(None, Event::CaseFinished { verdict, took_ms: Millis::ZERO });
        }
    };
    let only = bench.chip().filter(|_| bench.target().is_none());
    let moved = only.map(|chip| target::on_chip(case, chip)).transpose();
    let case = match &moved {
        Ok(moved) => moved.as_ref().unwrap_or(case),
        Err(reason) => {
            let verdict = Verdict::Skipped { reason: reason.clone() };
            return teller.send(None, Event::CaseFinished { verdict, took_ms: Millis::ZERO });
        }
    };
    let counts = bench.capabilities().contains(&Capability::FlashOpFaults);
    let sampled = if counts { Ok(None) } else { sampled::fitted(case) };
    let case = match &sampled {
        _ if !bench.capabilities().contains(&Capability::SampledCuts) => case,
        Ok(sampled) => sampled.as_ref().unwrap_or(case),
        Err(reason) => {
            let verdict = Verdict::Skipped { reason: reason.clone() };
            return teller.send(None, Event::CaseFinished { verdict, took_ms: Millis::ZERO });
        }
    };
    if let Some(reason) = unfit(bench, case) {
        let verdict = Verdict::Skipped { reason };
        return teller.send(None, Event::CaseFinished { verdict, took_ms: Millis::ZERO });
    }
    #[cfg(unix)]
    if let Some(reason) = options.client.as_ref().and_then(|client| external::unfit(case, client)) {
        let verdict = Verdict::Skipped { reason };
        return teller.send(None, Event::CaseFinished { verdict, took_ms: Millis::ZERO });
    }
    let started = Event::CaseStarted {
        title: case.title.clone(),
        chip: case.chip.to_string(),
        link: device::link(case).to_string(),
        requirements: case.requirements.iter().map(|id| id.as_str().to_owned()).collect(),
        file: Some(case.file.to_string()),
    };
    teller.send(None, started);
    let mut attempt = 1;
    loop {
        let (verdict, took) = attempted(bench, case, options, teller, seat, attempt);
        match verdict {
            Verdict::Error(error) if attempt <= options.retries && error.class != ErrorClass::Interrupted => {
                teller.send(None, Event::CaseRetried { attempt, error });
                attempt += 1;
            }
            verdict => {
                let verdict = match options.known_failures.reason(case) {
                    Some(reason) => as_known(verdict, reason),
                    None => verdict,
                };
                return teller.send(Some(took.into()), Event::CaseFinished { verdict, took_ms: took.into() });
            }
        }
    }
}

/// What is between client and device, for reports: the bench's backend, or the program that is the client.
fn link_name(bench: &dyn Bench, options: &RunOptions) -> String {
    #[cfg(unix)]
    if let Some(client) = &options.client {
        return client.name.clone();
    }
    let _ = options;
    bench.backend().name().to_owned()
}

/// The command of the program that is the client, if it is not the project's own.
fn client_command(options: &RunOptions) -> Option<String> {
    #[cfg(unix)]
    if let Some(client) = &options.client {
        return Some(client.command.clone());
    }
    let _ = options;
    None
}

/// Why `case` can't be done on `bench`, if it can't: its way first, which decides what else there is.
fn unfit(bench: &dyn Bench, case: &Case) -> Option<String> {
    let lacks = || {
        let missing = case.capabilities().into_iter().find(|need| !able(bench, *need))?;
        Some(format!("the bench `{}` has no {missing}", bench.name()))
    };
    not_carried(bench.backend(), case)
        .or_else(lacks)
        .or_else(|| desk::missing(bench, case))
        .or_else(|| beyond::missing(bench, case))
}

/// Why `case` can't go over `backend`, if it can't.
fn not_carried(backend: Backend, case: &Case) -> Option<String> {
    let carried = |need: &model::Capability| match need {
        model::Capability::Ble | model::Capability::Buttonless | model::Capability::Gatt => {
            backend.carries_ble()
        }
        model::Capability::Serial => backend.carries_serial(),
        _ => true,
    };
    let missing = case.capabilities().into_iter().find(|need| !carried(need))?;
    Some(format!("the link `{backend}` carries no {missing}"))
}

/// What a known failure comes to: it has to fail, and is then no news. An error stays one.
fn as_known(verdict: Verdict, reason: &str) -> Verdict {
    match verdict {
        Verdict::Fail(findings) => {
            let found = findings.first().map(|finding| format!("; {finding}")).unwrap_or_default();
            Verdict::Skipped { reason: format!("{KNOWN_FAILURE}{reason}{found}") }
        }
        Verdict::Pass => Verdict::Error(ErrorReport {
            causes: vec![format!("known as: {reason}")],
            ..ErrorReport::new(
                ErrorClass::KnownFailurePassed,
                "the case passes although it is a known failure; take its line out of the file of known failures",
            )
        }),
        other => other,
    }
}

fn able(bench: &dyn Bench, need: model::Capability) -> bool {
    let need = match need {
        model::Capability::Ble => Capability::Ble,
        model::Capability::Serial => Capability::Serial,
        model::Capability::PowerCut => Capability::PowerCut,
        model::Capability::FlashOpFaults => Capability::FlashOpFaults,
        model::Capability::Reset => Capability::Reset,
        model::Capability::Buttonless => Capability::Buttonless,
        model::Capability::Gatt => Capability::Gatt,
        model::Capability::Button => Capability::Button,
        model::Capability::SystemOff => Capability::SystemOff,
        model::Capability::Cable => Capability::Cable,
        model::Capability::Snapshot => Capability::Snapshot,
    };
    let has = |what: &Capability| bench.capabilities().contains(what);
    has(&need) || need == Capability::FlashOpFaults && has(&Capability::SampledCuts)
}
