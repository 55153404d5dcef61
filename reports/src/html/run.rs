//! The page of one run: what is wrong first, then durations and every case with its account.

use std::fmt::Write as _;
use std::path::PathBuf;

use gauntlet_record::{ExitCode, Record, Sink, Verdict, WriteError};

use super::plot::{Mark, strip};
use super::shell::{Text, bar, page, tags, tally};
use crate::compare::{Clock, Metric};
use crate::{CaseAccount, Ending, RunAccount, Summary, write_atomically};

/// Writes the page of a run when it is finished.
#[derive(Debug)]
pub struct HtmlReport {
    path: PathBuf,
    account: RunAccount,
}

impl HtmlReport {
    /// The page goes to this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), account: RunAccount::default() }
    }
}

impl Sink for HtmlReport {
    fn accept(&mut self, record: &Record) {
        self.account.accept(record);
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        write_atomically(&self.path, run_page(&self.account).as_bytes())
            .map_err(|source| WriteError::new("HTML report", &self.path, source))
    }
}

/// A run as a page.
pub fn run_page(account: &RunAccount) -> String {
    let summary = Summary::of(account);
    let facts: Vec<String> = account.facts().iter().map(|(name, value)| format!("{name} {value}")).collect();
    let counts = &summary.counts;
    let (kind, words) = match summary.exit_code {
        ExitCode::Pass => ("good", "Everything that ran passed.".to_owned()),
        ExitCode::Failed => {
            ("bad", format!("The device is wrong: {} of {} cases failed.", counts.failed, counts.planned()))
        }
        ExitCode::NothingSelected => ("open", "Nothing ran.".to_owned()),
        ExitCode::Interrupted => {
            ("open", format!("The run was stopped: {} cases have no verdict.", counts.not_run))
        }
        code => ("bad", format!("Exit code {code}.")),
    };
    let mut body = format!("<div class=\"banner {kind}\">{words}</div>\n");
    let wall = Metric::Wall.show(summary.wall.as_seconds());
    let _ = writeln!(
        body,
        "<div class=\"cards\"><section class=\"card\"><h3>{} cases<small>{}</small></h3>{}{}</section></div>",
        counts.planned(),
        Text(&wall),
        tally(counts),
        tags(counts)
    );
    body += &unsuccessful(account);
    body += &durations(account);
    body += &cases(account);
    let chosen = if counts.planned() == 1 { "1 case" } else { "the run" };
    let title = match account.facts().iter().find(|(name, _)| *name == "link") {
        Some((_, link)) => format!("Gauntlet: {chosen} over {link}"),
        None => format!("Gauntlet: {chosen}"),
    };
    page(&title, &facts.join(" · "), &body)
}

/// What is no pass and not skipped, with everything that helps.
fn unsuccessful(account: &RunAccount) -> String {
    let wrong = |case: &&CaseAccount| {
        matches!(case.ending, Ending::CutShort | Ending::Verdict(Verdict::Fail(_) | Verdict::Error(_)))
    };
    let wrong: Vec<&CaseAccount> = account.cases().filter(wrong).collect();
    if wrong.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<h2>What is wrong</h2>\n<div class=\"scroll\"><table><thead><tr><th>Case</th><th>Verdict</th><th>Why</th></tr></thead><tbody>\n",
    );
    for case in wrong {
        let rerun = account.rerun().for_case(&case.id).to_string();
        let _ = writeln!(
            text,
            "<tr class=\"differs\"><td class=\"id\">{}</td><td>{}</td><td><div class=\"reason\">{}</div><pre>{}</pre></td></tr>",
            id(case),
            verdict(&case.ending),
            Text(&reason(&case.ending)),
            Text(&rerun)
        );
    }
    text + "</tbody></table></div>\n"
}

fn durations(account: &RunAccount) -> String {
    let ran: Vec<&CaseAccount> = account
        .cases()
        .filter(|case| matches!(case.ending.verdict(), Some(Verdict::Pass | Verdict::Fail(_))))
        .collect();
    if ran.len() < 2 {
        return String::new();
    }
    let mut text = String::from("<h2>Figures</h2>\n<div class=\"plots\">\n");
    for (metric, title) in [
        (Metric::DeviceTime, "Device time of each case"),
        (Metric::Wall, "Wall time of each case"),
        (Metric::Throughput, "Throughput of each case, device time"),
    ] {
        let mut values: Vec<(&CaseAccount, f64)> =
            ran.iter().filter_map(|case| Some((*case, metric.of(case.figures(), Clock::Device)?))).collect();
        values.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        let mark = |(at, (case, value)): (usize, &(&CaseAccount, f64))| Mark {
            at,
            series: 0,
            value: *value,
            says: format!("{}\n{}", case.id, metric.show(*value)),
        };
        let marks: Vec<Mark> = values.iter().enumerate().map(mark).collect();
        let svg = strip(
            values.len(),
            &marks,
            &|value| metric.show(value),
            &format!("{} cases, in order", values.len()),
        );
        let _ = writeln!(text, "<section class=\"card plot\"><h3>{title}</h3>{svg}</section>");
    }
    text + "</div>\n"
}

