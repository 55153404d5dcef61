//! Every class of mistake, as a person sees it.

use crate::common::{load, report, with};
use gauntlet_scenario::{NoFiles, ProblemKind, Severity, Source, load_sources};

/// A snapshot without the expression that made it, which repeats the test.
macro_rules! snapshot {
    ($($argument:expr),+ $(,)?) => {
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($($argument),+) })
    };
}

/// The reports of several mistakes, each made alone in the good scenario.
fn reports(mistakes: &[(&str, &str)]) -> String {
    mistakes.iter().map(|(part, wrong)| report(&with(part, wrong))).collect::<Vec<_>>().join("\n")
}

#[test]
fn unknown_keys() {
    snapshot!(reports(&[
        ("title:", "titel:"),
        ("bank: dual", "banks: dual"),
        ("    prn: 12", "    prm: 12"),
        ("    prn: 12", "    colour: blue"),
        ("{ notification: 3 }", "{ notificatoin: 3 }"),
        ("{ notification: 3 }", "{ notification: 3, flash-op: 2 }"),
        ("xor: 0x80", "xro: 0x80"),
        ("  - wait: 130 s", "  - sleep: 130 s"),
        ("  - wait: 130 s", "  - waits: 130 s"),
        ("  - reset: pin", "  - reset: pin\n    link: ble"),
        ("{ outcome: completed, reconnects: 1", "{ outcom: completed, reconnects: 1"),
        ("application: { witness: 2 }\n  settings", "application: { witnes: 2 }\n  settings"),
        ("app_version: 2", "app-version: 2"),
    ]));
}

#[test]
fn missing_keys() {
    snapshot!(reports(&[
        ("id: stream/disconnect-mid-object\n", ""),
        ("{ object: 3, byte: \"${at}\" }", "{ object: 3 }"),
        ("{ object: 3, byte: \"${at}\" }", "{ byte: \"${at}\" }"),
        ("{ object: 3, byte: \"${at}\" }", "{}"),
        (", do: lose", ""),
        ("    version: 3\n", ""),
        ("witness: 3, size", "size"),
        (", answer: none }", " }"),
        ("package: broken, ", ""),
    ]));
}

/// Packages of every kind, and packages that are broken by name.
#[test]
fn packages() {
    let package = |keys: &str| with("{ application: { witness: 2, size: 30 KiB }, version: 2", keys);
    let mistakes = [
        "{ version: 2",
        "{ bootloader: {}",
        "{ softdevice: { fwid: 0x123, version: 7.3 }",
        "{ softdevice: { fwid: 0x123, size: 8 KiB }",
        "{ softdevice: { fwld: 0x123 }",
        "{ softdevice: { fwid: 0x123 }, bootloader_version: 2",
        "{ application: { witness: 2, size: 30 KiB }, version: 2, bootloader: {}, bootloader_version: 2",
        "{ application: { witness: 2, size: 30 KiB }, version: 2, softdevice: { fwid: 1 }, external: true",
        "{ application: { witness: 2, size: 30 KiB, behind: nothing }, version: 2",
        "{ application: { witness: 2, size: 30 KiB, behind: { package: broken } }, version: 2",
        "{ application: { witness: 2, size: 30 KiB }, version: 2, mutate: sig_bit_flip",
        "{ application: { witness: 2, size: 30 KiB }, version: 2, mutate: colour",
        "{ softdevice: { fwid: 1 }, mutate: sig_all_zero",
        "{ bootloader: { inactivity: 5 }, bootloader_version: 2",
    ];
    let reports: Vec<String> = mistakes.iter().map(|mistake| report(&package(mistake))).collect();
    snapshot!(reports.join("\n"));
}

