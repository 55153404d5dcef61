//! Runs of the same cases over several backends, held against each other.
//!
//! [`Comparison::of`] takes runs that were read from their journals, live or left by killed ones. Everything that is shown
//! of it, on the terminal, as JSON or as a page, is in the [`Comparison`].

mod error;
mod figures;
mod metric;
mod run;

use std::path::PathBuf;

use gauntlet_record::{CaseId, Counts, ExitCode, Millis};
use serde::Serialize;

pub use error::Incomparable;
pub(crate) use figures::Gathering;
pub use figures::{Figures, Times};
pub use metric::{BadThreshold, Clock, Metric, Slack, Threshold};
pub use run::{ComparedRun, Ended, RunState};

/// How runs are compared.
#[derive(Debug, Clone, Default)]
pub struct CompareOptions {
    /// Name of the run that the others are held against; the first without.
    pub baseline: Option<String>,
    /// How much worse than the baseline the others may be.
    pub thresholds: Vec<Threshold>,
    /// Different verdicts are shown and are no reason to fail.
    pub allow_verdicts: bool,
    /// Runs of different seeds are compared, too.
    pub any_seed: bool,
    /// Which clock throughput and time to the first byte are told by.
    pub clock: Clock,
}

/// Runs held against each other.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The clock of throughput and time to the first byte.
    pub clock: Clock,
    /// Which of the runs is the baseline, from 0.
    pub baseline: usize,
    /// The runs, in the order in which they were given.
    pub runs: Vec<Column>,
    /// The cases, in the order of the plan.
    pub cases: Vec<Row>,
    /// What should be known before anything is concluded.
    pub notes: Vec<String>,
    /// What was allowed.
    pub thresholds: Vec<Threshold>,
    /// What is worse than allowed.
    pub exceeded: Vec<Exceeded>,
    /// Cases whose verdicts differ.
    pub different_verdicts: usize,
    /// Different verdicts are no reason to fail.
    pub verdicts_allowed: bool,
}

/// A run as a column.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// The name by which it is told from the others: its backend, with more behind it when two have the same.
    pub name: String,
    /// Its backend, or the short name of an external tool.
    pub link: String,
    /// Its journal.
    pub journal: PathBuf,
    /// Version of Gauntlet that made it.
    pub gauntlet: String,
    /// Its seed.
    pub seed: u64,
    /// Its bench.
    pub bench: String,
    /// Whether it came to its end.
    pub state: RunState,
    /// Wall time of the whole run, in milliseconds.
    pub wall_ms: Millis,
    /// How many cases ended how.
    pub counts: Counts,
    /// Figures of all cases that passed or failed, added up; the time to the first byte is the mean.
    pub totals: Totals,
    /// The totals of the cases that baseline and run have in common; nothing for the baseline.
    pub shared: Option<Shared>,
}

/// Figures by name; what was not measured is missing.
pub type Totals = std::collections::BTreeMap<Metric, f64>;

/// Totals of the cases that both have.
#[derive(Debug, Clone, Serialize)]
pub struct Shared {
    /// How many cases these are.
    pub cases: usize,
    /// Of the baseline.
    pub baseline: Totals,
    /// Of the run.
    pub run: Totals,
}

impl Shared {
    /// By how much the run's total is more than the baseline's, as a part of it.
    pub fn change(&self, metric: Metric) -> Option<f64> {
        change(*self.baseline.get(&metric)?, *self.run.get(&metric)?)
    }
}

/// A case as a row.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The case.
    pub id: CaseId,
    /// What it is about.
    pub title: String,
    /// Backends contradict each other.
    pub differs: bool,
    /// How it ended in each run.
    pub cells: Vec<Cell>,
}

/// How a case ended in one run.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// How it ended.
    pub ended: Ended,
    /// Why it is no pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it took; only where it passed or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
}

/// Something that is worse than allowed.
#[derive(Debug, Clone, Serialize)]
pub struct Exceeded {
    /// What was allowed.
    pub threshold: Threshold,
    /// Name of the run.
    pub run: String,
    /// The case; nothing for the totals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The baseline's value, in bytes per second, seconds, bytes or times.
    pub baseline: f64,
    /// The run's.
    pub found: f64,
}

