//! What a person sees, character by character.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use gauntlet_record::{
    CaseId, Counts, ErrorClass, ErrorReport, Event, ExitCode, Finding, Millis, Recorder, Verdict, Word,
    WriteError,
};
use indicatif::{InMemoryTerm, ProgressDrawTarget};

use super::progress::Indicator;
use super::{Closing, Display, Look};

/// A terminal that remembers.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    /// Everything written so far, with the escape character made visible.
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().replace('\x1b', "␛")
    }
}

fn finding(check: &str, expected: &str, found: &str, detail: Option<&str>) -> Finding {
    let detail = detail.map(ToOwned::to_owned);
    Finding { check: check.into(), expected: expected.into(), found: found.into(), detail }
}

fn failure() -> Verdict {
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    Verdict::Fail(vec![
        finding("application", "witness 1: the old application still runs", "witness 2", None),
        finding(
            "unchanged bootloader",
            &format!("SHA-256 {digest}"),
            "\x1b]0;owned\x07 a different one",
            Some("first difference at 0x00078004, in the second word of the vector table"),
        ),
    ])
}

fn mixed() -> Vec<(&'static str, Verdict)> {
    let fault = ErrorReport::fault_did_not_fire(
        "disconnect at object 9, byte 1",
        "the update ended before the fault was due; choose a position that is reached",
    );
    let mut probe = ErrorReport::new(ErrorClass::Bench, "the probe does not answer; plug it in again");
    probe.causes = vec!["USB transfer failed".into(), "no such device".into()];
    vec![
        ("stream/good[size=20KiB]", Verdict::Pass),
        ("validate/wrong-key", failure()),
        ("stream/disconnect-mid-object[at=1]", Verdict::Pass),
        ("stream/drop[packet=3]", Verdict::Error(fault)),
        ("power/cut-transfer", Verdict::Error(probe)),
        ("air/jam", Verdict::Skipped { reason: "the bench has no radio-jam".into() }),
    ]
}

/// Gives times between microseconds and minutes.
fn clock() -> impl FnMut() -> Millis {
    let mut step = 0_u64;
    let mut now = 0_u64;
    move || {
        step += 1;
        now += 977 * step.pow(4);
        Millis::from_micros(now)
    }
}

fn tell(display: &mut Display, cases: &[(&str, Verdict)], not_run: &[&str], planted_bug: Option<&str>) {
    let ids = cases.iter().map(|(id, _)| *id).chain(not_run.iter().copied());
    let start = Event::RunStarted {
        gauntlet: "0.1.0".into(),
        seed: 7,
        bench: "virtual".into(),
        link: "direct".into(),
        chips: vec!["nrf52832".into(), "nrf52840".into()],
        planned: ids.map(|id| CaseId::new(id).unwrap()).collect(),
        sources: vec![],
        client: None,
        planted_bug: planted_bug.map(Into::into),
    };
    let mut recorder = Recorder::new(clock()).with(display);
    recorder.emit(None, None, start);
    let mut counts = Counts { not_run: not_run.len() as u64, ..Counts::default() };
    for (number, (id, verdict)) in (1..).zip(cases) {
        let id = CaseId::new(*id).unwrap();
        let device = Millis::from_millis(733 * number);
        if !matches!(verdict, Verdict::Skipped { .. }) {
            let started = Event::CaseStarted {
                title: "A case".into(),
                chip: "nrf52832".into(),
                link: "ble".into(),
                requirements: vec![],
                file: None,
            };
            recorder.emit(Some(&id), None, started);
        }
        let executed = Event::ObjectExecuted { object: 3, of: 8, offset: 4096, crc32: Word(1) };
        recorder.emit(Some(&id), Some(device), executed);
        recorder.emit(
            Some(&id),
            Some(device),
            Event::CaseFinished { verdict: verdict.clone(), took_ms: device },
        );
        counts.add(verdict);
    }
    recorder.emit(None, None, Event::RunFinished { counts, interrupted: !not_run.is_empty() });
    assert!(recorder.finish().is_empty());
}

