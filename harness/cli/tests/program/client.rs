//! `gauntlet run --client`: somebody else's client, judged by the device.
#![cfg(unix)]

use crate::{Place, gauntlet};

#[test]
fn a_client_that_does_nothing_and_reports_success_is_found_out() {
    let ran = gauntlet(&["run", "client/good[link=serial,size=256]", "--client", "true {port} {package}"]);
    ran.ends_with(100);
    ran.tells_in_words("success reported (exit code 0) although the device does not have the package");
    let ran =
        gauntlet(&["run", "client/refused[what=key]", "--client", "test -c {port} && test ! -s {package}"]);
    // It fails, and so it should: the device is as it was.
    ran.ends_with(0).tells("1 passed");
}

#[test]
fn a_client_that_never_ends_is_ended() {
    let command = "echo waiting for {port} {package}; sleep 600";
    let ran = gauntlet(&["run", "client/refused[what=key]", "--client", command, "--client-timeout", "1"]);
    ran.ends_with(100).tells_in_words("it did not end within 1 s").tells("its last words: waiting for");
}

#[test]
fn what_a_client_can_not_do_is_skipped_and_a_command_without_places_is_refused() {
    let place = Place::new();
    let ran = place.run(&["run", "good/both-chips", "--client", "true {port} {package}"]);
    ran.ends_with(4).tells_in_words("this update goes over ble");
    place.run(&["run", "--client", "true {port}"]).ends_with(2).tells_in_words("has no {package}");
}
