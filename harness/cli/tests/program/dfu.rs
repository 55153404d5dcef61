//! `gauntlet dfu`: good and bad packages.

use crate::{Place, gauntlet, nrfutil};

#[test]
fn a_good_package_ends_with_its_firmware_in_flash() {
    let place = Place::new();
    let package = nrfutil("good/app_4097_signed.zip");
    let ran = place.run(&["dfu", &package, "--dump", "flash.bin"]);
    ran.ends_with(0)
        .prints("the update is done and verified")
        .prints("0x00026000")
        .prints("application version");
    ran.tells("sending the firmware");
    let flash = std::fs::read(place.path("flash.bin")).unwrap();
    let firmware = std::fs::read(nrfutil("images/app_4097.bin")).unwrap();
    assert_eq!(flash.len(), 512 * 1024);
    assert_eq!(&flash[0x26000..][..firmware.len()], firmware);
    // The same flash as text.
    place.run(&["dfu", &package, "--dump", "flash.hex", "--progress", "none"]).ends_with(0);
    let hex = gauntlet_package::image::read_hex(place.read("flash.hex").as_bytes()).unwrap();
    assert_eq!((hex.len(), hex[0].address), (1, 0));
    assert!(hex[0].data == flash, "the two dumps differ");
}

#[test]
fn links_and_chips() {
    let package = nrfutil("good/app_30720_signed.zip");
    let serial = gauntlet(&["dfu", &package, "--link", "serial", "--prn", "3"]);
    serial.ends_with(0).prints("serial line").prints("30720 bytes at 0x00026000");
    let small = gauntlet(&["dfu", &package, "--mtu", "23", "--chip", "nrf52840", "--softdevice", "0x0101"]);
    small.ends_with(0).prints("nrf52840, SoftDevice 0x0101").prints("30720 bytes at 0x00027000");
    let bare = gauntlet(&[
        "dfu",
        &nrfutil("good/app_sdreq_zero_signed.zip"),
        "--softdevice",
        "none",
        "--link",
        "serial",
    ]);
    bare.ends_with(0).prints("no SoftDevice").prints("at 0x00001000");
}

#[test]
fn what_no_bootloader_takes_is_refused_before_the_device_is_touched() {
    for (package, reason) in [
        ("hash_bit_flip", "hash_mismatch"),
        ("manifest_missing", "missing_manifest"),
        ("zip_empty_file", "bad_zip"),
    ] {
        let ran = gauntlet(&["dfu", &nrfutil(&format!("broken/{package}.zip"))]);
        ran.ends_with(96).tells_in_words("is refused").tells(reason).tells("the device was not touched");
        assert!(!ran.err.contains("erasing"), "{}", ran.err);
        assert_eq!(ran.out, "");
    }
    gauntlet(&["dfu", "missing.zip"]).ends_with(96).tells("missing.zip can't be read").tells("No such file");
}

#[test]
fn what_the_device_refuses_leaves_its_application_alone() {
    let table: [(&str, &[&str], &str, &str); 5] = [
        ("app_4096_unsigned", &[], "the signature is missing", "--unsigned"),
        ("app_hw_52840_signed", &[], "hardware version", "--hw-version 52840"),
        ("app_4096_signed", &["--softdevice", "0x0123"], "SoftDevice", "--softdevice 0x0101"),
        ("app_4096_signed", &["--app-version", "9"], "version", "--app-version"),
        ("app_4096_signed", &["--key", "KEY"], "", "--key"),
    ];
    let other_key = nrfutil("keys/TEST-ONLY-signing-key-b.pub.pem");
    for (package, options, words, hint) in table {
        let package = nrfutil(&format!("good/{package}.zip"));
        let mut args = vec!["dfu", &package];
        args.extend(options.iter().map(|option| if *option == "KEY" { other_key.as_str() } else { option }));
        let ran = gauntlet(&args);
        ran.ends_with(100).prints("the device refused").prints(words).prints(hint);
        ran.prints("its previous application").prints("unchanged");
    }
    gauntlet(&["dfu", &nrfutil("good/app_4096_unsigned.zip"), "--unsigned"]).ends_with(0);
}

#[test]
fn a_dump_that_can_not_be_written_is_told() {
    let place = Place::new();
    place.file("blocked", "");
    let package = nrfutil("good/app_4_unsigned.zip");
    let ran = place.run(&["dfu", &package, "--unsigned", "--dump", "blocked/flash.bin"]);
    ran.ends_with(110)
        .prints("done and verified")
        .tells_in_words("could not write the flash to blocked/flash.bin");
    place.run(&["dfu", &package, "--dump", "flash.txt"]).ends_with(2).tells(".bin or .hex");
    place.run(&["dfu", &package, "--key", "blocked"]).ends_with(96).tells_in_words("not a PEM key file");
}
