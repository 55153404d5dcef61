//! What nrfutil 6.1.7 does wrong, one test for each: here it is refused or done right, with a message. What has to do with words
//! on the command line (leading zeros, version strings) is tested with the program.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod support;

use gauntlet_package::build::{Part, UpdatePackage};
use gauntlet_package::image::{ImageError, firmware};
use gauntlet_package::keys::{KeyError, SigningKey, TestKey};
use gauntlet_package::mutate::mutate;
use gauntlet_package::settings::{FactorySettings, Family, default_backup_page, factory_hex};
use gauntlet_package::{Package, ReadOptions, Reason, ValidationType, read, read_bytes};
use gauntlet_protocol::init_packet::decode;
use sha2::{Digest, Sha256};
use support::{bytes, data};

fn app() -> UpdatePackage {
    UpdatePackage {
        application: Some(Part::new("app", vec![0x5A; 64])),
        application_version: Some(1),
        hw_version: Some(52),
        sd_req: vec![0x0101],
        key: Some(TestKey::Release.signing_key()),
        ..Default::default()
    }
}

fn package(request: &UpdatePackage) -> Package {
    read_bytes("x.zip", &request.build().unwrap().zip, &ReadOptions::default()).unwrap()
}

fn refusal(request: &UpdatePackage) -> String {
    request.build().unwrap_err().to_string()
}

/// What is said about a good package with this damage.
fn said(damage: &str) -> (Reason, String) {
    let zip = mutate(damage, &package(&app()), &TestKey::Release.signing_key()).unwrap();
    let error = read_bytes("x.zip", &zip, &ReadOptions::default()).unwrap_err();
    (error.finding().unwrap().reason, error.to_string())
}

#[test]
fn it_makes_a_package_of_nothing_and_programs_it() {
    assert!(
        refusal(&UpdatePackage { application: None, application_version: None, ..app() })
            .contains("no firmware")
    );
    assert_eq!(said("manifest_no_images").0, Reason::NoImages);
}

#[test]
fn it_loses_the_order_of_softdevice_ids() {
    let image = &package(&UpdatePackage { sd_req: vec![0x0101, 0x00, 0x0100], ..app() }).images[0];
    assert_eq!(image.init.init.sd_req, [0x0101, 0x00, 0x0100]);
}

#[test]
fn it_packs_more_softdevice_ids_than_a_bootloader_holds() {
    assert!(
        refusal(&UpdatePackage { sd_req: (1..18).collect(), ..app() })
            .contains("17 SoftDevice ids, a bootloader takes 16")
    );
    assert_eq!(said("dat_sd_req_17").0, Reason::TooManySdReq);
}

#[test]
fn it_takes_softdevice_ids_of_more_than_16_bits_without_a_word() {
    let warnings = package(&UpdatePackage { sd_req: vec![0x1_0101], ..app() }).warnings;
    assert_eq!(warnings[0].reason, Reason::SdReqWide);
}

#[test]
fn it_signs_with_keys_of_other_curves() {
    // A P-384 key, whose 96-byte signatures nrfutil cuts to 64.
    let p384 = "-----BEGIN EC PRIVATE KEY-----
MIGkAgEBBDDRbUch8YSh1KKiz5pxxgp8/BBwK++AX/HJnDcGTiXY1xHkRnTcxOAz
Tt+yuJ3wFyOgBwYFK4EEACKhZANiAASZ4fJOqPt2QKEXmmIQ8gdeUT45XtERebIJ
GtuW2NV9cq0+0jK3ugMQ1xf5uKNV0LiALpfgrKnGlLXoQ4hpBXcoBJ3Hvsg96rS1
hApCPD96w2+fLxZE/dNaJstHzkl4xDs=
-----END EC PRIVATE KEY-----
";
    let error = SigningKey::from_pem(p384).unwrap_err();
    assert!(matches!(error, KeyError::OtherCurve { found: "on the curve P-384" }), "{error}");
}

#[test]
fn it_does_not_mind_a_missing_signature() {
    let warnings = package(&UpdatePackage { key: None, ..app() }).warnings;
    assert_eq!(warnings[0].reason, Reason::UnsignedPackage);
}

#[test]
fn it_dies_of_an_ecdsa_validation_without_a_key() {
    let ecdsa = Some(ValidationType::EcdsaP256Sha256);
    let error = refusal(&UpdatePackage { app_boot_validation: ecdsa, key: None, ..app() });
    assert!(error.contains("needs a signing key"), "{error}");
    let settings = FactorySettings {
        version: 2,
        app_boot_validation: ecdsa,
        application: Some((vec![1; 4], 1)),
        ..settings()
    };
    assert!(settings.build().unwrap_err().to_string().contains("needs a signing key"));
}

#[test]
fn it_dies_of_an_empty_file() {
    assert_eq!(firmware("app.bin", &[]), Err(ImageError::Empty));
    assert_eq!(ImageError::Empty.to_string(), "the file holds no byte between the MBR and the UICR");
}

#[test]
fn it_takes_softdevices_without_their_information() {
    for file in ["good/sd_nomagic_signed.zip", "good/sd_info_4000_signed.zip"] {
        let warnings = read(data(file)).unwrap().warnings;
        assert_eq!(warnings[0].reason, Reason::SoftDeviceInfo, "{file}");
    }
}

