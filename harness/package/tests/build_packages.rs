//! Packages made here are those of nrfutil, and the wrong ones are wrong where they should be.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod support;

use gauntlet_package::build::{AppPackage, BuildError, BuiltPackage, Field, PackedImage, Tamper, pack};
use gauntlet_package::image::firmware;
use gauntlet_package::keys::{PublicKey, TestKey};
use gauntlet_package::{Image, ManifestKey, ReadOptions, read, read_bytes};
use gauntlet_protocol::init_packet::{FwType, HashType, SignatureType, ValidationType};
use std::io::Read;
use support::{bytes, data, index, release_key, text};

/// The same package from the same inputs; what the command line said is taken from the package itself.
fn rebuild(image: &Image, input: &str) -> BuiltPackage {
    let init = &image.init.init;
    let mut app = AppPackage::new(firmware(input, &bytes(input)).unwrap())
        .name(image.bin_name.strip_suffix(".bin").unwrap())
        .version(init.fw_version.unwrap())
        .hw_version(init.hw_version.unwrap())
        .sd_req(init.sd_req.clone())
        .boot_validation(init.boot_validation[0].kind)
        .debug(init.is_debug);
    if image.kind == FwType::ExternalApplication {
        app = app.external();
    }
    if image.init.is_signed() {
        app = app.sign(TestKey::Release.signing_key());
    }
    app.build().unwrap()
}

fn entry(zip: &[u8], name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut file = archive.by_name(name).unwrap();
    assert_eq!(file.compression(), zip::CompressionMethod::Stored);
    let mut content = Vec::new();
    file.read_to_end(&mut content).unwrap();
    content
}

/// The packet with every signature in it zeroed: they are random in nrfutil.
fn without_signatures(image: &Image, packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    let init = &image.init;
    let records = init.init.boot_validation.iter().map(|record| record.bytes.as_slice());
    let all = records.chain(init.signature.iter().map(|signature| signature.bytes.as_slice()));
    for signature in all.filter(|bytes| !bytes.is_empty()) {
        let at = packet.windows(signature.len()).position(|window| window == signature).unwrap();
        packet[at..at + signature.len()].fill(0);
    }
    packet
}

#[test]
fn equal_inputs_give_the_bytes_of_nrfutil() {
    let (mut unsigned, mut signed) = (0, 0);
    let key = ReadOptions { public_key: Some(release_key()), ..Default::default() };
    for vector in index("good") {
        let file = text(&vector, "file");
        let Ok(package) = read(data(file)) else { continue };
        let [image] = package.images.as_slice() else { continue };
        if image.key != ManifestKey::Application {
            continue;
        }
        let built = rebuild(image, vector["inputs"][0].as_str().unwrap());
        assert_eq!(built.firmware, image.firmware, "{file}");
        let theirs = bytes(file);
        assert_eq!(entry(&built.zip, "manifest.json"), entry(&theirs, "manifest.json"), "{file}");
        assert_eq!(entry(&built.zip, &image.bin_name), image.firmware, "{file}");
        assert_eq!(entry(&built.zip, &image.dat_name), built.init_packet, "{file}");

        // Reading with the key verifies the signatures of both.
        let ours = read_bytes("ours.zip", &built.zip, &key).unwrap();
        assert_eq!(ours.warnings, package.warnings, "{file}");
        if image.init.is_signed() {
            signed += 1;
            let (ours, theirs) = (
                without_signatures(&ours.images[0], &built.init_packet),
                without_signatures(image, &image.init_packet),
            );
            assert_eq!(ours, theirs, "{file}");
        } else {
            unsigned += 1;
            assert_eq!(built.init_packet, image.init_packet, "{file}");
        }
    }
    assert_eq!((unsigned, signed), (5, 28));
}

fn app() -> AppPackage {
    AppPackage::new(vec![0x5A; 5000]).version(3).sd_req([0x0101])
}

fn signed() -> AppPackage {
    app().sign(TestKey::Release.signing_key())
}

#[test]
fn equal_inputs_give_equal_packages() {
    let ecdsa = || signed().boot_validation(ValidationType::EcdsaP256Sha256).build().unwrap();
    assert_eq!(ecdsa(), ecdsa());
}

