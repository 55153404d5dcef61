//! `gauntlet device serve` and `gauntlet dfu --port`: two programs and a serial port between them.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::{Place, gauntlet, nrfutil};

/// A served device. It ends with this, whatever the test has found.
pub(crate) struct Served {
    child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) port: String,
}

impl Served {
    pub(crate) fn start(place: &Place, options: &[&str]) -> Self {
        let mut args = vec!["device", "serve"];
        args.extend(options);
        let mut command = place.command(&args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        out.read_line(&mut port).unwrap();
        Self { child, out, port: port.trim().to_owned() }
    }

    pub(crate) fn interrupt(&self) {
        assert!(
            Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success()
        );
    }

    /// What it says when it has ended by itself or was interrupted.
    pub(crate) fn end(&mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already in a test that passes.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

#[test]
fn one_update_over_the_port_ends_with_its_firmware_in_flash() {
    let place = Place::new();
    let mut served = Served::start(
        &place,
        &["--once", "--link-path", "port", "--dump", "flash.bin", "--timing", "instant"],
    );
    assert_eq!(std::fs::read_link(place.path("port")).unwrap().to_str(), Some(served.port.as_str()));
    let package = nrfutil("good/app_4097_signed.zip");
    place
        .run(&["dfu", &package, "--port", "port", "--prn", "3"])
        .ends_with(0)
        .prints("the device accepted the update")
        .prints("proof         none");
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 update") && said.contains("a new application"), "{said}");
    assert!(std::fs::symlink_metadata(place.path("port")).is_err(), "the link is still there");
    let flash = std::fs::read(place.path("flash.bin")).unwrap();
    let firmware = std::fs::read(nrfutil("images/app_4097.bin")).unwrap();
    assert_eq!(&flash[0x26000..][..firmware.len()], firmware);
}

#[test]
fn clients_come_and_go_and_a_refused_package_changes_nothing() {
    let place = Place::new();
    let mut served = Served::start(&place, &["--once", "--app-version", "9", "--timing", "flash"]);
    let port = served.port.clone();
    let old = nrfutil("good/app_4096_signed.zip");
    for _ in 0..2 {
        place
            .run(&["dfu", &old, "--port", &port])
            .ends_with(100)
            .prints("the device refused the update")
            .prints("version");
    }
    served.interrupt();
    let (code, said) = served.end();
    assert_eq!(code, Some(100), "{said}");
    assert!(said.contains("0 updates") && said.contains("its previous application"), "{said}");
    assert!(said.contains("application version 9"), "{said}");
}

#[test]
fn updates_one_after_the_other() {
    let place = Place::new();
    let mut served = Served::start(&place, &["--chip", "nrf52840", "--softdevice", "0x0101"]);
    for package in ["good/app_4096_signed.zip", "good/app_30720_signed.zip"] {
        place.run(&["dfu", &nrfutil(package), "--port", &served.port]).ends_with(0);
    }
    served.interrupt();
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("a new application"), "{said}");
}

#[test]
fn usb_has_larger_frames_and_flash_is_judged_by_the_package() {
    let place = Place::new();
    let (package, other) = (nrfutil("good/app_4097_signed.zip"), nrfutil("good/app_4096_signed.zip"));
    let mut served = Served::start(&place, &["--once", "--profile", "usb", "--expect", &package]);
    place.run(&["dfu", &package, "--port", &served.port]).ends_with(0);
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("application: 4100 bytes at 0x00026000, equal"), "{said}");
    // Another package was promised.
    let mut served = Served::start(&place, &["--once", "--expect", &other]);
    place.run(&["dfu", &package, "--port", &served.port]).ends_with(0);
    let (code, said) = served.end();
    assert_eq!(code, Some(100), "{said}");
    assert!(said.contains("4096 bytes at 0x00026000") && said.contains("bytes differ, first"), "{said}");
}

#[test]
fn faults_of_the_line_are_survived_and_told() {
    let place = Place::new();
    let package = nrfutil("good/app_30720_signed.zip");
    let faults = [
        "at: { packet: 7 }, do: drop",
        "{ at: { object: 3, byte: 100 }, do: corrupt, xor: 0x80 }",
        "at: { request: execute, n: 3 }, do: disconnect",
        "at: { notification: 30 }, do: lose",
    ];
    let mut options = vec!["--once", "--link-path", "port", "--expect", &package, "--no-app"];
    faults.iter().for_each(|fault| options.extend(["--fault", fault]));
    let mut served = Served::start(&place, &options);
    place.run(&["dfu", &package, "--port", "port"]).ends_with(0);
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("  fired ").count(), 4, "{said}");
    assert!(said.contains("30720 bytes at 0x00026000, equal"), "{said}");
}

