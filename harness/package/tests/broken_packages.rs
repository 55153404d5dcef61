//! Every damaged package of the vectors gets the verdict, stage and reason of the index.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod support;

use gauntlet_package::{Finding, PackageError, ReadOptions, read_bytes, read_with};
use serde_json::Value;
use std::time::{Duration, Instant};
use support::{bytes, data, index, release_key, text};

/// One word for the verdict, then stage and reason of what was said.
fn verdict(file: &str) -> String {
    let open = ReadOptions::default();
    let with_key = ReadOptions { public_key: Some(release_key()), ..Default::default() };
    let say = |verdict: &str, finding: &Finding| format!("{verdict} {} {}", finding.stage, finding.reason);
    let package = match read_with(data(file), &open) {
        Err(PackageError::Refused { finding, .. }) => {
            let judged_with_key = read_with(data(file), &with_key).unwrap_err();
            assert_eq!(judged_with_key.finding(), Some(&finding), "{file}: the key changes the reason");
            return say("reject", &finding);
        }
        Err(error) => panic!("{file}: {error}"),
        Ok(package) => package,
    };
    match (read_with(data(file), &with_key), package.warnings.as_slice()) {
        (Err(error), _) => say("reject_if_key_known", error.finding().unwrap()),
        (Ok(_), []) => "accept".into(),
        (Ok(_), [warning]) => say("accept_with_warning", warning),
        (Ok(_), warnings) => format!("accept_with_warning {warnings:?}"),
    }
}

fn expected(vector: &Value) -> String {
    match text(vector, "strict_verdict") {
        "accept" => "accept".into(),
        verdict => {
            format!("{verdict} {} {}", text(vector, "strict_stage"), text(vector, "strict_reason"))
        }
    }
}

#[test]
fn every_broken_package_gets_its_verdict() {
    let vectors = index("broken");
    assert_eq!(vectors.len(), 119);
    let mut wrong = Vec::new();
    for vector in &vectors {
        let file = text(vector, "file");
        let found = verdict(file);
        let expected = expected(vector);
        if found != expected {
            wrong.push(format!("{file}: expected `{expected}`, found `{found}`"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

#[test]
fn no_broken_package_costs_much_time() {
    for vector in index("broken") {
        let file = text(&vector, "file");
        let start = Instant::now();
        let _ = read_with(data(file), &ReadOptions::default());
        assert!(start.elapsed() < Duration::from_secs(1), "{file} took {:?}", start.elapsed());
    }
}

#[test]
fn a_refusal_names_file_entry_fact_and_advice() {
    let error = read_with(data("broken/sig_63_bytes.zip"), &ReadOptions::default()).unwrap_err();
    let message = error.to_string();
    for part in ["sig_63_bytes.zip", "app_4097.dat", "63 bytes", "sign the package"] {
        assert!(message.contains(part), "`{part}` is missing in: {message}");
    }
}

#[test]
fn no_message_holds_a_control_character() {
    for vector in index("broken") {
        let file = text(&vector, "file");
        if let Err(error) = read_with(data(file), &ReadOptions::default()) {
            assert!(!error.to_string().chars().any(char::is_control), "{file}: {error:?}");
        }
    }
}

/// Damage at every byte of a package, and every shorter version of it: refused or read, never a panic.
#[test]
fn no_damage_makes_the_reader_panic() {
    let good = bytes("good/app_4_unsigned.zip");
    let options = ReadOptions::default();
    for len in 0..good.len() {
        assert!(read_bytes("cut.zip", &good[..len], &options).is_err(), "{len} bytes are no package");
    }
    for at in 0..good.len() {
        for value in [0x00, 0x01, 0x7F, 0x80, 0xFF] {
            let mut damaged = good.clone();
            damaged[at] ^= value;
            let _ = read_bytes("damaged.zip", &damaged, &options);
        }
    }
}