/// Verdict of the reader with this key.
fn reason(package: &AppPackage, key: PublicKey) -> String {
    let options = ReadOptions { public_key: Some(key), ..Default::default() };
    match read_bytes("x.zip", &package.build().unwrap().zip, &options) {
        Ok(package) => {
            let reasons: Vec<&str> = package.warnings.iter().map(|warning| warning.reason.name()).collect();
            format!("ok {}", reasons.join(" ")).trim_end().to_owned()
        }
        Err(error) => error.finding().unwrap().reason.name().to_owned(),
    }
}

#[test]
fn each_tampered_package_is_wrong_where_it_should_be() {
    let ecdsa = || signed().boot_validation(ValidationType::EcdsaP256Sha256);
    let cases = [
        (signed(), "ok"),
        (ecdsa(), "ok"),
        (app(), "ok unsigned_package"),
        (app().sign(TestKey::Other.signing_key()), "bad_signature"),
        (signed().tamper(Tamper::HashBit), "hash_mismatch"),
        (signed().tamper(Tamper::FirmwareBit(4999)), "hash_mismatch"),
        (signed().tamper(Tamper::FirmwareBit(usize::MAX)), "hash_mismatch"),
        (signed().tamper(Tamper::ClaimedSize(4096)), "size_mismatch"),
        (signed().tamper(Tamper::ClaimedSize(0)), "missing_field"),
        (signed().tamper(Tamper::Type(FwType::Bootloader)), "missing_field"),
        (signed().tamper(Tamper::Type(FwType::Other(7))), "unknown_type"),
        (signed().tamper(Tamper::HashType(HashType::Crc)), "unsupported_hash_type"),
        (signed().tamper(Tamper::Without(Field::FwVersion)), "missing_field"),
        (signed().tamper(Tamper::Without(Field::HwVersion)), "missing_field"),
        (signed().tamper(Tamper::Without(Field::Type)), "missing_field"),
        (signed().tamper(Tamper::Without(Field::AppSize)), "missing_field"),
        (signed().tamper(Tamper::Without(Field::Hash)), "missing_field"),
        (signed().tamper(Tamper::Without(Field::SdReq)), "ok sd_req_empty"),
        (signed().tamper(Tamper::Without(Field::BootValidation)), "ok"),
        (ecdsa().tamper(Tamper::BootValidationBytes(vec![1; 64])), "boot_validation_bad_signature"),
        (ecdsa().tamper(Tamper::BootValidationBytes(vec![])), "boot_validation_bytes"),
        (signed().tamper(Tamper::VersionAfterSigning(99)), "bad_signature"),
        (signed().tamper(Tamper::SignatureBit), "bad_signature"),
        (signed().tamper(Tamper::SignatureLength(63)), "bad_signature_length"),
        (signed().tamper(Tamper::SignatureType(SignatureType::Ed25519)), "unsupported_signature_type"),
        (signed().tamper(Tamper::BothCommands), "both_command_and_signed_command"),
        (signed().tamper(Tamper::PacketTail(vec![0; 4])), "trailing_bytes"),
        (signed().tamper(Tamper::PacketCut(100)), "malformed_protobuf"),
        (signed().tamper(Tamper::PacketCut(0)), "empty"),
    ];
    for (package, expected) in cases {
        assert_eq!(reason(&package, release_key()), expected, "{package:?}");
    }
    let other = TestKey::Other.signing_key();
    assert_eq!(reason(&app().sign(other.clone()), other.public_key()), "ok");
}

#[test]
fn what_cannot_be_built_says_why() {
    assert!(matches!(AppPackage::new(vec![]).build(), Err(BuildError::EmptyFirmware)));
    let ecdsa = app().boot_validation(ValidationType::EcdsaP256Sha256);
    assert!(matches!(ecdsa.build(), Err(BuildError::KeyNeeded)));
    let unknown = app().boot_validation(ValidationType::Other(9));
    assert!(matches!(unknown.build(), Err(BuildError::UnknownBootValidation { code: 9 })));
}

#[test]
fn several_images_can_be_packed() {
    let app = signed().build().unwrap();
    let image = |key, name| PackedImage {
        key,
        name,
        firmware: &app.firmware,
        init_packet: &app.init_packet,
        parts: None,
    };
    let zip = pack(&[image(ManifestKey::SoftDevice, "sd"), image(ManifestKey::Application, "app")]).unwrap();
    let error = read_bytes("two.zip", &zip, &ReadOptions::default()).unwrap_err();
    assert_eq!(error.finding().unwrap().reason.name(), "type_mismatch");
    assert!(pack(&[image(ManifestKey::SoftDevice, "x"), image(ManifestKey::Application, "x")]).is_err());
}
