//! `gauntlet device serve --dongle` and `gauntlet dfu --link dongle`: two programs and a dongle's port between them.

#![cfg(unix)]

use gauntlet_links::virtual_dongle::DongleFault;

use crate::device::Served;
use crate::{Place, gauntlet, nrfutil};

const DFU: [&str; 4] = ["--link", "dongle", "--port", "port"];

#[test]
fn a_package_goes_through_a_dongle_into_flash() {
    let (place, package) = (Place::new(), nrfutil("good/app_4097_signed.zip"));
    let options =
        ["--dongle=real", "--once", "--expect", &package, "--link-path", "port", "--fault", "no-ack"];
    let mut served = Served::start(&place, &options);
    let ran = place.run(&[&["dfu", &package, "--name", "DfuTarg"], &DFU[..]].concat());
    ran.ends_with(0).prints("the device accepted the update").prints("1 reconnects");
    let (code, said) = served.end();
    assert_eq!((code, said.matches(", equal").count()), (Some(0), 1), "{said}");
    assert!(said.contains("fired         dongle: no-ack: once"), "{said}");
}

#[test]
fn a_dongle_that_fails_is_told_from_its_port_and_the_device() {
    let (place, package) = (Place::new(), nrfutil("good/app_4097_signed.zip"));
    let options = ["--dongle=hasty", "--link-path", "port", "--fault", "silent:always", "--fault", "halt"];
    let mut served = Served::start(&place, &options);
    let ran = place.run(&[&["dfu", &package], &DFU[..]].concat());
    ran.ends_with(97).tells("dongle: it answers nothing");
    served.interrupt();
    let (code, said) = served.end();
    assert!(code == Some(98) && said.contains("did not fire  dongle: halt: "), "{code:?} {said}");
    place.run(&[&["dfu", &package, "--mtu", "23"], &DFU[..]].concat()).ends_with(97).tells("port: ");
}

#[test]
fn options_that_do_not_go_with_a_dongle_are_refused() {
    let package = nrfutil("good/app_4097_signed.zip");
    gauntlet(&["dfu", &package, "--link", "dongle"]).ends_with(2).tells("--port");
    for option in [["--mtu", "23"], ["--name", "DfuTarg"], ["--address", "C6:05:04:03:02:01"]] {
        gauntlet(&["dfu", &package, "--port", "nowhere", option[0], option[1]]).ends_with(2).tells(option[0]);
    }
    let wrong = ["dfu", &package, "--link", "dongle", "--port", "x", "--address", "C6:05:04:03:02"];
    gauntlet(&wrong).ends_with(2).tells("six bytes");
    gauntlet(&["device", "serve", "--dongle", "--profile", "usb"]).ends_with(2).tells("--profile");
    gauntlet(&["device", "serve", "--dongle", "--fault", "no-akc"])
        .ends_with(2)
        .tells("`no-akc`; there are silent");
}

#[test]
fn the_page_names_every_fault_as_it_is() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/dongle.md")).unwrap();
    for fault in DongleFault::ALL {
        let row = format!("| `{fault}` | {} |", fault.about().trim_end_matches('.'));
        assert!(page.contains(&row), "{row}");
    }
}
