//! The conformance suite that is shipped in `scenarios/`: it loads, it is complete, and it is what its README says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gauntlet_scenario::model::Package;
use gauntlet_scenario::{
    CATALOGUE, Catalogue, Observation, Source, Suite, bench_schema_text, load, reference, schema_text,
    target_schema_text,
};

const FIRST_LINE: &str = "# yaml-language-server: $schema=../schema.json";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

fn suite() -> Suite {
    load(&[folder()]).unwrap_or_else(|found| panic!("{}", found.render(120, false)))
}

#[test]
fn it_loads_without_errors_and_without_warnings() {
    let suite = suite();
    assert!(suite.warnings().is_empty(), "{}", suite.warnings().render(120, false));
    assert!(suite.scenarios().len() >= 120, "{} scenarios", suite.scenarios().len());
    assert!(suite.cases().count() >= 340, "{} cases", suite.cases().count());
}

fn catalogue() -> Catalogue {
    let text = fs::read_to_string(folder().join(CATALOGUE)).expect("the catalogue stands there");
    Catalogue::read(&Source::new(CATALOGUE, text))
        .unwrap_or_else(|found| panic!("{}", found.render(120, false)))
}

#[test]
fn the_catalogue_has_every_area_without_gaps() {
    let catalogue = catalogue();
    for area in catalogue.areas() {
        let numbers: Vec<String> =
            catalogue.area(area.id.as_str()).map(|known| known.id.as_str().to_owned()).collect();
        let expected: Vec<String> = (1..=numbers.len()).map(|n| format!("{}-{n:03}", area.id)).collect();
        assert_eq!(numbers, expected);
    }
    assert_eq!(catalogue.requirements().len(), 403);
    let sentences: BTreeSet<&str> =
        catalogue.requirements().iter().map(|known| known.says.as_str()).collect();
    assert!(sentences.iter().all(|says| says.ends_with('.')), "{sentences:?}");
}

/// What shows in the air only, or nowhere, has no test and so needs the reason.
#[test]
fn what_can_not_be_seen_says_why_it_is_not_tested() {
    for known in catalogue().requirements() {
        let hidden =
            known.observed.iter().all(|place| matches!(place, Observation::Radio | Observation::None));
        assert!(!hidden || known.not_tested.is_some(), "{}", known.id);
    }
}

#[test]
fn scenarios_cite_requirements_that_exist_and_can_be_tested() {
    let catalogue = catalogue();
    for case in suite().cases() {
        for id in &case.requirements {
            let known = catalogue.get(id.as_str()).unwrap_or_else(|| panic!("{} cites {id}", case.id));
            assert_eq!(known.not_tested, None, "{} tests {id}", case.id);
        }
    }
}

#[test]
fn an_id_is_the_path_of_its_file() {
    let root = folder();
    for scenario in suite().scenarios() {
        let path = Path::new(scenario.file()).strip_prefix(&root).unwrap().with_extension("");
        assert_eq!(Path::new(scenario.id().as_str()), path);
    }
}

/// What makes a file one of the suite: editors know its schema, and reports can say what it is about.
#[test]
fn every_file_names_its_schema_its_requirements_and_what_must_hold() {
    for scenario in suite().scenarios() {
        let id = scenario.id();
        assert_eq!(scenario.text().lines().next(), Some(FIRST_LINE), "{id}");
        for case in scenario.cases() {
            assert!(!case.requirements.is_empty(), "{id} checks no requirement");
            assert!(case.expect.application.is_some(), "{id} does not say which application it ends with");
            let settings = case.expect.settings;
            assert!(
                settings.bank_0.is_some() && settings.bank_1.is_some(),
                "{id} does not say how the banks end"
            );
            assert!(
                settings.app_version.is_some(),
                "{id} does not say which version is on record in the end"
            );
        }
    }
}

#[test]
fn titles_tell_scenarios_and_cases_apart() {
    let suite = suite();
    let titles: BTreeSet<&str> = suite.cases().map(|case| case.title.as_str()).collect();
    let chips = suite.cases().filter(|case| case.values.iter().any(|(name, _)| name == "chip")).count();
    assert!(titles.len() + chips >= suite.cases().count(), "two cases have the same title");
    for title in titles {
        assert!(title.starts_with(|c: char| c.is_uppercase()) || title.starts_with("app_"), "{title}");
        assert!(!title.ends_with('.') && !title.contains("${"), "{title}");
    }
}

#[test]
fn every_package_file_is_used_and_listed() {
    let packages = folder().join("packages/nrfutil");
    let readme = fs::read_to_string(packages.join("README.md")).unwrap();
    let suite = suite();
    let used: BTreeSet<String> = suite
        .cases()
        .flat_map(|case| &case.packages)
        .filter_map(|(_, package)| match package {
            Package::File(file) => file.path.strip_prefix("../packages/nrfutil/").map(str::to_owned),
            Package::Built(_) => None,
        })
        .collect();
    let shipped: BTreeSet<String> = fs::read_dir(packages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".zip"))
        .collect();
    assert_eq!(used, shipped);
    for name in shipped {
        assert!(readme.contains(&format!("`{name}`")), "{name} is not in the README");
    }
}

#[test]
fn every_area_is_in_the_readme() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for scenario in suite().scenarios() {
        let area = scenario.id().as_str().split('/').next().unwrap();
        assert!(readme.contains(&format!("| `{area}/` |")), "{area} is not in the README");
    }
}

/// What is made from the declarations of the language is in the repository, for editors and for people. With
/// `UPDATE_SCHEMA=1` it is written anew.
#[test]
fn what_is_made_from_the_language_is_that_of_this_version() {
    for (name, text) in [
        ("scenarios/schema.json", schema_text()),
        ("targets/schema.json", target_schema_text()),
        ("benches/schema.json", bench_schema_text()),
        ("docs/scenario-reference.md", reference()),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            fs::write(&path, &text).unwrap();
        }
        assert!(
            fs::read_to_string(&path).unwrap_or_default() == text,
            "{name} is out of date: UPDATE_SCHEMA=1 cargo test -p gauntlet-scenario --test shipped"
        );
    }
}
