//! The requirement catalogue: what is read, and what is said about mistakes.

use gauntlet_scenario::{Catalogue, NoFiles, Observation, ProblemKind, Source, load, load_sources};

const GOOD: &str = r#"areas:
  - { area: CP, title: "Control point: answers" }
  - { area: OBJ, title: Objects }

requirements:
  - id: OBJ-020
    says: The one size that is right at a place is accepted.
    section: 2.2
    observed: [answer, flash]
  - id: OBJ-003
    says: Creating a command object ends whatever was in progress.
    section: 2.10
    observed: [answer]
  - id: CP-019
    says: "After a reset: the command object."
    section: "3"
    observed: [none]
    not_tested: nobody can see it
"#;

fn read(text: &str) -> Result<Catalogue, gauntlet_scenario::Diagnostics> {
    Catalogue::read(&Source::new("own/requirements.yaml", text))
}

/// The good catalogue with one part of its text replaced. The part has to be there.
fn with(part: &str, replacement: &str) -> String {
    assert_eq!(GOOD.matches(part).count(), 1, "the part has to be there once: {part}");
    GOOD.replace(part, replacement)
}

#[test]
fn it_is_sorted_by_area_and_number() {
    let catalogue = read(GOOD).expect("a good catalogue");
    let ids: Vec<&str> = catalogue.requirements().iter().map(|known| known.id.as_str()).collect();
    assert_eq!(ids, ["CP-019", "OBJ-003", "OBJ-020"]);
    assert_eq!(catalogue.areas()[0].title, "Control point: answers");
    assert_eq!(catalogue.area("OBJ").count(), 2);
    assert_eq!(catalogue.area("PRN").count(), 0);
}

#[test]
fn everything_that_is_said_is_read() {
    let catalogue = read(GOOD).expect("a good catalogue");
    let object = catalogue.get("OBJ-020").expect("it is there");
    assert_eq!(object.observed, [Observation::Answer, Observation::Flash]);
    assert_eq!(object.not_tested, None);
    // As numbers these two would be the same.
    assert_eq!(catalogue.get("OBJ-003").map(|known| known.section.as_str()), Some("2.10"));
    assert_eq!(catalogue.get("CP-019").map(|known| known.section.as_str()), Some("3"));
    assert_eq!(
        catalogue.get("CP-019").and_then(|known| known.not_tested.as_deref()),
        Some("nobody can see it")
    );
    assert!(catalogue.get("CP-020").is_none());
}

#[test]
fn the_nearest_id_or_area_is_known() {
    let catalogue = read(GOOD).expect("a good catalogue");
    for (wrong, right) in [
        ("obj-020", Some("OBJ-020")),
        ("OJB-020", Some("OBJ-020")),
        ("0BJ", Some("OBJ")),
        ("cp", Some("CP")),
        ("zzzz", None),
    ] {
        assert_eq!(catalogue.nearest(wrong), right, "{wrong}");
    }
}

#[test]
fn every_mistake_is_shown_with_its_place() {
    let mut all = String::new();
    for (part, wrong, kind) in [
        ("requirements:\n", "requirement:\n", ProblemKind::UnknownKey),
        ("    says: Creating", "    sais: Creating", ProblemKind::UnknownKey),
        ("    section: 2.2\n", "", ProblemKind::MissingKey),
        ("id: OBJ-003", "id: OBJ-020", ProblemKind::DuplicateId),
        ("area: OBJ,", "area: CP,", ProblemKind::DuplicateId),
        ("id: OBJ-003", "id: OBJ-3", ProblemKind::BadForm),
        ("id: OBJ-003", "id: OBI-003", ProblemKind::Undefined),
        ("section: 2.2", "section: two", ProblemKind::BadForm),
        ("[answer, flash]", "[anser, flash]", ProblemKind::UnknownWord),
        ("[answer, flash]", "[]", ProblemKind::OutOfRange),
        ("[answer, flash]", "[answer, none]", ProblemKind::Contradiction),
        ("[answer, flash]", "answer", ProblemKind::WrongType),
        ("says: The one", "says: \"\" # The one", ProblemKind::BadForm),
        ("not_tested: nobody can see it", "not_tested: false", ProblemKind::WrongType),
    ] {
        let found = read(&with(part, wrong)).expect_err(wrong);
        let kinds: Vec<ProblemKind> = found.problems().iter().map(|problem| problem.kind()).collect();
        assert!(kinds.contains(&kind), "{wrong}: {kinds:?}");
        all += &found.render(100, false);
    }
    insta::assert_snapshot!(all);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = with("id: OBJ-003", "id: OBJ-020").replace("[none]", "[nowhere]").replace("2.2", "x");
    let found = read(&text).expect_err("three mistakes");
    assert_eq!(found.errors(), 3, "{}", found.render(100, false));
}

#[test]
fn an_area_without_requirements_is_only_a_warning() {
    let text = with("title: Objects }", "title: Objects }\n  - { area: PRN, title: Receipts }");
    assert_eq!(read(&text).expect("it can be used").areas().len(), 3);
    let suite = load_sources(&[Source::new("requirements.yaml", &text)], &NoFiles).expect("no mistake");
    assert_eq!(suite.warnings().warnings(), 1, "{}", suite.warnings().render(100, false));
}

#[test]
fn among_scenarios_it_is_checked_and_is_no_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("requirements.yaml");
    std::fs::write(&path, GOOD).expect("it can be written");
    let suite = load(&[folder.path().to_owned()]).expect("no mistake");
    assert!(suite.scenarios().is_empty());
    std::fs::write(&path, with("id: OBJ-003", "id: OBJ-020")).expect("it can be written");
    let found = load(&[folder.path().to_owned()]).expect_err("an id stands twice");
    assert_eq!(found.problems()[0].kind(), ProblemKind::DuplicateId);
}

#[test]
fn no_text_makes_it_panic() {
    for text in
        ["", "[]", "areas:", "requirements: [[]]", "areas: [1]\nrequirements: [{ id: [] }]", "\0", "{"]
    {
        assert!(read(text).is_err(), "{text:?}");
    }
    for at in 0..GOOD.len() {
        let _either = read(&GOOD[..at]);
    }
}
