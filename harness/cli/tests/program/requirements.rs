//! `gauntlet requirements`.

use serde_json::Value;

use crate::gauntlet;

fn json(args: &[&str]) -> Vec<Value> {
    let ran = gauntlet(&[&["requirements", "--json"], args].concat());
    serde_json::from_str(&ran.ends_with(0).out).unwrap()
}

fn is_empty(known: &Value, key: &str) -> bool {
    known[key].as_array().unwrap().is_empty()
}

#[test]
fn a_requirement_is_shown_with_its_code_and_its_tests() {
    let ran = gauntlet(&["requirements", "OBJ-007"]);
    ran.ends_with(0).prints("Objects: ").prints("OBJ-007  Executing a command object that is not complete");
    let implemented = ran.out.lines().find(|line| line.trim_start().starts_with("implemented")).unwrap();
    assert!(implemented.contains("harness/reference/src/model/objects.rs:"), "{implemented}");
    let tested = ran.out.lines().find(|line| line.trim_start().starts_with("tested by")).unwrap();
    assert!(tested.contains("objects/"), "{tested}");
    let summary = "1 requirement: 1 implemented, 1 tested by scenarios, 0 only by tests of the crates, \
                   0 that can't be tested here, 0 open\n";
    assert!(ran.out.ends_with(summary), "{}", ran.out);
}

#[test]
fn what_only_a_test_of_a_crate_checks_is_shown_with_its_place() {
    let ran = gauntlet(&["requirements", "FLT-014"]);
    ran.ends_with(0)
        .prints("not tested   what the device does")
        .prints("checked by   harness/reference/tests/device/");
    ran.prints("0 tested by scenarios, 1 only by tests of the crates, 0 that can't");
    let known = &json(&["FLT-014"])[0];
    assert!(is_empty(known, "tested_by"));
    let implemented = known["implemented"].as_array().unwrap();
    assert!(!implemented.iter().any(|place| place["file"].as_str().unwrap().contains("/tests/")), "{known}");
    let place = &known["checked_by"][0];
    assert!(
        place["file"].as_str().unwrap().contains("/tests/") && place["line"].as_u64().unwrap() > 0,
        "{known}"
    );
    assert_eq!(json(&["--untested", "FLT-014"]).len(), 0);
}

#[test]
fn what_can_not_be_tested_says_why() {
    gauntlet(&["requirements", "BLE-011"])
        .ends_with(0)
        .prints("observed in  radio")
        .prints("implemented  nowhere")
        .prints("not tested   the PHY is settled in the air")
        .prints("0 only by tests of the crates, 1 that can't be tested here, 0 open\n");
}

#[test]
fn all_of_them_are_known_to_programs() {
    let all = json(&[]);
    assert_eq!(all.len(), 403);
    let object = all.iter().find(|known| known["id"] == "OBJ-007").unwrap();
    assert_eq!((&object["area"], &object["section"]), (&"OBJ".into(), &"2.1".into()));
    assert_eq!(object["observed"], serde_json::json!(["answer"]));
    assert!(object["implemented"][0]["line"].as_u64().unwrap() > 0);
    assert_eq!(object["not_tested"], Value::Null);
    // What a scenario cites is listed under it.
    let cases: Vec<Value> =
        serde_json::from_str(&gauntlet(&["list", "--json", "OBJ-007"]).ends_with(0).out).unwrap();
    for case in cases {
        assert!(object["tested_by"].as_array().unwrap().contains(&case["scenario"]), "{case}");
    }
}

#[test]
fn areas_and_ids_are_named_together() {
    let some = json(&["PWR", "CP-001", "CP-001"]);
    assert_eq!(some[0]["id"], "CP-001", "in the order of the catalogue");
    assert!(some.len() > 10 && some[1..].iter().all(|known| known["area"] == "PWR"), "{some:?}");
}

