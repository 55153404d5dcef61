//! One case, from an erased board to a verdict.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use gauntlet_bench::{Bench, Board, CableEvent, DeviceImage, Mode};
use gauntlet_engine::Cancel;
use gauntlet_record::{Event, Finding, Verdict};
use gauntlet_scenario::Case;
use gauntlet_scenario::model::{
    self, Cable, ExpectedApplication, ProbeAction, ProbeItem, Recovered, ResetKind, Step, StepKind,
};

use crate::captures::Captures;
use crate::entry::{leave_dfu, restart};
#[cfg(unix)]
use crate::external;
use crate::factory::Factory;
use crate::judge::{Check, Evidence};
use crate::packages::{self, Parcel, Sendable};
use crate::prepare::prepare;
use crate::referee::Referee;
use crate::run::RunOptions;
use crate::told::Teller;
use crate::trouble::Trouble;
use crate::update::{Manner, Way, rejection, unwatched};
use crate::{
    air, audit, closing, device, exchange, faults, gatt, lock, observe, probed, reset, starts, target, walk,
};

/// Transfer, activation and start are done by then.
pub(crate) const SETTLE: Duration = Duration::from_secs(120);
/// By then the device has noticed what was done to its cable.
const CABLE: Duration = Duration::from_millis(100);

/// Runs `case` once and says what is to be said about it. Must be called inside the runtime of the bench.
pub(crate) async fn run(
    bench: &dyn Bench,
    case: &Case,
    seed: u64,
    options: &RunOptions,
    teller: &Teller,
    attempt_number: u32,
) -> (Verdict, Duration) {
    let device = device::of(case, options.planted_bug);
    let device = match bench.target() {
        Some(target) => target::installed(device, target),
        None => device,
    };
    let board: Rc<dyn Board> = match bench.open(device.variant, seed) {
        Ok(board) => Rc::from(board),
        Err(error) => return (Verdict::Error(Trouble::from(error).report()), Duration::ZERO),
    };
    let cancel = options.stopper.cancel();
    let captures =
        options.capture.as_ref().map(|folder| Captures::of_case(folder, case.id.as_str(), attempt_number));
    let captures = captures.as_ref();
    let referee = Referee::new(&device);
    let referee = Some(&referee);
    let way = Way { board: &board, device: &device, teller, cancel, watch: &unwatched, captures, referee };
    let verdict = match attempt(case, &way, options).await {
        Ok(findings) if findings.is_empty() => Verdict::Pass,
        Ok(findings) => Verdict::Fail(findings),
        Err(trouble) => Verdict::Error(trouble.report()),
    };
    let took = board.device_time();
    match options.hold.as_ref().map(|hold| hold.until_stopped(&*board, &options.stopper)) {
        Some(Err(error)) => (Verdict::Error(Trouble::from(error).report()), took),
        None | Some(Ok(())) => (verdict, took),
    }
}

async fn attempt(case: &Case, way: &Way<'_>, options: &RunOptions) -> Result<Vec<Finding>, Trouble> {
    let board = &**way.board;
    let packages = packages::all(case, way.device)?;
    let factory = Factory::of(&case.device);
    let (image, before) = prepare(board, way.device, &factory, way.teller).await?;
    let mut found = Found {
        image,
        before,
        #[cfg(unix)]
        updates: 0,
        missed: None,
        findings: Vec::new(),
        touched: false,
        reset_follows: false,
        was_reset: false,
    };
    let done = examine(case, way, options, &packages, &factory, &mut found).await;
    match (done, found) {
        (Err(Trouble::Interrupted), _) => Err(Trouble::Interrupted),
        // What was found about the device must not be hidden by a bench that fails behind that: a device which resets again
        // and again can't be looked at either.
        (Err(trouble), Found { findings, .. }) if findings.is_empty() => Err(trouble),
        // A device that is wrong may well keep a fault from firing, so what was found about it comes first.
        (Ok(()), Found { missed: Some(missed), findings, .. }) if findings.is_empty() => Err(missed),
        (_, Found { missed: Some(Trouble::FaultMissed { fault, why }), mut findings, .. }) => {
            findings.push(Finding {
                check: "fault".to_owned(),
                expected: fault,
                found: "it did not fire".to_owned(),
                detail: Some(why),
            });
            Ok(findings)
        }
        (_, Found { findings, .. }) => Ok(findings),
    }
}

