//! A comparison as text: what differs, what each backend came to, and every case.

use std::fmt::Write as _;

use gauntlet_reports::compare::{Cell, Column, Comparison, Ended, Metric, Row, RunState, change, percent};
use textwrap::core::display_width;

use super::look::{Look, Tone, tame};

/// Columns of the names of figures.
const LABEL: usize = 18;
/// Columns of a figure, its unit and its change, with a gap behind.
const FIGURE: usize = 19;
/// Columns of a verdict; with its throughput; and with the change, too. Each with a gap in front.
const CELLS: [usize; 3] = [24, 17, 7];
/// Columns that text has when nobody says how wide the terminal is.
const WIDTH: usize = 100;
/// So many different verdicts are told with their reasons.
const AT_ONCE: usize = 12;
/// A case's id gets at least this many.
const ID: usize = 24;

/// The comparison as text.
pub(crate) fn text(comparison: &Comparison, look: &Look) -> String {
    let mut text = heading(comparison, look);
    differences(&mut text, comparison, look);
    exceeded(&mut text, comparison, look);
    figures(&mut text, comparison, look);
    cases(&mut text, comparison, look);
    closing(&mut text, comparison, look);
    text
}

fn heading(comparison: &Comparison, look: &Look) -> String {
    let count = comparison.cases.len();
    let cases =
        format!("{count} case{} over {} backends", if count == 1 { "" } else { "s" }, comparison.runs.len());
    let seed = comparison.runs.first().map(|run| run.seed).unwrap_or_default();
    let clock = comparison.clock.word();
    let mut text = format!("  {}   seed {seed}   rates in {clock} time\n", look.paint(Tone::Strong, cases));
    for note in &comparison.notes {
        paragraph(&mut text, &format!("note: {note}"), Tone::Skip, 2, look);
    }
    text
}

/// The cases about which the backends contradict each other, with what each has to say.
fn differences(text: &mut String, comparison: &Comparison, look: &Look) {
    let differing = comparison.cases.iter().filter(|row| row.differs);
    for row in differing.take(AT_ONCE) {
        let _ = writeln!(text, "\n  {} {}", look.paint(Tone::Fail, "different verdicts:"), row.id);
        for (cell, run) in row.cells.iter().zip(&comparison.runs) {
            let why = cell.reason.as_deref().unwrap_or_default();
            let _ = writeln!(
                text,
                "    {:<5} {}",
                look.paint(tone(cell.ended), word(cell.ended)),
                tame(&run.name)
            );
            if !why.is_empty() && cell.ended.says_something() {
                paragraph(text, why, Tone::Faint, 10, look);
            }
        }
    }
}

fn exceeded(text: &mut String, comparison: &Comparison, look: &Look) {
    if let Some(more) = comparison.different_verdicts.checked_sub(AT_ONCE).filter(|more| *more > 0) {
        let more = format!("and {more} more, marked with * below");
        let _ = writeln!(text, "\n  {}", look.paint(Tone::Fail, more));
    }
    if comparison.exceeded.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n  {}", look.paint(Tone::Fail, "worse than allowed:"));
    for found in &comparison.exceeded {
        let metric = found.threshold.metric;
        let by =
            change(found.baseline, found.found).map(|by| format!(" ({})", percent(by))).unwrap_or_default();
        let case = found.case.as_ref().map_or_else(|| "all cases together".to_owned(), ToString::to_string);
        let line = format!(
            "{}: {} {} instead of {}{by}; allowed is {}",
            found.run,
            metric.title(),
            metric.show(found.found),
            metric.show(found.baseline),
            found.threshold
        );
        let _ = writeln!(text, "    {case}");
        paragraph(text, &line, Tone::Faint, 6, look);
    }
}

/// A row for each figure, a column for each backend; as many blocks of columns as the width asks for.
fn figures(text: &mut String, comparison: &Comparison, look: &Look) {
    let at_once = ((look.width.unwrap_or(WIDTH).saturating_sub(2 + LABEL)) / FIGURE).max(1);
    let columns: Vec<usize> = (0..comparison.runs.len()).collect();
    for block in columns.chunks(at_once) {
        let mut names = String::new();
        for &at in block {
            let _ = write!(names, "{:<FIGURE$}", short(&tame(&comparison.runs[at].name), FIGURE - 2));
        }
        let _ = writeln!(text, "\n  {:LABEL$}{}", "", look.paint(Tone::Strong, names.trim_end()));
        for (label, count) in counts() {
            let values: Vec<u64> = block.iter().map(|at| count(&comparison.runs[*at])).collect();
            let is_told = label == "passed" || comparison.runs.iter().any(|run| count(run) > 0);
            if is_told {
                let values = values.iter().map(|value| (value.to_string(), None));
                line(text, label, values, look);
            }
        }
        for metric in Metric::ALL {
            if !comparison.runs.iter().any(|run| run.totals.contains_key(&metric)) {
                continue;
            }
            let values = block.iter().map(|at| {
                let run = &comparison.runs[*at];
                let value =
                    run.totals.get(&metric).map_or_else(|| "-".to_owned(), |value| metric.show(*value));
                let by = run.shared.as_ref().and_then(|shared| shared.change(metric));
                (value, by.map(|by| (metric, by)))
            });
            line(text, metric.title(), values.collect::<Vec<_>>(), look);
        }
    }
}

type Count = fn(&Column) -> u64;

