//! Slips as a person makes them who writes a scenario for the first time: each is named at its place, with what to do.

use gauntlet_scenario::{Diagnostics, NoFiles, Source, load_sources};

use crate::common::load;

/// A small scenario, to be spoilt.
const SMALL: &str = "\
id: own/good
title: A good update
requirements: [OBJ-031]
device:
  application: { witness: 1, size: 20 KiB }
packages:
  update: { application: { witness: 2, size: 10 KiB }, version: 2 }
steps:
  - update: update
    faults:
      - { at: { object: 2, byte: 100 }, do: disconnect }
    expect: { outcome: completed, reconnects: 1 }
expect:
  mode: application
  application: { witness: 2 }
  settings: { bank_0: application, bank_1: none, app_version: 2 }
";

#[track_caller]
fn spoilt(part: &str, wrong: &str) -> Diagnostics {
    assert_eq!(SMALL.matches(part).count(), 1, "{part}");
    load(&SMALL.replace(part, wrong)).expect_err(wrong)
}

/// Place and message of the first mistake, and everything that is shown of it.
fn first(found: &Diagnostics) -> (String, String) {
    let problem = &found.problems()[0];
    (format!("{}: {problem}", problem.place()), found.render(100, false))
}

#[test]
fn what_is_no_yaml_is_named_by_the_slip_behind_it() {
    let slips = [
        ("title: A", "title A", "2:1: a colon is missing behind `title`", "write `title: A good update`"),
        ("  mode: app", "  mode app", "14:3: a colon is missing behind `mode`", "write `mode: application`"),
        ("id: own", "id:own", "1:3: a blank is missing behind this colon", "write `id: own/good`"),
        (
            "- update: update",
            "-update: update",
            "9:3: a blank is missing behind this hyphen",
            "write `- update: update`",
        ),
        (
            "  application: { witness: 1",
            "\tapplication: { witness: 1",
            "5:1: a tab indents this line",
            "blanks only",
        ),
        (
            "    faults:",
            "  faults:",
            "10:3: the line with `faults` stands at the wrong depth",
            "the items of a list stand here; keys stand 0 or 4 in",
        ),
        (
            "    expect: { o",
            "      expect: { o",
            "12:7: the line with `expect` stands at the wrong depth",
            "the items of a list stand here; keys stand 0 or 4 in",
        ),
        (
            "10 KiB }, version: 2 }",
            "10 KiB }, version: 2",
            "7:11: this `{` is not closed",
            "a `}` is missing",
        ),
        ("[OBJ-031]", "[OBJ-031", "3:15: this `[` is not closed", "a `]` is missing"),
        ("title: A good", "title: \"A good", "2:8: this quote is not closed", "in one line"),
        (
            "A good update",
            "A good update: it works",
            "2:8: a text with `: ` in it has to be in quotes",
            "put it in quotes",
        ),
        ("witness: 1, size", "witness: 1 size", "5:29: a comma is missing before `size`", "write `, size`"),
        ("byte: 100", "byte: ${at}", "11:34: `${at}` has to be in quotes here", "write \"${at}\""),
        (
            "{ witness: 1, size: 20 KiB }",
            "*app",
            "5:16: there is no anchor `app`",
            "nothing above is marked with it",
        ),
    ];
    for (part, wrong, message, advice) in slips {
        let (begins, shown) = first(&spoilt(part, wrong));
        assert_eq!(begins, message, "{wrong}");
        assert!(shown.contains(advice), "{advice}\n{shown}");
    }
}

#[test]
fn every_tab_is_told_at_once() {
    let found = load(&SMALL.replace("\n    ", "\n\t")).unwrap_err();
    assert_eq!(found.errors(), 3, "{}", found.render(100, false));
}

#[test]
fn an_anchor_that_is_nearly_right_is_suggested() {
    let found = spoilt("{ witness: 1, size: 20 KiB }", "&app { witness: 1 }\n  bootloader: *apq");
    assert!(found.render(100, false).contains("did you mean `*app`?"), "{}", found.render(100, false));
}