/// By how much `found` is more than `baseline`, as a part of it; nothing when there is no such part.
pub fn change(baseline: f64, found: f64) -> Option<f64> {
    if baseline == found {
        return Some(0.0);
    }
    (baseline != 0.0).then(|| (found - baseline) / baseline)
}

/// A change with its sign: `+4.2%`, `-37%`, and `x12` where something has become many times as much.
pub fn percent(by: f64) -> String {
    match by {
        by if by.abs() < 0.0005 => "±0%".to_owned(),
        by if by >= 9.995 => format!("x{:.0}", by + 1.0),
        by if by.abs() < 0.0995 => format!("{:+.1}%", by * 100.0),
        by => format!("{:+.0}%", by * 100.0),
    }
}

impl Comparison {
    /// Holds the runs against each other.
    ///
    /// # Errors
    /// [`Incomparable`] when that would say nothing.
    pub fn of(runs: &[ComparedRun], options: &CompareOptions) -> Result<Self, Incomparable> {
        error::check(runs, options)?;
        let names = names(runs);
        let baseline = match &options.baseline {
            None => 0,
            Some(wanted) => names
                .iter()
                .position(|name| name == wanted)
                .or_else(|| runs.iter().position(|run| run.link == *wanted))
                .ok_or_else(|| Incomparable::NoBaseline { wanted: wanted.clone(), names: names.clone() })?,
        };
        let ids = ids(runs);
        let cases: Vec<Row> = ids.into_iter().map(|id| row(id, runs)).collect();
        let columns: Vec<Column> = runs
            .iter()
            .zip(names)
            .enumerate()
            .map(|(at, (run, name))| column(run, name, at, baseline, &cases, options.clock))
            .collect();
        let mut comparison = Self {
            clock: options.clock,
            baseline,
            runs: columns,
            notes: error::notes(runs, &cases),
            different_verdicts: cases.iter().filter(|row| row.differs).count(),
            cases,
            thresholds: options.thresholds.clone(),
            exceeded: Vec::new(),
            verdicts_allowed: options.allow_verdicts,
        };
        comparison.exceeded = comparison.find_exceeded();
        Ok(comparison)
    }

    /// 100 when something is worse than allowed or verdicts differ that must not. What the verdicts are does not count here:
    /// each run has said that already.
    pub fn exit_code(&self) -> ExitCode {
        let differs = self.different_verdicts > 0 && !self.verdicts_allowed;
        if differs || !self.exceeded.is_empty() { ExitCode::Failed } else { ExitCode::Pass }
    }

    /// The comparison as one JSON document.
    ///
    /// # Errors
    /// None that is known; serialisation can't fail for these types.
    pub fn json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(flatten)]
            comparison: &'a Comparison,
            exit_code: u8,
        }
        let document = Document { comparison: self, exit_code: self.exit_code().number() };
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }

    fn find_exceeded(&self) -> Vec<Exceeded> {
        let mut found = Vec::new();
        for &threshold in &self.thresholds {
            for (at, column) in self.runs.iter().enumerate().filter(|(at, _)| *at != self.baseline) {
                let mut judge = |case: Option<&CaseId>, baseline: Option<f64>, value: Option<f64>| {
                    let (Some(baseline), Some(value)) = (baseline, value) else { return };
                    if threshold.is_exceeded(baseline, value) {
                        let (run, case) = (column.name.clone(), case.cloned());
                        found.push(Exceeded { threshold, run, case, baseline, found: value });
                    }
                };
                if threshold.total {
                    let shared = column.shared.as_ref();
                    let of = |totals: &Totals| totals.get(&threshold.metric).copied();
                    judge(None, shared.and_then(|s| of(&s.baseline)), shared.and_then(|s| of(&s.run)));
                    continue;
                }
                for row in &self.cases {
                    let of = |cell: &Cell| threshold.metric.of(cell.figures.as_ref()?, self.clock);
                    judge(Some(&row.id), of(&row.cells[self.baseline]), of(&row.cells[at]));
                }
            }
        }
        found
    }
}

/// Every case of any run, in the order of the first plan that has it.
fn ids(runs: &[ComparedRun]) -> Vec<CaseId> {
    let mut seen = std::collections::BTreeSet::new();
    let planned = runs.iter().flat_map(|run| &run.planned);
    planned.filter(|id| seen.insert((*id).clone())).cloned().collect()
}

