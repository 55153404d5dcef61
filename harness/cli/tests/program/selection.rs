//! Which cases are meant.

use serde_json::Value;

use crate::{GOOD, Place, WRONG, gauntlet};

#[test]
fn the_shipped_suite_is_listed_by_id() {
    let ran = gauntlet(&["list"]);
    ran.ends_with(0);
    let ids: Vec<&str> = ran.out.lines().collect();
    assert!(ids.len() >= 40, "{} cases", ids.len());
    assert!(ids.iter().all(|id| id.contains('/') && !id.contains(char::is_whitespace)), "{ids:?}");
    // Each of the ids selects one case: itself.
    let last = ids.last().unwrap();
    assert_eq!(gauntlet(&["list", last]).ends_with(0).out, format!("{last}\n"));
}

#[test]
fn a_list_for_programs_is_json() {
    let place = Place::new();
    place.file("own/good.yaml", GOOD);
    let ran = place.run(&["list", "--json", "own"]);
    let cases: Vec<Value> = serde_json::from_str(&ran.ends_with(0).out).unwrap();
    assert_eq!(cases.len(), 2);
    assert_eq!(cases[0]["id"], "own/good[size=4096]");
    assert_eq!(cases[0]["title"], "A good update of 4096 bytes");
    assert_eq!(cases[0]["file"], "own/good.yaml");
    assert_eq!(cases[0]["chip"], "nrf52832");
    assert_eq!(cases[0]["needs"], serde_json::json!(["ble"]));
    assert_eq!(cases[0]["tags"], serde_json::json!(["mine"]));
}

#[test]
fn a_name_that_fits_nothing_ends_the_run_before_it_begins() {
    let place = Place::new();
    let ran = place.run(&["run", "resum"]);
    ran.ends_with(4).tells("nothing is selected").tells("`resum`").tells("did you mean `resume`?");
    assert!(!place.path("reports").exists());
    place.run(&["run", "resume", "no/such/case"]).ends_with(4).tells("`no/such/case`");
    place.run(&["list", "missing.yaml"]).ends_with(4).tells("there is no such file");
    std::fs::create_dir(place.path("empty")).unwrap();
    for verb in ["run", "list", "check"] {
        place.run(&[verb, "empty"]).ends_with(4).tells("there is no scenario in `empty`");
    }
}

#[test]
fn what_exists_on_the_disk_comes_from_there() {
    let place = Place::new();
    place.file("own/good.yaml", GOOD).file("own/deep/wrong.yaml", WRONG);
    let all = ["own/good[size=4096]", "own/good[size=5000]", "own/wrong[size=4096]", "own/wrong[size=5000]"];
    let listed = |args: &[&str]| -> Vec<String> {
        place.run(&[&["list"], args].concat()).ends_with(0).out.lines().map(ToOwned::to_owned).collect()
    };
    assert_eq!(listed(&["own"]), all);
    assert_eq!(listed(&["own/good.yaml"]), all[..2]);
    // A pattern chooses among what is loaded...
    assert_eq!(listed(&["own", "own/wrong"]), all[2..]);
    assert_eq!(listed(&["own", "mine", "own/wrong[size=5000]"]), [all[0], all[1], all[3]]);
    // ... and what does not fit there is shipped.
    let shipped = listed(&["resume"]);
    assert!(!shipped.is_empty());
    let both: Vec<String> = all[..2].iter().map(ToString::to_string).chain(shipped).collect();
    assert_eq!(listed(&["own/good.yaml", "resume"]), both);
}

#[test]
fn a_case_from_the_disk_replaces_the_shipped_one() {
    let place = Place::new();
    let shipped = gauntlet(&["list", "--json", "good"]).out;
    let shipped: Vec<Value> = serde_json::from_str(&shipped).unwrap();
    let scenario =
        shipped.iter().find(|case| case["id"] == case["scenario"]).unwrap()["id"].as_str().unwrap();
    let own = GOOD
        .replace("own/good", scenario)
        .replace("matrix: { size: [4096, 5000] }\n", "")
        .replace("${size}", "4096");
    place.file("mine.yaml", &own);
    let ran = place.run(&["list", "--json", "mine.yaml", "good/*"]);
    let cases: Vec<Value> = serde_json::from_str(&ran.ends_with(0).out).unwrap();
    let files: Vec<&Value> =
        cases.iter().filter(|case| case["id"] == scenario).map(|case| &case["file"]).collect();
    assert_eq!(files, ["mine.yaml"]);
}

#[test]
fn filters_leave_what_has_all_of_them() {
    let listed = |args: &[&str]| -> Vec<Value> {
        let ran = gauntlet(&[&["list", "--json"], args].concat());
        serde_json::from_str(&ran.ends_with(0).out).unwrap()
    };
    let has = |case: &Value, key: &str, begin: &str| {
        case[key].as_array().unwrap().iter().any(|word| word.as_str().unwrap().starts_with(begin))
    };
    let area = listed(&["--requirement", "OBJ"]);
    assert!(area.len() > 20 && area.iter().all(|case| has(case, "requirements", "OBJ-")));
    let cut = listed(&["--need", "power-cut", "--requirement", "OBJ"]);
    assert!(!cut.is_empty() && cut.len() < area.len());
    assert!(cut.iter().all(|case| has(case, "requirements", "OBJ-") && has(case, "needs", "power-cut")));
    let failures = listed(&["--field-failure", "FF-064", "--field-failure", "FF-065"]);
    assert!(failures.iter().all(|case| has(case, "from", "FF-064") || has(case, "from", "FF-065")));
    let one = listed(&["--field-failure", "FF-064"]);
    assert!(!one.is_empty() && one.len() <= failures.len());
    let tagged = gauntlet(&["list", "--tag", "no-such-tag"]);
    tagged.ends_with(4).tells("no case has the tag `no-such-tag`");
    gauntlet(&["list", "--need", "power-cuts"]).ends_with(4).tells("did you mean `power-cut`?");
    gauntlet(&["list", "good", "--need", "serial", "--requirement", "PWR"]).ends_with(4);
}
