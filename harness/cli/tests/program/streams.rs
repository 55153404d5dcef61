//! Readers that go away, and disks that are full.

use std::process::Stdio;

use crate::{GOOD, Place, finished};

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    for args in [&["list"][..], &["list", "--json"], &["schema"], &["--help"], &["run", "--list-bugs"]] {
        let mut child = place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = finished(child.wait_with_output().unwrap());
        ran.ends_with(0);
        assert_eq!(ran.err, "", "{args:?}");
    }
}

#[test]
fn a_terminal_that_goes_away_does_not_end_the_run() {
    let place = Place::new();
    place.file("good.yaml", GOOD);
    let mut child =
        place.command(&["run", "good.yaml"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(place.read("reports/latest/junit.xml").contains("own/good"));
    let mut child = place.command(&["check", "missing"]).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(96));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let place = Place::new();
    place.file("good.yaml", GOOD);
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let ran = finished(place.command(&["list"]).stdout(full()).stderr(Stdio::piped()).output().unwrap());
    ran.ends_with(110).tells("No space left on device");
    place
        .run(&["run", "good.yaml", "--junit", "/dev/full"])
        .ends_with(110)
        .tells_in_words("to /dev/full: No space left");
}
