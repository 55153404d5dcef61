//! Why runs can't be compared, and what should be known where they can.

use std::path::PathBuf;

use gauntlet_record::JournalError;

use super::{CompareOptions, ComparedRun, Ended, Row, RunState};

/// Why runs can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum Incomparable {
    /// It is no journal, or none of a run.
    #[error("{} is not the journal of a run", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
        /// What is wrong with its first line, if it has one.
        #[source]
        source: Option<JournalError>,
    },
    /// The journal can't be read.
    #[error("a run can't be read")]
    Journal {
        /// Why.
        #[source]
        source: JournalError,
    },
    /// There are not two.
    #[error("there is only one run: {}", path.display())]
    OnlyOne {
        /// Its journal.
        path: PathBuf,
    },
    /// The same journal was given twice.
    #[error("the run {} is given twice", path.display())]
    Twice {
        /// The journal.
        path: PathBuf,
    },
    /// What chance decided was not the same.
    #[error("the runs have different seeds: {}", told(seeds))]
    Seeds {
        /// Each journal and its seed.
        seeds: Vec<(PathBuf, u64)>,
    },
    /// They have tested different things.
    #[error("{} and {} have no case in common", first.display(), second.display())]
    NothingInCommon {
        /// A journal.
        first: PathBuf,
        /// Another one.
        second: PathBuf,
    },
    /// The baseline is none of the runs.
    #[error("there is no run `{wanted}` to be the baseline; there are {}", names.join(", "))]
    NoBaseline {
        /// What was asked for.
        wanted: String,
        /// What there is.
        names: Vec<String>,
    },
}

fn told(seeds: &[(PathBuf, u64)]) -> String {
    let told: Vec<String> =
        seeds.iter().map(|(path, seed)| format!("{seed} in {}", path.display())).collect();
    told.join(", ")
}

/// Finds out whether comparing says anything.
pub(super) fn check(runs: &[ComparedRun], options: &CompareOptions) -> Result<(), Incomparable> {
    let [first, others @ ..] = runs else {
        return Err(Incomparable::OnlyOne { path: PathBuf::new() });
    };
    if others.is_empty() {
        return Err(Incomparable::OnlyOne { path: first.journal.clone() });
    }
    for (at, run) in runs.iter().enumerate() {
        if runs[..at].iter().any(|before| before.journal == run.journal) {
            return Err(Incomparable::Twice { path: run.journal.clone() });
        }
    }
    if !options.any_seed && others.iter().any(|run| run.seed != first.seed) {
        let seeds = runs.iter().map(|run| (run.journal.clone(), run.seed)).collect();
        return Err(Incomparable::Seeds { seeds });
    }
    for run in others {
        if !run.cases.keys().any(|id| first.cases.contains_key(id)) {
            let (first, second) = (first.journal.clone(), run.journal.clone());
            return Err(Incomparable::NothingInCommon { first, second });
        }
    }
    Ok(())
}

/// What should be known before anything is concluded.
pub(super) fn notes(runs: &[ComparedRun], cases: &[Row]) -> Vec<String> {
    let mut notes = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let open =
            cases.iter().filter(|row| matches!(row.cells[at].ended, Ended::NotRun | Ended::CutShort)).count();
        let how = match run.state {
            RunState::Finished => continue,
            RunState::Interrupted => "was interrupted",
            RunState::Killed => "has no end (it was killed, or is still running)",
        };
        let path = run.journal.display();
        notes.push(format!(
            "{path} {how}: compared as far as it went, without a verdict for {open} of its cases"
        ));
    }
    for run in runs.iter().filter(|run| run.client.is_some()) {
        let name = &run.link;
        notes.push(format!(
            "the port of {name} has no line speed, so that its throughput is that of client and device alone"
        ));
    }
    let skipped = |at: usize| cases.iter().filter(|row| row.cells[at].ended == Ended::Skipped).count();
    if (0..runs.len()).any(|at| skipped(at) != skipped(0)) {
        let told = "figures of all cases are over those that a backend could run, changes over those that both could";
        notes.push(told.to_owned());
    }
    let partial = cases.iter().filter(|row| row.cells.iter().any(|cell| cell.ended == Ended::Absent)).count();
    if partial > 0 {
        notes.push(format!("{partial} of {} cases were not planned in every run", cases.len()));
    }
    let mut differing = |what: &str, of: &dyn Fn(&ComparedRun) -> String| {
        if runs.iter().any(|run| of(run) != of(&runs[0])) {
            let values: Vec<String> = runs.iter().map(of).collect();
            notes.push(format!("the runs differ in their {what}: {}", values.join(", ")));
        }
    };
    differing("seed", &|run| run.seed.to_string());
    differing("version of gauntlet", &|run| run.gauntlet.clone());
    differing("bench", &|run| run.bench.clone());
    differing("planted bug", &|run| run.planted_bug.clone().unwrap_or_else(|| "none".to_owned()));
    notes
}
