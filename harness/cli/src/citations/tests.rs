use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gauntlet_scenario::Catalogue;

use super::{CHECKS, CLAIMS, Place, checking, implementing, scan};
use crate::shipped;

fn lines(cited: &BTreeSet<scan::Cited>) -> Vec<(&str, usize)> {
    cited.iter().map(|(id, line)| (id.as_str(), *line)).collect()
}

#[test]
fn ids_are_found_in_any_text() {
    let text = "See OBJ-031, (CP-001)\nPRN-001/BLE-002. `SET-005`: FF-041; VAL-009..012, ACT-001..\nMEM-001.";
    let found = scan::everywhere(text);
    assert_eq!(
        lines(&found),
        [
            ("ACT-001", 2),
            ("BLE-002", 2),
            ("CP-001", 1),
            ("FF-041", 2),
            ("MEM-001", 3),
            ("OBJ-031", 1),
            ("PRN-001", 2),
            ("SET-005", 2),
            ("VAL-009", 2),
            ("VAL-010", 2),
            ("VAL-011", 2),
            ("VAL-012", 2),
        ]
    );
    for text in ["OBJ-31", "OBJ-0310", "OBJX-031", "obj-031", "AOBJ-031", "OBJ_031", "OBJ-031a", "x-OBJ-031"]
    {
        assert!(scan::everywhere(text).is_empty(), "{text}");
    }
}

#[test]
fn a_range_that_runs_backwards_or_away_is_its_first_id() {
    for text in ["OBJ-023..015", "OBJ-023..", "OBJ-023..x", "OBJ-023...", "OBJ-023..é9"] {
        assert_eq!(lines(&scan::everywhere(text)), [("OBJ-023", 1)], "{text}");
    }
}

#[test]
fn only_comments_in_front_of_the_tests_say_what_is_implemented() {
    let source = "\
//! OBJ-001.
#[cfg(test)]
mod elsewhere;
/// OBJ-002..003
const NAME: &str = \"OBJ-004\"; // OBJ-005
#[cfg(test)]
mod tests {
    // OBJ-006
}
";
    let found = scan::in_comments(source);
    assert_eq!(lines(&found), [("OBJ-001", 1), ("OBJ-002", 4), ("OBJ-003", 4), ("OBJ-005", 5)]);
    assert_eq!(lines(&scan::in_test_module(source)), [("OBJ-006", 8)]);
}

#[test]
fn tests_check_what_they_name_and_their_helpers_do_not() {
    for mark in ["#[test]", "    #[tokio::test(start_paused = true)]"] {
        let source = format!("/// OBJ-001\n{mark}\nassert!(done, \"OBJ-002\");\n");
        assert_eq!(lines(&scan::in_test_file(&source)), [("OBJ-001", 1), ("OBJ-002", 3)], "{mark}");
    }
    let named = "#[test]\nfn obj_001_002_lengths_of_004() {}\nfn objects_005() {}\nfn obj() {}\n";
    assert_eq!(lines(&scan::in_test_file(named)), [("OBJ-001", 2), ("OBJ-002", 2)]);
    assert!(scan::in_test_file("/// A stand-in that does OBJ-001.\nstruct Fake;\n").is_empty());
    assert!(scan::is_of_tests("harness/a/tests/b.rs") && scan::is_of_tests("harness/a/src/b/tests.rs"));
    assert!(!scan::is_of_tests("harness/a/src/b.rs"));
}

#[test]
fn places_are_real() {
    for (table, of) in [(CLAIMS, implementing as fn(&str) -> _), (CHECKS, checking)] {
        assert!(table.is_sorted() && table.len() > 100);
        let places: Vec<Place> = of("CP-014");
        assert!(places.iter().any(|place| place.file.starts_with("harness/reference/")), "{places:?}");
        let Place { file, line } = places[0];
        let source = fs::read_to_string(root().join(file)).expect("the file is there");
        let line = source.lines().nth(line as usize - 1).unwrap_or_default();
        assert!(line.contains("CP-014") || line.contains("CP-009.."), "{file}: {line}");
        assert!(of("CP-999").is_empty() && of("").is_empty());
        assert!(!table.iter().any(|(_, file, _)| file.starts_with("harness/cli/")));
    }
    assert!(!CLAIMS.iter().any(|(_, file, _)| scan::is_of_tests(file)));
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What looks like a requirement id and is none.
fn other(id: &str) -> bool {
    id.starts_with("FF-") || id.starts_with("SHA-")
}

/// Ids that tests make up to see what becomes of them.
const MADE_UP: [&str; 5] = [
    "harness/cli/src/citations/tests.rs",
    "harness/cli/tests/program/requirements.rs",
    "harness/scenario/tests/data/broken/",
    "harness/scenario/tests/scenario/requirements.rs",
    "harness/scenario/tests/scenario/slips.rs",
];

/// Everything that cites an id which the catalogue does not have.
fn unknown(catalogue: &Catalogue) -> (usize, Vec<String>) {
    let mut seen = 0;
    let mut unknown = Vec::new();
    for folder in ["harness", "reports", "scenarios", "docs", "ci"] {
        let files = scan::files(&root().join(folder), &[".rs", ".yaml", ".md", ".py"]);
        for path in files.unwrap_or_else(|error| panic!("{folder}: {error}")) {
            let name = path.strip_prefix(root()).expect("it stands below the root");
            let name = name.to_string_lossy().replace('\\', "/");
            if MADE_UP.iter().any(|made_up| name.starts_with(made_up)) {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
            for (id, line) in scan::everywhere(&text).into_iter().filter(|(id, _)| !other(id)) {
                seen += 1;
                if catalogue.get(&id).is_none() {
                    unknown.push(format!("{name}:{line}: {id}"));
                }
            }
        }
    }
    (seen, unknown)
}

/// A wrong id in a comment, a page or a scenario is a lie that nobody sees.
#[test]
fn every_id_that_is_cited_anywhere_is_in_the_catalogue() {
    let catalogue = shipped::catalogue().unwrap_or_else(|mistakes| panic!("{}", mistakes.render(120, false)));
    let (seen, unknown) = unknown(&catalogue);
    assert!(seen > 1000, "{seen} citations");
    assert!(unknown.is_empty(), "no such requirement:\n{}", unknown.join("\n"));
}
