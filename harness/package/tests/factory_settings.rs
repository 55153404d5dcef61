//! Settings pages from the inputs that nrfutil had.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod support;

use gauntlet_package::image::{firmware, read_hex};
use gauntlet_package::keys::TestKey;
use gauntlet_package::settings::{
    FactoryError, FactorySettings, Family, Settings, StoredValidation, default_backup_page, factory_hex,
};
use gauntlet_protocol::init_packet::ValidationType;
use support::{bytes, index, release_key, text};

fn number(word: &str) -> u32 {
    word.strip_prefix("0x").map_or_else(|| word.parse().unwrap(), |hex| u32::from_str_radix(hex, 16).unwrap())
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

/// The HEX file that a command line of nrfutil asks for, and the images in it.
fn generate(command: &str) -> (String, FactorySettings) {
    let mut words = command.strip_prefix("nrfutil settings generate ").unwrap().split(' ');
    let mut wanted = FactorySettings { version: 2, ..Default::default() };
    let (mut page, mut backup, mut application, mut app_version) = (0, true, None, 0);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap();
        let image = |file: &str| Some(firmware(file, &bytes(file)).unwrap());
        match word {
            "--family" => {
                let name = value().to_lowercase();
                page = Family::ALL.into_iter().find(|f| f.name() == name).unwrap().settings_page();
            }
            "--bootloader-version" => wanted.bootloader_version = number(value()),
            "--bl-settings-version" => wanted.version = number(value()),
            "--application" => application = image(value()),
            "--application-version" => app_version = number(value()),
            "--application-version-string" => {
                app_version = value().split('.').fold(0, |version, part| version * 100 + number(part));
            }
            "--softdevice" => wanted.softdevice = image(value()),
            "--app-boot-validation" => wanted.app_boot_validation = Some(validation(value())),
            "--sd-boot-validation" => wanted.sd_boot_validation = Some(validation(value())),
            "--start-address" => page = number(value()),
            "--no-backup" => backup = false,
            "--key-file" => {
                assert_eq!(value(), "keys/TEST-ONLY-signing-key-a.pem");
                wanted.key = Some(TestKey::Release.signing_key());
            }
            file => assert!(file.ends_with(".hex"), "{file}"),
        }
    }
    wanted.application = application.map(|image| (image, app_version));
    let settings = wanted.build().unwrap();
    (factory_hex(&settings, page, backup.then(|| default_backup_page(page))).unwrap(), wanted)
}

#[test]
fn all_settings_come_out_as_nrfutil_made_them() {
    let vectors = index("settings");
    assert_eq!(vectors.len(), 19);
    let mut signed = 0;
    for vector in &vectors {
        let file = text(vector, "file");
        let (ours, wanted) = generate(text(vector, "command"));
        let theirs = String::from_utf8(bytes(file)).unwrap();
        if !text(vector, "command").contains("ECDSA") {
            assert!(ours == theirs, "{file}:\n{ours}");
            continue;
        }
        // Signatures are random in nrfutil: all else is equal, and those of both belong to the images.
        signed += 1;
        let [ours, theirs] = [ours, theirs].map(|text| read_hex(text.as_bytes()).unwrap());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours.address, theirs.address, "{file}");
            let pages = [ours, theirs].map(|page| Settings::parse(&page.data).unwrap());
            let blank = pages.map(|page| {
                let (image, _) = wanted.application.as_ref().unwrap();
                release_key().verify(image, &page.validation_app.bytes).unwrap();
                if let Some(image) = &wanted.softdevice {
                    release_key().verify(image, &page.validation_sd.bytes).unwrap();
                }
                assert!(page.valid_as_backup(), "{file}");
                let none = StoredValidation::NONE;
                Settings { validation_app: none, validation_sd: none, boot_validation_crc: 0, ..page }
            });
            assert_eq!(blank[0], blank[1], "{file}");
        }
        assert_eq!(ours.len(), theirs.len(), "{file}");
    }
    assert_eq!(signed, 2);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let image = || Some((vec![1; 4], 1));
    let crc = Some(ValidationType::GeneratedCrc);
    let ecdsa = Some(ValidationType::EcdsaP256Sha256);
    let of = |version| FactorySettings { version, ..Default::default() };
    let cases = [
        (of(3), FactoryError::UnknownVersion { found: 3 }),
        (
            FactorySettings { application: image(), app_boot_validation: crc, ..of(1) },
            FactoryError::NoValidationInVersion1,
        ),
        (
            FactorySettings { app_boot_validation: crc, ..of(2) },
            FactoryError::ValidationWithoutImage { what: "application" },
        ),
        (
            FactorySettings { sd_boot_validation: crc, ..of(2) },
            FactoryError::ValidationWithoutImage { what: "SoftDevice" },
        ),
        (
            FactorySettings { application: image(), app_boot_validation: ecdsa, ..of(2) },
            FactoryError::KeyNeeded,
        ),
    ];
    for (wanted, error) in cases {
        assert_eq!(wanted.build().unwrap_err(), error);
    }
    let settings = of(2).build().unwrap();
    assert!(factory_hex(&settings, 0x7F000, Some(0x7F800)).is_err());
    let apart = factory_hex(&settings, 0x7F000, Some(0x60000)).unwrap();
    let pages: Vec<u32> = read_hex(apart.as_bytes()).unwrap().iter().map(|page| page.address).collect();
    assert_eq!(pages, [0x60000, 0x7F000]);
}