#[test]
fn a_fault_that_did_not_fire_is_an_error_and_a_wrong_one_is_refused() {
    let place = Place::new();
    let package = nrfutil("good/app_4096_signed.zip");
    let mut served = Served::start(&place, &["--once", "--fault", "at: { packet: 9000 }, do: drop"]);
    place.run(&["dfu", &package, "--port", &served.port]).ends_with(0);
    let (code, said) = served.end();
    assert_eq!(code, Some(98), "{said}");
    assert!(said.contains("did not fire  drop packet"), "{said}");
    let wrong = gauntlet(&["device", "serve", "--fault", "at: { packet: 7 }, do: dorp"]);
    wrong.ends_with(2).tells("did you mean `drop`?").tells("--fault:1:");
    gauntlet(&["device", "serve", "--expect", "missing.zip"]).ends_with(96).tells("missing.zip");
}

/// What the served device loses without a sign on the line, and how the client goes on.
fn survives_on_the_line(fault: &str, fired: &str, options: &[&str]) {
    let place = Place::new();
    let package = nrfutil("good/app_30720_signed.zip");
    let mut all = vec!["--once", "--link-path", "port", "--fault", fault, "--expect", &package];
    all.extend(options);
    let mut served = Served::start(&place, &all);
    place.run(&["dfu", &package, "--port", "port"]).ends_with(0).prints("the device accepted the update");
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(fired) && said.contains("30720 bytes at 0x00026000, equal"), "{said}");
}

#[test]
fn a_reset_that_a_uart_does_not_show_is_survived_in_one_go() {
    for options in [&["--no-app"][..], &[], &["--no-app", "--bootloader", "save_progress=true"]] {
        let fault = "at: { object: 5, byte: 2000 }, do: reset";
        survives_on_the_line(fault, "fired         pin reset at byte 2000 of data object 5", options);
    }
}

#[test]
fn a_usb_port_goes_with_its_device_and_comes_back() {
    let options = ["--no-app", "--profile", "usb"];
    let reset = "at: { object: 5, byte: 2048 }, do: reset";
    survives_on_the_line(reset, "fired         pin reset at byte 2048 of data object 5", &options);
    let cut = "at: { flash-op: 3000 }, do: power-cut";
    survives_on_the_line(cut, "fired         power-cut at flash-op 3000", &options);
}

#[test]
fn the_supply_goes_at_a_flash_operation() {
    let cut = "at: { flash-op: 3000 }, do: power-cut, tear: torn";
    survives_on_the_line(cut, "fired         power-cut at flash-op 3000 (torn)", &["--no-app"]);
}

#[test]
fn a_device_that_was_left_in_the_middle_is_at_rest_at_the_end() {
    let place = Place::new();
    let mut served = Served::start(&place, &[]);
    let mut port = std::fs::OpenOptions::new().read(true).write(true).open(&served.port).unwrap();
    // Create of a command object, and a Ping.
    for (request, answer) in [
        (&b"\x01\x01\x8C\x00\x00\x00\xC0"[..], &b"\x60\x01\x01\xC0"[..]),
        (b"\x09\x07\xC0", b"\x60\x09\x01\x07\xC0"),
    ] {
        port.write_all(request).unwrap();
        let mut found = vec![0; answer.len()];
        port.read_exact(&mut found).unwrap();
        assert_eq!(found, answer);
    }
    drop(port);
    served.interrupt();
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("its previous application"), "{said}");
}

#[test]
fn what_describes_a_virtual_device_does_not_go_with_a_port() {
    let package = nrfutil("good/app_4096_signed.zip");
    for option in [["--chip", "nrf52840"], ["--dump", "flash.bin"], ["--link", "serial"], ["--seed", "7"]] {
        gauntlet(&["dfu", &package, "--port", "nowhere", option[0], option[1]]).ends_with(2).tells(option[0]);
    }
    gauntlet(&["dfu", &package, "--no-flow-control"]).ends_with(2).tells("--port");
    gauntlet(&["device", "serve", "--planted-bug", "no-such-bug"]).ends_with(2).tells("no-such-bug");
}