#[test]
fn expectations_of_packages_and_parts() {
    snapshot!(reports(&[
        ("{ outcome: completed, reconnects: 1", "{ outcome: rejected, reconnects: 1"),
        ("{ outcome: completed, reconnects: 1", "{ outcome: completed, stage: zip"),
        ("{ outcome: completed, reconnects: 1", "{ outcome: rejected, reason: bad_sip, skipped: 1"),
        ("  mode: application\n", "  softdevice: { package: update }\n"),
        ("  mode: application\n", "  softdevice: gone\n"),
        ("  mode: application\n", "  bootloader: { package: updates }\n"),
        ("  mode: application\n", "  bootloader: none\n"),
        ("  - wait: 130 s", "  - mode: bootloader"),
    ]));
}

#[test]
fn duplicate_keys() {
    snapshot!(reports(&[
        ("tags: [resume]", "tags: [resume]\ntags: [other]"),
        ("at: [1, 2048, 4096]", "at: [1, 2048, 1]"),
        ("chip: [nrf52832, nrf52840]", "chip: [nrf52832, nrf52832]"),
    ]));
}

#[test]
fn wrong_types() {
    snapshot!(reports(&[
        ("prn: 12", "prn: twelve"),
        ("prn: 12", "prn: \"12\""),
        ("prn: 12", "prn: [12]"),
        ("prn: 12", "prn:"),
        ("prn: 12", "prn: 1.5"),
        ("tags: [resume]", "tags: resume"),
        ("  settings: { bank_0: application, bank_1: none, app_version: 2 }", "  settings: 2"),
        (
            "faults:\n      - { at: { object: 3, byte: \"${at}\" }, do: disconnect }",
            "faults:\n      - disconnect"
        ),
        ("init_resumed: true", "init_resumed: yes"),
        ("at: [1, 2048, 4096]", "at: 1"),
        ("at: [1, 2048, 4096]", "at: [1, [2048]]"),
        ("{ witness: 2 }\n  settings", "2\n  settings"),
        ("title: The", "title: 12 #"),
    ]));
}

#[test]
fn bad_forms() {
    snapshot!(reports(&[
        ("id: stream/disconnect-mid-object", "id: Stream/disconnect"),
        ("OBJ-031", "OBJ-31"),
        ("FF-041", "OBJ-041"),
        ("20 KiB", "20 KB"),
        ("off: 250 ms", "off: 250"),
        ("wait: 130 s", "wait: 2 h"),
        ("\"<= 4096\"", "\"< 4096\""),
        ("send: \"06 01\"", "send: \"06 1\""),
        ("answer: none", "answer: \"60 0x\""),
        ("  broken:\n", "  Broken One:\n"),
        ("matrix: { at:", "matrix: { At: [1], at:"),
        ("matrix: { at:", "matrix: { chip: [nrf52832], at:"),
    ]));
}

#[test]
fn unknown_words() {
    snapshot!(reports(&[
        ("do: disconnect", "do: disconect"),
        ("do: disconnect", "do: explode"),
        ("outcome: completed, ", "outcome: complete, "),
        ("extended: verification-failed", "extended: verification-fail"),
        ("needs: [ble]", "needs: [bluetooth]"),
        ("unchanged: [uicr]", "unchanged: [uicr, bootloder]"),
        ("request: execute", "request: exec"),
        ("nrf52832, nrf52840", "nrf52832, nrf5284"),
        ("bank: dual", "bank: duel"),
        ("sign: release, ", "sign: relase, "),
        ("tamper: [hash, firmware]", "tamper: [hash, signatur]"),
        ("reset: pin", "reset: hard"),
        ("softdevice: 0x0101", "softdevice: s132"),
        ("{ witness: 2 }\n  settings", "prev\n  settings"),
        ("closing_update: completed", "closing_update: refused"),
    ]));
}

