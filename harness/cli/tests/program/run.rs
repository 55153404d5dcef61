//! `gauntlet run`: verdicts, reports, exit codes.

use serde_json::Value;

use crate::{GOOD, Place, WRONG, gauntlet};

/// A journal without what depends on the wall clock.
fn comparable(journal: &str) -> Vec<Value> {
    let lines = journal.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        assert!(record.as_object_mut().unwrap().remove("wall").is_some(), "{line}");
        record
    });
    lines.collect()
}

#[test]
fn a_good_run_passes_and_leaves_its_reports() {
    let place = Place::new();
    place.file("good.yaml", GOOD);
    let ran = place.run(&["run", "good.yaml"]);
    ran.ends_with(0).tells("PASS").tells("own/good[size=4096]").tells("2 cases: 2 passed");
    assert_eq!(ran.out, "", "stdout is for what was asked for");
    let junit = place.read("reports/latest/junit.xml");
    assert!(junit.contains(r#"name="own/good[size=5000]""#), "{junit}");
    let journal = comparable(&place.read("reports/latest/run.jsonl"));
    assert_eq!(journal[0]["event"], "run-started");
    assert_eq!(journal[0]["planned"], serde_json::json!(["own/good[size=4096]", "own/good[size=5000]"]));
    assert_eq!(journal.last().unwrap()["event"], "run-finished");
    assert_eq!(journal.last().unwrap()["counts"]["passed"], 2);
}

#[test]
fn one_seed_gives_one_journal_however_many_work_at_it() {
    let place = Place::new();
    let journals = ["1", "1", "4"].map(|jobs| {
        place.run(&["run", "resume", "good", "--seed", "0x2a", "--jobs", jobs]);
        comparable(&place.read("reports/latest/run.jsonl"))
    });
    assert!(journals[0].len() > 100, "{} records", journals[0].len());
    assert_eq!(journals[0][0]["seed"], 42);
    assert_eq!(journals[0], journals[1]);
    assert_eq!(journals[0], journals[2]);
}

#[test]
fn a_failure_says_what_was_expected_and_found() {
    let place = Place::new();
    place.file("wrong.yaml", WRONG);
    let ran = place.run(&["run", "wrong.yaml"]);
    ran.ends_with(100).tells("FAIL").tells("expected").tells("found").tells("2 cases: 2 failed");
    let junit = place.read("reports/latest/junit.xml");
    assert!(junit.contains("<failure") && junit.contains("expected") && junit.contains("found"), "{junit}");
}

#[test]
fn a_fault_that_can_not_fire_is_no_pass() {
    let place = Place::new();
    let faults = "    faults: [{ at: { notification: 90 }, do: lose }]\n    expect";
    place.file("never.yaml", &GOOD.replace("    expect", faults));
    place.run(&["run", "never.yaml"]).ends_with(98).tells("fault did not fire").tells("2 cases: 2 errors");
}

#[test]
fn a_planted_bug_is_found() {
    let ran = gauntlet(&["run", "refusal", "--planted-bug", "signature-not-checked"]);
    ran.ends_with(100).tells("with the planted bug signature-not-checked").tells("FAIL");
}

#[test]
fn bugs_are_listed_by_name() {
    let ran = gauntlet(&["run", "--list-bugs"]);
    ran.ends_with(0);
    let names: Vec<&str> = ran.out.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() >= 6 && names.contains(&"version-not-checked"), "{names:?}");
    assert!(ran.out.lines().all(|line| line.contains("  ") && line.ends_with('.')), "{}", ran.out);
}

#[test]
fn reports_that_can_not_be_written_do_not_stop_the_run() {
    let place = Place::new();
    place.file("good.yaml", GOOD).file("blocked", "a file, where a folder is needed");
    let ran = place.run(&["run", "good.yaml", "--report-dir", "blocked/reports"]);
    ran.ends_with(110)
        .tells("2 cases: 2 passed")
        .tells_in_words("could not write the journal to blocked/reports/run.jsonl");
    ran.tells_in_words("could not write the JUnit report to blocked/reports/junit.xml");
    // A wrong device is the greater news.
    place.file("wrong.yaml", WRONG).run(&["run", "wrong.yaml", "--report-dir", "blocked"]).ends_with(100);
}

#[test]
fn the_junit_report_goes_to_a_second_place_too() {
    let place = Place::new();
    place.file("good.yaml", GOOD);
    place
        .run(&["run", "good.yaml", "--report-dir", "a/b", "--junit", "c/d.xml"])
        .ends_with(0)
        .tells("c/d.xml");
    assert_eq!(place.read("a/b/junit.xml"), place.read("c/d.xml"));
}

#[test]
fn shards_share_the_cases() {
    let place = Place::new();
    place.file("good.yaml", GOOD);
    place
        .run(&["run", "good.yaml", "--shard", "2/2"])
        .ends_with(0)
        .tells("own/good[size=5000]")
        .tells("1 case:");
    place
        .run(&["run", "good.yaml", "--shard", "3/3"])
        .ends_with(4)
        .tells_in_words("shard 3/3 of 2 cases is empty");
}

#[test]
fn progress_is_shown_as_asked() {
    let place = Place::new();
    place.file("good.yaml", GOOD);
    place.run(&["run", "good.yaml"]).tells(" 1/2 ");
    let ran = place.run(&["run", "good.yaml", "--progress", "none"]);
    assert!(!ran.err.contains("1/2") && ran.err.contains("PASS"), "{}", ran.err);
}

#[test]
fn an_unknown_bench_is_not_usable() {
    gauntlet(&["run", "--bench", "rack"]).ends_with(97).tells("there is no bench `rack`").tells("`virtual`");
}
