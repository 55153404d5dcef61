//! A sweep of power cuts over an update of firmware in the chip: power fails at every flash operation, in every declared
//! state, the device is booted cold from what flash then holds, and must find its way back. What `gauntlet cuts` does.

mod device;
mod found;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::mpsc::{self, Sender};
use std::thread;

use gauntlet_bench::sweep::{Chip, ColdBoot, Sweep, Tears};
use gauntlet_bench::{Bench, BoardError, Capability, Target};
use gauntlet_package::Image;

use crate::attempt::runtime;
use crate::run::Stopper;
use crate::trouble::Trouble;

use device::{Recorded, recorded, update_behind};
use found::Seen;
pub use found::{BadState, CutsEnd, Ending};

/// How a sweep is made.
#[derive(Debug, Clone)]
pub struct CutsOptions {
    /// What every choice of chance is derived from.
    pub seed: u64,
    /// The states that a cut may leave.
    pub tears: Tears,
    /// Flash operations of the update, from 0; what lies behind the last one is left out.
    pub operations: Range<usize>,
    /// Only each so manieth of them; at least 1.
    pub every: usize,
    /// So many states of each good ending also have to take a clean update, spread over the operations.
    pub updates: usize,
    /// Threads; at least 1.
    pub jobs: usize,
    /// The application that is sent; one of 8 KiB is made without.
    pub package: Option<Image>,
    /// DFU mode is a good ending although the update is stored beside the previous application.
    pub may_lose_application: bool,
    /// Ends the sweep early.
    pub stopper: Stopper,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutsProgress {
    /// The update without a cut is recorded.
    Recording,
    /// States are booted.
    Sweeping {
        /// Operations done.
        done: usize,
        /// Operations in all.
        of: usize,
    },
    /// Devices that have found their way back are updated.
    Updating {
        /// Which one, from 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
}

/// Sweeps over one update of the target of `bench`.
///
/// # Errors
/// [`Trouble`] when the update fails without any cut, and on a bench that can't sweep; never because of what a cut does.
pub fn cuts(
    bench: &dyn Bench,
    target: &Target,
    options: &CutsOptions,
    progress: &mut dyn FnMut(CutsProgress),
) -> Result<CutsEnd, Trouble> {
    if !bench.capabilities().contains(&Capability::CutSweep) {
        return Err(BoardError::Impossible("be swept: its states can't be booted one by one").into());
    }
    let run = runtime(bench).map_err(|error| Trouble::Internal(error.to_string()))?;
    progress(CutsProgress::Recording);
    let recorded = run.block_on(recorded(bench, target, options))?;
    let operations = recorded.sweep.ops().len();
    let swept = options.operations.start.min(operations)..options.operations.end.min(operations);
    let sweep = recorded.sweep.clone().within(swept.clone());
    let first = sweep.ops().first().map_or(0, |op| op.n);
    let seen = booted(&sweep, swept.len(), &recorded, options, progress);

    let keeps_application = recorded.keeps_application && !options.may_lose_application;
    let mut end = CutsEnd { operations, swept, keeps_application, ..CutsEnd::default() };
    for state in &seen {
        *end.endings.entry(state.ending).or_default() += 1;
        if !state.ending.is_good(keeps_application) {
            end.bad.push(state.bad(first, None));
        }
    }
    // Without a key nobody can make an update for it.
    let samples = if target.firmware.key.is_some() { options.updates } else { 0 };
    let samples = samples_of(&seen, keeps_application, samples);
    for (number, state) in samples.iter().enumerate() {
        if options.stopper.is_stopped() {
            break;
        }
        progress(CutsProgress::Updating { number: number + 1, of: samples.len() });
        let Some(chip) = again(&recorded.sweep, state, first, &options.tears) else { continue };
        // A runtime of its own: its clock stands at the device's, and every device is at another time.
        let run = runtime(bench).map_err(|error| Trouble::Internal(error.to_string()))?;
        match run.block_on(update_behind(bench, &recorded.device, chip, options)) {
            Err(Trouble::Interrupted) => break,
            Err(trouble) => return Err(trouble),
            Ok(wrong) => {
                end.updates += 1;
                end.bad.extend(wrong.map(|wrong| state.bad(first, Some(wrong))));
            }
        }
    }
    end.bad.sort_by_key(|bad| bad.operation);
    end.interrupted = options.stopper.is_stopped();
    Ok(end)
}

/// Boots every state, on several threads; in the order of the operations.
fn booted(
    sweep: &Sweep,
    operations: usize,
    recorded: &Recorded,
    options: &CutsOptions,
    progress: &mut dyn FnMut(CutsProgress),
) -> Vec<Seen> {
    let (jobs, every) = (options.jobs.max(1), options.every.max(1));
    let of = operations.div_ceil(every);
    let mut seen = Vec::new();
    thread::scope(|scope| {
        let (sender, states) = mpsc::channel();
        for worker in 0..jobs {
            let part = sweep.clone().shard(worker * every, jobs * every);
            let sender = sender.clone();
            scope.spawn(move || boot_part(&part, recorded, options, &sender));
        }
        drop(sender);
        let mut done = 0;
        for state in states {
            let state: Seen = state;
            // Every operation begins with the state before it.
            if state.boot.tear == gauntlet_bench::sweep::SweptTear::Before {
                done += 1;
                progress(CutsProgress::Sweeping { done, of });
            }
            seen.push(state);
        }
    });
    // Stable: the states of one operation stay in their order.
    seen.sort_by_key(|state| state.boot.op);
    seen
}

fn boot_part(part: &Sweep, recorded: &Recorded, options: &CutsOptions, sender: &Sender<Seen>) {
    // A state that came up before is not booted again, so what it came to is remembered here.
    let mut known: HashMap<u64, Ending> = HashMap::new();
    part.run(&options.tears, |boot: &ColdBoot, chip| {
        let ending = match chip {
            Some(chip) => Ending::of(boot.landing, || recorded.application(&chip.flash())),
            None => known.get(&boot.digest).copied().unwrap_or(Ending::Stuck),
        };
        known.insert(boot.digest, ending);
        let heard = sender.send(Seen { boot: *boot, ending }).is_ok();
        heard && !options.stopper.is_stopped()
    });
}

/// So many states of every good ending, spread evenly.
fn samples_of(seen: &[Seen], keeps_application: bool, count: usize) -> Vec<Seen> {
    let mut samples = Vec::new();
    for ending in [Ending::Previous, Ending::Dfu, Ending::New] {
        let is_meant = |state: &&Seen| state.ending == ending && ending.is_good(keeps_application);
        let states: Vec<&Seen> = seen.iter().filter(is_meant).collect();
        let wanted = count.min(states.len());
        samples.extend((0..wanted).map(|number| *states[number * states.len() / wanted]));
    }
    samples
}

/// The device as it stands after it was booted from this state once more.
fn again(sweep: &Sweep, state: &Seen, first: u64, tears: &Tears) -> Option<Chip> {
    let index = usize::try_from(state.boot.op - first).ok()?;
    let mut found = None;
    sweep.clone().within(index..index + 1).run(tears, |boot, chip| {
        if boot.digest == state.boot.digest {
            found = chip.map(|chip| chip.clone());
        }
        found.is_none()
    });
    found
}
