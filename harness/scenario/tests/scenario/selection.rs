//! What a user asks for, and what is chosen.

use gauntlet_scenario::{NoFiles, Selection, Source, Suite, load_sources};

fn suite() -> Suite {
    let scenario = |id: &str, more: &str| {
        Source::new(
            format!("scenarios/{id}.yaml"),
            format!("id: {id}\ntitle: A\n{more}steps: [{{ wait: 1 s }}]\n"),
        )
    };
    let sources = [
        scenario("stream/disconnect", "tags: [resume]\nmatrix: { at: [1, 2048] }\n"),
        scenario("stream/disconnect-late", "requirements: [OBJ-031]\n"),
        scenario("streaming/other", "from: [FF-041]\n"),
        scenario("power/cut", "tags: [slow]\n"),
    ];
    load_sources(&sources, &NoFiles).expect("good scenarios")
}

fn chosen(patterns: &[&str]) -> Vec<String> {
    let suite = suite();
    let chosen = Selection::new(patterns.iter().copied()).choose(&suite);
    chosen.cases.iter().map(|case| case.id.to_string()).collect()
}

const DISCONNECT: [&str; 2] = ["stream/disconnect[at=1]", "stream/disconnect[at=2048]"];

#[test]
fn patterns_choose_cases() {
    assert_eq!(chosen(&[]).len(), 5);
    assert_eq!(chosen(&["stream/disconnect[at=1]"]), DISCONNECT[..1]);
    assert_eq!(chosen(&["stream/disconnect"]), DISCONNECT);
    assert_eq!(chosen(&["stream"]), [DISCONNECT[0], DISCONNECT[1], "stream/disconnect-late"]);
    assert_eq!(chosen(&["stream/"]).len(), 3);
    assert_eq!(chosen(&["*[at=1]"]), DISCONNECT[..1]);
    assert_eq!(chosen(&["stream*"]).len(), 4);
    assert_eq!(chosen(&["resume"]), DISCONNECT);
    assert_eq!(chosen(&["OBJ-031"]), ["stream/disconnect-late"]);
    assert_eq!(chosen(&["FF-041"]), ["streaming/other"]);
    assert_eq!(chosen(&["./scenarios/power/cut.yaml"]), ["power/cut"]);
    assert_eq!(chosen(&["scenarios/stream"]).len(), 3);
    assert_eq!(chosen(&["power/cut", "resume"]).len(), 3);
    assert!(chosen(&["strea"]).is_empty());
}

#[test]
fn a_pattern_that_chooses_nothing_is_named_with_what_was_meant() {
    let suite = suite();
    let chosen = Selection::new(["power/cut", "strem/disconnect", "nothing-like-this"]).choose(&suite);
    let unmatched: Vec<(&str, Option<&str>)> = chosen
        .unmatched
        .iter()
        .map(|unmatched| (unmatched.pattern.as_str(), unmatched.nearest.as_deref()))
        .collect();
    assert_eq!(unmatched, [("strem/disconnect", Some("stream/disconnect")), ("nothing-like-this", None)]);
}
