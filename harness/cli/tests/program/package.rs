//! `gauntlet package`.

use serde_json::Value;

use crate::{Place, Ran, gauntlet, nrfutil};

#[test]
fn a_package_is_described_for_people_and_for_programs() {
    let package = nrfutil("good/app_4097_signed.zip");
    let key = nrfutil("keys/TEST-ONLY-signing-key-a.pub.pem");
    let ran = gauntlet(&["package", "show", &package, "--key", &key]);
    ran.ends_with(0)
        .prints("app_4097.bin, 4100 bytes")
        .prints("hardware        52")
        .prints("0x0101")
        .prints("belongs to the key");
    let ran = gauntlet(&["package", "show", &package, "--json"]);
    let answer: Value = serde_json::from_str(&ran.ends_with(0).out).unwrap();
    assert_eq!(answer["accepted"], true);
    let image = &answer["images"][0];
    assert_eq!((&image["key"], &image["firmware-bytes"]), (&"application".into(), &4100.into()));
    assert_eq!(image["firmware-sha256"], image["hash"]["digest"]);
    assert_eq!((&image["hw-version"], &image["sd-req"]), (&52.into(), &serde_json::json!([0x0101])));
    assert_eq!(image["signature"]["verified"], Value::Null);
}

#[test]
fn a_refused_package_says_where_and_why() {
    let package = nrfutil("broken/hash_bit_flip.zip");
    let ran = gauntlet(&["package", "show", &package, "--json"]);
    let answer: Value = serde_json::from_str(&ran.ends_with(96).out).unwrap();
    assert_eq!(answer["accepted"], false);
    assert_eq!(answer["refusal"]["reason"], "hash_mismatch");
    assert_eq!(answer["refusal"]["stage"], "consistency");
    ran.tells_in_words("is refused: app_4097.dat:").tells("help:");
    let unsigned = gauntlet(&["package", "show", &nrfutil("good/app_4_unsigned.zip")]);
    unsigned.ends_with(0).prints("warning: app_4.dat: the init packet is not signed");
}

/// A firmware file or key of the vectors, and the arguments around it.
fn built(place: &Place, more: &[&str]) -> Ran {
    let app = nrfutil("images/app_4097.bin");
    let mut args = vec!["package", "build", "--application", &app, "--application-version", "1"];
    args.extend(more);
    place.run(&args)
}

#[test]
fn a_package_is_built_signed_and_shown() {
    let place = Place::new();
    let (key, other) =
        (nrfutil("keys/TEST-ONLY-signing-key-a.pem"), nrfutil("keys/TEST-ONLY-signing-key-b.pem"));
    let common = ["--hw-version", "52", "--sd-req", "0x0101,0x0100", "new.zip"];
    let ran = built(&place, &[&common[..], &["--signing-key", &key]].concat());
    ran.ends_with(0).prints("0x0101, 0x0100").prints("belongs to the key");
    place.run(&["package", "show", "new.zip"]).ends_with(0).prints("app_4097.bin, 4100 bytes");
    let sign = ["package", "sign", "new.zip", "other.zip", "--signing-key", &other, "--json"];
    let answer: Value = serde_json::from_str(&place.run(&sign).ends_with(0).out).unwrap();
    assert_eq!(answer["images"][0]["signature"]["verified"], true);
    place.run(&["package", "show", "other.zip", "--key", &key]).ends_with(96);
    // The words of nrfutil are understood.
    let ran = built(
        &place,
        &[&common[..], &["--key-file", &key, "--app-boot-validation", "VALIDATE_ECDSA_P256_SHA256"]].concat(),
    );
    ran.ends_with(0).prints("boot validation ecdsa");
}

#[test]
fn what_cannot_be_built_is_not_written() {
    let place = Place::new();
    let hw = ["--hw-version", "52"];
    let boot = nrfutil("images/bl_5000.hex");
    let cases: &[(&[&str], i32, &str)] = &[
        (&["--sd-req", "0x101"], 2, "the hardware version is missing"),
        (&hw, 2, "(sd-req) is missing"),
        (&["--hw-version", "064", "--sd-req", "1"], 2, "octal 52"),
        (&["--hw-version", "52", "--sd-req", "1", "--bootloader", &boot], 2, "do not go into one package"),
        (
            &["--hw-version", "52", "--sd-req", "1", "--app-boot-validation", "ecdsa"],
            2,
            "needs a signing key",
        ),
        (&["--hw-version", "52", "--sd-req", "1", "--signing-key", &boot], 96, "bl_5000.hex can't be used"),
        (&["--hw-version", "52", "--sd-req", "1", "--softdevice", "gone.hex"], 96, "gone.hex can't be used"),
    ];
    for (args, code, words) in cases {
        built(&place, &[args, &["new.zip"][..]].concat()).ends_with(*code).tells_in_words(words);
        assert!(!place.path("new.zip").exists(), "{args:?}");
    }
    built(&place, &["--debug-mode", "there/new.zip"]).ends_with(0).prints("warning:");
}

