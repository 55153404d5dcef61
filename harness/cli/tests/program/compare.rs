//! `gauntlet compare`, and runs over several backends.

use crate::Place;

/// Two runs of one case with one seed, in `one` and `two`.
fn two_runs() -> Place {
    let place = Place::new();
    for folder in ["one", "two"] {
        place.run(&["run", "good/twice", "--progress", "none", "--report-dir", folder]).ends_with(0);
    }
    place
}

#[test]
fn two_runs_with_one_seed_are_the_same_in_device_time() {
    let place = two_runs();
    let zero = ["throughput=0%", "first-byte=0ms", "resent=0", "reconnects=0", "device-time=0%"].join(",");
    let ran = place.run(&[
        "compare",
        "one",
        "two/run.jsonl",
        "--threshold",
        &zero,
        "--html",
        "out/c.html",
        "--json",
        "c.json",
    ]);
    ran.ends_with(0);
    assert!(ran.out.contains("same verdicts, nothing worse than allowed"), "{}", ran.out);
    assert!(ran.out.contains("direct@one") && ran.out.contains("direct@two"), "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "plain when piped");
    assert!(
        place.read("out/c.html").contains("good/twice") && place.read("c.json").contains("\"exit_code\": 0")
    );
    // stdout is the document alone.
    let ran = place.run(&["compare", "one", "two", "--json", "-", "--threshold", "total:cpu=100000%"]);
    ran.ends_with(0);
    serde_json::from_str::<serde_json::Value>(&ran.out).unwrap();
}

#[test]
fn what_can_not_be_compared_is_said_with_what_to_do() {
    let place = two_runs();
    place
        .run(&["run", "good/twice", "--seed", "2", "--progress", "none", "--report-dir", "other"])
        .ends_with(0);
    place
        .run(&["compare", "one"])
        .ends_with(2)
        .tells_in_words("only one run")
        .tells_in_words("--link direct,dongle");
    place.run(&["compare", "one", "one"]).ends_with(2).tells_in_words("given twice");
    place
        .run(&["compare", "one", "other"])
        .ends_with(2)
        .tells_in_words("different seeds")
        .tells("--any-seed");
    place.run(&["compare", "one", "other", "--any-seed"]).ends_with(0);
    place.run(&["compare", "one", "nowhere"]).ends_with(96).tells("nowhere");
    place
        .file("text", "no journal\n")
        .run(&["compare", "one", "text"])
        .ends_with(96)
        .tells_in_words("not the journal of a run");
    place
        .file("empty/notes.txt", "x")
        .run(&["compare", "one", "empty"])
        .ends_with(2)
        .tells_in_words("there is no run in");
    place.run(&["compare", "one", "two", "--threshold", "speed=1%"]).ends_with(2).tells("throughput");
    place.run(&["compare", "one", "two", "--baseline", "ble"]).ends_with(2).tells("direct@one");
}

#[cfg(unix)]
#[test]
fn a_run_over_several_backends_is_compared() {
    let place = Place::new();
    let ran = place.run(&[
        "run",
        "client/good[link=serial,size=256]",
        "client/refused[what=key]",
        "--progress",
        "none",
        "--junit",
        "j.xml",
        "--link",
        "direct,liar=true {port} {package}",
    ]);
    // The liar says that it has done what it has not.
    ran.ends_with(100);
    assert!(ran.out.contains("different verdicts: client/good[link=serial,size=256]"), "{}", ran.out);
    for file in ["direct/run.jsonl", "direct/junit.xml", "liar/run.jsonl", "compare.html", "compare.json"] {
        place.read(&format!("reports/latest/{file}"));
    }
    assert!(
        place.read("j-direct.xml").contains("client/good")
            && place.read("j-liar.xml").contains("client/good")
    );
    assert!(!place.path("reports/latest/run.jsonl").exists());
    assert!(place.path("reports/latest/liar/output").is_dir());
    // The same from the folder, and allowed.
    let again = place.run(&["compare", "reports/latest", "--allow-different-verdicts"]);
    again.ends_with(0);
    assert!(again.out.contains("direct") && again.out.contains("liar"), "{}", again.out);
    // How to run the case again names the client.
    ran.tells("--link 'liar=true {port} {package}'");
    // A run over one backend leaves no comparison of another behind.
    place.run(&["run", "client/refused[what=key]", "--progress", "none"]).ends_with(0);
    assert!(!place.path("reports/latest/compare.html").exists());
}

#[test]
fn what_a_backend_can_not_carry_is_no_difference() {
    let place = Place::new();
    let ran =
        place.run(&["run", "client/refused[what=key]", "--progress", "none", "--link", "direct,dongle"]);
    ran.ends_with(0);
    assert!(ran.out.contains("same verdicts") && ran.out.contains("SKIP"), "{}", ran.out);
}

#[test]
fn a_run_has_a_page_and_a_document() {
    let place = Place::new();
    place
        .run(&["run", "good/twice", "--progress", "none", "--html", "r.html", "--json", "r.json"])
        .ends_with(0);
    assert!(place.read("r.html").contains("Everything that ran passed"));
    let json: serde_json::Value = serde_json::from_str(&place.read("r.json")).unwrap();
    let figures = &json["cases"][0]["figures"];
    assert!(
        figures["bytes"].as_u64() > Some(0) && figures["device"]["first_byte_ms"].as_f64() > Some(0.0),
        "{figures}"
    );
}

#[test]
fn ways_that_can_not_be_are_refused_before_anything_runs() {
    for (link, reason) in [
        ("blue", "none of direct, ble, dongle, serial"),
        ("direct,direct", "there twice"),
        ("x {port}", "has no {package}"),
        ("x {port} {package} {speed}", "nothing can be put into {speed}"),
    ] {
        let place = Place::new();
        place.run(&["run", "good/twice", "--link", link]).ends_with(2).tells_in_words(reason);
        assert!(!place.path("reports").exists(), "{link}");
    }
}
