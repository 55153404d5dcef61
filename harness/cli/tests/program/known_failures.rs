//! `gauntlet run --known-failures` and `--all-planted-bugs`.

use crate::{GOOD, Place, WRONG, gauntlet};

#[test]
fn a_known_failure_has_to_fail() {
    let place = Place::new();
    place.file("own/good.yaml", GOOD).file("own/wrong.yaml", WRONG);
    place.file("known.txt", "own/wrong   # the maker knows\n");
    let ran = place.run(&["run", "own", "--known-failures", "known.txt"]);
    ran.ends_with(0).tells("2 passed, 2 skipped").tells_in_words("a known failure: the maker knows; outcome");
    // Known failures alone are a run, too.
    place.run(&["run", "own/wrong.yaml", "--known-failures", "known.txt"]).ends_with(0);
    // Only the one that is named.
    place.file("known.txt", "own/wrong[size=4096]\n");
    place.run(&["run", "own", "--known-failures", "known.txt"]).ends_with(100).tells("1 failed, 1 skipped");
}

#[test]
fn a_known_failure_that_passes_is_an_error() {
    let place = Place::new();
    place.file("own/good.yaml", GOOD).file("known.txt", "# all\nown/good[size=5000]\n");
    let ran = place.run(&["run", "own", "--known-failures", "known.txt"]);
    ran.ends_with(98).tells("1 passed, 1 error").tells_in_words("passes although it is a known failure");
}

#[test]
fn a_line_that_means_no_case_is_a_mistake() {
    let place = Place::new();
    place.file("own/good.yaml", GOOD).file("known.txt", "own/god   # slip\n");
    let ran = place.run(&["run", "own", "--known-failures", "known.txt"]);
    ran.ends_with(96).tells("known.txt:1:1").tells("did you mean `own/good`?");
    place.run(&["run", "own", "--known-failures", "none.txt"]).ends_with(96).tells("none.txt");
}

#[test]
fn every_planted_bug_is_hunted() {
    let ran = gauntlet(&["run", "refusal/downgrade", "--all-planted-bugs"]);
    ran.ends_with(100).prints("found   version-not-checked").prints("  by refusal/downgrade");
    ran.prints("MISSED  inactivity-ignored").prints(" planted bugs\n");
}
