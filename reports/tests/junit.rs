//! The JUnit file says what the journal says, for any reader.
#![allow(clippy::unwrap_used, reason = "a test may end where something is wrong")]

mod parsed;

use gauntlet_record::{
    CaseId, Counts, ErrorClass, ErrorReport, Event, Finding, Millis, Recorder, Sink, Verdict, Word,
};
use gauntlet_reports::{JunitReport, RunAccount, Summary};
use parsed::{Element, parse};

fn finding(check: &str, expected: &str, found: &str, detail: Option<&str>) -> Finding {
    let detail = detail.map(ToOwned::to_owned);
    Finding { check: check.into(), expected: expected.into(), found: found.into(), detail }
}

/// A run in which each ending occurs; the cases of the two groups alternate.
fn mixed() -> Vec<(&'static str, Option<Verdict>)> {
    let fault = ErrorReport::fault_did_not_fire("disconnect at byte 9", "a fault did not fire");
    let mut probe = ErrorReport::new(ErrorClass::Bench, "probe lost; plug it in again");
    probe.causes = vec!["USB error".into(), "no device".into()];
    vec![
        ("stream/good[size=20KiB]", Some(Verdict::Pass)),
        (
            "power/cut/activation[op=17]",
            Some(Verdict::Fail(vec![
                finding("application", "witness 2", "witness 1", None),
                finding(
                    "unchanged bootloader",
                    "same digest",
                    "<&\"']]>\0\x1b[31m",
                    Some("first at 0x00078004"),
                ),
            ])),
        ),
        ("stream/drop[packet=3]", Some(Verdict::Error(fault))),
        ("power/cut/transfer", Some(Verdict::Error(probe))),
        ("stream/jam", Some(Verdict::Skipped { reason: "the bench has no radio-jam".into() })),
        ("stream/killed", None),
    ]
}

/// Tells the run: each case that has started takes 40 ms of wall time and a second of device time.
fn tell(mut recorder: Recorder<'_>, cases: &[(&str, Option<Verdict>)], not_started: &[&str]) {
    let ids = cases.iter().map(|(id, _)| *id).chain(not_started.iter().copied());
    let start = Event::RunStarted {
        gauntlet: "0.1.0".into(),
        seed: 7,
        bench: "virtual".into(),
        link: "direct".into(),
        chips: vec!["nrf52832".into(), "nrf52840".into()],
        planned: ids.map(|id| CaseId::new(id).unwrap()).collect(),
        sources: vec![],
        client: None,
        planted_bug: Some("signature-not-checked".into()),
    };
    recorder.emit(None, None, start);
    for (id, verdict) in cases {
        let id = CaseId::new(*id).unwrap();
        let mut emit = |ms, event| recorder.emit(Some(&id), Some(Millis::from_millis(ms)), event);
        if !matches!(verdict, Some(Verdict::Skipped { .. })) {
            emit(
                0,
                Event::CaseStarted {
                    title: format!("About {id} ]]> & more"),
                    chip: "nrf52832".into(),
                    link: "ble".into(),
                    requirements: vec!["OBJ-031".into(), "PWR-004".into()],
                    file: Some("scenarios/a.yaml".into()),
                },
            );
            emit(500, Event::FaultFired { fault: "disconnect".into(), position: "object 3, byte 1".into() });
            emit(600, Event::ObjectExecuted { object: 1, of: 8, offset: 4096, crc32: Word(1) });
        }
        if let Some(verdict) = verdict {
            let took_ms = Millis::from_millis(1000);
            emit(1000, Event::CaseFinished { verdict: verdict.clone(), took_ms });
        }
    }
    if not_started.is_empty() && cases.iter().all(|(_, verdict)| verdict.is_some()) {
        recorder.emit(None, None, Event::RunFinished { counts: Counts::default(), interrupted: false });
    }
    assert!(recorder.finish().is_empty());
}

fn clock() -> impl FnMut() -> Millis {
    let mut ms = 0;
    move || {
        ms += 10;
        Millis::from_millis(ms)
    }
}

fn account(cases: &[(&str, Option<Verdict>)], not_started: &[&str]) -> RunAccount {
    let mut account = RunAccount::default();
    let began = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_750_000_000_250);
    tell(Recorder::new(clock()).began(began).with(&mut account), cases, not_started);
    account
}

fn mixed_account() -> RunAccount {
    account(&mixed(), &["air/never"])
}

fn xml(account: &RunAccount) -> String {
    String::from_utf8(JunitReport::xml(account).unwrap()).unwrap()
}

#[test]
fn the_whole_file() {
    insta::assert_snapshot!(xml(&mixed_account()));
}