fn cases(account: &RunAccount) -> String {
    let counts = Summary::of(account).counts;
    let mut only = vec![("all", format!("All {}", counts.planned()))];
    for (word, caption, count) in [
        ("pass", "Passed", counts.passed),
        ("fail", "Failed", counts.failed),
        ("error", "Errors", counts.errors),
        ("skipped", "Skipped", counts.skipped),
    ] {
        only.extend((count > 0).then(|| (word, format!("{caption} {count}"))));
    }
    let mut text = format!("<h2>Cases</h2>\n{}", bar(&only));
    text += "<div class=\"scroll\"><table id=\"cases\"><thead><tr>";
    for name in ["Case", "Verdict", "Device", "Wall", "Throughput"] {
        let _ = write!(text, "<th><button type=\"button\">{name}</button></th>");
    }
    text += "</tr></thead><tbody>\n";
    for case in account.cases() {
        let (kind, word) = kind(&case.ending);
        let searched = format!("{} {} {}", case.id, case.title, reason(&case.ending)).to_lowercase();
        let story = if case.story.is_empty() {
            format!("<span class=\"reason\">{}</span>", Text(&reason(&case.ending)))
        } else {
            format!(
                "<details><summary class=\"faint\">what happened</summary><pre>{}</pre></details>",
                Text(&case.story.join("\n"))
            )
        };
        let _ = write!(
            text,
            "<tr data-text=\"{}\" data-has=\"all {kind}\"><td class=\"id\" data-key=\"{}\">{}{story}</td><td data-key=\"{word}\">{}</td>",
            Text(&searched),
            Text(case.id.as_str()),
            id(case),
            verdict(&case.ending)
        );
        let ran = matches!(case.ending.verdict(), Some(Verdict::Pass | Verdict::Fail(_) | Verdict::Error(_)));
        for metric in [Metric::DeviceTime, Metric::Wall, Metric::Throughput] {
            let value = metric.of(case.figures(), Clock::Device).filter(|_| ran);
            let (key, shown) =
                value.map(|value| (format!("{value:.6}"), metric.show(value))).unwrap_or_default();
            let _ = write!(text, "<td class=\"num\" data-key=\"{key}\">{}</td>", Text(&shown));
        }
        text += "</tr>\n";
    }
    text + "</tbody></table></div>\n"
}

fn kind(ending: &Ending) -> (&'static str, &'static str) {
    match ending {
        Ending::Verdict(Verdict::Pass) => ("pass", "PASS"),
        Ending::Verdict(Verdict::Fail(_)) => ("fail", "FAIL"),
        Ending::Verdict(Verdict::Error(_)) => ("error", "ERROR"),
        Ending::Verdict(Verdict::Skipped { .. }) => ("skipped", "SKIP"),
        Ending::CutShort => ("cut-short", "CUT SHORT"),
        Ending::NotStarted => ("not-run", "NOT RUN"),
    }
}

fn verdict(ending: &Ending) -> String {
    let (kind, word) = kind(ending);
    format!("<span class=\"tag {kind}\">{word}</span>")
}

fn reason(ending: &Ending) -> String {
    match ending {
        Ending::Verdict(Verdict::Fail(findings)) => {
            findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        }
        Ending::Verdict(Verdict::Error(report)) => {
            let causes: String = report.causes.iter().map(|cause| format!(": {cause}")).collect();
            format!("{}: {}{causes}", report.class, report.message)
        }
        Ending::Verdict(Verdict::Skipped { reason }) => reason.clone(),
        Ending::CutShort => "the run ended while this case was running".to_owned(),
        Ending::Verdict(Verdict::Pass) | Ending::NotStarted => String::new(),
    }
}

fn id(case: &CaseAccount) -> String {
    let (name, values) =
        case.id.as_str().find('[').map_or((case.id.as_str(), ""), |at| case.id.as_str().split_at(at));
    let title = if case.title.is_empty() {
        String::new()
    } else {
        format!("<div class=\"faint\">{}</div>", Text(&case.title))
    };
    format!("<b>{}</b><span class=\"faint\">{}</span>{title}", Text(name), Text(values))
}
