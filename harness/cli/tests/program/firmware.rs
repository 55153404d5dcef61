//! `gauntlet device serve --image`: firmware of somebody's own.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::Place;
use crate::device::Served;

/// A stack, a start, and code behind them.
fn program(code: &[u8]) -> Vec<u8> {
    [&[0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0][..], code].concat()
}

/// Serves a program at address 0 of `chip` until a line says `word`, and ends it then. Returns what was said.
fn tells(chip: &str, code: &[u8], word: &str) -> String {
    let place = Place::new();
    std::fs::write(place.path("program.bin"), program(code)).unwrap();
    let mut command = place.command(&["device", "serve", "--image", "program.bin@0", "--chip", chip]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains(word) {
        assert!(told.read_line(&mut said).unwrap() > 0, "it has ended: {said}");
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    told.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    said
}

#[test]
fn firmware_that_gets_nowhere_is_told_in_a_few_lines_and_can_be_ended() {
    // UDF #0.
    let said = tells("nrf52832", &[0x00, 0xDE], "gets nowhere");
    assert!(said.contains("fault at 0x00000008: undefined instruction"), "{said}");
    assert!(said.contains("locked up"), "{said}");
    assert!(said.lines().count() < 12, "{said}");
    // WFI; B to it.
    let said = tells("nrf52832", &[0x30, 0xBF, 0xFD, 0xE7], "without a UART");
    assert!(said.contains("sleeps"), "{said}");
    // LDR r0, [pc, #4]; LDR r0, [r0]; B to itself; the address of a register of the CryptoCell.
    let asks = [0x01, 0x48, 0x00, 0x68, 0xFE, 0xE7, 0, 0, 0x00, 0xB0, 0x02, 0x50];
    let said = tells("nrf52840", &asks, "busy around");
    assert!(said.contains("CryptoCell"), "{said}");
}

#[test]
fn files_that_are_no_firmware_are_refused_with_their_name() {
    let place = Place::new();
    std::fs::write(place.path("broken.hex"), ":0000000").unwrap();
    std::fs::write(place.path("empty.bin"), "").unwrap();
    std::fs::write(place.path("large.bin"), [1; 64]).unwrap();
    for (image, code, word) in [
        ("missing.hex", 96, "missing.hex"),
        ("broken.hex", 96, "line 1"),
        ("empty.bin@0", 96, "is empty"),
        ("large.bin@0x7FFF0", 2, "0x00080000"),
        ("large.bin", 2, "large.bin@0x1000"),
    ] {
        place.run(&["device", "serve", "--image", image]).ends_with(code).tells(word);
    }
    for option in [&["--debug", "pyocd"][..], &["--locked"], &["--cut", "7"]] {
        place.run(&[&["device", "serve"], option].concat()).ends_with(2).tells("--image");
    }
    let both = ["device", "serve", "--image", "large.bin@0", "--unsigned"];
    place.run(&both).ends_with(2).tells("cannot be used with");
    // Nobody could tell when an update is done.
    place
        .run(&["device", "serve", "--image", "large.bin@0x1000", "--once"])
        .ends_with(2)
        .tells("bootloader is");
}

#[test]
fn the_demo_bootloader_is_a_device_like_any_other() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../targets/firmware/hex");
    for chip in ["nrf52832", "nrf52840"] {
        let place = Place::new();
        let image = format!("{root}/demo-uart-{chip}.hex");
        let mut served = Served::start(
            &place,
            &[
                "--chip",
                chip,
                "--image",
                &image,
                "--link-path",
                "port",
                "--dump",
                "flash.bin",
                "--debug",
                "glasgow",
            ],
        );
        // Not its key, and not its hardware: refused by the firmware, and nothing has changed.
        let package = crate::nrfutil("good/app_4097_signed.zip");
        place.run(&["dfu", &package, "--port", "port"]).ends_with(100).prints("refused");
        served.interrupt();
        let (code, said) = served.end();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("20b7:9db1:tcp:127.0.0.1:") && said.contains("the same as"), "{said}");
        let flash = std::fs::read(place.path("flash.bin")).unwrap();
        assert!(flash[0x1000..0x2000].iter().all(|byte| *byte == 0xFF));
    }
}
