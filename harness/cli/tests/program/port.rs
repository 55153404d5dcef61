//! `gauntlet dfu --port`: whole packages, and Ctrl-C.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Place;
use crate::device::Served;
use crate::nrfutil;
use crate::parts::{SYSTEM, firmware, pack, system};

#[test]
fn several_images_arrive_with_a_restart_between_them() {
    for profile in ["uart", "usb"] {
        let place = Place::new();
        let (softdevice, bootloader) = system(&place, "serial");
        let application = firmware(5000);
        pack(&place, "all.zip", [Some(&softdevice), Some(&bootloader), Some(&application)], &[0x0101], 2);
        let options = ["--expect", "all.zip", "--profile", profile, "--link-path", "port"];
        let mut served = Served::start(&place, &options);
        let ran = place.run(&["dfu", "all.zip", "--port", "port"]);
        ran.ends_with(0)
            .prints("the device accepted the update")
            .prints("2 images")
            .prints("proof         none");
        assert_eq!(ran.out.matches(": accepted").count(), 2, "{}", ran.out);
        ran.prints("kB/s").prints("firmware ").tells("image 2 of 2, application: sending the firmware");
        served.interrupt();
        let (code, said) = served.end();
        assert_eq!((code, said.matches(", equal").count()), (Some(0), 3), "{said}");
    }
}

#[test]
fn what_the_device_has_already_is_skipped_on_a_port() {
    let place = Place::new();
    let (softdevice, bootloader) = system(&place, "serial");
    pack(&place, "all.zip", [Some(&softdevice), Some(&bootloader), Some(&firmware(5000))], &[0x0101], 1);
    let mut served = Served::start(&place, &[&["--once", "--expect", "all.zip"], &SYSTEM[..]].concat());
    let ran = place.run(&["dfu", "all.zip", "--port", &served.port, "--json"]);
    let answer: Value = serde_json::from_str(&ran.ends_with(0).out).unwrap();
    assert!(answer["images"][0]["skipped"].as_str().unwrap().contains("refused"), "{answer:#}");
    assert_eq!((&answer["images"][1]["accepted"], &answer["found"]), (&true.into(), &Value::Null));
    ran.tells("skipped, the device has it");
    let (code, said) = served.end();
    assert_eq!((code, said.matches(", equal").count()), (Some(0), 3), "{said}");
}

#[test]
fn the_same_command_goes_on_behind_ctrl_c() {
    let place = Place::new();
    let package = nrfutil("good/app_30720_signed.zip");
    let mut served = Served::start(&place, &["--once", "--timing", "flash", "--expect", &package]);
    let command = ["dfu", &package, "--port", &served.port, "--json"];
    let mut child = place.command(&command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("sending the firmware") {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "the program has ended");
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("the same command goes on from there"), "{rest}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&answer["outcome"], &answer["exit-code"]), (&"stopped".into(), &130.into()));

    let ran = place.run(&command);
    let answer: Value = serde_json::from_str(&ran.ends_with(0).out).unwrap();
    let bytes = |name: &str| answer["total"][name].as_u64().unwrap();
    // The init packet at least is there already.
    assert!(bytes("bytes-sent") - bytes("bytes-resent") <= 30720, "{answer:#}");
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
}
