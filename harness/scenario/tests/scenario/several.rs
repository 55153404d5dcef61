//! Several mistakes in one file: each at its own place, and none because of another.

use gauntlet_scenario::Diagnostics;

use crate::common::load;

/// Place and words of everything that is found, mistakes or warnings.
#[track_caller]
fn told(text: &str) -> Vec<String> {
    let found: Diagnostics = match load(text) {
        Ok(suite) => suite.warnings().clone(),
        Err(found) => found,
    };
    found.problems().iter().map(|problem| format!("{}: {problem}", problem.place())).collect()
}

const HEAD: &str = "id: a/b\ntitle: x\n";
const PACKAGE: &str = "packages: { update: { application: { witness: 2, size: 4 KiB }, version: 2 } }\n";

#[test]
fn an_item_with_a_mistake_moves_no_other_mistake() {
    let text = format!(
        "{HEAD}{PACKAGE}steps:\n  - exchange:\n      - {{ send: \"0G\", answer: none }}\n      - {{ data: firmware, package: update, to: 5000 }}\n  - wait: 3\n  - update: update\n    faults:\n      - {{ at: {{ packet: 1 }}, do: dropp }}\n      - {{ at: {{ object: 9, byte: 1 }}, do: disconnect }}\n  - update: updat\n"
    );
    assert_eq!(
        told(&text),
        [
            "6:17: `0G` is not bytes in hexadecimal",
            "7:48: 5000 is beyond the end of the package",
            "8:11: `3` is not a time with its unit",
            "11:34: `dropp` is not a fault",
            "12:25: 9 is beyond the end of the package",
            "13:13: there is no package `updat`",
        ]
    );
}

#[test]
fn a_mistake_in_a_fault_is_not_told_as_a_missing_one() {
    let text = format!(
        "{HEAD}{PACKAGE}steps:\n  - update: update\n    faults: [{{ at: {{ packet: 1 }}, do: dropp }}]\n    expect: {{ resent: \">= 1\" }}\n"
    );
    assert_eq!(told(&text), ["6:39: `dropp` is not a fault"]);
}

#[test]
fn a_list_of_the_matrix_with_a_mistake_hides_nothing_else() {
    let text = format!(
        "{HEAD}matrix: {{ at: [1, 2, 2] }}\n{PACKAGE}steps:\n  - update: update\n    faults: [{{ at: {{ object: 1, byte: \"${{at}}\" }}, do: disconect }}]\n  - wait: 5\n"
    );
    assert_eq!(
        told(&text),
        [
            "3:22: this value makes a case of the same id again",
            "7:54: `disconect` is not a fault",
            "8:11: `5` is not a time with its unit",
        ]
    );
}

#[test]
fn a_package_is_looked_up_beside_other_mistakes() {
    let text = format!(
        "{HEAD}{PACKAGE}steps:\n  - update: updat\n    prn: many\nexpect: {{ application: {{ package: udpate }} }}\n"
    );
    let found = told(&text);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert_eq!(found[0], "5:13: there is no package `updat`");
    assert_eq!(found[2], "7:35: there is no package `udpate`");
}

#[test]
fn two_values_that_make_the_same_case_are_told() {
    let text = "id: a/b\ntitle: ${t}\nmatrix: { t: [1 s, 1000 ms] }\nsteps:\n  - wait: \"${t}\"\n";
    assert_eq!(told(text), ["3:20: `1000 ms` makes the same case as `1 s`"]);
    assert!(told(&text.replace("1000 ms", "2 s")).is_empty());
}

#[test]
fn what_no_step_brings_is_told() {
    let text = format!(
        "{HEAD}{PACKAGE}steps:\n  - wait: 1 s\nexpect: {{ application: {{ witness: 2 }}, unchanged: [settings], settings: {{ app_version: 2 }} }}\n"
    );
    let found = told(&text);
    assert!(
        found.contains(&"6:24: no step brings this application into the device".to_owned()),
        "{found:#?}"
    );
    assert!(found.iter().any(|told| told.contains("a page with another version on record has changed")));
}

#[test]
fn a_locked_device_leaves_a_probe_nothing_to_do() {
    let locked = |device: &str, steps: &str| {
        told(&format!("{HEAD}device: {{ locked: true{device} }}\n{PACKAGE}steps:\n{steps}"))
    };
    let pin = ", bootloader: { enter_by_pin_reset: true }";
    assert!(locked(pin, "  - update: update\n").is_empty());
    assert_eq!(locked("", "  - update: update\n"), ["3:19: nothing leads this device into DFU mode"]);
    let recovered = "  - probe: [{ access-port: closed }, { recover: device }]\n  - update: update\n";
    assert!(locked("", recovered).is_empty());
    let steps =
        "  - probe: [{ access-port: closed }, { retained: 1 }]\n  - reset: soft\n  - update: update\n";
    assert_eq!(
        locked(pin, steps),
        [
            "6:38: a probe can't do this while the access port is closed",
            "7:12: a probe can't do this while the access port is closed",
        ]
    );
    let retained = format!(", retained: 1{pin}");
    assert_eq!(
        locked(&retained, "  - update: update\n"),
        ["3:35: `retained` does not outlive the closing of the access port"]
    );
}

#[test]
fn what_a_client_does_has_its_places_and_its_times() {
    let fault = |fault: &str, more: &str| {
        told(&format!("{HEAD}{PACKAGE}steps:\n  - update: update\n{more}    faults: [{fault}]\n"))
    };
    for right in [
        "{ at: { packet: 3 }, do: restart }",
        "{ at: { notification: 3 }, do: restart, for: 2 s }",
        "{ at: { request: crc }, do: pause, for: 2 s }",
        "{ at: { init-byte: 20 }, do: reopen }",
        "{ at: { request: select }, do: repeat }",
        "{ at: { packet: 3 }, do: swap }",
    ] {
        assert_eq!(fault(right, ""), [""; 0], "{right}");
    }
    for (wrong, words) in [
        ("{ at: { packet: 3 }, do: pause }", "`pause` needs `for`"),
        ("{ at: { packet: 3 }, do: drop, for: 2 s }", "`for` has no meaning for `drop`"),
        ("{ at: { packet: 3 }, do: repeat }", "`repeat` can't happen at this position"),
        ("{ at: { notification: 3 }, do: pause, for: 1 s }", "`pause` can't happen at this position"),
        ("{ at: { request: crc }, do: swap }", "`swap` can't happen at this position"),
        ("{ at: { notification: 500 }, do: lose }", "500 is beyond the end of the package"),
    ] {
        let found = fault(wrong, "");
        assert!(found.len() == 1 && found[0].ends_with(words), "{found:#?}");
    }
    let jump = fault("{ at: { packet: 3 }, do: restart }", "    entry: buttonless\n");
    assert!(
        jump[0].ends_with("a client that begins anew finds no application that it could ask"),
        "{jump:#?}"
    );
}

#[test]
fn a_package_is_looked_up_beside_a_slip_in_the_yaml() {
    let text = format!("id: a/b\ntitle: one: two\n{PACKAGE}steps:\n  - update: updat\n");
    let found = told(&text);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[1], "5:13: there is no package `updat`");
    let hidden = told(&text.replace("packages: {", "packages: {{"));
    assert!(!hidden.iter().any(|told| told.contains("no package")), "{hidden:#?}");
}