#[test]
fn counts_agree_with_the_summary_on_every_level() {
    let account = mixed_account();
    let counts = Summary::of(&account).counts;
    assert_eq!(counts, Counts { passed: 1, failed: 1, errors: 2, skipped: 1, not_run: 2 });
    let root = parse(&xml(&account));
    let count = |element: &Element, name: &str| element.attribute(name).parse::<u64>().unwrap();
    assert_eq!(count(&root, "tests"), counts.planned());
    assert_eq!(count(&root, "failures"), counts.failed);
    // A case cut short by a kill is an error for CI, one that never started is skipped.
    assert_eq!(count(&root, "errors"), counts.errors + 1);
    assert_eq!(count(&root, "skipped"), counts.skipped + 1);
    for (attribute, child) in
        [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
    {
        let mut sum = 0;
        for suite in root.children("testsuite") {
            let listed = suite.descendants(child).len() as u64;
            assert_eq!(count(suite, attribute), listed, "{attribute} of {}", suite.attribute("name"));
            sum += listed;
        }
        assert_eq!(count(&root, attribute), sum, "{attribute}");
    }
}

#[test]
fn suites_are_the_first_parts_and_cases_carry_their_ids() {
    let root = parse(&xml(&mixed_account()));
    let suites: Vec<_> = root.children("testsuite").map(|suite| suite.attribute("name").to_owned()).collect();
    assert_eq!(suites, ["stream", "power", "air"]);
    let ids: Vec<_> =
        root.descendants("testcase").iter().map(|case| case.attribute("name").to_owned()).collect();
    for (id, _) in mixed() {
        assert!(ids.contains(&id.to_owned()), "{id}");
        let case = case(&root, id);
        assert_eq!(case.attribute("classname"), id.rsplit_once('/').unwrap().0);
    }
    assert_eq!(case(&root, "stream/good[size=20KiB]").attribute("time"), "0.03");
}

fn case<'a>(root: &'a Element, id: &str) -> &'a Element {
    root.descendants("testcase").into_iter().find(|case| case.attribute("name") == id).unwrap()
}

#[test]
fn a_failure_carries_expected_found_and_how_to_run_it_again() {
    let root = parse(&xml(&mixed_account()));
    let failure = case(&root, "power/cut/activation[op=17]").children("failure").next().unwrap();
    assert_eq!(failure.attribute("message"), "application: expected witness 2, found witness 1; and 1 more");
    let text = failure.text();
    for line in [
        "  expected: witness 2",
        "  found:    witness 1",
        "  found:    <&\"']]>\\u{0}\\u{1b}[31m",
        "  detail:   first at 0x00078004",
        "  gauntlet run 'power/cut/activation[op=17]' --seed 7 --planted-bug signature-not-checked",
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} in {text}");
    }
    let error = case(&root, "stream/drop[packet=3]").children("error").next().unwrap();
    assert_eq!(error.attribute("type"), "fault-did-not-fire");
    assert!(error.text().contains("  gauntlet run 'stream/drop[packet=3]' --seed 7 "), "{}", error.text());
}

#[test]
fn the_account_of_a_case_holds_its_key_events() {
    let root = parse(&xml(&mixed_account()));
    let out = case(&root, "stream/killed").children("system-out").next().unwrap().text();
    assert!(
        out.starts_with("About stream/killed ]]> & more\non nrf52832, ble\nrequirements: OBJ-031, PWR-004\n")
    );
    assert!(out.contains("0.500 s  fault fired: disconnect at object 3, byte 1\n"), "{out}");
    assert!(!out.contains("executed"), "an executed object is no key event");
}

#[test]
fn a_run_without_cases_is_still_a_report() {
    let root = parse(&xml(&account(&[], &[])));
    assert_eq!((root.attribute("tests"), root.children("testsuite").count()), ("0", 0));
}

#[test]
fn the_file_is_written_and_an_impossible_path_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("latest/junit.xml");
    let mut report = JunitReport::new(&path);
    tell(Recorder::new(clock()).with(&mut report), &mixed(), &[]);
    assert_eq!(parse(&std::fs::read_to_string(&path).unwrap()).descendants("testcase").len(), 6);

    let below_a_file = path.join("junit.xml");
    let error = JunitReport::new(&below_a_file).finish().unwrap_err();
    assert_eq!(error.path, below_a_file);
    assert!(error.to_string().starts_with("could not write the JUnit report to "));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_back_without_controls(expected: String, found: String, reason: String) {
        let fail = Verdict::Fail(vec![finding("any", &expected, &found, None)]);
        let cases = [("a/fail", Some(fail)), ("a/skip", Some(Verdict::Skipped { reason }))];
        let root = parse(&xml(&account(&cases, &[])));
        let text = case(&root, "a/fail").children("failure").next().unwrap().text();
        let clean: String = found.chars().filter(|c| !c.is_control() && *c < '\u{fffe}').collect();
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        if clean.chars().count() == found.chars().count() {
            proptest::prop_assert!(letters(&text).contains(&letters(&clean)));
        }
    }
}
