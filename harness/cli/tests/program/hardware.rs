//! `gauntlet run --bench FILE` and `gauntlet bench doctor`, with a served device in another process in place of a board: its
//! debug port over TCP, its radio as a Bluetooth service, its supply and its reset pin as commands. The runs are set up as
//! for a board and know nothing of it.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::{Place, Ran, finished};

/// A device of another process. It ends with this, whatever the test has found.
struct Desk {
    place: Place,
    child: Child,
    bus: String,
    probe: String,
    address: String,
}

impl Desk {
    fn start(options: &[&str]) -> Self {
        let place = Place::new();
        let mut args = vec!["device", "serve", "--bluez", "--debug", "glasgow", "--control", "switch"];
        args.extend(options);
        let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let [bus, probe, address] = std::array::from_fn(|_| lines.next().unwrap().unwrap());
        let desk = Self { place, child, bus, probe, address };
        desk.bench(&[]);
        desk
    }

    /// Writes `board.yaml`, with `changes` in place of what stands there.
    fn bench(&self, changes: &[(&str, &str)]) {
        let gauntlet = env!("CARGO_BIN_EXE_gauntlet");
        let mut text = format!(
            "about: desk\nprobe: \"{}\"\nchip: nrf52832\nlocked: refuse\nlink: {{ ble: {{ address: \"{}\" }} }}\n\
             power:\n  off: \"{gauntlet} device power off --control switch\"\n  \
             on: \"{gauntlet} device power on --control switch\"\n\
             reset: \"{gauntlet} device reset --control switch\"\n",
            self.probe, self.address
        );
        for (old, new) in changes {
            assert!(text.contains(old), "{old}");
            text = text.replace(old, new);
        }
        self.place.file("board.yaml", &text);
    }

    fn gauntlet(&self, args: &[&str]) -> Ran {
        finished(self.place.command(args).env("DBUS_SYSTEM_BUS_ADDRESS", &self.bus).output().unwrap())
    }

    fn run(&self, cases: &[&str]) -> Ran {
        self.gauntlet(&[&["run", "--bench", "board.yaml", "--progress", "none"], cases].concat())
    }

