//! Runs over several backends, held against each other.
#![allow(clippy::unwrap_used, reason = "a test may end where something is wrong")]

use std::fs;
use std::path::{Path, PathBuf};

use gauntlet_record::{
    CaseId, Counts, ErrorClass, ErrorReport, Event, Finding, JournalWriter, Millis, Recorder, Verdict,
};
use gauntlet_reports::compare::{
    Clock, CompareOptions, ComparedRun, Comparison, Ended, Incomparable, Metric, RunState,
};
use gauntlet_reports::{RunAccount, comparison_page, run_page};

/// A case: its verdict, device milliseconds of sending 10,000 bytes, and bytes sent again.
struct Told {
    id: &'static str,
    verdict: Option<Verdict>,
    sending: u64,
    resent: u64,
}

fn told(id: &'static str, verdict: Verdict, sending: u64) -> Told {
    Told { id, verdict: Some(verdict), sending, resent: 0 }
}

fn failed() -> Verdict {
    Verdict::Fail(vec![Finding {
        check: "application".into(),
        expected: "witness 2".into(),
        found: "<script>".into(),
        detail: None,
    }])
}

fn skipped() -> Verdict {
    Verdict::Skipped { reason: "the link `dongle` carries no serial".into() }
}

fn tell(recorder: &mut Recorder<'_>, link: &str, seed: u64, cases: &[Told], ends: bool) {
    let start = Event::RunStarted {
        gauntlet: "0.1.0".into(),
        seed,
        bench: "virtual".into(),
        link: link.into(),
        chips: vec![],
        planned: cases.iter().map(|case| CaseId::new(case.id).unwrap()).collect(),
        sources: vec![],
        client: None,
        planted_bug: None,
    };
    recorder.emit(None, None, start);
    for case in cases {
        let id = CaseId::new(case.id).unwrap();
        let mut emit = |ms: u64, event| recorder.emit(Some(&id), Some(Millis::from_millis(ms)), event);
        if case.sending > 0 {
            let update =
                || Event::UpdateStarted { package: "p".into(), init_bytes: 0, firmware_bytes: 10_000 };
            let finished = |resent| Event::UpdateFinished {
                outcome: "completed".into(),
                words: None,
                bytes: 10_000 + resent,
                resent,
                reconnects: u32::from(resent > 0),
                took_ms: Millis::ZERO,
            };
            emit(5, Event::StepStarted { step: 1, of: 1, what: "update".into() });
            emit(10, update());
            emit(30, Event::DataStarted);
            emit(30 + case.sending, finished(case.resent));
            emit(
                31 + case.sending,
                Event::StepFinished { step: 1, outcome: "completed".into(), took_ms: Millis::ZERO },
            );
            // The closing update is the same on every backend, and no part of its figures.
            emit(50_000, update());
            emit(51_000, Event::DataStarted);
            emit(90_000, finished(9_999));
        }
        if let Some(verdict) = &case.verdict {
            let took_ms = Millis::from_millis(100_000);
            recorder.emit_timed(
                Millis::from_millis(1),
                Some(Millis::from_millis(250)),
                Some(&id),
                Some(took_ms),
                Event::CaseFinished { verdict: verdict.clone(), took_ms },
            );
        }
    }
    if ends {
        recorder.emit(None, None, Event::RunFinished { counts: Counts::default(), interrupted: false });
    }
}

/// Writes the journal of a run into a folder of its own.
fn journal(place: &Path, folder: &str, link: &str, seed: u64, cases: &[Told], ends: bool) -> PathBuf {
    let path = place.join(folder).join("run.jsonl");
    let mut writer = JournalWriter::create(&path).unwrap();
    let mut ms = 0;
    let mut recorder = Recorder::new(move || {
        ms += 10;
        Millis::from_millis(ms)
    })
    .with(&mut writer);
    tell(&mut recorder, link, seed, cases, ends);
    assert!(recorder.finish().is_empty());
    path
}

fn compared(runs: &[(&str, Vec<Told>)], options: &CompareOptions) -> Comparison {
    let place = tempfile::tempdir().unwrap();
    let read = |(link, cases): &(&str, Vec<Told>)| {
        ComparedRun::read(journal(place.path(), link, link, 1, cases, true)).unwrap()
    };
    Comparison::of(&runs.iter().map(read).collect::<Vec<_>>(), options).unwrap()
}

fn with(threshold: &str) -> CompareOptions {
    CompareOptions { thresholds: vec![threshold.parse().unwrap()], ..CompareOptions::default() }
}