/// Does the steps of a case, and judges what has become of the device.
async fn examine(
    case: &Case,
    way: &Way<'_>,
    options: &RunOptions,
    packages: &BTreeMap<String, Parcel>,
    factory: &Factory,
    found: &mut Found,
) -> Result<(), Trouble> {
    let board = &**way.board;
    if let Some(referee) = way.referee {
        referee.sees(&found.before);
    }
    observe::forget_witness(board)?;
    if case.device.locked {
        let mode = lock::close(board, way.device).await?;
        // Where nobody can look at a device any more, the first step makes it anew.
        if !case.is_recovered_first() {
            found.before = observe::read(board, way.device, mode)?;
        }
    }
    for (number, step) in case.steps.iter().enumerate() {
        interrupted(way.cancel)?;
        let began = board.device_time();
        let (step_number, of) = (number as u32 + 1, case.steps.len() as u32);
        way.teller.tell(board, Event::StepStarted { step: step_number, of, what: words(step) });
        let next = case.steps.get(number + 1).map(|step| &step.kind);
        found.reset_follows = matches!(next, Some(StepKind::Reset(ResetKind::Soft)));
        let outcome = perform(step, way, packages, options, factory, found).await;
        found.findings.extend(way.referee.map(Referee::take).unwrap_or_default());
        let outcome = outcome?;
        let took_ms = (board.device_time() - began).into();
        way.teller.tell(board, Event::StepFinished { step: step_number, outcome, took_ms });
    }

    let mut mode = board.settle(SETTLE).await;
    if wants_application(case) {
        mode = leave_dfu(board, mode, SETTLE).await?;
    }
    if !found.touched && mode == Mode::Application {
        // Nothing has made it start again, and only an application that starts leaves its witness.
        mode = restart(board, SETTLE).await?;
    }
    if let Some(complaint) = board.complaint() {
        return Err(Trouble::Stuck(complaint));
    }
    let after = observe::read(board, way.device, mode)?;
    way.teller.tell(board, after.event());
    let sent: Vec<&Sendable> = packages.values().filter_map(|parcel| parcel.sendable.as_ref()).collect();
    let evidence = Evidence {
        device: way.device,
        flashed: &found.image.application,
        before: &found.before,
        after: &after,
        packages: sent.clone(),
        watchdog_started: starts_watchdog(case),
    };
    let mut checks = evidence.judge(&case.expect);
    let seen = board.seen_on_air();
    if let Some(own) = found.before.address.filter(|_| !seen.is_empty()) {
        // Another bootloader may be built for bonds, or not.
        let same = sent.iter().all(|package| package.bootloader.is_none());
        let bonds = same.then_some(way.device.build.requires_bonds);
        checks.extend(air::judge(&seen, &own, bonds));
    }
    for check in checks {
        way.teller.tell(board, check.event());
        found.findings.extend(Check::finding(check));
    }

    interrupted(way.cancel)?;
    let bootloader = bootloader_now(case, &after, &sent);
    match closing::update(way, bootloader, &after, &found.image.application, sent).await {
        Ok(findings) => found.findings.extend(findings),
        // What was found about the device before must not be hidden by a bench that fails now.
        Err(trouble) if found.findings.is_empty() && found.missed.is_none() => return Err(trouble),
        Err(trouble) => {
            way.teller.tell(board, Event::ClosingUpdate { ok: false, outcome: trouble.to_string() })
        }
    }
    if let Some(log) = board.flash_log() {
        for check in audit::flash(&log, way.device) {
            way.teller.tell(board, check.event());
            found.findings.extend(Check::finding(check));
        }
    }
    Ok(())
}

