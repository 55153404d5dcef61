//! A step of starts finds what is wrong with a start, says what it was, and leaves the device as it was.

use gauntlet_bench::{PlantedBug, VirtualBench};
use gauntlet_record::{Collector, Event, Finding, Millis, Recorder, Verdict};
use gauntlet_runner::{RunOptions, run};
use gauntlet_scenario::{Case, NoFiles, Source, load_sources};

fn findings(bug: Option<&str>, link: &str) -> Vec<Finding> {
    let text = format!(
        "id: starts/all\ntitle: Starts\nsteps:\n  - starts: 300\n    seed: 1\n    link: {link}\n\
         expect: {{ application: previous, unchanged: [application, settings, settings-backup] }}\n"
    );
    let suite = load_sources(&[Source::new("case.yaml", &text)], &NoFiles)
        .unwrap_or_else(|bad| panic!("{}", bad.render(100, false)));
    let cases: Vec<&Case> = suite.cases().collect();
    let planted_bug = bug.map(|name| {
        *PlantedBug::ALL.iter().find(|bug| bug.name() == name).expect("the bug is one of the list")
    });
    let mut collector = Collector::default();
    let recorder = Recorder::new(|| Millis::ZERO).with(&mut collector);
    run(&VirtualBench::new(), &cases, &RunOptions { planted_bug, ..RunOptions::default() }, recorder);
    let verdict = collector.into_records().into_iter().find_map(|record| match record.event {
        Event::CaseFinished { verdict, .. } => Some(verdict),
        _ => None,
    });
    match verdict {
        Some(Verdict::Pass) => Vec::new(),
        Some(Verdict::Fail(findings)) => findings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_device_that_starts_as_specified_passes_and_is_as_it_was() {
    for link in ["ble", "serial", "usb"] {
        assert_eq!(findings(None, link), [], "{link}");
    }
}

#[test]
fn what_is_wrong_with_a_start_is_named_with_what_it_found() {
    for (bug, what) in [
        ("softdevice-not-checked-at-start", "mode"),
        ("lone-backup-ignored", "byte 0x"),
        ("any-request-cleared", "register retained"),
        ("skip-register-cleared-whole", "register retained-2"),
    ] {
        let found = findings(Some(bug), "ble");
        let told = |finding: &&Finding| {
            finding.check.starts_with("start ") && finding.check.contains(&format!("of the seed 1: {what}"))
        };
        let finding = found.iter().find(told).unwrap_or_else(|| panic!("{bug}: {found:#?}"));
        assert_ne!(finding.expected, finding.found, "{bug}");
        assert!(finding.detail.as_ref().is_some_and(|detail| detail.contains("retained ")), "{finding:?}");
        // A wrong device is wrong again and again, and three times is enough.
        assert!(found.iter().filter(|finding| finding.check.starts_with("start ")).count() <= 3, "{bug}");
    }
}
