//! Whole cases on the virtual bench: what passes, what fails, and what can't be told.

use std::sync::{Arc, Mutex};

use gauntlet_bench::{PlantedBug, VirtualBench};
use gauntlet_record::{
    Collector, ErrorClass, Event, ExitCode, Millis, Record, Recorder, Sink, Verdict, Wall,
};
use gauntlet_runner::{RunOptions, run};
use gauntlet_scenario::{Case, NoFiles, Source, Suite, load_sources};

/// A collector that outlives the recorder.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Collector>>);

impl Sink for Shared {
    fn accept(&mut self, record: &Record) {
        self.0.lock().expect("no test panics while it records").accept(record);
    }
}

fn suite(text: &str) -> Suite {
    load_sources(&[Source::new("case.yaml", text)], &NoFiles)
        .unwrap_or_else(|bad| panic!("{}", bad.render(100, false)))
}

fn told(text: &str, bug: Option<PlantedBug>) -> (ExitCode, Vec<Record>) {
    let suite = suite(text);
    let cases: Vec<&Case> = suite.cases().collect();
    let options = RunOptions { jobs: 2, planted_bug: bug, ..RunOptions::default() };
    let shared = Shared::default();
    let recorder = Recorder::new(|| Millis::ZERO).with(shared.clone());
    let end = run(&VirtualBench::new(), &cases, &options, recorder);
    let records = shared.0.lock().expect("the run has ended").records().to_vec();
    (end.exit_code, records)
}

fn verdict(text: &str, bug: Option<PlantedBug>) -> Verdict {
    let (_, records) = told(text, bug);
    let finished = records.iter().find_map(|record| match &record.event {
        Event::CaseFinished { verdict, .. } => Some(verdict.clone()),
        _ => None,
    });
    finished.expect("every case ends with a verdict")
}

const GOOD: &str = "
id: good/update
title: A good update
packages:
  update: { application: { witness: 2, size: 10 KiB }, version: 2 }
steps:
  - update: update
expect:
  application: { witness: 2 }
  mode: application
  settings: { bank_0: application, bank_1: none, app_version: 2 }
";

const RESUMED: &str = "
id: resume/disconnect
title: The link drops in the second object
packages:
  update: { application: { witness: 2, size: 10 KiB }, version: 2 }
steps:
  - update: update
    faults:
      - { at: { object: 2, byte: 2196 }, do: disconnect }
    expect: { reconnects: 1, init_resumed: true }
expect:
  application: { witness: 2 }
";

const UNREACHABLE: &str = "
id: fault/unreachable
title: A fault that can't fire
packages:
  update: { application: { witness: 2, size: 4 KiB }, version: 2 }
steps:
  - update: update
    faults:
      - { at: { notification: 90 }, do: lose }
expect:
  application: { witness: 2 }
";

const WRONG_KEY: &str = "
id: refusal/wrong-key
title: Signed with another key
packages:
  update: { application: { witness: 2, size: 4 KiB }, version: 2, sign: other }
steps:
  - update: update
    expect: { outcome: refused, result: invalid-object, phase: init }
expect:
  application: previous
";

const CUT: &str = "
id: power/activation
title: Power cut in the middle of the copy
packages:
  update: { application: { witness: 2, size: 10 KiB }, version: 2 }
steps:
  - update: update
    faults:
      - { at: { flash-op: 4500 }, do: power-cut, tear: torn }
expect:
  application: { witness: 2 }
";