#[test]
fn figures_are_those_of_the_steps_and_changes_those_of_shared_cases() {
    let direct = vec![told("a/one", Verdict::Pass, 1000), told("a/two", Verdict::Pass, 4000)];
    let dongle = vec![told("a/one", Verdict::Pass, 2000), told("a/two", skipped(), 0)];
    let comparison = compared(&[("direct", direct), ("dongle", dongle)], &CompareOptions::default());
    let (direct, dongle) = (&comparison.runs[0], &comparison.runs[1]);
    assert_eq!(direct.totals[&Metric::Throughput], 20_000.0 / 5.0);
    assert_eq!(dongle.totals[&Metric::Throughput], 10_000.0 / 2.0);
    assert_eq!((direct.totals[&Metric::Resent], direct.totals[&Metric::FirstByte]), (0.0, 0.02));
    assert_eq!((direct.totals[&Metric::Cpu], dongle.totals[&Metric::Cpu]), (0.5, 0.25));
    // The dongle is half as fast in the one case that it could carry.
    let shared = dongle.shared.as_ref().unwrap();
    assert_eq!((shared.cases, shared.change(Metric::Throughput)), (1, Some(-0.5)));
    assert_eq!(comparison.cases[1].cells[1].ended, Ended::Skipped);
    assert_eq!((comparison.different_verdicts, comparison.exit_code().number()), (0, 0));
}

#[test]
fn a_contradiction_fails_and_can_be_allowed() {
    let runs = || {
        let error = Verdict::Error(ErrorReport::new(ErrorClass::Tool, "gone"));
        [
            (
                "direct",
                vec![told("a/x", Verdict::Pass, 10), told("a/y", failed(), 10), told("a/z", error, 0)],
            ),
            ("dongle", vec![told("a/x", failed(), 10), told("a/y", failed(), 10), told("a/z", skipped(), 0)]),
        ]
    };
    let comparison = compared(&runs(), &CompareOptions::default());
    let differing: Vec<bool> = comparison.cases.iter().map(|row| row.differs).collect();
    assert_eq!(differing, [true, false, false]);
    assert_eq!(comparison.exit_code().number(), 100);
    let allowed = CompareOptions { allow_verdicts: true, ..CompareOptions::default() };
    assert_eq!(compared(&runs(), &allowed).exit_code().number(), 0);
}

#[test]
fn thresholds_hold_for_each_case_or_for_all_together() {
    let runs = || {
        [
            ("direct", vec![told("a/one", Verdict::Pass, 1000), told("a/two", Verdict::Pass, 10_000)]),
            ("dongle", vec![told("a/one", Verdict::Pass, 1300), told("a/two", Verdict::Pass, 9700)]),
        ]
    };
    let one = compared(&runs(), &with("throughput=10%"));
    let [exceeded] = one.exceeded.as_slice() else { panic!("{:?}", one.exceeded) };
    assert_eq!(
        (exceeded.run.as_str(), exceeded.case.as_ref().map(CaseId::as_str)),
        ("dongle", Some("a/one"))
    );
    assert_eq!(one.exit_code().number(), 100);
    assert!(compared(&runs(), &with("total:throughput=10%")).exceeded.is_empty());
    let other = CompareOptions { baseline: Some("dongle".into()), ..with("throughput=2%") };
    let other = compared(&runs(), &other);
    assert_eq!(other.exceeded.len(), 1);
    assert_eq!(other.exceeded[0].case.as_ref().map(CaseId::as_str), Some("a/two"));
    let mut again = runs();
    again[1].1[0].resent = 4097;
    assert_eq!(compared(&again, &with("resent=4096")).exceeded.len(), 1);
    assert_eq!(compared(&again, &with("resent=4097")).exceeded.len(), 0);
}

#[test]
fn a_killed_run_is_compared_as_far_as_it_went() {
    let place = tempfile::tempdir().unwrap();
    let cases = || vec![told("a/one", Verdict::Pass, 1000), told("a/two", Verdict::Pass, 1000)];
    let whole = journal(place.path(), "whole", "direct", 1, &cases(), true);
    let killed = journal(place.path(), "killed", "dongle", 1, &cases(), false);
    let text = fs::read_to_string(&killed).unwrap();
    // The last line, the verdict of the second case, is torn.
    fs::write(&killed, &text[..text.len() - 20]).unwrap();
    let runs = [whole, killed].map(|path| ComparedRun::read(path).unwrap());
    let comparison = Comparison::of(&runs, &CompareOptions::default()).unwrap();
    assert_eq!(comparison.runs[1].state, RunState::Killed);
    assert_eq!(comparison.cases[1].cells[1].ended, Ended::CutShort);
    assert_eq!(comparison.runs[1].counts.not_run, 1);
    assert!(comparison.notes[0].contains("without a verdict for 1 of its cases"), "{:?}", comparison.notes);
    assert_eq!((comparison.different_verdicts, comparison.exit_code().number()), (0, 0));
}