#[test]
fn keys_are_created_once_and_shown_in_every_form() {
    let place = Place::new();
    let ran = place.run(&["package", "keys", "create", "key.pem"]);
    let public = ran.ends_with(0).out.clone();
    assert_eq!(public.trim_end().len(), 128);
    let pem = place.read("key.pem");
    assert!(pem.starts_with("-----BEGIN EC PRIVATE KEY-----\n"));
    #[cfg(unix)]
    {
        let mode = std::fs::metadata(place.path("key.pem")).unwrap();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
    }
    place.run(&["package", "keys", "create", "key.pem"]).ends_with(2).tells("--force");
    assert_eq!(place.read("key.pem"), pem);
    assert_eq!(std::fs::read_dir(place.path(".")).unwrap().count(), 1, "no temporary file stays");
    let show = |more: &[&str]| place.run(&[&["package", "keys", "show", "key.pem"], more].concat());
    assert_eq!(show(&[]).ends_with(0).out, public);
    show(&["--format", "code"]).ends_with(0).prints("const uint8_t pk[64]");
    show(&["--format", "dbgcode"]).ends_with(0).prints("#ifdef NRF_DFU_DEBUG_VERSION");
    let spki = show(&["--format", "pem"]).ends_with(0).out.clone();
    place.file("public.pem", &spki);
    assert_eq!(place.run(&["package", "keys", "show", "public.pem"]).ends_with(0).out, public);
    place.run(&["package", "keys", "show", "public.pem", "--half", "private"]).ends_with(96);
    assert_eq!(show(&["--half", "private", "--format", "pem"]).ends_with(0).out, pem);
    show(&["--half", "private", "--format", "code"]).ends_with(2);
    place.run(&["package", "keys", "create", "key.pem", "--force"]).ends_with(0);
    assert_ne!(place.read("key.pem"), pem);
}

#[test]
fn a_key_that_everyone_has_is_told_of() {
    let place = Place::new();
    for name in ["TEST-ONLY-signing-key-a.pem", "TEST-ONLY-signing-key-a.pub.pem"] {
        let ran = gauntlet(&["package", "keys", "show", &nrfutil(&format!("keys/{name}"))]);
        ran.ends_with(0).tells("the test key `release` of Gauntlet").tells("a product must not trust it");
    }
    place.run(&["package", "keys", "create", "own.pem"]).ends_with(0);
    let own = place.run(&["package", "keys", "show", "own.pem"]);
    assert_eq!(own.ends_with(0).err, "");
}

#[test]
fn settings_are_made_and_shown() {
    let place = Place::new();
    let app = nrfutil("images/app_4096.bin");
    let args = ["package", "settings", "generate", "--family", "NRF52", "--bootloader-version", "1"];
    let with_app = ["--application", &app, "--application-version", "3", "s.hex"];
    place.run(&[&args[..], &with_app].concat()).ends_with(0).prints("0x0007F000").prints("0x0007E000");
    let theirs = std::fs::read_to_string(nrfutil("settings/v2_nrf52_app4096_crc.hex")).unwrap();
    assert_eq!(place.read("s.hex"), theirs);
    let show = ["package", "settings", "show", "s.hex"];
    place.run(&show).ends_with(0).prints("page at 0x0007E000").prints("application, 4096 bytes");
    let json = place.run(&[&show[..], &["--json"]].concat());
    let pages: Value = serde_json::from_str(&json.ends_with(0).out).unwrap();
    assert_eq!((&pages[1]["address"], &pages[1]["app-version"]), (&0x7F000.into(), &3.into()));
    place.run(&[&args[..], &["--application", &app, "no.hex"]].concat()).ends_with(2);
    place.run(&[&args[..], &["--app-boot-validation", "crc", "no.hex"]].concat()).ends_with(2);
    assert!(!place.path("no.hex").exists());
    place.run(&["package", "settings", "show", &app]).ends_with(96);
}

#[test]
fn broken_packages_are_made_by_name() {
    let place = Place::new();
    let all = place.run(&["package", "mutate", "--list"]).ends_with(0).out.clone();
    assert_eq!(all.lines().count(), 119);
    let json = place.run(&["package", "mutate", "--list", "--json"]);
    let list: Value = serde_json::from_str(&json.ends_with(0).out).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 119);
    let good = nrfutil("good/app_4097_signed.zip");
    let mutate = |name: &str| place.run(&["package", "mutate", &good, "b.zip", "--mutation", name]);
    mutate("hash_bit_flip").ends_with(0).prints("one bit of the hash");
    let key = nrfutil("keys/TEST-ONLY-signing-key-a.pem");
    place.run(&["package", "show", "b.zip", "--key", &key]).ends_with(96).tells("hash_mismatch");
    mutate("no_such").ends_with(2).tells("--list");
    place.run(&["package", "mutate", &good]).ends_with(2).tells("--mutation");
}
