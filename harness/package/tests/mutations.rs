//! Every broken package of the vectors can be made from a good one, and gets the same verdict.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod support;

use gauntlet_package::build::{Part, UpdatePackage};
use gauntlet_package::keys::{SigningKey, TestKey};
use gauntlet_package::mutate::{MUTATIONS, MutateError, mutate};
use gauntlet_package::{Package, ReadOptions, ValidationType, read, read_bytes};
use std::collections::BTreeMap;
use std::path::Path;
use support::{data, index, text};

/// Verdict, stage and reason as the index has them.
fn verdict(zip: &[u8], key: &SigningKey) -> String {
    let with_key = ReadOptions { public_key: Some(key.public_key()), ..Default::default() };
    let with_key = read_bytes("x.zip", zip, &with_key);
    match (read_bytes("x.zip", zip, &ReadOptions::default()), with_key) {
        (Err(error), _) => {
            let finding = error.finding().unwrap();
            format!("reject {} {}", finding.stage, finding.reason)
        }
        (Ok(_), Err(error)) => {
            let finding = error.finding().unwrap();
            format!("reject_if_key_known {} {}", finding.stage, finding.reason)
        }
        (Ok(package), Ok(_)) => match package.warnings.as_slice() {
            [] => "accept".into(),
            [warning] => format!("accept_with_warning {} {}", warning.stage, warning.reason),
            warnings => format!("accept_with_warning {warnings:?}"),
        },
    }
}

/// Name and verdict of every broken package of the vectors.
fn expected() -> BTreeMap<String, String> {
    let of = |vector: &serde_json::Value| {
        let name = Path::new(text(vector, "file")).file_stem().unwrap().to_str().unwrap().to_owned();
        let verdict = match text(vector, "strict_verdict") {
            "accept" => "accept".into(),
            verdict => {
                format!("{verdict} {} {}", text(vector, "strict_stage"), text(vector, "strict_reason"))
            }
        };
        (name, verdict)
    };
    index("broken").iter().map(of).collect()
}

fn found(package: &Package, key: &SigningKey) -> BTreeMap<String, String> {
    let of = |name: &str| verdict(&mutate(name, package, key).unwrap(), key);
    MUTATIONS.iter().map(|mutation| (mutation.name.to_owned(), of(mutation.name))).collect()
}

#[test]
fn every_mutation_gets_the_verdict_of_its_vector() {
    let expected = expected();
    assert_eq!(expected.len(), 119);
    let package = read(data("good/app_4097_signed.zip")).unwrap();
    assert_eq!(found(&package, &TestKey::Release.signing_key()), expected);
}

/// Another package, another key: the damage is the same.
#[test]
fn the_good_package_does_not_matter() {
    let key = SigningKey::from_scalar(&[7; 32]).unwrap();
    let update = UpdatePackage {
        application: Some(Part::new("FW.V2", vec![0xA5; 10_001])),
        application_version: Some(300),
        hw_version: Some(52_840),
        sd_req: vec![0x0123, 0x0100],
        app_boot_validation: Some(ValidationType::EcdsaP256Sha256),
        key: Some(key.clone()),
        ..Default::default()
    };
    let package = read_bytes("x.zip", &update.build().unwrap().zip, &ReadOptions::default()).unwrap();
    assert_eq!(found(&package, &key), expected());
    assert_eq!(mutate("sig_der", &package, &key), mutate("sig_der", &package, &key));
}

#[test]
fn what_cannot_be_mutated_says_why() {
    let key = TestKey::Release.signing_key();
    let one = read(data("good/app_4_unsigned.zip")).unwrap();
    assert_eq!(mutate("sig_63_bytes", &one, &key), Err(MutateError::NotOneApplication));
    let two = read(data("good/sd_app_signed.zip")).unwrap();
    assert_eq!(mutate("sig_63_bytes", &two, &key), Err(MutateError::NotOneApplication));
    let good = read(data("good/app_4096_signed.zip")).unwrap();
    assert!(matches!(mutate("sig_63", &good, &key), Err(MutateError::Unknown { .. })));
}
