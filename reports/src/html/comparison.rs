//! The page of a comparison: different verdicts first, then figures, plots and every case.

use std::fmt::Write as _;

use super::plot::{Mark, bars, colour, strip};
use super::shell::{Text, bar, page, tags, tally};
use crate::compare::{Cell, Clock, Column, Comparison, Ended, Figures, Metric, Row, RunState, change};

/// Figures of a card, and of the plots.
const SHOWN: [Metric; 7] = Metric::ALL;
/// So many different verdicts are shown at once; the others unfold.
const AT_ONCE: usize = 8;

/// The comparison as a page.
pub fn comparison_page(comparison: &Comparison) -> String {
    let names: Vec<&str> = comparison.runs.iter().map(|run| run.name.as_str()).collect();
    let seed = comparison.runs.first().map(|run| run.seed).unwrap_or_default();
    let under = format!(
        "{} cases, seed {seed}. Throughput and time to the first byte in {} time; changes against {}.",
        comparison.cases.len(),
        comparison.clock.word(),
        names[comparison.baseline]
    );
    let mut body = banner(comparison);
    if !comparison.notes.is_empty() {
        let notes: String = comparison.notes.iter().map(|note| format!("<li>{}</li>", Text(note))).collect();
        let _ = writeln!(body, "<ul class=\"notes\">{notes}</ul>");
    }
    body += &differences(comparison);
    body += &exceeded(comparison);
    body += "<h2>Backends</h2>\n<div class=\"cards\">\n";
    for (at, run) in comparison.runs.iter().enumerate() {
        body += &card(comparison, at, run);
    }
    body += "</div>\n";
    body += &plots(comparison);
    body += &cases(comparison);
    page(&names.join(" · "), &under, &body)
}

fn banner(comparison: &Comparison) -> String {
    let (different, worse) = (comparison.different_verdicts, comparison.exceeded.len());
    let plural =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let verdicts = match different {
        0 => "Same verdicts on every backend".to_owned(),
        count => format!("{} a different verdict", plural(count, "case has", "cases have")),
    };
    let thresholds = match worse {
        0 if comparison.thresholds.is_empty() => String::new(),
        0 => "; nothing is worse than allowed".to_owned(),
        count => format!("; {} worse than allowed", plural(count, "figure is", "figures are")),
    };
    let unended = comparison.runs.iter().any(|run| run.state != RunState::Finished);
    let kind = match (different + worse, unended) {
        (0, false) => "good",
        (0, true) => "open",
        _ => "bad",
    };
    format!("<div class=\"banner {kind}\">{verdicts}{thresholds}.</div>\n")
}

/// The cases about which the backends contradict each other, with what each has to say.
fn differences(comparison: &Comparison) -> String {
    let differing: Vec<&Row> = comparison.cases.iter().filter(|row| row.differs).collect();
    if differing.is_empty() {
        return String::new();
    }
    let (first, more) = differing.split_at(differing.len().min(AT_ONCE));
    let told = |rows: &[&Row]| rows.iter().map(|row| difference(comparison, row)).collect::<String>();
    let mut text = format!("<h2>Different verdicts</h2>\n{}", told(first));
    if !more.is_empty() {
        let _ = writeln!(text, "<details><summary>{} more</summary>\n{}</details>", more.len(), told(more));
    }
    text
}

fn difference(comparison: &Comparison, row: &Row) -> String {
    let mut text = format!("<section class=\"card difference\"><div class=\"id\">{}</div>", id(row));
    for (at, (cell, run)) in row.cells.iter().zip(&comparison.runs).enumerate() {
        let _ = write!(
            text,
            "<div class=\"said\"><span class=\"who\">{}{}</span>{}<span class=\"reason\">{}</span></div>",
            dot(at),
            Text(&run.name),
            verdict(cell),
            Text(cell.reason.as_deref().unwrap_or_default())
        );
    }
    text + "</section>\n"
}

fn exceeded(comparison: &Comparison) -> String {
    if comparison.exceeded.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<h2>Worse than allowed</h2>\n<div class=\"scroll\"><table><thead><tr><th>Case</th><th>Backend</th><th>Allowed</th><th>Baseline</th><th>Found</th></tr></thead><tbody>\n",
    );
    for found in &comparison.exceeded {
        let metric = found.threshold.metric;
        let case = found.case.as_ref().map_or_else(|| "all together".to_owned(), ToString::to_string);
        let _ = writeln!(
            text,
            "<tr><td class=\"id\">{}</td><td>{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{} {}</td></tr>",
            Text(&case),
            Text(&found.run),
            Text(&found.threshold.to_string()),
            Text(&metric.show(found.baseline)),
            Text(&metric.show(found.found)),
            changed(metric, change(found.baseline, found.found))
        );
    }
    text + "</tbody></table></div>\n"
}

