//! `gauntlet dfu` with SoftDevices and bootloaders, alone and with an application.

use gauntlet_package::build::{Part, UpdatePackage};
use gauntlet_package::keys::TestKey;
use serde_json::Value;

use crate::{Place, gauntlet, nrfutil};

/// Where a SoftDevice, an application and a bootloader stand on an nRF52832.
const SOFTDEVICE: usize = 0x1000;
const APPLICATION: usize = 0x26000;
const BOOTLOADER: usize = 0x78000;
const BACKUP: usize = 0x7E000;

/// A device with another SoftDevice and a bootloader that is built in another way.
pub(crate) const SYSTEM: [&str; 4] = ["--softdevice", "0x0123", "--bootloader", "inactivity=60s"];

/// What stands in flash between two addresses, without the erased rest.
fn cut(flash: &[u8], from: usize, to: usize) -> Vec<u8> {
    let held = &flash[from..to];
    let used = held.iter().rposition(|byte| *byte != 0xFF).unwrap() + 1;
    held[..used.next_multiple_of(4)].to_vec()
}

/// SoftDevice and bootloader of such a device, as they stand in its flash.
pub(crate) fn system(place: &Place, link: &str) -> (Vec<u8>, Vec<u8>) {
    let package = nrfutil("good/app_sdreq_any_signed.zip");
    // What becomes of the package does not matter; the device is what is wanted.
    let own = ["dfu", &package, "--link", link, "--dump", "system.bin", "--progress", "none"];
    place.run(&[&own, &SYSTEM[..]].concat());
    let flash = std::fs::read(place.path("system.bin")).unwrap();
    (cut(&flash, SOFTDEVICE, APPLICATION), cut(&flash, BOOTLOADER, BACKUP))
}

/// Writes a package of these parts; the application is for SoftDevice 0x0123 if that is in it.
pub(crate) fn pack(place: &Place, name: &str, parts: [Option<&[u8]>; 3], sd_req: &[u32], version: u32) {
    let [softdevice, bootloader, application] = [("sd", parts[0]), ("bl", parts[1]), ("app", parts[2])]
        .map(|(name, part)| part.map(|image| Part::new(name, image.to_vec())));
    let package = UpdatePackage {
        application_version: application.as_ref().map(|_| version),
        application,
        bootloader_version: bootloader.as_ref().map(|_| version),
        bootloader,
        sd_id: softdevice.iter().map(|_| 0x0123).collect(),
        softdevice,
        hw_version: Some(52),
        sd_req: sd_req.to_vec(),
        key: Some(TestKey::Release.signing_key()),
        ..UpdatePackage::default()
    };
    std::fs::write(place.path(name), package.build().unwrap().zip).unwrap();
}

pub(crate) fn firmware(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 7 / 3) as u8).collect()
}

#[test]
fn softdevice_bootloader_and_application_arrive_one_after_the_other() {
    let place = Place::new();
    let (softdevice, bootloader) = system(&place, "ble");
    let application = firmware(9000);
    pack(&place, "all.zip", [Some(&softdevice), Some(&bootloader), Some(&application)], &[0x0101], 2);
    let ran = place.run(&["dfu", "all.zip", "--dump", "flash.bin"]);
    ran.ends_with(0)
        .prints("the update is done and verified")
        .prints("2 images")
        .prints("the new application");
    for part in ["SoftDevice: ", "bootloader: ", "application: 9000 bytes at 0x00026000, equal"] {
        ran.prints(part);
    }
    ran.prints("application version 2, bootloader version 2").prints("kB/s").prints("init-packet");
    ran.tells("image 1 of 2, ").tells("image 2 of 2, application: sending the firmware");
    ran.tells("waiting until the device has restarted");
    let flash = std::fs::read(place.path("flash.bin")).unwrap();
    assert_eq!(flash[SOFTDEVICE..][..softdevice.len()], softdevice);
    assert_eq!(flash[BOOTLOADER..][..bootloader.len()], bootloader);
    assert_eq!(flash[APPLICATION..][..application.len()], application);
}