#[test]
fn what_can_not_be_compared_is_said() {
    let place = tempfile::tempdir().unwrap();
    let cases = || vec![told("a/one", Verdict::Pass, 1000)];
    let run = |folder: &str, seed| {
        ComparedRun::read(journal(place.path(), folder, "direct", seed, &cases(), true)).unwrap()
    };
    let refused = |runs: &[ComparedRun]| Comparison::of(runs, &CompareOptions::default()).unwrap_err();
    let (one, two, other) = (run("one", 1), run("two", 1), run("other", 2));
    assert!(matches!(refused(&[]), Incomparable::OnlyOne { .. }));
    assert!(matches!(refused(std::slice::from_ref(&one)), Incomparable::OnlyOne { .. }));
    assert!(matches!(refused(&[one.clone(), one.clone()]), Incomparable::Twice { .. }));
    let seeds = refused(&[one.clone(), other.clone()]).to_string();
    assert!(seeds.contains("1 in") && seeds.contains("2 in"), "{seeds}");
    let any = CompareOptions { any_seed: true, ..CompareOptions::default() };
    assert!(Comparison::of(&[one.clone(), other], &any).unwrap().notes[0].contains("seed"));
    let elsewhere =
        ComparedRun::read(journal(place.path(), "b", "direct", 1, &[told("b/x", Verdict::Pass, 1)], true))
            .unwrap();
    assert!(matches!(refused(&[one.clone(), elsewhere]), Incomparable::NothingInCommon { .. }));
    let wanted = CompareOptions { baseline: Some("ble".into()), ..CompareOptions::default() };
    let unknown = Comparison::of(&[one.clone(), two.clone()], &wanted).unwrap_err().to_string();
    // Two runs over the same backend are told from each other by their folders.
    assert!(unknown.contains("direct@one, direct@two"), "{unknown}");

    for content in ["", "no journal\n", "{\"seq\":0}\n", "{\"seq\":0,\"event\":\"power-restored\"}\n"] {
        let path = place.path().join("not.jsonl");
        fs::write(&path, content).unwrap();
        assert!(matches!(ComparedRun::read(&path), Err(Incomparable::NotAJournal { .. })), "{content:?}");
    }
    let damaged = place.path().join("one/run.jsonl");
    let text = fs::read_to_string(&damaged).unwrap().replacen("\"seq\":3", "\"seq\":4", 1);
    fs::write(&damaged, text).unwrap();
    assert!(matches!(ComparedRun::read(&damaged), Err(Incomparable::Journal { .. })));
    assert!(matches!(ComparedRun::read(place.path().join("nowhere")), Err(Incomparable::Journal { .. })));
}

#[test]
fn the_document_and_the_page_say_what_the_comparison_says() {
    let runs = [
        ("direct", vec![told("a/one[x=1]", Verdict::Pass, 1000), told("a/two", Verdict::Pass, 500)]),
        ("dongle", vec![told("a/one[x=1]", failed(), 2000), told("a/two", skipped(), 0)]),
    ];
    let comparison = compared(&runs, &with("throughput=10%"));
    let json: serde_json::Value = serde_json::from_str(&comparison.json().unwrap()).unwrap();
    assert_eq!(json["exit_code"], 100);
    assert_eq!(json["cases"][0]["differs"], true);
    assert_eq!(json["runs"][1]["shared"]["run"]["throughput"], 5000.0);
    assert_eq!(json["exceeded"][0]["threshold"], "throughput=10%");
    assert_eq!(json["cases"][0]["cells"][1]["figures"]["device"]["sending_ms"], 2000);
    let page = comparison_page(&comparison);
    assert!(page.contains("1 case has a different verdict; 1 figure is worse than allowed."));
    assert!(page.contains("found &lt;script&gt;") && !page.contains("found <script>"));
    // What differs stands in front of what each backend came to.
    assert!(page.find("<h2>Different verdicts").unwrap() < page.find("<h2>Backends").unwrap());
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    let drawn = page.split("<script>").next().unwrap();
    assert!(!drawn.contains("NaN") && !drawn.contains("inf\""));
}

#[test]
fn the_page_of_a_run_holds_every_case_and_how_to_run_it_again() {
    let mut account = RunAccount::default();
    let cases =
        [told("a/one", Verdict::Pass, 1000), told("a/two", failed(), 500), told("a/three", skipped(), 0)];
    let mut recorder = Recorder::new(|| Millis::ZERO).with(&mut account);
    tell(&mut recorder, "dongle", 7, &cases, true);
    assert!(recorder.finish().is_empty());
    let page = run_page(&account);
    for text in [
        "1 of 3 cases failed",
        "gauntlet run 'a/two' --link dongle --seed 7",
        "carries no serial",
        "found &lt;script&gt;",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let json = gauntlet_reports::JsonReport::json(&account).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["counts"]["failed"], &json["exit_code"]), (&1.into(), &100.into()));
    assert_eq!(json["cases"][0]["figures"]["bytes"], 10_000);
    assert_eq!(json["facts"]["link"], "dongle");
}

#[test]
fn the_clock_of_the_wall_gives_other_rates() {
    let runs = [
        ("direct", vec![told("a/one", Verdict::Pass, 1000)]),
        ("ble", vec![told("a/one", Verdict::Pass, 1000)]),
    ];
    let wall = CompareOptions { clock: Clock::Wall, ..CompareOptions::default() };
    // One tick of the wall between the first byte and the end.
    assert_eq!(compared(&runs, &wall).runs[0].totals[&Metric::Throughput], 10_000.0 / 0.01);
}