#[test]
fn the_gaps_and_what_is_done_make_up_all() {
    let all = json(&[]);
    let untested = json(&["--untested"]);
    let is_untested = |known: &Value| is_empty(known, "tested_by") && is_empty(known, "checked_by");
    assert!(untested.iter().all(is_untested));
    let count = |what: &dyn Fn(&Value) -> bool| all.iter().filter(|known| what(known)).count();
    let tested = count(&|known| !is_empty(known, "tested_by"));
    let checked = count(&|known| is_empty(known, "tested_by") && !is_empty(known, "checked_by"));
    assert_eq!(tested + checked + untested.len(), all.len());
    let unimplemented = json(&["--unimplemented"]);
    let implemented = all.iter().filter(|known| !is_empty(known, "implemented")).count();
    assert_eq!(implemented + unimplemented.len(), all.len());
    let both = json(&["--unimplemented", "--untested"]);
    assert!(both.iter().all(|known| is_untested(known) && is_empty(known, "implemented")));
    // The summary is about all, whatever is shown.
    let ran = gauntlet(&["requirements", "--untested"]);
    ran.ends_with(0).prints(&format!(
        "\n403 requirements: {implemented} implemented, {tested} tested by scenarios, {checked} only by tests of the crates, "
    ));
    assert!(!ran.out.contains("tested by    objects/"), "{}", ran.out);
}

#[test]
fn nothing_is_left_open_without_a_reason() {
    let open: Vec<Value> =
        json(&["--untested"]).into_iter().filter(|known| known["not_tested"].is_null()).collect();
    assert!(open.is_empty(), "neither a scenario, nor a test, nor a reason: {open:#?}");
}

#[test]
fn an_id_that_does_not_exist_is_answered_with_one_that_does() {
    gauntlet(&["requirements", "OJB-031"]).ends_with(4).tells("`OJB-031`").tells("did you mean `OBJ-031`?");
    gauntlet(&["requirements", "obj"]).ends_with(4).tells("did you mean `OBJ`?");
    gauntlet(&["requirements", "OBJ-999"]).ends_with(4).tells("the ids of OBJ go up to `OBJ-047`");
    let ran = gauntlet(&["requirements", "CP-001", "\u{1b}[31m"]);
    ran.ends_with(4).tells_in_words("the areas are CP, OBJ, PRN");
    assert!(ran.out.is_empty() && !ran.err.contains("\u{1b}[31m"), "{}", ran.err);
}

/// Every failure of the field is made to happen by a scenario, or says why none can.
#[test]
fn failures_in_the_field_are_recreated_or_say_why_not() {
    let all = json(&["FF"]);
    assert_eq!(all.len(), 141);
    for failure in &all {
        let reason = failure["not_recreated"].is_string();
        assert_ne!(is_empty(failure, "recreated_by"), !reason, "{}", failure["id"]);
    }
    let recreated = all.iter().filter(|failure| !is_empty(failure, "recreated_by")).count();
    assert!(recreated >= 110, "{recreated}");
    let untested = json(&["FF", "--untested"]);
    assert_eq!(untested.len(), all.len() - recreated);
    let summary = format!(
        "141 failures in the field: {recreated} recreated by scenarios, {} that can't be recreated here, 0 open\n",
        untested.len()
    );
    gauntlet(&["requirements", "FF"]).prints(&summary);
    gauntlet(&["requirements", "FF-041"]).prints("recreated by  ").prints("receipts/intervals");
    gauntlet(&["requirements", "FF-009"]).prints("not here      it happens in a packaging tool");
    gauntlet(&["requirements", "FF-142"]).ends_with(4).tells("the ids go up to `FF-141`");
}

#[test]
fn a_scenario_is_shown_with_what_it_checks() {
    let ran = gauntlet(&["requirements", "objects/nothing-to-execute"]);
    ran.ends_with(0)
        .prints("objects/nothing-to-execute\n")
        .prints("  OBJ-031   Executing with no data object open");
    let folder = json(&["resume", "objects/nothing-to-execute"]);
    let ids: Vec<&str> = folder.iter().map(|one| one["scenario"].as_str().unwrap()).collect();
    assert!(ids.len() > 5 && ids[0] == "objects/nothing-to-execute", "{ids:?}");
    assert!(ids[1..].iter().all(|id| id.starts_with("resume/")), "{ids:?}");
    // Both ways say the same.
    for one in folder.iter().take(2) {
        for id in one["requirements"].as_array().unwrap() {
            let known = &json(&[id.as_str().unwrap()])[0];
            assert!(known["tested_by"].as_array().unwrap().contains(&one["scenario"]), "{known}");
        }
    }
    let slip = gauntlet(&["requirements", "objects/nothing-to-execut"]);
    slip.ends_with(4).tells("did you mean `objects/nothing-to-execute`?");
}