    /// The records of the last run.
    fn journal(&self) -> Vec<Value> {
        let lines = self.place.read("reports/latest/run.jsonl");
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Ends the device, and returns its flash.
    fn flash(mut self) -> Vec<u8> {
        assert!(
            Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success()
        );
        assert!(self.child.wait().unwrap().success());
        std::fs::read(self.place.path("flash.bin")).unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // It has ended already in some tests.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// A scenario of one's own, small, because time is the wall's here.
const SCENARIO: &str = "\
id: own/${}
title: An update of 6 KiB
packages:
  update: { application: { witness: 2, size: 6 KiB }, version: 2 }
steps:
  - update: update
    faults: [FAULT]
expect:
  mode: application
  application: { witness: 2 }
  unchanged: [start-up, softdevice, bootloader, uicr]
";

/// The scenario, with what goes wrong in it.
fn scenario(name: &str, fault: &str) -> String {
    let fault = if fault.is_empty() { String::new() } else { format!("    faults: [{fault}]\n") };
    SCENARIO.replace("${}", name).replace("    faults: [FAULT]\n", &fault)
}

#[test]
fn a_blank_board_is_flashed_updated_cut_and_judged() {
    let desk = Desk::start(&["--blank"]);
    desk.place
        .file("good.yaml", &scenario("good", ""))
        .file("lost.yaml", &scenario("lost", "{ at: { object: 1, byte: 2000 }, do: disconnect }"))
        .file("reset.yaml", &scenario("reset", "{ at: { object: 1, byte: 3000 }, do: reset }"))
        .file("cut.yaml", &scenario("cut", "{ at: { flash-op: 700 }, do: power-cut, tear: torn }"));
    desk.run(&["good.yaml", "lost.yaml", "reset.yaml", "cut.yaml"]).ends_with(0);
    let journal = desk.journal();
    let told = |event: &str| journal.iter().filter(|line| line.to_string().contains(event)).count();
    assert_eq!(told("closing-update"), 4, "{journal:#?}");
    assert!(journal[0].to_string().contains("\"bench\":\"board.yaml\""), "{}", journal[0]);
    // Nobody can say at which flash operation power went, and nobody claims it.
    assert!(told("power-cut (sampled)") >= 1 && told("flash operation 700") == 0);
    assert!(told("[sampled: power goes at some moment of the transfer instead]") >= 1);
}

#[test]
fn another_board_than_the_file_says_is_left_as_it_is() {
    let desk = Desk::start(&["--dump", "flash.bin", "--app-size", "5000"]);
    desk.bench(&[("nrf52832", "nrf52840")]);
    desk.run(&["good"])
        .ends_with(97)
        .tells_in_words("nothing was changed")
        .tells_in_words("correct the probe's selector");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let elsewhere = format!("20b7:9db1:tcp:{}", nobody.local_addr().unwrap());
    drop(nobody);
    desk.bench(&[(desk.probe.as_str(), &elsewhere)]);
    desk.run(&["good"])
        .ends_with(97)
        .tells_in_words("no debug probe matches")
        .tells_in_words("plug that probe in");
    let flash = desk.flash();
    // The application of the served device is still there.
    let settings = &flash[0x7F000..];
    assert_eq!(u32::from_le_bytes(settings[0x18..0x1C].try_into().unwrap()), 5000);
}

#[test]
fn a_locked_chip_is_erased_only_where_that_is_allowed() {
    let desk = Desk::start(&["--locked"]);
    desk.place.file("good.yaml", &scenario("good", ""));
    desk.run(&["good.yaml"]).ends_with(97).tells_in_words("read-protected").tells_in_words("locked: erase");
    desk.gauntlet(&["bench", "doctor", "--bench", "board.yaml"]).ends_with(97).prints("locked: erase");
    desk.bench(&[("locked: refuse", "locked: erase")]);
    desk.gauntlet(&["bench", "doctor", "--bench", "board.yaml"]).ends_with(0).prints("a run erases it");
    desk.run(&["good.yaml"]).ends_with(0);
}

#[test]
fn the_doctor_looks_at_every_part() {
    let desk = Desk::start(&[]);
    let doctor = ["bench", "doctor", "--bench", "board.yaml"];
    let ran = desk.gauntlet(&doctor);
    ran.ends_with(0)
        .prints("nRF52832")
        .prints("the adapter hci0 is on")
        .prints("falls silent without its supply");
    ran.prints("the command resets the chip");
    let gauntlet = env!("CARGO_BIN_EXE_gauntlet");
    let off = format!("{gauntlet} device power off --control switch");
    desk.bench(&[(off.as_str(), "true"), ("address: ", "adapter: hci7, address: ")]);
    let ran = desk.gauntlet(&[&doctor[..], &["--json"]].concat());
    ran.ends_with(97);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let wrong: Vec<&str> = report["parts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|part| part["ok"] == false)
        .map(|part| part["part"].as_str().unwrap())
        .collect();
    assert_eq!(wrong, ["bluetooth", "power"], "{}", ran.out);
    assert!(ran.out.contains("still answers while its supply is off"), "{}", ran.out);
}

#[test]
fn a_bench_file_with_mistakes_is_explained() {
    let place = Place::new();
    place.file("board.yaml", "probe: any\nchip: nrf52382\nlink: { ble: {} }\n");
    place
        .run(&["run", "--bench", "board.yaml"])
        .ends_with(96)
        .tells("board.yaml:2:7")
        .tells("did you mean `nrf52832`?");
    place.run(&["run", "--bench", "missing.yaml"]).ends_with(96).tells("missing.yaml");
    place.run(&["bench", "schema"]).ends_with(0).prints("A Gauntlet bench");
}