#[test]
fn out_of_range() {
    snapshot!(reports(&[
        ("mtu: 23", "mtu: 22"),
        ("mtu: 23", "mtu: 248"),
        ("prn: 12", "prn: 70000"),
        ("prn: 12", "prn: -1"),
        ("packet: 7", "packet: 0"),
        ("flash-op: 17", "flash-op: 0"),
        ("init-byte: 60", "init-byte: 513"),
        ("xor: 0x80", "xor: 0"),
        ("20 KiB", "2 MiB"),
        ("wait: 130 s", "wait: 0 s"),
        ("version: 3", "version: 0x100000000"),
        ("softdevice: 0x0101", "softdevice: 0x10000"),
        ("from: 0, to: 100", "from: 100, to: 100"),
        ("at: [1, 2048, 4096]", "at: []"),
    ]));
}

#[test]
fn beyond_the_package() {
    snapshot!(reports(&[
        ("object: 3, byte: \"${at}\"", "object: 8, byte: \"${at}\""),
        ("object: 3, byte: \"${at}\"", "object: 9, byte: \"${at}\""),
        ("packet: 7, object: 2", "packet: 7, object: 9"),
        (
            "data: init, package: broken, from: 0, to: 100",
            "data: firmware, package: broken, from: 0, to: 4101"
        ),
        ("data: init, package: broken, from: 0, to: 100", "data: firmware, package: broken, from: 4100"),
        ("at: [1, 2048, 4096]", "at: [1, 2048, 4097]"),
    ]));
}

#[test]
fn undefined_names() {
    snapshot!(reports(&[
        ("- update: update", "- update: updat"),
        ("package: broken", "package: something-else"),
        ("{ witness: 2 }\n  settings", "{ package: vendor }\n  settings"),
        ("{ witness: 2 }\n  settings", "{ witness: 4 }\n  settings"),
        ("byte: \"${at}\"", "byte: \"${att}\""),
        ("byte: \"${at}\"", "byte: \"${position}\""),
        ("byte: \"${at}\"", "byte: \"${at\""),
        ("matrix: { at: [1, 2048, 4096] }\n", ""),
    ]));
    snapshot!("no_packages", report("id: a\ntitle: A\nsteps: [{ update: update }]\n"));
}

#[test]
fn contradictions() {
    snapshot!(reports(&[
        ("{ object: 3, byte: \"${at}\" }, do: disconnect", "{ object: 3, byte: \"${at}\" }, do: power-cut"),
        ("{ notification: 3 }, do: lose", "{ notification: 3 }, do: drop"),
        ("do: lose", "do: lose, xor: 1"),
        ("link: ble\n    prn", "link: serial\n    prn"),
        ("outcome: completed, reconnects", "outcome: completed, phase: init, reconnects"),
        ("outcome: refused,", "outcome: refused, result: invalid-object,"),
        ("outcome: refused,", "outcome: lost,"),
        ("tamper: [hash, firmware]", "sign: none\n    tamper: [hash, signature]"),
        ("mode: application\n  application: { witness: 2 }", "mode: application\n  application: none"),
    ]));
    let text = "id: a\ntitle: A\ndevice: { application: none }\nsteps: [{ wait: 1 s }]\nexpect: { application: previous }\n";
    snapshot!("no_previous", report(text));
}

#[test]
fn unused_things_are_warnings() {
    let text =
        with("packages:\n", "packages:\n  spare: { application: { witness: 9, size: 4 KiB }, version: 1 }\n")
            .replace("matrix: { at:", "matrix: { unused: [1, 2], at:");
    let suite = load(&text).unwrap();
    assert_eq!(suite.warnings().problems().len(), 2);
    assert!(suite.warnings().problems().iter().all(|problem| problem.severity() == Severity::Warning));
    snapshot!(report(&text));
}

#[test]
fn not_yaml() {
    snapshot!(
        [
            "",
            "# nothing\n",
            "- a\n- b\n",
            "just text\n",
            "id: a\n\ttitle: A\n",
            "id: a\nsteps:\n\t- wait: 1 s\n",
            "id: [a\ntitle: A\n",
            "id: 'a\ntitle: A\n",
            "id: a: b\n",
            "id: a\n---\nid: b\n",
            "id: !path a\n",
            "id: *unknown\n",
            "? [a, b]\n: c\n",
            "id: a\u{7}\u{1b}[31m\n",
            "id: a\ntitle: \"a\\e[31m\"\nsteps: [{ wait: 1 s }]\n",
            "id: &a [*a]\n",
            "title: A\n  steps: []\n",
        ]
        .map(report)
        .join("\n")
    );
}