fn card(comparison: &Comparison, at: usize, run: &Column) -> String {
    let role = if at == comparison.baseline { "baseline" } else { "" };
    let mut text = format!(
        "<section class=\"card\"><h3>{}{}<small>{role}</small></h3>{}{}<dl>",
        dot(at),
        Text(&run.name),
        tally(&run.counts),
        tags(&run.counts)
    );
    for metric in SHOWN {
        let Some(value) = run.totals.get(&metric) else { continue };
        let by = run.shared.as_ref().and_then(|shared| shared.change(metric));
        let _ = write!(
            text,
            "<dt>{}</dt><dd>{}</dd><dd>{}</dd>",
            metric.title(),
            Text(&metric.show(*value)),
            changed(metric, by)
        );
    }
    text += "</dl>";
    if let Some(shared) = run.shared.as_ref().filter(|shared| shared.cases < with_figures(comparison, at)) {
        let _ = write!(text, "<p class=\"change\">changes over the {} cases that both ran</p>", shared.cases);
    }
    text + "</section>\n"
}

fn with_figures(comparison: &Comparison, at: usize) -> usize {
    comparison.cases.iter().filter(|row| row.cells[at].figures.is_some()).count()
}

fn plots(comparison: &Comparison) -> String {
    let names: Vec<String> = comparison.runs.iter().map(|run| run.name.clone()).collect();
    let legend: String = names
        .iter()
        .enumerate()
        .map(|(at, name)| format!("<span>{}{}</span>", dot(at), Text(name)))
        .collect();
    let mut text = String::from("<h2>Figures</h2>\n<div class=\"plots\">\n");
    let clock = format!("{} time", comparison.clock.word());
    for (metric, title, note) in [
        (
            Metric::Throughput,
            format!("Throughput, {clock}"),
            "New bytes of object data per second, all cases together.",
        ),
        (
            Metric::FirstByte,
            format!("Time to the first data byte, {clock}"),
            "Mean of the cases, from the beginning of the update.",
        ),
        (Metric::Wall, "Wall time".to_owned(), "All cases together, as if one ran after the other."),
        (Metric::Cpu, "Host CPU".to_owned(), "On a virtual bench the simulated device is among it."),
    ] {
        let values: Vec<Option<f64>> =
            comparison.runs.iter().map(|run| run.totals.get(&metric).copied()).collect();
        let svg = bars(&names, &values, &|value| metric.show(value));
        let _ = writeln!(text, "<section class=\"card plot\"><h3>{title}</h3>{svg}<p>{note}</p></section>");
    }
    for (metric, title) in [
        (Metric::Throughput, format!("Throughput of each case, {clock}")),
        (Metric::DeviceTime, "Device time of each case".to_owned()),
        (Metric::Wall, "Wall time of each case".to_owned()),
    ] {
        let (columns, marks) = marks(comparison, metric);
        let below = format!("{columns} cases, ordered by {}", names[comparison.baseline]);
        let svg = strip(columns, &marks, &|value| metric.show(value), &below);
        let _ = writeln!(
            text,
            "<section class=\"card plot\"><h3>{title}</h3><div class=\"legend\">{legend}</div>{svg}</section>"
        );
    }
    text + "</div>\n"
}

/// A mark for each case and run, the cases in the order of the baseline's value.
fn marks(comparison: &Comparison, metric: Metric) -> (usize, Vec<Mark>) {
    let value = |cell: &Cell| metric.of(cell.figures.as_ref()?, comparison.clock);
    let mut rows: Vec<(&Row, Option<f64>)> = comparison
        .cases
        .iter()
        .filter(|row| row.cells.iter().any(|cell| value(cell).is_some()))
        .map(|row| (row, value(&row.cells[comparison.baseline])))
        .collect();
    rows.sort_by(|(_, one), (_, other)| one.unwrap_or(f64::MAX).total_cmp(&other.unwrap_or(f64::MAX)));
    let mut marks = Vec::new();
    for (at, (row, _)) in rows.iter().enumerate() {
        for (series, (cell, run)) in row.cells.iter().zip(&comparison.runs).enumerate() {
            if let Some(value) = value(cell) {
                let says = format!("{}\n{}: {}", row.id, run.name, metric.show(value));
                marks.push(Mark { at, series, value, says });
            }
        }
    }
    (rows.len(), marks)
}