fn shown(
    look: Look,
    indicator: Indicator,
    cases: &[(&str, Verdict)],
    not_run: &[&str],
    bug: Option<&str>,
) -> String {
    let paper = Paper::default();
    let mut display = Display::new(look, indicator, Box::new(paper.clone()));
    tell(&mut display, cases, not_run, bug);
    let reports = [Path::new("reports/latest/junit.xml"), Path::new("reports/latest/run.jsonl")];
    let exit_code = display.summary().exit_code;
    display.close(&Closing { reports: &reports, unwritten: &[], exit_code });
    paper.text()
}

const PLAIN: Look = Look { width: None, colour: false };

#[test]
fn a_run_in_a_log_file() {
    insta::assert_snapshot!(shown(PLAIN, Indicator::counting(), &mixed(), &[], None));
}

#[test]
fn a_run_on_a_terminal_of_72_columns() {
    let look = Look { width: Some(72), colour: false };
    insta::assert_snapshot!(shown(look, Indicator::None, &mixed(), &[], Some("signature-not-checked")));
}

#[test]
fn a_run_on_a_narrow_terminal() {
    let look = Look { width: Some(44), colour: false };
    insta::assert_snapshot!(shown(look, Indicator::None, &mixed(), &[], None));
}

#[test]
fn a_run_in_colours() {
    let look = Look { width: Some(100), colour: true };
    insta::assert_snapshot!(shown(look, Indicator::None, &mixed()[..2], &["power/never"], None));
}

#[test]
fn a_good_run() {
    let cases: Vec<_> =
        ["a/b", "a/c", "a/d", "a/e", "a/f"].into_iter().map(|id| (id, Verdict::Pass)).collect();
    insta::assert_snapshot!(shown(PLAIN, Indicator::None, &cases, &[], None));
}

#[test]
fn nothing_from_a_device_steers_the_terminal() {
    let text = shown(PLAIN, Indicator::None, &mixed(), &[], None);
    assert!(!text.contains('␛') && !text.contains('\x07'), "{text}");
    assert!(text.contains("\\u{1b}]0;owned\\u{7} a different one"));
}

#[test]
fn from_72_columns_on_only_what_must_be_copied_is_wider_than_the_terminal() {
    for width in [72, 80, 120] {
        let look = Look { width: Some(width), colour: false };
        let text = shown(look, Indicator::None, &mixed(), &[], None);
        for line in text.lines().filter(|line| textwrap::core::display_width(line) > width) {
            let copied = line.contains("gauntlet ") || mixed().iter().any(|(id, _)| line.ends_with(id));
            assert!(copied, "{width}: {line:?}");
        }
    }
}

#[test]
fn a_missing_report_and_its_exit_code_are_shown() {
    let paper = Paper::default();
    let mut display = Display::new(PLAIN, Indicator::None, Box::new(paper.clone()));
    tell(&mut display, &mixed()[..1], &[], None);
    let full = io::Error::from(io::ErrorKind::StorageFull);
    let unwritten = [WriteError::new("JUnit report", "out/junit.xml", full)];
    let exit_code = display.summary().exit_code.and(ExitCode::ReportNotWritten);
    display.close(&Closing { reports: &[], unwritten: &unwritten, exit_code });
    let text = paper.text();
    assert!(text.contains("missing   could not write the JUnit report to out/junit.xml: "), "{text}");
    assert!(text.ends_with("exit      110 (a report could not be written)\n"), "{text}");
}

#[test]
fn the_bar_moves_and_leaves_no_trace() {
    let terminal = InMemoryTerm::new(30, 72);
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255);
    let paper = Paper::default();
    let mut display = Display::new(PLAIN, Indicator::bar(target), Box::new(paper.clone()));
    let cases = mixed();
    // The drawing is limited in time, so look at what the bar says and not at what happens to be drawn.
    tell(&mut display, &cases[..4], &["a/b", "a/c"], None);
    let Indicator::Bar(bar) = &display.indicator else { panic!("a bar") };
    assert_eq!(
        (bar.position(), bar.length(), bar.message()),
        (4, Some(6), "1 failed   1 with errors".into())
    );
    bar.tick();
    let drawn = terminal.contents();
    assert!(drawn.contains("4/6  1 failed   1 with errors"), "{drawn:?}");
    display.close(&Closing { reports: &[], unwritten: &[], exit_code: ExitCode::Failed });
    assert_eq!(terminal.contents(), "");
    assert_eq!(paper.text().matches("PASS").count(), 2);
}
