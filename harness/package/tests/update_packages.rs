//! Every kind of package from the inputs that nrfutil had: the same bytes, apart from random signatures.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod support;

use gauntlet_package::build::{Part, RequestError, UpdatePackage, sign};
use gauntlet_package::keys::{TestKey, check_signature_form};
use gauntlet_package::{ReadOptions, read_bytes};
use gauntlet_protocol::init_packet::{InitPacket, SD_REQ_ANY, ValidationType, decode};
use serde_json::Value;
use std::io::Read;
use support::{bytes, hex, index, release_key, text};

/// A number as nrfutil reads it: a leading zero means octal.
fn number(word: &str) -> u32 {
    let (digits, radix) = match word.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if word.len() > 1 && word.starts_with('0') => (&word[1..], 8),
        None => (word, 10),
    };
    u32::from_str_radix(digits, radix).unwrap()
}

fn version(words: &str) -> u32 {
    words.split('.').fold(0, |version, part| version * 100 + part.parse::<u32>().unwrap())
}

fn validation(name: &str) -> ValidationType {
    match name {
        "NO_VALIDATION" => ValidationType::None,
        "VALIDATE_GENERATED_CRC" => ValidationType::GeneratedCrc,
        "VALIDATE_GENERATED_SHA256" => ValidationType::Sha256,
        "VALIDATE_ECDSA_P256_SHA256" => ValidationType::EcdsaP256Sha256,
        other => panic!("{other}"),
    }
}

/// The request that a command line of nrfutil is.
fn request(command: &str) -> UpdatePackage {
    let mut words = command.strip_prefix("nrfutil pkg generate ").unwrap().split(' ');
    let mut update = UpdatePackage::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap();
        let list = |text: &str| text.split(',').map(number).collect();
        let part = |file: &str| Some(Part::from_file(file, &bytes(file)).unwrap());
        match word {
            "--application" => update.application = part(value()),
            "--application-version" => update.application_version = Some(number(value())),
            "--application-version-string" => update.application_version = Some(version(value())),
            "--bootloader" => update.bootloader = part(value()),
            "--bootloader-version" => update.bootloader_version = Some(number(value())),
            "--softdevice" => update.softdevice = part(value()),
            "--hw-version" => update.hw_version = Some(number(value())),
            "--sd-req" => update.sd_req = list(value()),
            "--sd-id" => update.sd_id = list(value()),
            "--debug-mode" => update.debug = true,
            "--external-app" => update.external = true,
            "--app-boot-validation" => update.app_boot_validation = Some(validation(value())),
            "--sd-boot-validation" => update.sd_boot_validation = Some(validation(value())),
            "--key-file" => {
                assert_eq!(value(), "keys/TEST-ONLY-signing-key-a.pem");
                update.key = Some(TestKey::Release.signing_key());
            }
            file => assert!(file.ends_with(".zip"), "{file}"),
        }
    }
    update
}

