//! The BLE part of the suite through the unmodified btleplug, held against the same cases without anything between.
//!
//! By default a part that has every kind of step, fault and central; with `WHOLE_SUITE=1` all of it.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that can't prepare its folder has failed")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What stands for the whole: link faults, ATT, jumps and bonds, resumption, cuts in mid-update, refusals, several images, a new
/// bootloader that comes to its place through a cut.
const PART: [&str; 8] = [
    "ble",
    "entry",
    "loss",
    "good",
    "resume/mid-object",
    "refusal",
    "power/transfer",
    "power/bootloader-copy[op=2439,tear=torn]",
];
/// How the reason of a case begins that this link can't do.
const BEYOND: &str = "the link `ble` ";
/// For each such case that uses BLE at all, so many are compared at least; fewer would mean that something is not tested any more.
const COMPARED_FOR_EACH_BEYOND: usize = 5;

fn gauntlet(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gauntlet"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GAUNTLET_")) {
        command.env_remove(name);
    }
    let output = command
        .args(["run", "--progress", "none", "--report-dir"])
        .arg(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
}

/// Every record of a journal.
fn journal(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("run.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Case by case: the verdict, and its reason when it was skipped.
fn verdicts(journal: &[Value]) -> BTreeMap<String, (String, String)> {
    let ends = journal.iter().filter(|record| record["event"] == "case-finished");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    ends.map(|end| {
        let verdict = &end["verdict"];
        (text(&end["case"]), (text(&verdict["is"]), text(&verdict["because"]["reason"])))
    })
    .collect()
}

#[test]
fn the_same_verdicts_as_without_anything_between() {
    let place = tempfile::tempdir().unwrap();
    let whole = std::env::var_os("WHOLE_SUITE").is_some();
    let part: &[&str] = if whole { &[] } else { &PART };
    let (direct_code, told) = gauntlet(&place.path().join("direct"), part);
    assert_eq!(direct_code, 0, "{told}");
    // Most of a case here is waiting.
    let over = [part, &["--link", "ble", "--jobs", "4"]].concat();
    let (code, told) = gauntlet(&place.path().join("ble"), &over);
    assert_eq!(code, 0, "{told}");

    let (direct, ble) = (journal(&place.path().join("direct")), journal(&place.path().join("ble")));
    assert_eq!(direct[0]["link"], "direct");
    assert_eq!(ble[0]["link"], "ble");
    assert_eq!(direct[0]["planned"], ble[0]["planned"]);
    let (direct, ble) = (verdicts(&direct), verdicts(&ble));
    let (mut equal, mut beyond, mut wrong) = (0, Vec::new(), Vec::new());
    for (case, (verdict, reason)) in &ble {
        match direct.get(case) {
            Some((same, _)) if same == verdict => equal += 1,
            _ if verdict == "skipped" && reason.starts_with(BEYOND) && reason.contains("serial") => {}
            _ if verdict == "skipped" && reason.starts_with(BEYOND) => beyond.push(case),
            other => wrong.push(format!("{case}: {verdict} {reason} instead of {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(ble.len(), direct.len(), "every case has ended");
    assert!(beyond.len() * COMPARED_FOR_EACH_BEYOND <= equal, "{equal} were compared, not {beyond:#?}");
    assert!(equal >= if whole { 250 } else { 80 }, "{equal} cases were compared");
}

#[test]
fn what_a_run_leaves_looks_like_that_of_any_other_link() {
    let place = tempfile::tempdir().unwrap();
    let journals = ["direct", "ble"].map(|link| {
        let folder = place.path().join(link);
        let (code, told) = gauntlet(&folder, &["good/twice", "--link", link, "--jobs", "2"]);
        assert_eq!(code, 0, "{told}");
        let junit = std::fs::read_to_string(folder.join("junit.xml")).unwrap();
        assert!(junit.contains("good/twice"), "{junit}");
        journal(&folder)
    });
    let events = journals.map(|journal| {
        let names = journal.iter().map(|record| record["event"].as_str().unwrap().to_owned());
        // How much there is to judge depends on what a link lets see.
        let mut names: Vec<_> = names.collect();
        names.dedup_by(|next, before| next == before && *next == "judged");
        names
    });
    assert_eq!(events[0], events[1]);
}

/// The processes whose parent is `parent`.
fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Behind the name in parentheses: state, parent.
        let parent_of = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
        parent_of.is_some_and(|of| of == parent.to_string())
    })
    .collect()
}

#[test]
fn a_case_whose_process_is_killed_is_an_error_and_can_be_tried_again() {
    let place = tempfile::tempdir().unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_gauntlet"))
        .args(["run", "good", "--link", "ble", "--jobs", "1", "--retries", "1", "--progress", "none"])
        .arg("--report-dir")
        .arg(place.path())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let worker = loop {
        let told = std::fs::read_to_string(place.path().join("run.jsonl")).unwrap_or_default();
        if let Some(worker) = children(run.id()).first().filter(|_| told.contains("device-prepared")) {
            break *worker;
        }
        assert!(run.try_wait().unwrap().is_none(), "it has ended without any worker");
        std::thread::yield_now();
    };
    assert!(Command::new("kill").args(["-9", &worker.to_string()]).status().unwrap().success());
    assert_eq!(run.wait().unwrap().code(), Some(0));
    let journal = journal(place.path());
    let retried: Vec<&Value> = journal.iter().filter(|record| record["event"] == "case-retried").collect();
    assert_eq!(retried.len(), 1, "{retried:?}");
    let message = retried[0]["error"]["message"].as_str().unwrap();
    assert!(message.contains("the process of the case ended in the middle of it"), "{message}");
    assert!(verdicts(&journal).values().all(|(verdict, _)| verdict != "error"));
}

#[test]
fn a_planted_bug_is_found_through_it() {
    let place = tempfile::tempdir().unwrap();
    let arguments = ["refusal/downgrade", "--link", "ble", "--planted-bug", "version-not-checked"];
    let (code, told) = gauntlet(place.path(), &arguments);
    assert_eq!(code, 100, "{told}");
    assert!(told.contains("--link ble --seed 1 --planted-bug version-not-checked"), "{told}");
}
