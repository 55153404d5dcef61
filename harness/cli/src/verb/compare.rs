//! `gauntlet compare`: runs of the same cases, held against each other.

use std::fs;
use std::path::{Path, PathBuf};

use gauntlet_record::{ExitCode, WriteError};
use gauntlet_reports::compare::{CompareOptions, ComparedRun, Comparison, Incomparable};
use gauntlet_reports::{comparison_page, write_atomically};

use crate::args::CompareArgs;
use crate::display::{Look, matrix, tame};
use crate::failure::Failure;
use crate::output;

/// The journal in a folder of reports.
pub(super) const JOURNAL: &str = "run.jsonl";

pub(super) fn compare(args: &CompareArgs) -> Result<ExitCode, Failure> {
    let journals: Vec<PathBuf> =
        args.runs.iter().map(|run| journals(run)).collect::<Result<Vec<_>, _>>()?.concat();
    let comparison = of(&journals, &args.how.options(args.any_seed))?;
    let to_stdout = args.json.as_deref() == Some(Path::new("-"));
    if !to_stdout {
        show(&comparison)?;
    }
    if let Some(path) = &args.json {
        write_json(&comparison, path)?;
    }
    if let Some(path) = &args.html {
        write_html(&comparison, path)?;
    }
    Ok(comparison.exit_code())
}

/// Compares the runs of these journals.
pub(super) fn of(journals: &[PathBuf], options: &CompareOptions) -> Result<Comparison, Failure> {
    let runs = journals.iter().map(ComparedRun::read).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    Comparison::of(&runs, options).map_err(refused)
}

/// Prints the table: it is what was asked for.
pub(super) fn show(comparison: &Comparison) -> Result<(), Failure> {
    output::print(&matrix::text(comparison, &Look::of_stdout()))
}

/// Writes the comparison as JSON; `-` is stdout.
pub(super) fn write_json(comparison: &Comparison, path: &Path) -> Result<(), Failure> {
    let wrong = |source| Failure::Write(WriteError::new("JSON comparison", path, source));
    let json = comparison.json().map_err(|error| wrong(error.into()))?;
    if path == Path::new("-") {
        return output::print(&json);
    }
    write_atomically(path, json.as_bytes()).map_err(wrong)
}

/// Writes the comparison as a page.
pub(super) fn write_html(comparison: &Comparison, path: &Path) -> Result<(), Failure> {
    write_atomically(path, comparison_page(comparison).as_bytes())
        .map_err(|source| Failure::Write(WriteError::new("HTML comparison", path, source)))
}

/// The journals that a path stands for, the run that began first in front.
fn journals(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    if path.join(JOURNAL).is_file() {
        return Ok(vec![path.join(JOURNAL)]);
    }
    let unreadable = |source: std::io::Error| Failure::File { path: path.to_owned(), source: source.into() };
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let journal = entry.map_err(unreadable)?.path().join(JOURNAL);
        if journal.is_file() {
            let began = ComparedRun::read(&journal).map_err(refused)?.began_unix_ms;
            found.push((began, journal));
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::Usage {
            what: format!("there is no run in `{}`", tame(&path.display().to_string())),
            advice: format!(
                "a run leaves {JOURNAL} in its report folder; `gauntlet run --report-dir DIR` chooses the folder"
            ),
        });
    }
    Ok(found.into_iter().map(|(_, journal)| journal).collect())
}

/// What can't be compared, and what to do.
fn refused(cause: Incomparable) -> Failure {
    let advice = match &cause {
        Incomparable::NotAJournal { .. } => {
            "give report folders of `gauntlet run`, or the run.jsonl in them; an empty one is of a run that was killed at its start"
        }
        Incomparable::Journal { .. } => {
            "give report folders of `gauntlet run`, or the run.jsonl in them; one that is there is damaged, and its cases have to be run again"
        }
        Incomparable::OnlyOne { .. } => {
            "give two or more runs, or the folder of one over several backends: `gauntlet run --link direct,dongle`"
        }
        Incomparable::Twice { .. } => {
            "give two different runs; a second `gauntlet run` needs a --report-dir of its own"
        }
        Incomparable::Seeds { .. } => {
            "run both with the same --seed, or pass --any-seed if the difference does not matter"
        }
        Incomparable::NothingInCommon { .. } => "give runs of the same cases",
        Incomparable::NoBaseline { .. } => "--baseline takes one of these names",
    };
    let is_file = matches!(cause, Incomparable::NotAJournal { .. } | Incomparable::Journal { .. });
    let advice = advice.to_owned();
    if is_file {
        return Failure::Incomparable { cause, advice };
    }
    Failure::Usage { what: tame(&cause.to_string()), advice }
}
