//! `gauntlet cuts`: power cuts over an update of the demo bootloader.

use crate::Place;

#[test]
fn operations_that_the_update_does_not_have_are_nothing_to_sweep() {
    let place = Place::new();
    place.run(&["cuts", "--from-op", "9", "--to-op", "8"]).ends_with(4).tells("from 9 to 8");
    place.run(&["cuts", "--from-op", "0"]).ends_with(2);
    place.run(&["cuts", "--target", "reference"]).ends_with(2).tells("can't be swept");
    place.run(&["cuts", "--planted-bug", "pages-erased"]).ends_with(2).tells("pages-erased-together");
    let package = crate::nrfutil("good/app_4097_signed.zip");
    // Signed with a key that is not the target's: the update fails without any cut.
    place.run(&["cuts", "--package", &package]).ends_with(97).tells("without any cut");
}

#[test]
fn the_demo_bootloader_survives_and_its_bug_does_not() {
    let place = Place::new();
    let part = ["cuts", "--from-op", "1", "--to-op", "12", "--updates", "1"];
    let sound = place.run(&part);
    sound
        .ends_with(0)
        .prints("previous application")
        .prints("not physics")
        .prints("1 of them updated once more");
    assert!(!sound.out.contains("WRONG"), "{}", sound.out);
    let with_bug = [&part[..], &["--planted-bug", "pages-erased-together"]].concat();
    place
        .run(&with_bug)
        .ends_with(100)
        .prints("DFU mode  WRONG")
        .prints("operations 2 to 12, ")
        .prints("--planted-bug pages-erased-together --tears random --from-op 2 --to-op 2 --seed 1");
    // Who does not mind gets devices that can at least be updated.
    let lenient = [&with_bug[..], &["--tears", "clean", "--may-lose-application"]].concat();
    place.run(&lenient).ends_with(0).prints("DFU mode\n").prints("2 of them updated once more");
}

#[test]
fn a_program_gets_every_state_that_is_wrong() {
    let place = Place::new();
    let args = "cuts --planted-bug bank-1-cleared-early --tears clean --from-op 5220 --to-op 5240 --updates 0 --json";
    let ran = place.run(&args.split(' ').collect::<Vec<_>>());
    let answer: serde_json::Value = serde_json::from_str(&ran.ends_with(100).out).unwrap();
    assert_eq!((&answer["states"], &answer["keeps_application"]), (&21.into(), &true.into()));
    let (bad, lost) = (answer["bad"].as_array().unwrap(), answer["endings"]["DFU mode"].as_u64());
    assert_eq!(Some(bad.len() as u64), lost);
    assert!(bad[0]["again"].as_str().unwrap().contains("--from-op 52"), "{answer}");
    // The jobs share the work, and change nothing in what is found.
    let alone = [args, "--jobs 1"].join(" ");
    assert_eq!(place.run(&alone.split(' ').collect::<Vec<_>>()).out, ran.out);
}

#[cfg(unix)]
#[test]
fn ctrl_c_tells_what_was_seen_so_far() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    let place = Place::new();
    let mut command = place.command(&["cuts", "--jobs", "1"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("operations swept") {
        assert!(told.read_line(&mut said).unwrap() > 0, "it has ended: {said}");
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let rest = std::thread::spawn(move || told.lines().count());
    let ended = child.wait_with_output().unwrap();
    rest.join().unwrap();
    let out = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{out}");
    assert!(out.contains("previous application") && out.contains("interrupted: "), "{out}");
}
