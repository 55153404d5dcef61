//! Every package made by nrfutil reads with all fields right.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod support;

use gauntlet_package::{Image, Package, PackageError, ReadOptions, Reason, Stage, read_with};
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::{HashType, SignatureType, ValidationType, encode_init_command};
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{crc, data, hex, index, number, release_key, text};

/// Packages that nrfutil makes and a bootloader can't use: file and reason.
const REFUSED: &[(&str, Stage, Reason)] = &[
    ("good/empty_package.zip", Stage::Manifest, Reason::NoImages),
    // nrfutil packs 17 SoftDevice ids without a word; the bootloader's decoder holds 16 (PKG-017).
    ("good/app_sdreq_17_signed.zip", Stage::InitPacket, Reason::TooManySdReq),
];

/// Packages with something to remark on, apart from the missing signature of the unsigned ones.
const REMARKED: &[(&str, &[Reason])] = &[
    ("good/app_debug_defaults_unsigned.zip", &[Reason::DebugBit]),
    ("good/app_debug_explicit_signed.zip", &[Reason::DebugBit]),
    ("good/sd_bl_app_debug_unsigned.zip", &[Reason::DebugBit, Reason::DebugBit]),
    ("good/app_sdreq_any_signed.zip", &[Reason::SdReqAny]),
    ("good/app_sdreq_wide_signed.zip", &[Reason::SdReqWide]),
    // Both images have no SoftDevice information at 0x3000: one never had any, of the other 8 KiB are lost.
    ("good/sd_info_4000_signed.zip", &[Reason::SoftDeviceInfo]),
    ("good/sd_nomagic_signed.zip", &[Reason::SoftDeviceInfo]),
];

fn read(file: &str) -> Result<Package, PackageError> {
    read_with(data(file), &ReadOptions { public_key: Some(release_key()), ..Default::default() })
}

#[test]
fn every_good_package_reads_with_all_fields_right() {
    let vectors = index("good");
    assert_eq!(vectors.len(), 50);
    for vector in &vectors {
        let file = text(vector, "file");
        let package = match (REFUSED.iter().find(|(name, ..)| *name == file), read(file)) {
            (None, package) => package.unwrap(),
            (Some((_, stage, reason)), Err(error)) => {
                let finding = error.finding().unwrap();
                assert_eq!((finding.stage, finding.reason), (*stage, *reason), "{file}");
                continue;
            }
            (Some(_), Ok(_)) => panic!("{file} must be refused"),
        };
        let images = vector["images"].as_array().unwrap();
        assert_eq!(package.images.len(), images.len(), "{file}");
        for (image, expected) in package.images.iter().zip(images) {
            check_image(file, image, expected);
        }
        check_warnings(file, &package);
    }
}

fn check_warnings(file: &str, package: &Package) {
    let remarked = REMARKED.iter().find(|(name, _)| *name == file).map_or(&[][..], |(_, reasons)| reasons);
    let mut expected = remarked.to_vec();
    let unsigned = package.images.iter().filter(|image| !image.init.is_signed());
    expected.extend(unsigned.map(|_| Reason::UnsignedPackage));
    expected.sort_unstable();
    let mut found: Vec<Reason> = package.warnings.iter().map(|warning| warning.reason).collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{file}: {:?}", package.warnings);
}

