//! The shipped suite over each backend of the virtual bench: its verdicts are those of the direct link.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;

use gauntlet_bench::{Backend, VirtualBench};
use gauntlet_record::{Collector, Event, Millis, Recorder, Verdict};
use gauntlet_runner::{RunOptions, run};
use gauntlet_scenario::{Case, load};

/// Every verdict of the suite over `backend`, by the id of its case.
fn verdicts(backend: Backend) -> BTreeMap<String, Verdict> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let suite = load(&[root]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(120, false)));
    let cases: Vec<&Case> = suite.cases().collect();
    let jobs = available_parallelism().map_or(1, NonZero::get);
    let mut collector = Collector::default();
    let recorder = Recorder::new(|| Millis::ZERO).with(&mut collector);
    run(&VirtualBench::new().over(backend), &cases, &RunOptions { jobs, ..RunOptions::default() }, recorder);
    let finished = collector.into_records().into_iter().filter_map(|record| match record.event {
        Event::CaseFinished { verdict, .. } => Some((record.case?.to_string(), verdict)),
        _ => None,
    });
    finished.collect()
}

/// As many cases went over `backend`; each of them passes, as over the direct link, but for those that `differ`.
fn passes_over(backend: Backend, differ: &[&str]) -> usize {
    let (mut carried, mut overtaking, mut otherwise) = (0, 0, Vec::new());
    for (case, verdict) in verdicts(backend) {
        match verdict {
            Verdict::Skipped { reason } => {
                let beyond = [
                    "carries no ",
                    "looks for nobody ",
                    "confirms by itself ",
                    "reads no values",
                    "sends no request that is longer",
                ]
                .map(|what| format!("the link `{backend}` {what}"));
                let cable = reason == "the bench `virtual` has no cable";
                if reason.contains("sends when it comes to that") {
                    overtaking += 1;
                } else {
                    let beyond = cable || beyond.iter().any(|what| reason.starts_with(what));
                    assert!(beyond, "{case}: {reason}");
                }
            }
            Verdict::Pass => carried += 1,
            _ if differ.iter().any(|name| case.starts_with(name)) => {}
            verdict => otherwise.push(format!("{case}: {verdict:?}")),
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
    // Messages that follow each other without an answer take the time of the dongle.
    assert!(overtaking <= 20, "{overtaking} cases");
    carried
}

/// The link to a port greets the device with Pings when it opens it, which these cases see on the line.
#[cfg(unix)]
const GREETED: &[&str] =
    &["serial/abort", "serial/no-restart[link=serial]", "serial/port-closed", "serial/slow-bytes"];

#[test]
fn every_ble_case_passes_over_the_dongle() {
    assert!(passes_over(Backend::Dongle, &[]) > 600);
}

#[cfg(unix)]
#[test]
fn every_serial_case_passes_over_a_port_of_the_system() {
    assert!(passes_over(Backend::Serial, GREETED) > 50);
}