/// `app.HEX` becomes two entries of one name, of which the firmware is lost.
#[test]
fn it_overwrites_the_firmware_of_upper_case_names() {
    let hex = bytes("images/app_gap.hex");
    let request = UpdatePackage { application: Some(Part::from_file("app.HEX", &hex).unwrap()), ..app() };
    let image = &package(&request).images[0];
    assert_eq!((image.bin_name.as_str(), image.dat_name.as_str()), ("app.bin", "app.dat"));
    assert_eq!(image.firmware, firmware("app.HEX", &hex).unwrap());
    assert_eq!(said("nrfutil_uppercase_hex").0, Reason::SameFile);
}

/// `my.hexapod.hex` becomes `my.binapod.bin`.
#[test]
fn it_changes_names_in_their_middle() {
    let hex = bytes("images/app_gap.hex");
    let request =
        UpdatePackage { application: Some(Part::from_file("my.hexapod.hex", &hex).unwrap()), ..app() };
    assert_eq!(package(&request).images[0].bin_name, "my.hexapod.bin");
}

#[test]
fn it_packs_one_of_two_files_of_one_name_twice() {
    let softdevice = Some(Part::new("app", vec![0xA5; 128]));
    let package = package(&UpdatePackage { softdevice, sd_id: vec![0x0102], ..app() });
    let sizes: Vec<usize> = package.images.iter().map(|image| image.firmware.len()).collect();
    assert_eq!(sizes, [128, 64]);
    assert_eq!(said("nrfutil_same_basename").0, Reason::SameFile);
}

#[test]
fn it_sends_host_files_that_a_manifest_names() {
    for damage in ["slip_manifest_absolute", "slip_manifest_dotdot", "slip_symlink_bin"] {
        let (reason, message) = said(damage);
        assert!(matches!(reason, Reason::UnsafeName | Reason::Symlink), "{damage}: {message}");
    }
}

#[test]
fn it_sends_what_does_not_fit_its_init_packet() {
    for (damage, reason) in [
        ("bin_bit_flip", Reason::HashMismatch),
        ("bin_truncated", Reason::SizeMismatch),
        ("app_size_zero", Reason::MissingField),
        ("dat_type_bootloader_under_application", Reason::TypeMismatch),
        ("dat_garbage", Reason::MalformedProtobuf),
        ("sig_63_bytes", Reason::BadSignatureLength),
        ("manifest_wrong_combination", Reason::UnsupportedCombination),
        ("bin_missing", Reason::MissingFile),
        ("manifest_duplicate_key", Reason::DuplicateKey),
        ("dup_bin_entry_good_last", Reason::DuplicateName),
        ("bomb_64MiB_bin", Reason::TooLarge),
        ("bomb_many_entries", Reason::TooManyEntries),
    ] {
        let (found, message) = said(damage);
        assert_eq!(found, reason, "{damage}: {message}");
    }
}

#[test]
fn it_sends_what_the_key_did_not_sign() {
    let zip = mutate("sig_wrong_key", &package(&app()), &TestKey::Release.signing_key()).unwrap();
    let options =
        ReadOptions { public_key: Some(TestKey::Release.signing_key().public_key()), ..Default::default() };
    let error = read_bytes("x.zip", &zip, &options).unwrap_err();
    assert_eq!(error.finding().unwrap().reason, Reason::BadSignature);
}

/// An unknown image key is a traceback there.
#[test]
fn it_dies_of_keys_it_does_not_know() {
    let (reason, message) = said("manifest_unknown_image_key");
    assert_eq!(reason, Reason::UnknownKey);
    assert!(message.contains("nobody knows the image key"), "{message}");
}

/// Reversed in the init packet, not reversed in the settings page: a trap, not a mistake.
#[test]
fn it_stores_hashes_in_two_orders_and_so_do_we() {
    let image = vec![0x5A; 64];
    let mut digest: [u8; 32] = Sha256::digest(&image).into();
    let settings = FactorySettings {
        application: Some((image, 1)),
        app_boot_validation: Some(ValidationType::Sha256),
        ..settings()
    };
    assert_eq!(settings.build().unwrap().validation_app.bytes[..32], digest);
    digest.reverse();
    let packet = &app().build().unwrap().images[0].init_packet;
    assert_eq!(decode(packet).unwrap().init.hash.unwrap().bytes, digest);
}

/// `--backup-address` is refused there with and without `--no-backup`.
#[test]
fn it_never_takes_an_address_for_the_backup_page() {
    let page = Family::Nrf52.settings_page();
    let settings = settings().build().unwrap();
    let elsewhere = factory_hex(&settings, page, Some(0x7_A000)).unwrap();
    assert!(elsewhere.contains(":020000040007F3\n:10A000"), "{elsewhere}");
    assert!(factory_hex(&settings, page, Some(default_backup_page(page))).unwrap().contains(":10E000"));
    let error = factory_hex(&settings, page, Some(page)).unwrap_err().to_string();
    assert!(error.contains("does not go with a settings page"), "{error}");
}

#[test]
fn it_does_not_know_every_chip() {
    let pages = [Family::Nrf52833, Family::Nrf52820].map(Family::settings_page);
    assert_eq!(pages, [0x7_F000, 0x3_F000]);
}

fn settings() -> FactorySettings {
    FactorySettings {
        version: 2,
        bootloader_version: 1,
        application: None,
        softdevice: None,
        app_boot_validation: None,
        sd_boot_validation: None,
        key: None,
    }
}
