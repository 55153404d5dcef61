//! What each case did and how it ended, gathered from the events of a run.

use std::collections::BTreeMap;

use gauntlet_record::{CaseId, Event, Millis, Record, RerunCommand, Sink, Verdict};

use crate::compare::{Figures, Gathering};
use crate::story::story_line;

/// The account of a run. Grows with every record and can be asked at any time.
#[derive(Debug, Clone, Default)]
pub struct RunAccount {
    facts: Vec<(&'static str, String)>,
    rerun: RerunCommand,
    began_unix_ms: Option<u64>,
    order: Vec<CaseId>,
    cases: BTreeMap<CaseId, CaseAccount>,
    wall: Millis,
    interrupted: bool,
}

/// The account of one case.
#[derive(Debug, Clone)]
pub struct CaseAccount {
    /// Its id.
    pub id: CaseId,
    /// What the scenario says it is about; empty for a case that never started.
    pub title: String,
    /// The chip and the link, for example `nrf52832, ble`; empty for a case that never started.
    pub place: String,
    /// Requirement ids that it checks.
    pub requirements: Vec<String>,
    /// The scenario's file.
    pub file: Option<String>,
    /// What happened, one line for each key event, with the device time.
    pub story: Vec<String>,
    /// Wall time that it took so far.
    pub wall: Millis,
    /// Device time that it took so far.
    pub device: Millis,
    /// How it ended.
    pub ending: Ending,
    began: Millis,
    gathering: Gathering,
}

/// How a case ended, if it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It was planned and has not started.
    NotStarted,
    /// It has started and has no verdict: it is still running, or the run was killed.
    CutShort,
    /// It has a verdict.
    Verdict(Verdict),
}

impl Ending {
    /// The verdict, when there is one.
    pub fn verdict(&self) -> Option<&Verdict> {
        if let Self::Verdict(verdict) = self { Some(verdict) } else { None }
    }
}

impl RunAccount {
    /// The account of a finished or killed run, from its journal.
    pub fn of_records<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut account = Self::default();
        records.into_iter().for_each(|record| account.accept(record));
        account
    }

    /// Facts of the whole run, as name and value: version, bench, link, seed, chips, planted bug.
    pub fn facts(&self) -> &[(&'static str, String)] {
        &self.facts
    }

    /// How to run one of these cases again.
    pub fn rerun(&self) -> &RerunCommand {
        &self.rerun
    }

    /// When the run began, in milliseconds since 1970-01-01 UTC.
    pub fn began_unix_ms(&self) -> Option<u64> {
        self.began_unix_ms
    }

    /// All cases in the order of the plan; cases that are not in the plan follow in the order in which they started.
    pub fn cases(&self) -> impl Iterator<Item = &CaseAccount> {
        self.order.iter().filter_map(|id| self.cases.get(id))
    }

    /// One case.
    pub fn case(&self, id: &CaseId) -> Option<&CaseAccount> {
        self.cases.get(id)
    }

    /// Wall time of the run so far.
    pub fn wall(&self) -> Millis {
        self.wall
    }

    /// True when the user stopped the run.
    pub fn was_interrupted(&self) -> bool {
        self.interrupted
    }

    fn case_mut(&mut self, id: &CaseId) -> &mut CaseAccount {
        if !self.cases.contains_key(id) {
            self.order.push(id.clone());
        }
        self.cases.entry(id.clone()).or_insert_with(|| CaseAccount::planned(id.clone()))
    }

    fn start(&mut self, event: &Event) {
        let Event::RunStarted { gauntlet, seed, bench, link, chips, planned, planted_bug, .. } = event else {
            return;
        };
        self.facts = vec![
            ("gauntlet", gauntlet.clone()),
            ("bench", bench.clone()),
            ("link", link.clone()),
            ("seed", seed.to_string()),
        ];
        if !chips.is_empty() {
            self.facts.push(("chips", chips.join(", ")));
        }
        self.facts.extend(planted_bug.clone().map(|bug| ("planted-bug", bug)));
        self.rerun = RerunCommand::of_run(event).unwrap_or_default();
        planned.iter().for_each(|id| {
            self.case_mut(id);
        });
    }
}

impl Sink for RunAccount {
    fn accept(&mut self, record: &Record) {
        self.wall = self.wall.max(record.wall.ms);
        self.began_unix_ms = self.began_unix_ms.or(record.wall.began_unix_ms);
        match (&record.event, &record.case) {
            (Event::RunStarted { .. }, _) => self.start(&record.event),
            (Event::RunFinished { interrupted, .. }, _) => self.interrupted = *interrupted,
            (_, Some(id)) => self.case_mut(id).accept(record),
            _ => {}
        }
    }
}

impl CaseAccount {
    fn planned(id: CaseId) -> Self {
        Self {
            id,
            title: String::new(),
            place: String::new(),
            requirements: Vec::new(),
            file: None,
            story: Vec::new(),
            wall: Millis::ZERO,
            device: Millis::ZERO,
            ending: Ending::NotStarted,
            began: Millis::ZERO,
            gathering: Gathering::default(),
        }
    }

    /// What the updates in its steps took.
    pub fn figures(&self) -> &Figures {
        self.gathering.figures()
    }

    fn accept(&mut self, record: &Record) {
        if self.ending == Ending::NotStarted {
            self.ending = Ending::CutShort;
            self.began = record.wall.ms;
        }
        self.wall = record.wall.ms.since(self.began);
        self.gathering.see(record);
        self.device = self.device.max(record.device_ms.unwrap_or_default());
        match &record.event {
            Event::CaseStarted { title, chip, link, requirements, file } => {
                self.title.clone_from(title);
                self.place = format!("{chip}, {link}");
                self.requirements.clone_from(requirements);
                self.file.clone_from(file);
            }
            Event::CaseFinished { verdict, took_ms } => {
                self.ending = Ending::Verdict(verdict.clone());
                self.device = *took_ms;
            }
            event => self.story.extend(story_line(event).map(|line| match record.device_ms {
                Some(at) => format!("{:>10.3} s  {line}", at.as_seconds()),
                None => format!("{:>12}  {line}", ""),
            })),
        }
    }
}