/// How the bootloader is built that the device has now: the one of a package, once it stands in flash.
fn bootloader_now<'a>(
    case: &'a Case,
    after: &observe::Snapshot,
    sent: &[&'a Sendable],
) -> &'a model::Bootloader {
    let there = |image: &[u8]| after.region("bootloader").starts_with(image);
    let mut new = sent.iter().filter_map(|package| package.bootloader.as_ref());
    new.find(|(image, _)| there(image)).map_or(&case.device.bootloader, |(_, bootloader)| bootloader)
}

struct Found {
    /// What was flashed, and what was there afterwards.
    image: DeviceImage,
    before: observe::Snapshot,
    /// Updates by an external client so far.
    #[cfg(unix)]
    updates: u32,
    missed: Option<Trouble>,
    /// A step has done something to the device.
    touched: bool,
    /// The next step is a reset by the probe.
    reset_follows: bool,
    /// The probe has done that reset already.
    was_reset: bool,
    findings: Vec<Finding>,
}

/// Does one step, and says how it ended.
async fn perform(
    step: &Step,
    way: &Way<'_>,
    packages: &BTreeMap<String, Parcel>,
    options: &RunOptions,
    factory: &Factory,
    found: &mut Found,
) -> Result<String, Trouble> {
    let board = &**way.board;
    Ok(match &step.kind {
        StepKind::Update(update) => {
            let package = packages
                .get(update.package.as_str())
                .ok_or_else(|| Trouble::Internal(format!("no package `{}`", update.package)))?;
            #[cfg(unix)]
            if let Some(client) = &options.client {
                found.touched = true;
                found.updates += 1;
                way.unwatched();
                let (findings, missed, outcome) =
                    external::update(way, client, update, package, found.updates).await?;
                found.missed = found.missed.take().or(missed);
                found.findings.extend(findings);
                return Ok(outcome);
            }
            if let Some(cause) = package.rejected.as_ref().filter(|_| !update.unchecked) {
                // Nothing is asked of the device, not even to leave its application.
                let name = update.package.as_str();
                way.rejected(name, cause);
                found.findings.extend(rejection(cause, &update.expect));
                return Ok(model::Outcome::Rejected.to_string());
            }
            found.touched = true;
            let package = package.contents(update.package.as_str())?;
            let mut armed = faults::arm(&update.faults, board)?;
            let claim = way.send(package, Manner::of(update), Some(&mut armed)).await?;
            // A cut may wait for the activation, which begins when the transfer has ended.
            board.settle(SETTLE).await;
            found.missed = found.missed.take().or(armed.account(board, way.teller));
            found.findings.extend(claim.findings(&update.expect));
            claim.outcome().to_string()
        }
        StepKind::Exchange(exchange) => {
            found.touched = true;
            let findings = exchange::run(way, exchange, packages).await?;
            let outcome = if findings.is_empty() { "as expected" } else { "answered otherwise" };
            found.findings.extend(findings);
            outcome.to_owned()
        }
        StepKind::Walk(step) => {
            found.touched = true;
            let package = packages
                .get(step.package.as_str())
                .ok_or_else(|| Trouble::Internal(format!("no package `{}`", step.package)))?;
            walk::run(way, step, package.contents(step.package.as_str())?).await?
        }
        StepKind::Starts(step) => {
            found.touched = true;
            way.unwatched();
            let findings = starts::run(way, step).await?;
            let outcome = if findings.is_empty() { "as specified" } else { "otherwise" };
            found.findings.extend(findings);
            outcome.to_owned()
        }
        StepKind::Gatt(step) => {
            // Whether the device has started anew depends on what was done, so the witness is asked for at the end.
            found.touched = false;
            way.unwatched();
            let findings = gatt::run(way, step).await?;
            let outcome = if findings.is_empty() { "as expected" } else { "otherwise" };
            found.findings.extend(findings);
            outcome.to_owned()
        }
        StepKind::Reset(kind) => {
            found.touched = true;
            reset::run(board, *kind, &mut found.was_reset).await?;
            way.teller.tell(board, Event::DeviceReset { kind: kind.to_string() });
            format!("{:?}", board.settle(SETTLE).await).to_lowercase()
        }
        StepKind::Cable(what) => {
            // What a device makes of it depends on the device.
            found.touched = false;
            board.disturb_cable(match what {
                Cable::Pulled => CableEvent::Pulled,
                Cable::Break => CableEvent::Break,
            })?;
            board.idle(CABLE).await;
            if *what == Cable::Pulled {
                way.unplugged();
            }
            format!("{:?}", board.settle(SETTLE).await).to_lowercase()
        }
        StepKind::PowerCut(off) => {
            found.touched = true;
            way.teller.tell(board, Event::PowerCut { flash_op: None, address: None, tear: None });
            board.power_cycle(*off).await?;
            way.teller.tell(board, Event::PowerRestored);
            format!("{:?}", board.settle(SETTLE).await).to_lowercase()
        }
        StepKind::Mode(wanted) => {
            let mode = board.settle(SETTLE).await;
            let check = crate::judge::mode(*wanted, mode);
            way.teller.tell(board, check.event());
            let outcome = check.found.clone();
            found.findings.extend(check.finding());
            outcome
        }
        StepKind::Probe(items) => {
            found.touched = true;
            way.unwatched();
            let mut findings = Vec::new();
            for part in items.chunk_by(|a, b| !a.action.is_about_port() && !b.action.is_about_port()) {
                match part.first().map(|item| item.action) {
                    Some(ProbeAction::AccessPort(state)) => findings.extend(lock::look(board, state)?),
                    Some(ProbeAction::Recover(Recovered::Device)) => {
                        (found.image, found.before) =
                            lock::recover(board, way.device, factory, way.teller).await?;
                    }
                    _ => {
                        let (wrong, was_reset) = probed::run(board, way.device, part, found.reset_follows)?;
                        found.was_reset = was_reset;
                        findings.extend(wrong);
                    }
                }
            }
            let outcome = if findings.is_empty() { "as expected" } else { "otherwise" };
            found.findings.extend(findings);
            outcome.to_owned()
        }
        StepKind::Wait(span) => {
            board.idle(*span).await;
            "waited".to_owned()
        }
    })
}