#[test]
fn parts_without_an_application_keep_the_one_before() {
    let place = Place::new();
    let (softdevice, bootloader) = system(&place, "serial");
    pack(&place, "bootloader.zip", [None, Some(&bootloader), None], &[0x0101], 2);
    let ran = place.run(&["dfu", "bootloader.zip", "--link", "serial"]);
    ran.ends_with(0).prints("its previous application").prints("bootloader: ").prints("bootloader version 2");
    // The same version is refused; there is nothing behind it for which it could be skipped.
    pack(&place, "bootloader.zip", [None, Some(&bootloader), None], &[0x0101], 1);
    let ran = place.run(&["dfu", "bootloader.zip", "--link", "serial"]);
    ran.ends_with(100).prints("the device refused").prints("bootloader version 1 is not newer");
    pack(&place, "both.zip", [Some(&softdevice), Some(&bootloader), None], &[0x0101], 2);
    place.run(&["dfu", "both.zip", "--no-app"]).ends_with(0).prints("no application, as before");
    let external = nrfutil("good/extapp_sdreq_signed.zip");
    let ran = place.run(&["dfu", &external, "--bootloader", "external_application=true"]);
    ran.ends_with(0).prints("external application: 4096 bytes").prints("its previous application");
}

#[test]
fn what_the_device_has_already_is_skipped_and_flash_says_whether_it_has() {
    let place = Place::new();
    let (softdevice, bootloader) = system(&place, "ble");
    let application = firmware(5000);
    pack(&place, "all.zip", [Some(&softdevice), Some(&bootloader), Some(&application)], &[0x0101], 1);
    let ran = place.run(&[&["dfu", "all.zip"], &SYSTEM[..]].concat());
    ran.ends_with(0).prints("skipped, the device refused").prints("application: 5000 bytes");
    ran.tells("skipped, the device has it");
    // Here the device says so of another bootloader with the same version, and flash tells.
    let ran = place.run(&["dfu", "all.zip", "--softdevice", "0x0123"]);
    ran.ends_with(100).prints("does not hold all of it").prints("skipped").prints("bytes differ");
}

#[test]
fn a_second_image_that_is_refused_leaves_the_first() {
    let place = Place::new();
    let (softdevice, _) = system(&place, "ble");
    pack(&place, "all.zip", [Some(&softdevice), None, Some(&firmware(5000))], &[0x0101], 2);
    let ran = place.run(&["dfu", "all.zip", "--app-version", "9"]);
    ran.ends_with(100)
        .prints("the device refused")
        .prints("image 2")
        .prints("SoftDevice: ")
        .prints("accepted");
}

#[test]
fn the_answer_for_programs_is_one_object() {
    let place = Place::new();
    let (softdevice, bootloader) = system(&place, "ble");
    let object = |ran: &crate::Ran| -> Value { serde_json::from_str(&ran.out).unwrap() };
    pack(&place, "all.zip", [Some(&softdevice), Some(&bootloader), Some(&firmware(5000))], &[0x0101], 1);
    let ran = place.run(&[&["dfu", "all.zip", "--json"], &SYSTEM[..]].concat());
    let answer = object(ran.ends_with(0));
    assert_eq!((&answer["outcome"], &answer["exit-code"]), (&"completed".into(), &0.into()));
    assert!(answer["images"][0]["skipped"].as_str().unwrap().contains("refused"), "{answer:#}");
    assert_eq!(answer["images"][1]["accepted"], true);
    assert_eq!(answer["found"]["parts"][2]["differing"], 0);
    let (sent, phases) = (&answer["total"]["bytes-sent"], &answer["total"]["seconds-by-phase"]);
    assert!(sent.as_u64().unwrap() > 5000 && phases["firmware"].as_f64().unwrap() > 0.0, "{answer:#}");
    assert!(answer["total"]["bytes-per-second"].as_f64().unwrap() > 100.0, "{answer:#}");

    pack(&place, "all.zip", [Some(&softdevice), None, Some(&firmware(5000))], &[0x0101], 2);
    let ran = place.run(&["dfu", "all.zip", "--app-version", "9", "--json"]);
    let answer = object(ran.ends_with(100));
    assert_eq!((&answer["outcome"], &answer["images"][0]["accepted"]), (&"refused".into(), &true.into()));
    assert!(answer["words"].as_str().unwrap().starts_with("image 2: "), "{answer:#}");

    let ran = gauntlet(&["dfu", &nrfutil("broken/hash_bit_flip.zip"), "--json"]);
    let answer = object(ran.ends_with(96));
    assert_eq!(answer["outcome"], "rejected");
    assert_eq!(
        (&answer["rejection"]["stage"], &answer["rejection"]["reason"]),
        (&"consistency".into(), &"hash_mismatch".into())
    );
}
