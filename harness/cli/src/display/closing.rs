//! The summary at the end of a run.

use std::fmt::Write as _;
use std::path::Path;

use gauntlet_record::{ExitCode, Verdict, WriteError};
use gauntlet_reports::{RunAccount, Summary};

use super::amounts;
use super::look::{Look, Tone, tame};

/// Columns of a label such as `slowest`.
const LABEL: usize = 10;
/// How many of the slowest cases are named.
const SLOWEST: usize = 3;

/// What the display can't know by itself.
#[derive(Debug)]
pub(crate) struct Closing<'a> {
    /// The reports that have been written.
    pub(crate) reports: &'a [&'a Path],
    /// Those that have not.
    pub(crate) unwritten: &'a [WriteError],
    /// How the program is going to end.
    pub(crate) exit_code: ExitCode,
}

pub(crate) fn text(summary: &Summary, account: &RunAccount, closing: &Closing<'_>, look: &Look) -> String {
    let line = "─".repeat(look.width.map_or(60, |width| width.saturating_sub(4).min(60)));
    let mut text = format!("  {}\n", look.paint(Tone::Faint, line));
    let cases = look.paint(Tone::Strong, format!("{}:", amounts::cases(summary.counts.planned())));
    let endings = amounts::endings(&summary.counts, look);
    let _ = writeln!(text, "  {cases} {endings}   {}", amounts::time(summary.wall));
    let mut rows = Rows { text, look, blank: true };
    if account.was_interrupted() || summary.counts.not_run > 0 {
        let (not_run, planned) = (summary.counts.not_run, amounts::cases(summary.counts.planned()));
        rows.add(
            "stopped",
            Tone::Error,
            [format!("before its end, {not_run} of {planned} without a verdict")],
        );
    }
    let ids = |wanted: fn(&Verdict) -> bool| {
        let chosen = summary.unsuccessful.iter().filter(move |(_, verdict)| wanted(verdict));
        chosen.map(|(id, _)| id.to_string())
    };
    rows.add("failed", Tone::Fail, ids(|verdict| matches!(verdict, Verdict::Fail(_))));
    rows.add("error", Tone::Error, ids(|verdict| matches!(verdict, Verdict::Error(_))));
    // Among a handful of cases everyone sees the slowest one without help.
    if summary.slowest.len() > SLOWEST + 1 {
        let slowest = summary.slowest.iter().take(SLOWEST);
        rows.add(
            "slowest",
            Tone::Plain,
            slowest.map(|(id, wall)| format!("{:<8}  {id}", amounts::time(*wall))),
        );
    }
    rows.add("reports", Tone::Plain, closing.reports.iter().map(|path| tame(&path.display().to_string())));
    rows.add(
        "missing",
        Tone::Fail,
        closing.unwritten.iter().map(|error| format!("{error}: {}", error.source)),
    );
    if closing.exit_code != ExitCode::Pass {
        rows.add("exit", Tone::Plain, [closing.exit_code.to_string()]);
    }
    rows.text
}

struct Rows<'a> {
    text: String,
    look: &'a Look,
    blank: bool,
}

impl Rows<'_> {
    /// A label and the lines that belong to it; nothing when there are none.
    fn add(&mut self, label: &str, tone: Tone, lines: impl IntoIterator<Item = String>) {
        let mut label = label;
        for line in lines {
            if std::mem::take(&mut self.blank) {
                self.text.push('\n');
            }
            // A label without a colour of its own stays in the background.
            let tone = if tone == Tone::Plain { Tone::Faint } else { tone };
            let label = self.look.paint(tone, std::mem::take(&mut label));
            let _ = writeln!(self.text, "  {label:<LABEL$}{line}");
        }
    }
}
