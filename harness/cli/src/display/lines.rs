//! A case as lines of text.

use std::fmt::Write as _;

use gauntlet_record::{ErrorReport, Finding, RerunCommand, Verdict};
use gauntlet_reports::{CaseAccount, RunAccount};

use super::amounts;
use super::look::{Look, Tone, tame};

/// Columns in front of what stands under a case.
const INDENT: usize = 10;
/// Columns of a label such as `expected`.
const LABEL: usize = 10;

/// What stands above the results: what runs where, and what the columns are. `counter` is the width of what stands in
/// front of the times.
pub(crate) fn heading(account: &RunAccount, planned: usize, counter: usize, look: &Look) -> String {
    let fact =
        |name: &str| account.facts().iter().find(|(found, _)| *found == name).map(|(_, value)| tame(value));
    let version = format!("gauntlet {}", fact("gauntlet").unwrap_or_default());
    let mut words = vec![look.paint(Tone::Strong, version).to_string(), amounts::cases(planned as u64)];
    words.extend(fact("bench").map(|bench| format!("bench {bench}")));
    words.extend(fact("link").filter(|link| link != "direct").map(|link| format!("link {link}")));
    words.extend(fact("chips"));
    words.extend(fact("seed").map(|seed| format!("seed {seed}")));
    let mut text = format!("  {}\n", words.join("   "));
    if let Some(bug) = fact("planted-bug") {
        let bug = look.paint(Tone::Skip, format!("with the planted bug {bug}"));
        let _ = writeln!(text, "  {bug}");
    }
    if planned > 0 {
        let columns =
            look.paint(Tone::Faint, format!("{:>1$}  {2:>9}", "wall", INDENT + counter + 9, "device"));
        let _ = writeln!(text, "{columns}");
    }
    text
}

/// The line of a finished case, and under it the reasons when it is no pass. `counter` stands in front of the times.
pub(crate) fn result(case: &CaseAccount, counter: &str, rerun: &RerunCommand, look: &Look) -> String {
    let Some(verdict) = case.ending.verdict() else { return String::new() };
    let again = || rerun.for_case(&case.id).to_string();
    match verdict {
        Verdict::Pass => status(Tone::Pass, "PASS", case, counter, look),
        Verdict::Fail(findings) => {
            let mut text = status(Tone::Fail, "FAIL", case, counter, look);
            findings.iter().for_each(|found| finding(&mut text, found, look));
            run_again(&mut text, &again(), look);
            text
        }
        Verdict::Error(report) => {
            let mut text = status(Tone::Error, "ERROR", case, counter, look);
            error(&mut text, report, look);
            run_again(&mut text, &again(), look);
            text
        }
        Verdict::Skipped { reason } => skipped(case, reason, counter, look),
    }
}

fn status(tone: Tone, word: &str, case: &CaseAccount, counter: &str, look: &Look) -> String {
    let times = format!("{:>9}  {:>9}", amounts::time(case.wall), amounts::time(case.device));
    let times = look.paint(Tone::Faint, times);
    format!("    {:<5} {counter}{times}  {}\n", look.paint(tone, word), id(case, look))
}

fn skipped(case: &CaseAccount, reason: &str, counter: &str, look: &Look) -> String {
    let line = format!("    {:<5} {counter}{:20}  {}", look.paint(Tone::Skip, "SKIP"), "", id(case, look));
    let plain = INDENT + counter.len() + 22 + textwrap::core::display_width(case.id.as_str());
    let reason_width = textwrap::core::display_width(reason);
    if !reason.contains('\n')
        && look.room(plain + 2) >= reason_width
        && look.width.is_none_or(|w| w > plain + 26)
    {
        return format!("{line}  {}\n", look.paint(Tone::Faint, tame(reason)));
    }
    let mut text = line + "\n";
    for line in look.wrap(reason, INDENT) {
        let _ = writeln!(text, "{:INDENT$}{}", "", look.paint(Tone::Faint, line));
    }
    text
}

/// The id, with the values of its matrix held back a little.
fn id(case: &CaseAccount, look: &Look) -> String {
    let id = case.id.as_str();
    match id.find('[') {
        Some(at) => format!("{}{}", &id[..at], look.paint(Tone::Faint, &id[at..])),
        None => id.to_owned(),
    }
}

fn finding(text: &mut String, finding: &Finding, look: &Look) {
    for line in look.wrap(&finding.check, INDENT) {
        let _ = writeln!(text, "{:INDENT$}{}", "", look.paint(Tone::Strong, line));
    }
    labelled(text, "expected", &finding.expected, look);
    labelled(text, "found", &finding.found, look);
    if let Some(detail) = &finding.detail {
        labelled(text, "detail", detail, look);
    }
}

fn error(text: &mut String, report: &ErrorReport, look: &Look) {
    for line in look.wrap(&format!("{}: {}", report.class, report.message), INDENT) {
        let _ = writeln!(text, "{:INDENT$}{}", "", look.paint(Tone::Strong, line));
    }
    if let Some(fault) = &report.fault {
        labelled(text, "fault", fault, look);
    }
    report.causes.iter().for_each(|cause| labelled(text, "cause", cause, look));
}

/// A label and a text, whose further lines stand under its first.
fn labelled(text: &mut String, label: &str, words: &str, look: &Look) {
    let mut label = label;
    for line in look.wrap(words, INDENT + 2 + LABEL) {
        let label = look.paint(Tone::Faint, std::mem::take(&mut label));
        let _ = writeln!(text, "{:INDENT$}  {label:<LABEL$}{line}", "");
    }
}

/// The command that runs the case again. Never wrapped: it is there to be copied.
fn run_again(text: &mut String, command: &str, look: &Look) {
    let label = look.paint(Tone::Faint, "again");
    let _ = writeln!(text, "{:INDENT$}{label:<12}{command}", "");
}
