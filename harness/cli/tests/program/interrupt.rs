//! Ctrl-C.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::{GOOD, Place};

#[test]
fn the_first_ctrl_c_ends_the_run_cleanly() {
    let place = Place::new();
    let sizes: Vec<String> = (1..=250).map(|step| (4000 + 4 * step).to_string()).collect();
    place.file("long.yaml", &GOOD.replace("4096, 5000", &sizes.join(", ")));
    let mut child =
        place.command(&["run", "long.yaml", "--jobs", "1"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("PASS") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the program has ended");
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(
        rest.contains("stopping") && rest.contains("not run") && rest.contains("exit      130"),
        "{rest}"
    );
    let journal = place.read("reports/latest/run.jsonl");
    let last: serde_json::Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["interrupted"]), (&"run-finished".into(), &true.into()));
    assert!(place.read("reports/latest/junit.xml").contains("not-run"));
}
