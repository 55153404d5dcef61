//! The command in a report runs the failed case again.

use std::process::Command;

use crate::{Place, Ran, finished};

/// The command that stands in a text, as a shell runs it.
fn run_again(place: &Place, text: &str) -> Ran {
    let line = text.lines().find_map(|line| Some(&line[line.find("gauntlet run '")?..])).expect("a command");
    let program = env!("CARGO_BIN_EXE_gauntlet");
    let command = line.replacen("gauntlet", &format!("'{program}'"), 1);
    finished(Command::new("sh").args(["-c", &command]).current_dir(place.path(".")).output().unwrap())
}

#[test]
fn of_the_shipped_suite() {
    let place = Place::new();
    place.run(&["run", "refusal", "--planted-bug", "version-not-checked", "--seed", "7"]).ends_with(100);
    let ran = run_again(&place, &place.read("reports/latest/junit.xml").replace("&apos;", "'"));
    ran.ends_with(100).tells("1 case: 1 failed").tells("seed 7").tells("planted bug version-not-checked");
}