#[test]
fn nearly_right_values_are_mended() {
    for (part, wrong, right) in [
        ("20 KiB", "20 KB", "20 KiB"),
        ("20 KiB", "20k", "20 KiB"),
        ("- update: update", "- wait: 3 sec\n  - update: update", "3 s"),
        ("- update: update", "- power-cut: 500\n  - update: update", "500 ms` or `500 s"),
        ("- update: update", "- exchange: [{ send: 6 1, answer: none }]\n  - update: update", "06 01"),
        ("OBJ-031", "obj-31", "OBJ-031"),
    ] {
        let shown = spoilt(part, wrong).render(100, false);
        assert!(shown.contains(&format!("did you mean `{right}`?")), "{wrong}\n{shown}");
    }
}

#[test]
fn one_mistake_does_not_bring_others_along() {
    assert_eq!(spoilt("10 KiB", "10 kb").errors(), 1);
    assert_eq!(spoilt("  update: {", "  - update: {").errors(), 1);
    assert_eq!(spoilt("{ application: { witness: 2, size", "{ application: { witness: 2, sise").errors(), 1);
}

#[test]
fn expectations_that_can_not_hold_together_are_contradictions() {
    for (part, wrong, message) in [
        ("bank_0: application", "bank_0: invalid", "an application that is not valid can't run"),
        (
            "  mode: application\n  application: { witness: 2 }",
            "  application: none",
            "bank 0 holds an application, and there is none",
        ),
        ("app_version: 2", "app_version: 3", "no application of this scenario has version 3"),
        (
            "app_version: 2 }",
            "app_version: 2 }\n  unchanged: [application]",
            "the application is another one and can't be unchanged",
        ),
        (
            "outcome: completed, reconnects: 1",
            "outcome: refused",
            "no step brings this application into the device",
        ),
    ] {
        let (begins, shown) = first(&spoilt(part, wrong));
        assert!(begins.ends_with(message), "{wrong}: {begins}\n{shown}");
    }
}

#[test]
fn requirements_have_to_be_in_the_catalogue_beside_them() {
    let catalogue = "\
areas: [{ area: OBJ, title: Objects }]
requirements:
  - { id: OBJ-001, says: One., section: 2.1, observed: [answer] }
  - { id: OBJ-031, says: Two., section: 2.2, observed: [answer] }
";
    let load = |ids: &str| {
        let text = SMALL.replace("[OBJ-031]", ids);
        load_sources(&[Source::new("requirements.yaml", catalogue), Source::new("s.yaml", text)], &NoFiles)
    };
    assert!(load("[OBJ-031, OBJ-001]").is_ok());
    // An area of one's own is nobody else's business.
    assert!(load("[OBJ-031, MY-001]").is_ok());
    let found = load("[OBJ-991, OJB-031]").unwrap_err();
    assert_eq!(found.errors(), 2);
    let shown = found.render(100, false);
    assert!(
        shown.contains("there is no requirement `OBJ-991`") && shown.contains("up to `OBJ-031`"),
        "{shown}"
    );
    assert!(shown.contains("there is no area `OJB`") && shown.contains("did you mean `OBJ-031`?"), "{shown}");
}

#[test]
fn what_the_probe_does_is_checked() {
    for (action, message) in [
        ("{ program: application, at: 2, value: 0 }", "2 is not the place of a word"),
        ("{ watchdog: 2 }", "`2` is not a time with its unit"),
        ("{ erese: settings }", "`erese` is not an action of the probe"),
        ("{ retained: 256 }", "`256` is out of range"),
    ] {
        let step = format!("- probe: [{action}]\n  - update: update");
        let (begins, shown) = first(&spoilt("- update: update", &step));
        assert!(begins.ends_with(message), "{begins}\n{shown}");
    }
    let flip = "- exchange: [{ data: init, package: update, to: 100, flip: 100 }]\n  - update: update";
    assert!(
        first(&spoilt("- update: update", flip)).0.ends_with("this byte is not among those that are sent")
    );
}