const RAW: &str = "
id: serial/raw
title: Bytes as they are on the line
steps:
  - link: serial
    exchange:
      - { raw: \"09 01 C0 09\", answer: \"60 09 01 01 C0\" }
      - { raw: \"02 C0\", answer: \"60 09 01 .. C0\" }
      - { raw: \"09 DB 01 C0\", times: 2, answer: none }
      - { send: \"09 05\", answer: \"60 09 01 05\" }
expect:
  application: previous
";

const WATCHDOG: &str = "
id: timers/watchdog
title: A watchdog that runs is fed as far as the bootloader feeds
steps:
  - probe: [{ watchdog: 2 s, registers: 7 }, { retained: 0xB1 }]
  - reset: soft
  - wait: 10 s
  - mode: dfu
expect:
  application: previous
";

const SERIAL: &str = "
id: serial/update
title: Over a serial line
chip: nrf52840
packages:
  update: { application: { witness: 2, size: 10 KiB }, version: 2 }
steps:
  - update: update
    link: serial
    prn: 4
expect:
  application: { witness: 2 }
";

#[test]
fn good_cases_pass() {
    for text in [GOOD, RESUMED, WRONG_KEY, CUT, SERIAL] {
        assert_eq!(verdict(text, None), Verdict::Pass, "{text}");
    }
}

#[test]
fn a_fault_that_did_not_fire_is_told_beside_what_was_found() {
    let beside = UNREACHABLE.replace("    faults:", "    expect: { reconnects: 1 }\n    faults:");
    let Verdict::Fail(findings) = verdict(&beside, None) else { panic!("{beside}") };
    let checks: Vec<&str> = findings.iter().map(|finding| finding.check.as_str()).collect();
    assert_eq!(checks, ["reconnects", "fault"]);
    assert_eq!(findings[1].found, "it did not fire");
}

#[test]
fn every_fault_that_did_not_fire_is_named() {
    let two =
        UNREACHABLE.replace("    faults:", "    faults:\n      - { at: { notification: 95 }, do: lose }");
    let Verdict::Error(report) = verdict(&two, None) else { panic!("{two}") };
    assert!(report.message.contains("neither did `"), "{}", report.message);
}

#[test]
fn a_fault_that_did_not_fire_is_an_error() {
    let (exit, records) = told(UNREACHABLE, None);
    assert_eq!(exit, ExitCode::FaultDidNotFire);
    assert!(records.iter().any(|record| matches!(record.event, Event::FaultMissed { .. })));
    match verdict(UNREACHABLE, None) {
        Verdict::Error(report) => assert_eq!(report.class, ErrorClass::FaultDidNotFire),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_planted_bug_is_found_and_named() {
    match verdict(WRONG_KEY, Some(PlantedBug::SignatureNotChecked)) {
        Verdict::Fail(findings) => {
            assert!(findings.iter().any(|finding| finding.check == "outcome"), "{findings:?}");
            assert!(findings.iter().any(|finding| finding.check == "running application"), "{findings:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_seed_gives_one_account() {
    let comparable = || {
        let mut records = told(CUT, None).1;
        records.iter_mut().for_each(|record| record.wall = Wall::default());
        records
    };
    assert!(comparable() == comparable(), "two runs with one seed differ");
}

/// A scenario with one package and one update.
fn sent(package: &str, expect: &str, end: &str) -> String {
    format!(
        "id: a/b\ntitle: T\npackages:\n  update: {{ {package} }}\nsteps:\n  - update: update\n    expect: {expect}\nexpect: {end}\n"
    )
}

#[test]
fn a_new_softdevice_and_a_new_bootloader_are_judged_whether_they_are_expected_or_not() {
    let package = "softdevice: { fwid: 0x124 }, bootloader: { hw_version: 53 }, bootloader_version: 2";
    let ends = [
        ("{ softdevice: { package: update }, bootloader: { package: update } }", None),
        ("{ bootloader: { package: update } }", Some("unchanged softdevice")),
        ("{ softdevice: { package: update } }", Some("unchanged bootloader")),
        ("{ softdevice: none, bootloader: { package: update } }", Some("softdevice")),
    ];
    for (end, complaint) in ends {
        let found = match verdict(&sent(package, "{ outcome: completed }", end), None) {
            Verdict::Pass => None,
            Verdict::Fail(findings) => Some(findings[0].check.clone()),
            other => panic!("{other:?}"),
        };
        assert_eq!(found.as_deref(), complaint, "{end}");
    }
}

#[test]
fn a_package_that_the_client_rejects_is_not_sent() {
    let package = "application: { witness: 2, size: 4 KiB }, version: 2, mutate: hash_bit_flip";
    let end = "{ mode: application, application: previous, unchanged: [settings, settings-backup] }";
    let rejected = "{ outcome: rejected, stage: consistency, reason: hash_mismatch }";
    let (exit, records) = told(&sent(package, rejected, end), None);
    assert_eq!(exit, ExitCode::Pass);
    let before_judgement = records.iter().take_while(|record| !matches!(record.event, Event::Judged { .. }));
    let connected = |record: &&Record| matches!(record.event, Event::LinkConnected { .. });
    assert_eq!(before_judgement.filter(connected).count(), 0);

    let checks = |text: &str| match verdict(text, None) {
        Verdict::Fail(findings) => findings.into_iter().map(|finding| finding.check).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let otherwise = "{ outcome: rejected, stage: zip, reason: bad_zip }";
    assert_eq!(checks(&sent(package, otherwise, end)), ["stage", "reason"]);
    assert_eq!(checks(&sent(package, "{ outcome: completed }", end)), ["outcome"]);
    let good = "application: { witness: 2, size: 4 KiB }, version: 2";
    assert_eq!(checks(&sent(good, "{ outcome: rejected }", "{ mode: application }")), ["outcome"]);
}

#[test]
fn raw_bytes_reach_the_device_as_they_are() {
    assert_eq!(verdict(RAW, None), Verdict::Pass);
    // What comes behind the expected bytes is not passed over.
    let more = RAW.replace("09 01 C0 09\"", "09 01 C0 09 02 C0\"");
    assert!(matches!(verdict(&more, None), Verdict::Fail(_)));
    let silent = RAW.replace("raw: \"02 C0\", answer: \"60 09 01 .. C0\"", "raw: \"02 C0\", answer: none");
    assert!(matches!(verdict(&silent, None), Verdict::Fail(_)));
}

#[test]
fn the_probe_starts_a_watchdog_that_bites_where_nobody_feeds_it() {
    assert_eq!(verdict(WATCHDOG, None), Verdict::Pass);
    // Nobody feeds the eighth register (TMR-015).
    assert!(matches!(verdict(&WATCHDOG.replace("registers: 7", "registers: 8"), None), Verdict::Fail(_)));
}
