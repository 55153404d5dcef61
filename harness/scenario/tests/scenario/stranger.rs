//! What a stranger writes: files with every kind of mistake, and what is said about them. `tests/data/broken` has the files.

use std::fs;
use std::path::Path;

use gauntlet_scenario::{Catalogue, Diagnostics, NoFiles, Source, load_sources};

use crate::common::{load, report};

/// The files, by name.
#[expect(clippy::unwrap_used, reason = "without its files the test fails")]
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/broken");
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[expect(clippy::unwrap_used, reason = "without its files the test fails")]
fn found(name: &str, bytes: Vec<u8>) -> Diagnostics {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let catalogue = Catalogue::read(&Source::new("requirements.yaml", CATALOGUE)).unwrap();
    match gauntlet_scenario::load_citing(&[path], &catalogue) {
        Ok(suite) => suite.warnings().clone(),
        Err(found) => found,
    }
}

const CATALOGUE: &str = include_str!("../../../../scenarios/requirements.yaml");

#[test]
fn every_mistake_is_told_with_its_place_and_what_would_be_right() {
    let mut all = String::new();
    for (name, bytes) in files() {
        let found = found(&name, bytes);
        assert!(!found.is_empty(), "{name} is not broken");
        for problem in found.problems() {
            assert!(problem.place().line >= 1 && problem.place().column >= 1, "{name}");
        }
        let text = found.render(100, false);
        // Where the file lies is of no interest.
        let text: Vec<String> = text
            .lines()
            .map(|line| match (line.find("─["), line.find(&name)) {
                (Some(begin), Some(at)) => format!("{}{}", &line[..begin + "─[".len()], &line[at..]),
                _ => line.to_owned(),
            })
            .collect();
        all += &format!("##### {name}\n{}\n", text.join("\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_narrow_terminal_gets_narrow_advice() {
    for (name, bytes) in files() {
        for line in found(&name, bytes).render(60, false).lines().filter(|line| line.starts_with("  ")) {
            let advice = line.trim_start().starts_with("help:") || line.starts_with("        ");
            let own_line = line.contains('│') || line.contains('·') || line.contains('╭');
            assert!(!advice || own_line || line.chars().count() <= 60, "{name}: {line}");
        }
    }
}

#[test]
fn no_colour_means_no_colour() {
    for (name, bytes) in files().into_iter().take(10) {
        let found = found(&name, bytes);
        assert!(
            !found.render(100, false).contains('\u{1b}') && found.render(100, true).contains('\u{1b}'),
            "{name}"
        );
    }
}

#[test]
fn what_is_too_deep_too_large_or_no_file_at_all_is_said_in_words() {
    let deep = format!("id: a\ntitle: A\nsteps: {}{}\n", "[".repeat(400), "]".repeat(400));
    assert!(report(&deep).contains("nested too deep"), "{}", report(&deep));
    let huge = format!("id: a\ntitle: A\n# {}\n", "x".repeat(5_000_000));
    assert!(report(&huge).contains("a scenario has at most 262144 bytes"));
    let folder = tempfile::tempdir().unwrap();
    let found = gauntlet_scenario::load(&[folder.path().to_owned()]);
    assert!(found.is_err() || found.unwrap().cases().count() == 0);
    assert!(load("{\"id\": \"a/b\", \"title\": \"JSON\", \"steps\": [{\"wait\": \"1 s\"}]}\n").is_ok());
    assert!(load_sources(&[Source::new("empty.yaml", "# nothing\n")], &NoFiles).is_err());
}

#[test]
fn a_slip_in_the_yaml_hides_no_other_mistake() {
    let text = include_str!("../data/broken/66-slip-and-more.yaml");
    let found = load(text).unwrap_err();
    let lines: Vec<u32> = found.problems().iter().map(|problem| problem.place().line).collect();
    assert_eq!(lines, [1, 3, 4, 6, 9, 11], "{}", found.render(100, false));
}
