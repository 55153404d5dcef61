//! Every damaged package of the vectors gets the verdict, stage and reason of the index.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod support;

use gauntlet_package::{Finding, PackageError, ReadOptions, read_bytes, read_with};
use serde_json::Value;
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

/// Every shorter version of a package, and damage at every byte of packages of all kinds: refused or read, never a panic.
#[test]
fn no_damage_makes_the_reader_panic() {
    let good = bytes("good/app_4_unsigned.zip");
    let options = ReadOptions::default();
    for len in 0..good.len() {
        assert!(read_bytes("cut.zip", &good[..len], &options).is_err(), "{len} bytes are no package");
    }
    let kinds = ["zip_deflated", "zip64_local_headers", "zip_data_descriptors", "bomb_declared_small"];
    let kinds = kinds.map(|name| bytes(&format!("broken/{name}.zip")));
    for package in kinds.iter().chain([&good]) {
        for at in 0..package.len() {
            for change in if package.len() < 1000 { &[0x01, 0x7F, 0x80, 0xFF][..] } else { &[0xFF] } {
                let mut damaged = package.clone();
                damaged[at] ^= change;
                let _ = read_bytes("damaged.zip", &damaged, &options);
            }
        }
    }
}

/// A package whose end is written in the form for large zips, which some tools always use.
fn with_zip64_end(package: &[u8]) -> Vec<u8> {
    let end = package.len() - 22;
    let word = |at: usize| u64::from(u32::from_le_bytes(package[end + at..end + at + 4].try_into().unwrap()));
    let count = u64::from(package[end + 10]);
    let mut out = package[..end].to_vec();
    let record = out.len() as u64;
    out.extend(b"PK\x06\x06");
    out.extend(44u64.to_le_bytes());
    out.extend([45, 3, 45, 0]);
    out.extend([0; 8]);
    for value in [count, count, word(12), word(16)] {
        out.extend(value.to_le_bytes());
    }
    out.extend(b"PK\x06\x07");
    out.extend([0; 4]);
    out.extend(record.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]);
    out.extend([0xFF; 12]);
    out.extend([0; 2]);
    out
}

#[test]
fn a_zip64_end_record_is_understood_and_not_believed_blindly() {
    let good = bytes("good/app_4_unsigned.zip");
    let options = ReadOptions::default();
    let expected = read_bytes("a.zip", &good, &options).unwrap();
    let wide = with_zip64_end(&good);
    assert_eq!(read_bytes("a.zip", &wide, &options).unwrap(), expected);
    let end = good.len() - 22;
    for at in end..wide.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut damaged = wide.clone();
            damaged[at] ^= change;
            if let Ok(package) = read_bytes("a.zip", &damaged, &options) {
                assert_eq!(package.images, expected.images, "byte {at}");
            }
        }
    }
}

/// Names of the manifest get into messages: they must not reach a terminal as they are, and not without end.
#[test]
fn a_message_shows_foreign_names_escaped_and_cut_short() {
    use gauntlet_package::ManifestKey;
    use gauntlet_package::build::{PackedImage, pack};
    let image = PackedImage {
        key: ManifestKey::Application,
        name: "a",
        firmware: &[1; 4],
        init_packet: &[],
        parts: None,
    };
    let good = pack(&[image]).unwrap();
    for (name, expected) in
        [("applicat\x7fon", "applicat\\u{7f}on"), ("\u{85}pplicat\\u001b", "\\u{85}pplicat\\u{1b}")]
    {
        assert_eq!(renamed(&good, "application", name).chars().filter(|c| c.is_control()).count(), 0);
        assert!(
            renamed(&good, "application", name).contains(expected),
            "{}",
            renamed(&good, "application", name)
        );
    }
    let long = renamed(&good, "application", &"x".repeat(100_000));
    assert!(long.len() < 1000, "{} bytes", long.len());
}

/// What is said about the package whose manifest holds `new` in place of `old`.
fn renamed(package: &[u8], old: &str, new: &str) -> String {
    use std::io::{Cursor, Read, Write};
    let mut from = zip::ZipArchive::new(Cursor::new(package)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut entry = from.by_index(at).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let name = entry.name().unwrap().into_owned();
        if name == "manifest.json" {
            content = String::from_utf8(content).unwrap().replace(old, new).into_bytes();
        }
        let options =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        to.start_file(name, options).unwrap();
        to.write_all(&content).unwrap();
    }
    let zip = to.finish().unwrap().into_inner();
    read_bytes("x.zip", &zip, &ReadOptions::default()).unwrap_err().to_string()
}
