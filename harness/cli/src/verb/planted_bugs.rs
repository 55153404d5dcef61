//! `gauntlet run --all-planted-bugs`: the proof that the suite can fail, for every bug that can be planted.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gauntlet_bench::{Bench, PlantedBug};
use gauntlet_record::ExitCode;
use gauntlet_runner::{RunOptions, hunt};
use gauntlet_scenario::Case;

use crate::failure::Failure;
use crate::output;

/// Plants every bug and looks for a case that finds it. `options` says how many at a time, from which seed, and what
/// stops it.
pub(super) fn hunt(bench: &dyn Bench, cases: &[&Case], options: &RunOptions) -> Result<ExitCode, Failure> {
    let sound = hunt::sound(bench, cases, options);
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                while let Some(&bug) = PlantedBug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if options.stopper.is_stopped() {
                        break;
                    }
                    let case = hunt::find(bench, &sound, bug, options.seed);
                    found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((bug, case));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.sort_by_key(|(bug, _)| PlantedBug::ALL.iter().position(|known| known == bug));
    output::print(&text(&found))?;
    if sound.len() < cases.len() && !options.stopper.is_stopped() {
        let left_out = cases.len() - sound.len();
        output::tell(&format!(
            "{left_out} of {} cases do not pass without a bug and were left out\n",
            cases.len()
        ));
    }
    let all = found.iter().filter(|(_, case)| case.is_some()).count() == PlantedBug::ALL.len();
    Ok(match (all, options.stopper.is_stopped()) {
        (true, _) => ExitCode::Pass,
        (false, true) => ExitCode::Interrupted,
        (false, false) => ExitCode::Failed,
    })
}

/// One bug in a line with the case that finds it, and the sum in the last.
fn text(found: &[(PlantedBug, Option<&Case>)]) -> String {
    let width = PlantedBug::ALL.iter().map(|bug| bug.name().len()).max().unwrap_or_default();
    let lines = found.iter().map(|(bug, case)| match case {
        Some(case) => format!("found   {:width$}  by {}\n", bug.name(), case.id),
        None => format!("MISSED  {:width$}  {}\n", bug.name(), bug.description()),
    });
    let text: String = lines.collect();
    let count = found.iter().filter(|(_, case)| case.is_some()).count();
    format!("{text}found {count} of {} planted bugs\n", PlantedBug::ALL.len())
}
