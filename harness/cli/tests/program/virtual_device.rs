//! The arguments that describe a virtual device.

use crate::{Place, gauntlet, nrfutil};

#[test]
fn a_bootloader_without_a_softdevice_has_no_radio() {
    let package = nrfutil("good/app_sdreq_zero_signed.zip");
    let ran = gauntlet(&["dfu", &package, "--link", "ble", "--softdevice", "none"]);
    ran.ends_with(2).tells_in_words("can't be reached over BLE without a SoftDevice").tells("--link serial");
    assert!(!ran.err.contains("erasing"), "{}", ran.err);
    // The link is BLE when nobody says otherwise.
    gauntlet(&["dfu", &package, "--softdevice", "none"]).ends_with(2).tells("SoftDevice");
    gauntlet(&["dfu", &package, "--link", "serial", "--softdevice", "none"]).ends_with(0);
}

#[test]
fn the_bootloader_is_built_as_it_is_described() {
    let package = nrfutil("good/app_4096_signed.zip");
    let run = |options: &[&str]| {
        let mut args = vec!["dfu", &package, "--progress", "none"];
        args.extend(options);
        gauntlet(&args)
    };
    run(&["--app-version", "9"]).ends_with(100);
    run(&["--app-version", "9", "--bootloader", "downgrade=allowed"]).ends_with(0);
    run(&["--app-version", "9", "--bootloader", "{ downgrade: allowed, bank: single }"]).ends_with(0);
    // An option of its own wins over the words.
    run(&["--hw-version", "52", "--bootloader", "hw_version=51"]).ends_with(0);
    run(&["--bootloader", "hw_version=51"]).ends_with(100).prints("hardware version");
}

#[test]
fn wrong_words_are_shown_with_the_right_ones() {
    let package = nrfutil("good/app_4096_signed.zip");
    let ran = gauntlet(&["dfu", &package, "--bootloader", "bank=singel,hw-version=7"]);
    ran.ends_with(2).tells("did you mean `single`?").tells("did you mean `hw_version`?");
    gauntlet(&["dfu", &package, "--bootloader", "single"]).ends_with(2).tells("bank=single");
    gauntlet(&["dfu", &package, "--app-size", "100"]).ends_with(2).tells_in_words("can't be on this device");
    gauntlet(&["dfu", &package, "--app-size", "400KiB"]).ends_with(2).tells_in_words("409600 bytes");
    gauntlet(&["dfu", &package, "--no-app", "--app-version", "2"]).ends_with(2).tells("--app-version");
}

#[test]
fn a_device_comes_from_a_file() {
    let place = Place::new();
    place.file(
        "device.yaml",
        "softdevice: 0x0100\nbootloader: { hw_version: 52840 }\napplication: { witness: 3, version: 1 }\n",
    );
    let package = nrfutil("good/app_hw_52840_signed.zip");
    place.run(&["dfu", &package, "--device", "device.yaml"]).ends_with(0).prints("hardware 52840");
    // Options win.
    place.run(&["dfu", &package, "--device", "device.yaml", "--hw-version", "52"]).ends_with(100);
    place.file("wrong.yaml", "bootloader: { hw_version: 52840 }\naplication: none\n");
    let ran = place.run(&["dfu", &package, "--device", "wrong.yaml"]);
    ran.ends_with(96).tells("wrong.yaml:2:1").tells("did you mean `application`?");
    place.run(&["dfu", &package, "--device", "missing.yaml"]).ends_with(96).tells("missing.yaml");
}

#[test]
fn a_device_without_an_application_is_updated_and_refuses() {
    let package = nrfutil("good/app_4096_signed.zip");
    gauntlet(&["dfu", &package, "--no-app"]).ends_with(0).prints("the update is done and verified");
    let ran = gauntlet(&["dfu", &package, "--no-app", "--hw-version", "7"]);
    ran.ends_with(100).prints("has no application, as before").prints("no application at 0x00026000");
}
