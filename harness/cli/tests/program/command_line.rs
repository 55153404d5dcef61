//! Options, their twins in the environment, and help.

use crate::{GOOD, Place, finished, gauntlet};

#[test]
fn a_wrong_option_is_answered_with_the_right_one() {
    gauntlet(&["run", "--sead", "1"]).ends_with(2).tells("--sead").tells("'--seed'");
    gauntlet(&["rum"]).ends_with(2).tells("'run'");
    gauntlet(&["run", "--planted-bug", "version-not-check"]).ends_with(2).tells("'version-not-checked'");
    for (option, value) in
        [("--seed", "x"), ("--jobs", "0"), ("--shard", "3/2"), ("--progress", "loud"), ("--retries", "-1")]
    {
        gauntlet(&["run", &format!("{option}={value}")]).ends_with(2).tells(option);
    }
    for (option, value) in [
        ("--mtu", "22"),
        ("--mtu", "248"),
        ("--chip", "nrf51"),
        ("--softdevice", "s132"),
        ("--hw-version", "4294967296"),
    ] {
        gauntlet(&["dfu", "x.zip", option, value]).ends_with(2).tells(option);
    }
}

#[test]
fn without_a_verb_the_help_is_shown() {
    gauntlet(&[]).ends_with(2).tells("Usage: gauntlet <COMMAND>").tells("Examples:");
    gauntlet(&["--help"])
        .ends_with(0)
        .prints("Examples:")
        .prints("Exit codes:")
        .prints("GAUNTLET_REPORT_DIR");
    for verb in ["run", "list", "check", "requirements", "dfu"] {
        gauntlet(&[verb, "--help"]).ends_with(0).prints("Usage:").prints("Example");
    }
    gauntlet(&["package", "show", "--help"]).ends_with(0).prints("Examples:");
    gauntlet(&["--version"]).ends_with(0).prints(concat!("gauntlet ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_environment_stands_behind_the_command_line() {
    let place = Place::new();
    place.file("good.yaml", GOOD);
    let seed = |args: &[&str], value: &str| {
        let ran = finished(
            place
                .command(args)
                .env("GAUNTLET_SEED", value)
                .env("GAUNTLET_REPORT_DIR", "out")
                .output()
                .unwrap(),
        );
        ran.ends_with(0);
        let journal = place.read("out/run.jsonl");
        let first: serde_json::Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
        first["seed"].as_u64().unwrap()
    };
    assert_eq!(seed(&["run", "good.yaml"], "0xff"), 255);
    assert_eq!(seed(&["run", "good.yaml", "--seed", "9"], "7"), 9);
    assert_eq!(seed(&["run", "good.yaml"], ""), 1, "a variable set to nothing is not set");
    let wrong = finished(place.command(&["run", "good.yaml"]).env("GAUNTLET_JOBS", "many").output().unwrap());
    wrong.ends_with(2).tells("many");
    let bugs = finished(place.command(&["run"]).env("GAUNTLET_LIST_BUGS", "yes").output().unwrap());
    bugs.ends_with(0).prints("version-not-checked");
}

#[test]
fn completions_know_the_verbs() {
    for shell in ["bash", "zsh", "fish"] {
        gauntlet(&["completions", shell]).ends_with(0).prints("planted-bug");
    }
}

#[test]
fn a_real_device_on_the_air_and_a_virtual_one_are_not_mixed_up() {
    let package = crate::nrfutil("good/app_4096_signed.zip");
    let dfu = |args: &[&str]| gauntlet(&[&["dfu", &package][..], args].concat());
    for virtual_only in [
        &["--mtu", "100"][..],
        &["--no-app"],
        &["--chip", "nrf52840"],
        &["--dump", "x.bin"],
        &["--seed", "2"],
    ] {
        for real in [["--name", "Pump"], ["--address", "C0:FF:EE:00:00:01"]] {
            dfu(&[&real[..], virtual_only].concat()).ends_with(2).tells(virtual_only[0]);
        }
        dfu(&[&["--adapter", "hci0"][..], virtual_only].concat()).ends_with(2).tells("--adapter");
    }
    dfu(&["--name", "Pump", "--address", "C0:FF:EE:00:00:01"]).ends_with(2).tells("--address");
    dfu(&["--name", "Pump", "--port", "x"]).ends_with(2).tells("--port");
    dfu(&["--address", "C0:FF:EE:00:00"]).ends_with(2).tells("six bytes");
    dfu(&["--adapter", "hci0"]).ends_with(2).tells("names no device").tells("--name");
    dfu(&["--link", "serial", "--name", "Pump"]).ends_with(2).tells("over BLE only");
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_bluetooth_service_that_is_what_is_said() {
    let place = Place::new();
    let package = crate::nrfutil("good/app_4096_signed.zip");
    let ran = finished(
        place
            .command(&["dfu", &package, "--link", "ble", "--name", "Pump"])
            .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .output()
            .unwrap(),
    );
    ran.ends_with(97)
        .tells("a real device")
        .tells_in_words("the Bluetooth service of this machine is at fault")
        .tells_in_words("is bluetoothd running?");
}