#[test]
fn too_much() {
    let deep = format!("id: {}{}\n", "[".repeat(40), "]".repeat(40));
    let bomb = (1..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
        let last = format!("*a{}, ", n - 1).repeat(9);
        format!("{text}a{n}: &a{n} [{last}]\n")
    });
    let large = format!("# {}\n", "x".repeat(300 * 1024));
    let long = format!("id: a\ntitle: {}\n", "long ".repeat(1000));
    let list = format!("[{}]", (0..40).map(|n| n.to_string()).collect::<Vec<_>>().join(", "));
    let matrix = with("matrix: { at: [1, 2048, 4096] }", &format!("matrix: {{ a: {list}, at: {list} }}"));
    snapshot!([deep, bomb, large, long, matrix].map(|text| report(&text)).join("\n"));
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    let text = with("prn: 12", "prn: 70000")
        .replace("do: lose", "do: los")
        .replace("mode: application", "mod: application")
        .replace("- update: broken", "- update: brokn");
    let found = load(&text).unwrap_err();
    let places: Vec<(ProblemKind, String, &str)> = found
        .problems()
        .iter()
        .map(|problem| (problem.kind(), problem.place().to_string(), problem.token()))
        .collect();
    assert_eq!(
        places,
        [
            (ProblemKind::OutOfRange, "27:10".to_owned(), "70000"),
            (ProblemKind::UnknownWord, "35:40".to_owned(), "los"),
            (ProblemKind::Undefined, "46:13".to_owned(), "brokn"),
            (ProblemKind::UnknownKey, "50:3".to_owned(), "mod"),
        ]
    );
    assert_eq!(found.to_string(), "4 mistakes found");
}

#[test]
fn a_mistake_of_every_case_is_reported_once() {
    let found = load(&with("flash-op: 17", "flash-op: 0")).unwrap_err();
    assert_eq!(found.problems().len(), 1);
}

#[test]
fn a_caret_stands_under_characters_and_not_bytes() {
    let text = with("title: The link", "title: Die Verbindung fällt aus — überall 🎉")
        .replace("tags: [resume]", "tags: [\"é\", rësume]");
    let found = load(&text).unwrap_err();
    let tokens: Vec<(String, &str)> =
        found.problems().iter().map(|problem| (problem.place().to_string(), problem.token())).collect();
    assert_eq!(tokens, [("6:8".to_owned(), "\"é\""), ("6:13".to_owned(), "rësume")]);
}

#[test]
fn line_ends_and_byte_order_marks_of_other_systems_change_nothing() {
    let text = format!("\u{FEFF}{}", with("prn: 12", "prn: 70000").replace('\n', "\r\n"));
    let found = load(&text).unwrap_err();
    let problem = &found.problems()[0];
    assert_eq!((problem.place().to_string().as_str(), problem.token()), ("27:10", "70000"));
    assert_eq!(found.problems().len(), 1);
    assert!(load(&with("prn: 12", "prn: 13").replace('\n', "\r\n")).is_ok());
}

#[test]
fn anchors_repeat_a_value() {
    let text = with("bootloader: {", "bootloader: &b {")
        .replace("application: { witness: 2 }\n  settings", "application: &w { witness: 2 }\n  settings");
    assert!(load(&text).is_ok());
    let text = with("- wait: 130 s", "- wait: &t 130 s\n  - wait: *t");
    assert_eq!(load(&text).unwrap().cases().next().unwrap().steps.len(), 7);
}

