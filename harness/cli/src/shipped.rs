//! The suite that is shipped inside the program.

use std::io;
use std::sync::Arc;

use gauntlet_scenario::{CATALOGUE, Catalogue, Diagnostics, Source, Suite, load_sources};

// `static FILES: &[(&str, &[u8])]`: path from the root of the project, with `/`, and content; sorted by path.
include!(concat!(env!("OUT_DIR"), "/suite.rs"));

/// Loads it.
///
/// # Errors
/// Mistakes in the shipped scenarios; a test sees to it that there are none.
pub(crate) fn load() -> Result<Suite, Diagnostics> {
    let scenarios = FILES.iter().filter(|(name, _)| name.ends_with(".yaml") || name.ends_with(".yml"));
    let sources: Vec<Source> =
        scenarios.map(|(name, bytes)| Source::new(name, String::from_utf8_lossy(bytes))).collect();
    load_sources(&sources, &package_file)
}

/// The requirement catalogue.
///
/// # Errors
/// Mistakes in it; a test sees to it that there are none.
pub(crate) fn catalogue() -> Result<Catalogue, Diagnostics> {
    let name = format!("scenarios/{CATALOGUE}");
    // A program without its catalogue could not be built: the suite is packed as a whole. An empty one is a mistake.
    let bytes = FILES.iter().find(|(have, _)| *have == name).map_or(&[][..], |(_, bytes)| bytes);
    Catalogue::read(&Source::new(&name, String::from_utf8_lossy(bytes)))
}

/// A package file, named as its scenario names it: relative to the scenario's own folder.
fn package_file(scenario: &str, path: &str) -> io::Result<Arc<[u8]>> {
    let folder = scenario.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = resolved(folder, path);
    let found = FILES.binary_search_by(|(have, _)| (*have).cmp(name.as_str()));
    found.map(|at| FILES[at].1.into()).map_err(|_| io::ErrorKind::NotFound.into())
}

/// The path without `.` and `..`.
fn resolved(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_suite_has_neither_mistakes_nor_warnings() {
        let suite = load().unwrap_or_else(|mistakes| panic!("{}", mistakes.render(120, false)));
        assert!(suite.warnings().is_empty(), "{}", suite.warnings().render(120, false));
        assert!(suite.scenarios().len() >= 15, "{} scenarios", suite.scenarios().len());
        assert!(suite.cases().count() >= 40, "{} cases", suite.cases().count());
    }

    #[test]
    fn files_are_sorted_for_the_search() {
        assert!(FILES.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn a_package_is_named_from_the_folder_of_its_scenario() {
        assert_eq!(resolved("scenarios/stream", "../packages/a.zip"), "scenarios/packages/a.zip");
        assert_eq!(resolved("scenarios/stream", "./a.zip"), "scenarios/stream/a.zip");
        assert_eq!(resolved("scenarios", "../../../etc/passwd"), "etc/passwd");
        let kind = package_file("scenarios/a/b.yaml", "no.zip").unwrap_err().kind();
        assert_eq!(kind, io::ErrorKind::NotFound);
    }
}
