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
    let anew = "a client that begins anew finds no application that it could ask";
    assert!(jump.iter().any(|told| told.ends_with(anew)), "{jump:#?}");
}

#[test]
fn a_bootloader_that_closes_the_port_shuts_the_probe_out_from_the_next_start_on() {
    let closing = |more: &str, steps: &str| {
        told(&format!(
            "{HEAD}device: {{ bootloader: {{ debug_port: closed{more} }} }}\n{PACKAGE}steps:\n{steps}"
        ))
    };
    let update = "  - update: update\n";
    let no_way = ["3:37: nothing leads this device into DFU mode"];
    assert!(closing("", update).is_empty());
    assert!(closing("", &format!("  - reset: soft\n{update}")).is_empty());
    assert_eq!(closing("", &format!("{update}  - reset: pin\n")), no_way);
    assert_eq!(closing("", &format!("  - power-cut: 1 s\n{update}")), no_way);
    let cut = "  - update: update\n    faults: [{ at: { packet: 2 }, do: reset }]\n";
    assert_eq!(closing("", cut), no_way);
    let pin = ", enter_by_pin_reset: true";
    assert!(closing(pin, &format!("{update}  - reset: pin\n")).is_empty());
    assert_eq!(
        closing(pin, "  - reset: pin\n  - reset: soft\n"),
        ["7:12: a probe can't do this while the access port is closed"]
    );
    let opened = "  - reset: pin\n  - probe: [{ recover: device }, { retained: 1 }]\n  - update: update\n";
    assert!(closing("", opened).is_empty());
}

#[test]
fn starts_need_settings_of_version_2_and_an_open_access_port() {
    let starts =
        |device: &str| told(&format!("{HEAD}device: {{ {device} }}\nsteps:\n  - starts: 5\n    seed: 1\n"));
    assert!(starts("bootloader_version: 2").is_empty());
    assert_eq!(
        starts("bootloader: { generation: sdk14 }"),
        ["5:13: `starts` is about settings of version 2"]
    );
    let locked = starts("locked: true, bootloader: { enter_by_pin_reset: true }");
    assert_eq!(locked, ["5:13: a probe can't do this while the access port is closed"]);
}

#[test]
fn a_bootloader_needs_a_way_into_dfu_mode() {
    let deaf = |more: &str| {
        told(&format!(
            "{HEAD}device: {{ bootloader: {{ enter_by_register: false{more} }} }}\n{PACKAGE}steps:\n  - update: update\n"
        ))
    };
    assert_eq!(deaf(""), ["3:44: nothing leads this device into DFU mode"]);
    assert_eq!(deaf(", enter_by_pin_reset: false"), deaf(""));
    assert!(deaf(", enter_by_pin_reset: true").is_empty());
}

#[test]
fn what_the_last_update_brings_is_no_previous_application() {
    let kept = |more: &str, steps: &str| {
        told(&format!(
            "{HEAD}{PACKAGE}steps:\n  - update: update\n{more}{steps}expect: {{ application: previous }}\n"
        ))
    };
    let wrong = "the last update brings another application";
    for steps in ["", "  - reset: pin\n  - wait: 1 s\n"] {
        let found = kept("", steps);
        assert!(found.len() == 1 && found[0].ends_with(wrong), "{found:#?}");
    }
    assert!(kept("    expect: { outcome: refused }\n", "").is_empty());
    assert!(kept("    faults: [{ at: { flash-op: 900 }, do: power-cut }]\n", "").is_empty());
    assert!(kept("", "  - probe: [{ erase: settings }]\n").is_empty());
}

#[test]
fn an_application_that_is_asked_over_the_air_has_a_service_for_it() {
    let silent = "no application of this scenario is on the air";
    let entry = format!("{HEAD}{PACKAGE}steps:\n  - update: update\n    entry: buttonless\n");
    assert_eq!(told(&entry), [format!("6:12: {silent}")]);
    let device = "device: { application: { witness: 1, buttonless: unbonded } }\n";
    assert!(told(&entry.replace(PACKAGE, &format!("{device}{PACKAGE}"))).is_empty());
    let lost = format!("{entry}    expect: {{ outcome: lost }}\n");
    assert!(told(&lost).is_empty());
    let central = format!("{HEAD}steps:\n  - gatt: [{{ find: application }}]\n");
    assert_eq!(told(&central), [format!("4:12: {silent}")]);
}

#[test]
fn what_is_too_large_or_too_often_is_not_expected_to_complete() {
    let large = format!("{HEAD}{PACKAGE}steps:\n  - update: update\n").replace("4 KiB", "400 KiB");
    assert_eq!(told(&large), ["3:56: an application of 400 KiB does not fit on the nrf52832"]);
    assert!(told(&format!("{large}    expect: {{ outcome: refused }}\n")).is_empty());
    assert!(told(&large.replace("title: x", "title: x\nchip: nrf52840")).is_empty());
    let again = |may: &str, wanted: &str| {
        told(&format!(
            "{HEAD}{PACKAGE}steps:\n  - update: update\n{may}    faults: [{{ at: {{ packet: 2 }}, do: disconnect }}]\n    expect: {{ reconnects: {wanted} }}\n"
        ))
    };
    assert!(again("", "3").is_empty() && again("    reconnects: 4\n", "4").is_empty());
    assert_eq!(again("", "4"), ["7:27: this client connects again 3 times at most"]);
    assert_eq!(again("    reconnects: 0\n", "1"), ["8:27: this client never connects again"]);
}

#[test]
fn a_word_stands_in_a_list_once() {
    let text = format!(
        "{HEAD}tags: [a, b, a]\nneeds: [ble, ble]\nsteps: [{{ wait: 1 s }}]\nexpect: {{ unchanged: [uicr, uicr] }}\n"
    );
    assert_eq!(
        told(&text),
        ["3:14: `a` stands here twice", "4:14: `ble` stands here twice", "6:29: `uicr` stands here twice"]
    );
}

#[test]
fn a_misspelt_key_is_told_once_and_read_as_it_was_meant() {
    let text = format!(
        "{HEAD}matrx: {{ at: [1, 2] }}\n{PACKAGE}stpes:\n  - update: updat\n    fault:\n      - {{ at: {{ object: 1, byte: \"${{at}}\" }}, do: disconect }}\nexpct: {{ application: {{ witness: 2 }} }}\n"
    )
    .replace("packages:", "package:");
    assert_eq!(
        told(&text),
        [
            "3:1: a scenario has no key `matrx`",
            "4:1: a scenario has no key `package`",
            "5:1: a scenario has no key `stpes`",
            "6:13: there is no package `updat`",
            "7:5: an update has no key `fault`",
            "8:49: `disconect` is not a fault",
            "9:1: a scenario has no key `expct`",
        ]
    );
}

#[test]
fn amounts_of_bytes_may_have_a_unit() {
    let text = format!(
        "{HEAD}{PACKAGE}steps:\n  - update: update\n    expect: {{ sent: \">= 4 KiB\", resent: 0 B }}\nexpect: {{ settings: {{ bank_0_size: 4 KiB, progress: 0 }} }}\n"
    );
    assert!(told(&text).is_empty(), "{:#?}", told(&text));
    assert_eq!(told(&text.replace("0_size: 4 KiB", "0_size: 4 KB")), ["7:36: `4 KB` is not a size"]);
    assert_eq!(
        told(&text.replace(">= 4 KiB", "> 4 KiB")),
        ["6:21: `> 4 KiB` is not a number of bytes or a comparison"]
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
