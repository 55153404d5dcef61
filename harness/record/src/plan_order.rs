//! One order of events, however many boards work at the same time.

use std::collections::{BTreeMap, VecDeque};

use crate::{CaseId, Event, Record, Sink, WriteError};

/// Puts the records of cases that ran at the same time into the order of the plan, and numbers them again.
///
/// The case whose turn it is passes through at once; records of later cases wait until every case before them has
/// finished. So the journal of a run does not depend on how many workers it had. A run that is killed loses only the
/// waiting records, which belong to cases that ran beside the first unfinished one.
pub struct PlanOrder<S> {
    inner: S,
    next: u64,
    plan: VecDeque<CaseId>,
    waiting: BTreeMap<CaseId, Vec<Record>>,
}

impl<S: Sink> PlanOrder<S> {
    /// Orders what goes to `inner`. The order is that of [`Event::RunStarted`]; a case that is not planned there goes
    /// through as it comes.
    pub fn new(inner: S) -> Self {
        Self { inner, next: 0, plan: VecDeque::new(), waiting: BTreeMap::new() }
    }

    fn pass(&mut self, mut record: Record) {
        record.seq = self.next;
        self.next += 1;
        self.inner.accept(&record);
    }

    /// Passes `record`, and when it ends its case, all that waited for this.
    fn pass_in_turn(&mut self, record: Record) {
        let ends = matches!(record.event, Event::CaseFinished { .. });
        self.pass(record);
        if !ends {
            return;
        }
        self.plan.pop_front();
        while let Some(case) = self.plan.front() {
            let held = self.waiting.remove(case).unwrap_or_default();
            let finished =
                held.last().is_some_and(|record| matches!(record.event, Event::CaseFinished { .. }));
            held.into_iter().for_each(|record| self.pass(record));
            if !finished {
                break;
            }
            self.plan.pop_front();
        }
    }

    /// Passes everything that still waits, in the order of the plan.
    fn flush(&mut self) {
        for case in std::mem::take(&mut self.plan) {
            let held = self.waiting.remove(&case).unwrap_or_default();
            held.into_iter().for_each(|record| self.pass(record));
        }
    }
}

impl<S: Sink> Sink for PlanOrder<S> {
    fn accept(&mut self, record: &Record) {
        let record = record.clone();
        match (&record.event, &record.case) {
            (Event::RunStarted { planned, .. }, _) => {
                self.plan = planned.iter().cloned().collect();
                self.pass(record);
            }
            (Event::RunFinished { .. }, _) => {
                self.flush();
                self.pass(record);
            }
            (_, Some(case)) if self.plan.front() == Some(case) => self.pass_in_turn(record),
            (_, Some(case)) if self.plan.contains(case) => {
                self.waiting.entry(case.clone()).or_default().push(record);
            }
            _ => self.pass(record),
        }
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        self.flush();
        self.inner.finish()
    }
}