fn counts() -> [(&'static str, Count); 5] {
    [
        ("passed", |run| run.counts.passed),
        ("failed", |run| run.counts.failed),
        ("errors", |run| run.counts.errors),
        ("skipped", |run| run.counts.skipped),
        ("without verdict", |run| run.counts.not_run),
    ]
}

fn line(
    text: &mut String,
    label: &str,
    values: impl IntoIterator<Item = (String, Option<(Metric, f64)>)>,
    look: &Look,
) {
    let mut line = format!("  {:<LABEL$}", look.paint(Tone::Faint, label));
    for (value, by) in values {
        let _ = write!(line, "{value:<10} ");
        match by {
            Some((metric, by)) => {
                let _ = write!(line, "{:<8}", look.paint(change_tone(metric, by), percent(by)));
            }
            None => line.push_str("        "),
        }
    }
    let _ = writeln!(text, "{}", line.trim_end());
}

/// Every case, with how it ended on each backend, and its throughput where there is room.
fn cases(text: &mut String, comparison: &Comparison, look: &Look) {
    let longest = comparison.cases.iter().map(|row| display_width(row.id.as_str())).max().unwrap_or(ID);
    let runs = comparison.runs.len();
    let fits = |cell: &usize| look.width.is_none_or(|width| 2 + longest.clamp(ID, 44) + runs * cell <= width);
    let cell = CELLS.into_iter().find(fits).unwrap_or(CELLS[2]);
    let room = look.width.map_or(longest, |width| width.saturating_sub(2 + runs * cell).max(ID));
    let id_width = longest.min(room);
    let mut names = String::new();
    for run in &comparison.runs {
        let _ = write!(names, " {:<1$}", short(&tame(&run.name), cell - 2), cell - 1);
    }
    let _ = writeln!(text, "\n  {:id_width$}{}", "", look.paint(Tone::Strong, names.trim_end()));
    for row in &comparison.cases {
        let mark = if row.differs { "*" } else { " " };
        let mark = look.paint(Tone::Fail, mark);
        let mut line = format!("{mark} {:<id_width$}", short(row.id.as_str(), id_width));
        for (at, found) in row.cells.iter().enumerate() {
            line.push_str(&shown(comparison, row, at, found, cell, look));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn shown(comparison: &Comparison, row: &Row, at: usize, cell: &Cell, width: usize, look: &Look) -> String {
    let mut text = format!(" {:<6}", look.paint(tone(cell.ended), word(cell.ended)));
    if width == CELLS[2] {
        return text;
    }
    let rate = |cell: &Cell| Metric::Throughput.of(cell.figures.as_ref()?, comparison.clock);
    let value = rate(cell);
    let _ = write!(text, "{:<10}", value.map(|value| Metric::Throughput.show(value)).unwrap_or_default());
    if width == CELLS[1] {
        return text;
    }
    let baseline = rate(&row.cells[comparison.baseline]).filter(|_| at != comparison.baseline);
    let by = baseline.zip(value).and_then(|(baseline, value)| change(baseline, value));
    let tone = by.map_or(Tone::Plain, |by| change_tone(Metric::Throughput, by));
    let _ = write!(text, "{:<7}", look.paint(tone, by.map(percent).unwrap_or_default()));
    text
}

fn closing(text: &mut String, comparison: &Comparison, look: &Look) {
    let unended = comparison.runs.iter().any(|run| run.state != RunState::Finished);
    let (different, worse) = (comparison.different_verdicts, comparison.exceeded.len());
    let verdicts = match different {
        0 if unended => "same verdicts as far as the runs went".to_owned(),
        0 => "same verdicts".to_owned(),
        1 => "1 case has a different verdict".to_owned(),
        count => format!("{count} cases have different verdicts"),
    };
    let figures = match worse {
        0 if comparison.thresholds.is_empty() => String::new(),
        0 => ", nothing worse than allowed".to_owned(),
        1 => ", 1 figure worse than allowed".to_owned(),
        count => format!(", {count} figures worse than allowed"),
    };
    let tone = if different + worse == 0 { Tone::Pass } else { Tone::Fail };
    let _ = writeln!(text, "\n  {}", look.paint(tone, verdicts + &figures));
}

fn paragraph(text: &mut String, words: &str, tone: Tone, indent: usize, look: &Look) {
    for line in look.wrap(words, indent) {
        let _ = writeln!(text, "{:indent$}{}", "", look.paint(tone, line));
    }
}

fn word(ended: Ended) -> &'static str {
    ended.word()
}

fn tone(ended: Ended) -> Tone {
    match ended {
        Ended::Pass => Tone::Pass,
        Ended::Fail => Tone::Fail,
        Ended::Error | Ended::CutShort => Tone::Error,
        Ended::Skipped => Tone::Skip,
        Ended::NotRun | Ended::Absent => Tone::Faint,
    }
}

/// Small changes have no colour.
fn change_tone(metric: Metric, by: f64) -> Tone {
    match by {
        by if by.abs() < 0.02 => Tone::Faint,
        by if (by > 0.0) == metric.more_is_better() => Tone::Pass,
        _ => Tone::Fail,
    }
}

/// The text, with its middle left out when it is longer than that.
fn short(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let keep = most.saturating_sub(1);
    let (front, back) = (keep.div_ceil(2), keep / 2);
    let front: String = text.chars().take(front).collect();
    let back: String = text.chars().skip(length - back).collect();
    format!("{front}…{back}")
}
