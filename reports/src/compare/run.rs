//! One run that is compared, read from its journal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gauntlet_record::{CaseId, Counts, Event, Finding, Journal, JournalError, Millis, Record, Verdict};
use serde::Serialize;

use super::figures::Gathering;
use super::{Figures, Incomparable};

/// One run that is compared.
#[derive(Debug, Clone)]
pub struct ComparedRun {
    /// Its journal.
    pub journal: PathBuf,
    /// The backend, or the short name of the external tool.
    pub link: String,
    /// Version of Gauntlet that made it.
    pub gauntlet: String,
    /// Its seed.
    pub seed: u64,
    /// Its bench.
    pub bench: String,
    /// The command of the program that was the client, if it was not the project's own.
    pub client: Option<String>,
    /// The bug planted on purpose, if any.
    pub planted_bug: Option<String>,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub began_unix_ms: Option<u64>,
    /// Whether it came to its end.
    pub state: RunState,
    /// Wall time of it.
    pub wall: Millis,
    /// What was planned, in order.
    pub(super) planned: Vec<CaseId>,
    pub(super) cases: BTreeMap<CaseId, ComparedCase>,
}

/// Whether a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It did.
    Finished,
    /// The user stopped it.
    Interrupted,
    /// It was killed: its journal has no end.
    Killed,
}

/// How a case ended on one backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It passed.
    Pass,
    /// It failed.
    Fail,
    /// It ended with an error.
    Error,
    /// It was skipped.
    Skipped,
    /// It has begun and has no verdict.
    CutShort,
    /// It was planned and has not begun.
    NotRun,
    /// It was not planned.
    Absent,
}

impl Ended {
    /// In one word of capitals.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Error => "ERROR",
            Self::Skipped => "SKIP",
            Self::CutShort => "CUT",
            Self::NotRun | Self::Absent => "-",
        }
    }

    /// It says something about the device or the backend.
    pub const fn says_something(self) -> bool {
        matches!(self, Self::Pass | Self::Fail | Self::Error)
    }

    /// What it took means something.
    pub const fn has_figures(self) -> bool {
        matches!(self, Self::Pass | Self::Fail)
    }
}

/// A case of one run.
#[derive(Debug, Clone, Default)]
pub(super) struct ComparedCase {
    pub(super) title: String,
    pub(super) begun: bool,
    pub(super) verdict: Option<Verdict>,
    gathering: Gathering,
}

impl ComparedCase {
    pub(super) fn ended(&self) -> Ended {
        match &self.verdict {
            Some(Verdict::Pass) => Ended::Pass,
            Some(Verdict::Fail(_)) => Ended::Fail,
            Some(Verdict::Error(_)) => Ended::Error,
            Some(Verdict::Skipped { .. }) => Ended::Skipped,
            None if self.begun => Ended::CutShort,
            None => Ended::NotRun,
        }
    }

    /// Why it is no pass, in one line.
    pub(super) fn reason(&self) -> Option<String> {
        match self.verdict.as_ref()? {
            Verdict::Pass => None,
            Verdict::Fail(findings) => {
                let first = findings.first().map_or_else(|| "failed".to_owned(), Finding::to_string);
                let more = findings.len().saturating_sub(1);
                Some(if more > 0 { format!("{first}; and {more} more") } else { first })
            }
            Verdict::Error(report) => {
                let causes: String = report.causes.iter().map(|cause| format!(": {cause}")).collect();
                Some(format!("{}: {}{causes}", report.class, report.message))
            }
            Verdict::Skipped { reason } => Some(reason.clone()),
        }
    }

    pub(super) fn figures(&self) -> &Figures {
        self.gathering.figures()
    }
}

impl ComparedRun {
    /// Reads the journal of a run. One that was killed is read as far as it goes.
    ///
    /// # Errors
    /// [`Incomparable`] when it is no journal of a run.
    pub fn read(journal: impl Into<PathBuf>) -> Result<Self, Incomparable> {
        let path = journal.into();
        let journal = Journal::read(&path).map_err(|error| match error {
            JournalError::BadLine { line: 1, .. } | JournalError::OutOfOrder { line: 1, .. } => {
                Incomparable::NotAJournal { path: path.clone(), source: Some(error) }
            }
            error => Incomparable::Journal { source: error },
        })?;
        Self::of(&path, &journal.records).ok_or(Incomparable::NotAJournal { path, source: None })
    }

    /// From the records of a run; nothing when they do not begin with the start of one.
    pub fn of(path: &Path, records: &[Record]) -> Option<Self> {
        let (first, rest) = records.split_first()?;
        let Event::RunStarted { gauntlet, seed, bench, planned, planted_bug, link, client, .. } =
            &first.event
        else {
            return None;
        };
        let mut run = Self {
            journal: path.to_owned(),
            link: link.clone(),
            gauntlet: gauntlet.clone(),
            seed: *seed,
            bench: bench.clone(),
            client: client.clone(),
            planted_bug: planted_bug.clone(),
            began_unix_ms: first.wall.began_unix_ms,
            state: RunState::Killed,
            wall: Millis::ZERO,
            planned: planned.clone(),
            cases: planned.iter().map(|id| (id.clone(), ComparedCase::default())).collect(),
        };
        rest.iter().for_each(|record| run.see(record));
        Some(run)
    }

    fn see(&mut self, record: &Record) {
        self.wall = self.wall.max(record.wall.ms);
        if let Event::RunFinished { interrupted, .. } = record.event {
            self.state = if interrupted { RunState::Interrupted } else { RunState::Finished };
        }
        let Some(id) = &record.case else { return };
        if !self.cases.contains_key(id) {
            self.planned.push(id.clone());
        }
        let case = self.cases.entry(id.clone()).or_default();
        case.begun = true;
        case.gathering.see(record);
        match &record.event {
            Event::CaseStarted { title, .. } => case.title.clone_from(title),
            Event::CaseFinished { verdict, .. } => case.verdict = Some(verdict.clone()),
            _ => {}
        }
    }

    pub(super) fn ended(&self, id: &CaseId) -> Ended {
        self.cases.get(id).map_or(Ended::Absent, ComparedCase::ended)
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for case in self.cases.values() {
            match &case.verdict {
                Some(verdict) => counts.add(verdict),
                None => counts.not_run += 1,
            }
        }
        counts
    }
}