fn cases(comparison: &Comparison) -> String {
    let has = |wanted: fn(&Row) -> bool| comparison.cases.iter().filter(|row| wanted(row)).count();
    let differs = has(|row| row.differs);
    let not_passed = has(not_passed);
    let skipped = has(|row| row.cells.iter().any(|cell| cell.ended == Ended::Skipped));
    let mut only = vec![("all", format!("All {}", comparison.cases.len()))];
    only.extend((differs > 0).then(|| ("differs", format!("Different {differs}"))));
    only.extend((not_passed > 0).then(|| ("bad", format!("Not passed {not_passed}"))));
    only.extend((skipped > 0).then(|| ("skipped", format!("Skipped somewhere {skipped}"))));
    let mut text = format!("<h2>Cases</h2>\n{}", bar(&only));
    text +=
        "<div class=\"scroll\"><table id=\"cases\"><thead><tr><th><button type=\"button\">Case</button></th>";
    for (at, run) in comparison.runs.iter().enumerate() {
        let _ = write!(text, "<th><button type=\"button\">{}{}</button></th>", dot(at), Text(&run.name));
    }
    text += "</tr></thead><tbody>\n";
    for row in &comparison.cases {
        text += &case(comparison, row);
    }
    text + "</tbody></table></div>\n<p class=\"faint\">Changes of throughput against the baseline. Sorting by a backend sorts by its throughput.</p>\n"
}

fn not_passed(row: &Row) -> bool {
    row.cells.iter().any(|cell| matches!(cell.ended, Ended::Fail | Ended::Error | Ended::CutShort))
}

fn case(comparison: &Comparison, row: &Row) -> String {
    let reasons: String =
        row.cells.iter().filter_map(|cell| cell.reason.as_deref()).collect::<Vec<_>>().join(" ");
    let searched = format!("{} {} {reasons}", row.id, row.title).to_lowercase();
    let mut has = vec!["all"];
    has.extend(row.differs.then_some("differs"));
    has.extend(not_passed(row).then_some("bad"));
    has.extend(row.cells.iter().any(|cell| cell.ended == Ended::Skipped).then_some("skipped"));
    let mut text = format!(
        "<tr data-text=\"{}\" data-has=\"{}\"{}><td class=\"id\" data-key=\"{}\">{}</td>",
        Text(&searched),
        has.join(" "),
        if row.differs { " class=\"differs\"" } else { "" },
        Text(row.id.as_str()),
        id(row)
    );
    let throughput = |figures: Option<&Figures>| Metric::Throughput.of(figures?, comparison.clock);
    let baseline = throughput(row.cells[comparison.baseline].figures.as_ref());
    for (at, cell) in row.cells.iter().enumerate() {
        let value = throughput(cell.figures.as_ref());
        let key = value.map(|value| format!("{value:.3}")).unwrap_or_default();
        let title = cell
            .reason
            .clone()
            .or_else(|| cell.figures.as_ref().map(|figures| told(figures, comparison.clock)));
        let _ = write!(
            text,
            "<td data-key=\"{key}\" title=\"{}\">{}",
            Text(&title.unwrap_or_default()),
            verdict(cell)
        );
        if let Some(value) = value {
            let by =
                baseline.filter(|_| at != comparison.baseline).and_then(|baseline| change(baseline, value));
            let shown = Metric::Throughput.show(value);
            let _ = write!(
                text,
                "<span class=\"value\">{} {}</span>",
                Text(&shown),
                changed(Metric::Throughput, by)
            );
        }
        text += "</td>";
    }
    text + "</tr>\n"
}

/// Everything that was measured of a case, one figure in a line.
fn told(figures: &Figures, clock: Clock) -> String {
    let lines = Metric::ALL.into_iter().filter_map(|metric| {
        Some(format!("{}: {}", metric.title(), metric.show(metric.of(figures, clock)?)))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn id(row: &Row) -> String {
    let id = row.id.as_str();
    let (name, values) = id.find('[').map_or((id, ""), |at| id.split_at(at));
    let title = if row.title.is_empty() {
        String::new()
    } else {
        format!("<div class=\"faint\">{}</div>", Text(&row.title))
    };
    format!("<b>{}</b><span class=\"faint\">{}</span>{title}", Text(name), Text(values))
}

fn verdict(cell: &Cell) -> String {
    let (kind, word) = match cell.ended {
        Ended::Pass => ("pass", "PASS"),
        Ended::Fail => ("fail", "FAIL"),
        Ended::Error => ("error", "ERROR"),
        Ended::Skipped => ("skipped", "SKIP"),
        Ended::CutShort => ("cut-short", "CUT SHORT"),
        Ended::NotRun => ("not-run", "NOT RUN"),
        Ended::Absent => ("absent", "NOT PLANNED"),
    };
    format!("<span class=\"tag {kind}\">{word}</span>")
}

fn dot(at: usize) -> String {
    format!("<span class=\"dot\" style=\"background:{}\"></span> ", colour(at))
}

/// A change, red when it is for the worse; small ones have no colour.
fn changed(metric: Metric, by: Option<f64>) -> String {
    let Some(by) = by else { return String::new() };
    let kind = match by {
        by if by.abs() < 0.02 => "",
        by if (by > 0.0) == metric.more_is_better() => " better",
        _ => " worse",
    };
    format!("<span class=\"change{kind}\">{}</span>", crate::compare::percent(by))
}