fn entries(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut all: Vec<_> = (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            assert_eq!(file.compression(), zip::CompressionMethod::Stored);
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect();
    all.sort();
    all
}

/// The packet with its ECDSA signatures, which are random in nrfutil, zeroed; those of ours verify.
fn without_signatures(packet: &[u8]) -> Vec<u8> {
    let Ok(InitPacket { init, signature, .. }) = decode(packet) else { return blunt(packet) };
    let mut out = packet.to_vec();
    let records = init.boot_validation.iter().map(|record| &record.bytes);
    for bytes in records.chain(signature.iter().map(|signature| &signature.bytes)) {
        if bytes.is_empty() {
            continue;
        }
        check_signature_form(bytes).unwrap();
        let at = out.windows(bytes.len()).position(|window| window == bytes).unwrap();
        out[at..at + bytes.len()].fill(0);
    }
    out
}

/// The same for a packet that no bootloader decodes: its signature is its end.
fn blunt(packet: &[u8]) -> Vec<u8> {
    let mut out = packet.to_vec();
    let at = out.len() - 64;
    assert_eq!(out[at - 2..at], [0x1A, 0x40]);
    out[at..].fill(0);
    out
}

fn sd_req(image: &Value) -> Vec<u32> {
    image["init"]["sd_req"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

#[test]
fn all_good_packages_come_out_as_nrfutil_made_them() {
    let vectors = index("good");
    assert_eq!(vectors.len(), 50);
    let (mut reordered, mut useless) = (Vec::new(), Vec::new());
    for vector in &vectors {
        let (file, command) = (text(vector, "file"), text(vector, "command"));
        let mut update = request(command);
        // nrfutil shuffles the list; the order it ended with is the one to give.
        let images = vector["images"].as_array().unwrap();
        if let Some(system) = images.first().filter(|_| images.len() > 1 || update.sd_req.len() > 1) {
            let theirs = sd_req(system);
            let mut named = if update.sd_req.is_empty() { vec![SD_REQ_ANY] } else { update.sd_req.clone() };
            named.extend(&update.sd_id);
            assert!(named.iter().all(|id| theirs.contains(id)), "{file}");
            assert!(theirs.iter().all(|id| named.contains(id)), "{file}");
            named.dedup();
            if theirs != named {
                reordered.push(file.to_owned());
            }
            update.sd_req = theirs;
        }
        if let Some(application) = images.get(1) {
            update.sd_id = sd_req(application);
        }
        let built = match update.build() {
            Ok(built) => built,
            Err(RequestError::NoFirmware | RequestError::TooManySdReq { count: 17 }) => {
                useless.push(file.to_owned());
                UpdatePackage { even_if_useless: true, ..update.clone() }.build().unwrap()
            }
            Err(error) => panic!("{file}: {error}"),
        };
        let blank = |(name, content): (String, Vec<u8>)| {
            let content = if name.ends_with(".dat") { without_signatures(&content) } else { content };
            (name, content)
        };
        let ours: Vec<_> = entries(&built.zip).into_iter().map(blank).collect();
        let theirs: Vec<_> = entries(&bytes(file)).into_iter().map(blank).collect();
        // Not `assert_eq`: it would print the firmware.
        assert!(ours == theirs, "{file} differs");
        for (image, expected) in built.images.iter().zip(images) {
            assert_eq!(image.init_packet.len(), hex(text(expected, "dat_hex")).len(), "{file}");
        }
        // Reading with the key verifies every signature.
        let key = ReadOptions { public_key: Some(release_key()), ..Default::default() };
        let read = read_bytes(file, &built.zip, &key);
        assert_eq!(read.is_err(), useless.iter().any(|name| name == file), "{file}");
    }
    assert_eq!(useless, ["good/app_sdreq_17_signed.zip", "good/empty_package.zip"]);
    assert!(reordered.contains(&"good/app_sdreq_zero_and_fwid_signed.zip".to_owned()), "{reordered:?}");
}

fn part(name: &str) -> Option<Part> {
    Some(Part::new(name, vec![0x5A; 64]))
}

fn app() -> UpdatePackage {
    UpdatePackage {
        application: part("app"),
        application_version: Some(1),
        hw_version: Some(52),
        sd_req: vec![0x0101],
        ..Default::default()
    }
}

#[test]
fn the_order_of_the_ids_is_kept() {
    let built = UpdatePackage { sd_req: vec![0x0101, 0, 0x0101, 0x0100], ..app() }.build().unwrap();
    assert_eq!(decode(&built.images[0].init_packet).unwrap().init.sd_req, [0x0101, 0, 0x0100]);
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let softdevice = || UpdatePackage { softdevice: part("sd"), ..app() };
    let cases = [
        (UpdatePackage { application: None, ..app() }, "there is a version of the application"),
        (UpdatePackage { application: None, application_version: None, ..app() }, "no firmware is named"),
        (UpdatePackage { bootloader: part("b"), ..app() }, "do not go into one package"),
        (UpdatePackage { hw_version: None, ..app() }, "the hardware version is missing"),
        (UpdatePackage { sd_req: vec![], ..app() }, "the list of SoftDevice ids (sd-req) is missing"),
        (UpdatePackage { application_version: None, ..app() }, "the application version is missing"),
        (
            UpdatePackage { bootloader: part("b"), sd_id: vec![1], ..softdevice() },
            "the bootloader version is missing",
        ),
        (UpdatePackage { bootloader_version: Some(1), ..app() }, "a version of the bootloader, but no"),
        (softdevice(), "the id of the new SoftDevice (sd-id) is missing"),
        (UpdatePackage { external: true, sd_id: vec![1], ..softdevice() }, "stands alone"),
        (UpdatePackage { sd_req: (0..17).collect(), ..app() }, "there are 17 SoftDevice ids"),
        (
            UpdatePackage { app_boot_validation: Some(ValidationType::EcdsaP256Sha256), ..app() },
            "needs a signing key",
        ),
        (
            UpdatePackage { sd_boot_validation: Some(ValidationType::Sha256), ..app() },
            "boot validation of the SoftDevice, but no",
        ),
        (UpdatePackage { application: part("../x"), ..app() }, "`../x` can't be used"),
    ];
    for (request, expected) in cases {
        let error = request.build().unwrap_err().to_string();
        assert!(error.contains(expected), "{expected:?} is not in {error:?}");
    }
}

#[test]
fn files_of_one_name_are_told_apart() {
    let update = UpdatePackage { softdevice: part("fw"), sd_id: vec![0x0123], ..app() };
    let update = UpdatePackage { application: part("FW"), ..update };
    let built = update.build().unwrap();
    let names: Vec<&str> = built.images.iter().map(|image| image.name.as_str()).collect();
    assert_eq!(names, ["fw_softdevice", "FW_application"]);
    assert_eq!(read_bytes("x.zip", &built.zip, &ReadOptions::default()).unwrap().images.len(), 2);
}

#[test]
fn a_package_signed_again_is_that_of_the_other_key() {
    let ecdsa = Some(ValidationType::EcdsaP256Sha256);
    let update = || UpdatePackage {
        bootloader: part("boot"),
        bootloader_version: Some(2),
        softdevice: part("sd"),
        sd_id: vec![0x0123],
        sd_boot_validation: ecdsa,
        app_boot_validation: ecdsa,
        key: Some(TestKey::Release.signing_key()),
        ..app()
    };
    let first = update().build().unwrap();
    let read = read_bytes("x.zip", &first.zip, &ReadOptions::default()).unwrap();
    let other = TestKey::Other.signing_key();
    let signed = sign(&read, &other).unwrap();
    assert_eq!(signed, UpdatePackage { key: Some(other.clone()), ..update() }.build().unwrap().zip);
    let key = ReadOptions { public_key: Some(other.public_key()), ..Default::default() };
    assert_eq!(read_bytes("x.zip", &signed, &key).unwrap().images.len(), 2);
    let unsigned = app().build().unwrap();
    let unsigned = read_bytes("x.zip", &unsigned.zip, &ReadOptions::default()).unwrap();
    assert!(read_bytes("x.zip", &sign(&unsigned, &other).unwrap(), &key).is_ok());
}