#[test]
fn what_can_not_be_is_found_before_a_device_is_touched() {
    let scenario = |device: &str, size: &str, steps: &str| {
        format!(
            "id: a/b\ntitle: x\n{device}packages: {{ update: {{ application: {{ witness: 2, size: {size} }}, version: 2 }} }}\nsteps:\n{steps}"
        )
    };
    let update = "  - update: update\n";
    let cases = [
        (scenario("", "100 B", update), ProblemKind::OutOfRange, "the smallest witness has 128 bytes"),
        (
            scenario("device: { application: { witness: 1, size: 900 KiB } }\n", "4 KiB", update),
            ProblemKind::OutOfRange,
            "there is room for 316 KiB",
        ),
        (
            scenario("", "4 KiB", "  - update: update\n  - { update: update, link: serial }\n"),
            ProblemKind::Contradiction,
            "an earlier step uses `ble`",
        ),
        (
            scenario(
                "",
                "4 KiB",
                "  - update: update\n    faults:\n      - { at: { flash-op: 1 }, do: power-cut }\n      - { at: { flash-op: 2 }, do: power-cut }\n",
            ),
            ProblemKind::Contradiction,
            "the step has one already",
        ),
    ];
    for (text, kind, label) in cases {
        let Err(bad) = load_sources(&[Source::new("a.yaml", text.as_str())], &NoFiles) else {
            panic!("taken: {text}");
        };
        assert_eq!(bad.problems().len(), 1, "{}", bad.render(100, false));
        assert_eq!(bad.problems()[0].kind(), kind, "{text}");
        assert!(bad.render(100, false).contains(label), "{}", bad.render(100, false));
    }
}

#[test]
fn a_central_needs_a_link_and_actions_that_can_be() {
    let cases = [
        ("[]", ProblemKind::OutOfRange, "this is empty"),
        ("[{ hear: none }]", ProblemKind::Contradiction, "this needs a link"),
        (
            "[{ connect: bootloader }, { connect: bootloader }]",
            ProblemKind::Contradiction,
            "a device that is connected does not advertise",
        ),
        (
            "[{ connect: bootloader }, { pair: reset }, { hear: none }]",
            ProblemKind::Contradiction,
            "needs a link",
        ),
        ("[{ connect: bootloder }]", ProblemKind::UnknownWord, "did you mean `bootloader`?"),
        ("[{ conect: bootloader }]", ProblemKind::UnknownKey, "did you mean `connect`?"),
        ("[{ connect: bootloader }, { subscribe: packet }]", ProblemKind::Contradiction, "it sends nothing"),
        (
            "[{ connect: bootloader }, { write: packet, value: 00, kind: command, result: ok }]",
            ProblemKind::Contradiction,
            "never answered",
        ),
        (
            "[{ connect: bootloader }, { write: packet, value: 00, result: 0x100 }]",
            ProblemKind::OutOfRange,
            "",
        ),
        (
            "[{ connect: bootloader }, { hear: none, confirm: true }]",
            ProblemKind::Contradiction,
            "no message is expected",
        ),
        ("[{ connect: bootloader }, { write: packet }]", ProblemKind::MissingKey, "`value` is missing here"),
        ("[disconnect]", ProblemKind::WrongType, ""),
        (
            "[{ connect: bootloader }, { encrypt: refused }]\n    central: stranger",
            ProblemKind::Contradiction,
            "no key to encrypt with",
        ),
    ];
    for (actions, kind, label) in cases {
        let text = format!("id: a/b\ntitle: x\nsteps:\n  - gatt: {actions}\n");
        let Err(bad) = load_sources(&[Source::new("a.yaml", text.as_str())], &NoFiles) else {
            panic!("taken: {text}");
        };
        assert_eq!(bad.problems().len(), 1, "{}", bad.render(100, false));
        assert_eq!(bad.problems()[0].kind(), kind, "{text}");
        assert!(bad.render(100, false).contains(label), "{}", bad.render(100, false));
    }
}