fn check_image(file: &str, image: &Image, expected: &Value) {
    assert_eq!(image.key.name(), text(expected, "manifest_key"), "{file}");
    assert_eq!(image.bin_name, text(expected, "bin_file"), "{file}");
    assert_eq!(image.dat_name, text(expected, "dat_file"), "{file}");

    assert_eq!(image.firmware.len() as u64, number(expected, "bin_size"), "{file}");
    assert_eq!(crc32(&image.firmware), crc(expected, "bin_crc32"), "{file}");
    let digest: [u8; 32] = Sha256::digest(&image.firmware).into();
    assert_eq!(digest[..], hex(text(expected, "bin_sha256_be")), "{file}");

    let packet = &image.init_packet;
    assert_eq!(*packet, hex(text(expected, "dat_hex")), "{file}");
    let range = image.init.signed_range.clone();
    assert_eq!(range.start as u64, number(expected, "init_command_offset_in_dat"), "{file}");
    assert_eq!(range.len() as u64, number(expected, "init_command_size"), "{file}");
    let signed_digest: [u8; 32] = Sha256::digest(image.signed_bytes()).into();
    assert_eq!(signed_digest[..], hex(text(expected, "init_command_sha256_be")), "{file}");
    assert_eq!(image.init.op_code, Some(1), "{file}");

    assert_eq!(image.init.is_signed(), expected["signed"].as_bool().unwrap(), "{file}");
    if let Some(signature) = &image.init.signature {
        assert_eq!(signature.kind, SignatureType::EcdsaP256Sha256, "{file}");
        assert_eq!(signature.bytes, hex(text(expected, "signature_le_hex")), "{file}");
    }
    check_init(file, image, &expected["init"]);
}

fn check_init(file: &str, image: &Image, expected: &Value) {
    let init = &image.init.init;
    let value = |field: &str| Some(u32::try_from(number(expected, field)).unwrap());
    assert_eq!(init.fw_version, value("fw_version"), "{file}");
    assert_eq!(init.hw_version, value("hw_version"), "{file}");
    assert_eq!(init.sd_size, value("sd_size"), "{file}");
    assert_eq!(init.bl_size, value("bl_size"), "{file}");
    assert_eq!(init.app_size, value("app_size"), "{file}");
    let sd_req: Vec<u64> = init.sd_req.iter().map(|&id| id.into()).collect();
    let listed: Vec<u64> =
        expected["sd_req"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
    assert_eq!(sd_req, listed, "{file}");
    let kind = image.kind.name().replace('-', "_").to_uppercase();
    assert_eq!(kind, text(expected, "type"), "{file}");
    assert_eq!(init.fw_type, Some(image.kind), "{file}");
    assert_eq!(init.is_debug, expected["is_debug"].as_bool().unwrap(), "{file}");

    let hash = init.hash.as_ref().unwrap();
    assert_eq!((hash.kind, text(expected, "hash_type")), (HashType::Sha256, "SHA256"), "{file}");
    assert_eq!(hash.bytes, hex(text(expected, "hash_le_hex")), "{file}");

    let records = expected["boot_validation"].as_array().unwrap();
    assert_eq!(init.boot_validation.len(), records.len(), "{file}");
    for (record, expected) in init.boot_validation.iter().zip(records) {
        let kind = match text(expected, "type") {
            "NO_VALIDATION" => ValidationType::None,
            "VALIDATE_GENERATED_CRC" => ValidationType::GeneratedCrc,
            "VALIDATE_SHA256" => ValidationType::Sha256,
            "VALIDATE_ECDSA_P256_SHA256" => ValidationType::EcdsaP256Sha256,
            other => panic!("{file}: {other}"),
        };
        assert_eq!(record.kind, kind, "{file}");
        assert_eq!(record.bytes, hex(text(expected, "bytes_hex")), "{file}");
    }
    // nrfutil writes what our encoder writes.
    assert_eq!(encode_init_command(init), image.signed_bytes(), "{file}");
}

#[test]
fn images_come_in_sending_order() {
    let package = read("good/sd_bl_app_signed.zip").unwrap();
    let keys: Vec<&str> = package.images.iter().map(|image| image.key.name()).collect();
    assert_eq!(keys, ["softdevice_bootloader", "application"]);
}

#[test]
fn a_key_that_did_not_sign_refuses_every_signed_package() {
    let key = gauntlet_package::keys::TestKey::Other.signing_key().public_key();
    let options = ReadOptions { public_key: Some(key), ..Default::default() };
    let error = read_with(data("good/app_4096_signed.zip"), &options).unwrap_err();
    let finding = error.finding().unwrap();
    assert_eq!((finding.stage, finding.reason), (Stage::Signature, Reason::BadSignature));
}

#[test]
fn a_file_that_is_not_there_is_not_a_refusal() {
    let error = read("good/no_such_file.zip").unwrap_err();
    assert!(matches!(error, PackageError::Read { .. }) && error.to_string().contains("no_such_file.zip"));
}