fn row(id: CaseId, runs: &[ComparedRun]) -> Row {
    let case = |run: &ComparedRun| run.cases.get(&id).cloned();
    let title = runs.iter().filter_map(case).map(|case| case.title).find(|title| !title.is_empty());
    let cells: Vec<Cell> = runs
        .iter()
        .map(|run| {
            let (ended, case) = (run.ended(&id), case(run));
            Cell {
                ended,
                reason: case.as_ref().and_then(run::ComparedCase::reason),
                figures: case.filter(|_| ended.has_figures()).map(|case| case.figures().clone()),
            }
        })
        .collect();
    let mut said = cells.iter().map(|cell| cell.ended).filter(|ended| ended.says_something());
    let first = said.next();
    let differs = said.any(|ended| Some(ended) != first);
    Row { id, title: title.unwrap_or_default(), differs, cells }
}

fn column(
    run: &ComparedRun,
    name: String,
    at: usize,
    baseline: usize,
    cases: &[Row],
    clock: Clock,
) -> Column {
    let figures = |at: usize| cases.iter().filter_map(move |row| row.cells[at].figures.as_ref());
    let shared = (at != baseline).then(|| {
        let both: Vec<(&Figures, &Figures)> = cases
            .iter()
            .filter_map(|row| row.cells[baseline].figures.as_ref().zip(row.cells[at].figures.as_ref()))
            .collect();
        Shared {
            cases: both.len(),
            baseline: totals(both.iter().map(|(baseline, _)| *baseline), clock),
            run: totals(both.iter().map(|(_, run)| *run), clock),
        }
    });
    Column {
        name,
        link: run.link.clone(),
        journal: run.journal.clone(),
        gauntlet: run.gauntlet.clone(),
        seed: run.seed,
        bench: run.bench.clone(),
        state: run.state,
        wall_ms: run.wall,
        counts: run.counts(),
        totals: totals(figures(at), clock),
        shared,
    }
}

/// Sums, and of the time to the first byte the mean. Throughput is all bytes by all of the time.
fn totals<'a>(figures: impl Iterator<Item = &'a Figures>, clock: Clock) -> Totals {
    let (mut sum, mut first, mut cpu) = (Figures::default(), [Vec::new(), Vec::new()], None);
    let mut any = false;
    for one in figures {
        any = true;
        sum.updates += one.updates;
        sum.bytes += one.bytes;
        sum.resent += one.resent;
        sum.reconnects += one.reconnects;
        for (sum, one) in [(&mut sum.device, &one.device), (&mut sum.wall, &one.wall)] {
            sum.sending_ms = sum.sending_ms + one.sending_ms;
            sum.case_ms = sum.case_ms + one.case_ms;
        }
        first[0].extend(one.device.first_byte_ms);
        first[1].extend(one.wall.first_byte_ms);
        cpu = one.cpu_ms.map_or(cpu, |more| Some(cpu.unwrap_or(Millis::ZERO) + more));
    }
    if !any {
        return Totals::new();
    }
    let mean = |times: &[Millis]| {
        let sum: u64 = times.iter().map(|time| time.as_micros()).sum();
        sum.checked_div(times.len() as u64).map(Millis::from_micros)
    };
    sum.cpu_ms = cpu;
    (sum.device.first_byte_ms, sum.wall.first_byte_ms) = (mean(&first[0]), mean(&first[1]));
    Metric::ALL.into_iter().filter_map(|metric| Some((metric, metric.of(&sum, clock)?))).collect()
}

/// Names by which the runs are told from each other: the backend; where two have the same, with their folder, or else with
/// a number.
fn names(runs: &[ComparedRun]) -> Vec<String> {
    let folder = |run: &ComparedRun| {
        let folder = run.journal.parent().and_then(|folder| folder.file_name());
        folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let name = |at: usize, run: &ComparedRun| {
        let same: Vec<usize> = (0..runs.len()).filter(|other| runs[*other].link == run.link).collect();
        if same.len() == 1 {
            return run.link.clone();
        }
        let own = folder(run);
        let is_own =
            !own.is_empty() && same.iter().filter(|other| folder(&runs[**other]) == own).count() == 1;
        let number = same.iter().position(|other| *other == at).map_or(1, |place| place + 1);
        if is_own { format!("{}@{own}", run.link) } else { format!("{}#{number}", run.link) }
    };
    runs.iter().enumerate().map(|(at, run)| name(at, run)).collect()
}