/// Whether the case ends in an application, so that a device which waits in DFU mode has to be sent back to it.
fn wants_application(case: &Case) -> bool {
    case.expect.mode != Some(gauntlet_scenario::model::Mode::Dfu)
        && !matches!(
            case.expect.application,
            Some(ExpectedApplication::None | ExpectedApplication::NotStarted)
        )
}

/// Whether a step starts the watchdog.
fn starts_watchdog(case: &Case) -> bool {
    let starts =
        |items: &[ProbeItem]| items.iter().any(|item| matches!(item.action, ProbeAction::Watchdog { .. }));
    case.steps.iter().any(|step| matches!(&step.kind, StepKind::Probe(items) if starts(items)))
}

fn words(step: &Step) -> String {
    match &step.kind {
        StepKind::Update(update) => format!("update with {} over {}", update.package, update.link),
        StepKind::Exchange(exchange) => {
            format!("{} raw requests over {}", exchange.items.len(), exchange.link)
        }
        StepKind::Walk(walk) => {
            format!("{} requests of the walk {} over {}", walk.requests, walk.seed, walk.link)
        }
        StepKind::Starts(step) => format!("{} starts of the seed {}", step.starts, step.seed),
        StepKind::Gatt(step) => format!("{} actions of a central", step.items.len()),
        StepKind::Reset(kind) => format!("reset ({kind})"),
        StepKind::Cable(what) => format!("cable ({what})"),
        StepKind::PowerCut(off) => format!("power off for {off:?}"),
        StepKind::Wait(span) => format!("wait for {span:?}"),
        StepKind::Probe(items) => format!("{} actions of the probe", items.len()),
        StepKind::Mode(mode) => format!("look whether it is in the mode {mode}"),
    }
}

fn interrupted(cancel: &Cancel) -> Result<(), Trouble> {
    if cancel.is_cancelled() { Err(Trouble::Interrupted) } else { Ok(()) }
}
