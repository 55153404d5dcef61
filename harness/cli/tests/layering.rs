//! The crates stand in one order, and each uses only crates above it: proved from `cargo metadata`.
//!
//! ARCHITECTURE.md explains the order; this list is where it is kept true.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates of the workspace, lowest first.
const ORDER: [&str; 16] = [
    "gauntlet-protocol",
    "gauntlet-package",
    "gauntlet-record",
    "gauntlet-armv7em",
    "gauntlet-nrf52",
    "gauntlet-reference",
    "gauntlet-engine",
    "gauntlet-connectivity",
    "gauntlet-links",
    "gauntlet-bluez",
    "gauntlet-probe",
    "gauntlet-scenario",
    "gauntlet-bench",
    "gauntlet-runner",
    "gauntlet-reports",
    "gauntlet-cli",
];

/// Libraries that belong to one crate: everybody else asks that crate.
const OWNED: [(&str, &str); 3] =
    [("probe-rs", "gauntlet-probe"), ("btleplug", "gauntlet-links"), ("zbus", "gauntlet-bluez")];

/// A crate, as far as the layering is concerned.
#[derive(Debug, Clone)]
struct Crate {
    name: String,
    /// What it is built with: normal and build dependencies.
    built_with: BTreeSet<String>,
    /// What its tests, examples and benchmarks need beside that.
    tested_with: BTreeSet<String>,
}

/// Everything that is wrong with the layering, one sentence each.
fn violations(crates: &[Crate]) -> Vec<String> {
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    let mut wrong = Vec::new();
    for name in ORDER {
        if !crates.iter().any(|known| known.name == name) {
            wrong.push(format!("{name} is in the order and not in the workspace"));
        }
    }
    for Crate { name, built_with, tested_with } in crates {
        let Some(own) = place(name) else {
            wrong.push(format!("{name} has no place in the order"));
            continue;
        };
        for used in built_with {
            if place(used).is_some_and(|used| used >= own) {
                wrong.push(format!("{name} uses {used}, which does not stand above it"));
            } else if used.starts_with("gauntlet") && place(used).is_none() {
                wrong.push(format!("{name} uses {used}, which has no place in the order"));
            }
        }
        for (library, owner) in OWNED {
            if name != owner && (built_with.contains(library) || tested_with.contains(library)) {
                wrong.push(format!("{name} uses {library}, which belongs to {owner}"));
            }
        }
    }
    wrong
}

/// What is wrong with the front page of a library: the documentation that `lib.rs` begins with.
fn front_page_problem(source: &str) -> Option<&'static str> {
    let page: Vec<&str> = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    let Some(first) = page.first() else { return Some("does not begin with documentation") };
    if first.is_empty() || first.starts_with('#') {
        return Some("does not begin with a sentence");
    }
    if !page.iter().any(|line| line.starts_with("| module |")) {
        return Some("has no map of its modules");
    }
    None
}

/// What cargo says about the workspace.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs: it has just built this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().expect("cargo metadata lists packages")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo metadata gives a text here")
}

fn read_crate(package: &Value) -> Crate {
    let dependencies = package["dependencies"].as_array().expect("every package lists its dependencies");
    // The kind of a normal dependency is null.
    let (tests, builds): (Vec<&Value>, Vec<&Value>) =
        dependencies.iter().partition(|used| used["kind"] == "dev");
    let names = |used: Vec<&Value>| used.into_iter().map(|used| text(&used["name"]).to_owned()).collect();
    Crate { name: text(&package["name"]).to_owned(), built_with: names(builds), tested_with: names(tests) }
}

#[test]
fn every_crate_uses_only_crates_above_it() {
    let metadata = metadata();
    let crates: Vec<Crate> = packages(&metadata).iter().map(read_crate).collect();
    let cli = crates.iter().find(|known| known.name == "gauntlet-cli").expect("this test belongs to it");
    assert!(cli.built_with.contains("gauntlet-runner"), "dependencies are read: {:?}", cli.built_with);
    assert_eq!(violations(&crates), Vec::<String>::new());
}

#[test]
fn the_architecture_page_lists_the_crates_in_their_order() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ARCHITECTURE.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `gauntlet-")?.split_once('`'));
    let listed: Vec<String> = rows.map(|(name, _)| format!("gauntlet-{name}")).collect();
    assert_eq!(listed, ORDER);
}

#[test]
fn every_library_has_a_front_page() {
    let metadata = metadata();
    let libraries: Vec<PathBuf> = packages(&metadata)
        .iter()
        .map(|package| Path::new(text(&package["manifest_path"])).with_file_name("src").join("lib.rs"))
        .filter(|path| path.exists())
        .collect();
    assert_eq!(libraries.len(), ORDER.len() - 1, "every crate but the program is a library: {libraries:?}");
    for path in libraries {
        let source = std::fs::read_to_string(&path).expect("a source file can be read");
        assert_eq!(front_page_problem(&source), None, "{}", path.display());
    }
}

/// The workspace as it should be, without any dependency.
fn bare() -> Vec<Crate> {
    let crates = ORDER.iter().map(|name| Crate {
        name: (*name).to_owned(),
        built_with: BTreeSet::new(),
        tested_with: BTreeSet::new(),
    });
    crates.collect()
}

fn named<'a>(crates: &'a mut [Crate], name: &str) -> &'a mut Crate {
    crates.iter_mut().find(|known| known.name == name).expect("the crate is in the order")
}

#[test]
fn a_crate_that_reaches_down_or_sideways_is_found() {
    let mut crates = bare();
    assert!(violations(&crates).is_empty());

    named(&mut crates, "gauntlet-runner").built_with.insert("gauntlet-bench".to_owned());
    named(&mut crates, "gauntlet-probe").built_with.insert("probe-rs".to_owned());
    named(&mut crates, "gauntlet-engine").tested_with.insert("gauntlet-runner".to_owned());
    assert!(violations(&crates).is_empty(), "{:?}", violations(&crates));

    named(&mut crates, "gauntlet-engine").built_with.insert("gauntlet-links".to_owned());
    named(&mut crates, "gauntlet-record").built_with.insert("gauntlet-record".to_owned());
    named(&mut crates, "gauntlet-cli").built_with.insert("gauntlet-unheard-of".to_owned());
    named(&mut crates, "gauntlet-bench").tested_with.insert("probe-rs".to_owned());
    named(&mut crates, "gauntlet-package").name = "gauntlet-parcel".to_owned();
    assert_eq!(
        violations(&crates),
        [
            "gauntlet-package is in the order and not in the workspace",
            "gauntlet-parcel has no place in the order",
            "gauntlet-record uses gauntlet-record, which does not stand above it",
            "gauntlet-engine uses gauntlet-links, which does not stand above it",
            "gauntlet-bench uses probe-rs, which belongs to gauntlet-probe",
            "gauntlet-cli uses gauntlet-unheard-of, which has no place in the order",
        ]
    );
}

#[test]
fn a_library_without_a_front_page_is_found() {
    let good = "//! What it is for.\n//!\n//! | module | what |\n//! |---|---|\n\nmod a;\n";
    assert_eq!(front_page_problem(good), None);
    assert_eq!(front_page_problem("mod a;\n"), Some("does not begin with documentation"));
    assert_eq!(front_page_problem("//!\n//! Late.\n"), Some("does not begin with a sentence"));
    assert_eq!(front_page_problem("//! What.\n\nmod a;\n"), Some("has no map of its modules"));
    assert_eq!(
        front_page_problem("//! What.\nmod a;\n//! | module | too late |"),
        Some("has no map of its modules")
    );
}
