//! `gauntlet package show`.

use serde_json::Value;

use crate::{gauntlet, nrfutil};

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
