//! Mistakes in scenarios, `gauntlet check` and `gauntlet schema`.

use serde_json::Value;

use crate::{GOOD, Place, gauntlet};

#[test]
fn a_typo_is_shown_with_its_place_and_the_right_word() {
    let place = Place::new();
    place.file(
        "typo.yaml",
        &GOOD.replace("    expect:", "    faults: [{ at: { packet: 1 }, do: disconect }]\n    expect:"),
    );
    for verb in ["check", "run", "list"] {
        let ran = place.run(&[verb, "typo.yaml"]);
        ran.ends_with(96)
            .tells("typo.yaml:9:39")
            .tells("disconect")
            .tells("did you mean `disconnect`?")
            .tells("1 mistake");
        assert!(
            ran.err.lines().any(|line| line.contains("──┬") || line.contains('▲')),
            "a caret:\n{}",
            ran.err
        );
        assert_eq!(ran.out, "");
    }
    assert!(!place.path("reports").exists());
}

#[test]
fn every_mistake_of_every_file_is_told_at_once() {
    let place = Place::new();
    place
        .file("all/a.yaml", &GOOD.replace("steps:", "stops:"))
        .file("all/b.yaml", &GOOD.replace("4096", "-1"));
    place.run(&["check", "all"]).ends_with(96).tells("all/a.yaml:").tells("all/b.yaml:");
    place.run(&["check", "no-such-folder"]).ends_with(96).tells("no-such-folder");
}

#[test]
fn what_is_right_is_counted() {
    let place = Place::new();
    place.file("good.yaml", GOOD);
    let ran = place.run(&["check", "good.yaml"]);
    assert_eq!(ran.ends_with(0).out, "1 scenario, 2 cases\n");
    assert_eq!(ran.err, "");
    let shipped = gauntlet(&["check"]);
    let cases = gauntlet(&["list"]).out.lines().count();
    shipped.ends_with(0).prints(&format!(" scenarios, {cases} cases\n"));
}

#[test]
fn no_file_makes_it_panic() {
    let place = Place::new();
    let mut nasty = vec![
        Vec::new(),
        b"\0".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"- - - -".to_vec(),
        b"a: &a [*a, *a]".to_vec(),
        vec![b'['; 100_000],
        b"id: ../../etc".to_vec(),
        GOOD.replace("[4096, 5000]", "[]").into_bytes(),
        GOOD.replace("${size}", "${${size}}").into_bytes(),
        GOOD.replace("4096", "99999999999999999999").into_bytes(),
    ];
    let nasty_ones = nasty.len();
    // The file cut off at many places; at some of them it is still a scenario.
    nasty.extend((0..GOOD.len()).step_by(29).map(|at| GOOD.as_bytes()[..at].to_vec()));
    for (number, content) in nasty.iter().enumerate() {
        std::fs::write(place.path("nasty.yaml"), content).unwrap();
        let ran = place.run(&["check", "nasty.yaml"]);
        let refused = ran.code == 96 && ran.err.contains("mistake");
        assert!(refused || (ran.code == 0 && number >= nasty_ones), "{}: {content:?}\n{}", ran.code, ran.err);
    }
}

#[test]
fn the_schema_is_json() {
    let schema: Value = serde_json::from_str(&gauntlet(&["schema"]).ends_with(0).out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(schema["properties"]["steps"].is_object());
}
