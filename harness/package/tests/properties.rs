//! What holds for every package, manifest, settings page, firmware file and key.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

use gauntlet_package::build::{PackedImage, Part, PartSizes, UpdatePackage, pack};
use gauntlet_package::image::{Segment, firmware, flatten, read_hex, write_hex};
use gauntlet_package::keys::{PublicKey, SigningKey, TestKey, check_signature_form};
use gauntlet_package::mutate::{MUTATIONS, mutate};
use gauntlet_package::settings::{FACTORY_LEN_V1, LoadedFrom, SETTINGS_LEN, Settings, factory_hex, load};
use gauntlet_package::{ManifestKey, ReadOptions, ValidationType, read_bytes};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::sync::LazyLock;

fn options() -> ReadOptions {
    ReadOptions { public_key: Some(TestKey::Release.signing_key().public_key()), ..Default::default() }
}

/// A request for a package that can be made.
fn update() -> impl Strategy<Value = UpdatePackage> {
    let image = || vec(any::<u8>(), 1..3000);
    let check = || select(vec![ValidationType::None, ValidationType::GeneratedCrc, ValidationType::Sha256]);
    let images = (option::of(image()), option::of(image()), option::of(image()));
    let numbers = (any::<u32>(), any::<u32>(), any::<u32>());
    let ids = || vec(any::<u16>().prop_map(u32::from), 1..8);
    (images, numbers, (ids(), ids()), (check(), any::<bool>(), any::<bool>(), any::<bool>())).prop_filter_map(
        "no images, or images that do not go together",
        |((app, boot, soft), numbers, (sd_req, sd_id), (check, debug, external, signed))| {
            if app.is_none() && boot.is_none() && soft.is_none()
                || app.is_some() && boot.is_some() && soft.is_none()
            {
                return None;
            }
            let alone = boot.is_none() && soft.is_none();
            Some(UpdatePackage {
                app_boot_validation: app.is_some().then_some(check),
                application_version: app.is_some().then_some(numbers.0),
                application: app.map(|image| Part::new("app", image)),
                external: external && alone,
                bootloader_version: boot.is_some().then_some(numbers.1),
                bootloader: boot.map(|image| Part::new("boot", image)),
                softdevice: soft.map(|image| Part::new("soft", image)),
                hw_version: Some(numbers.2),
                sd_req,
                sd_id,
                debug,
                key: signed.then(|| TestKey::Release.signing_key()),
                ..Default::default()
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_package_is_read_as_it_was_built(request in update()) {
        let built = request.build().unwrap();
        let package = read_bytes("x.zip", &built.zip, &options()).unwrap();
        prop_assert_eq!(package.images.len(), built.images.len());
        for (read, made) in package.images.iter().zip(&built.images) {
            prop_assert_eq!((read.key, &read.firmware, &read.init_packet), (made.key, &made.firmware, &made.init_packet));
            prop_assert_eq!(read.init.is_signed(), request.key.is_some());
            prop_assert_eq!(read.init.init.is_debug, request.debug);
        }
        prop_assert_eq!(request.build().unwrap(), built, "the same request gives the same package");
    }

    /// One byte of a package changed: refused, or read as the same images. Only the time in the zip, the rights of a file
    /// and the like are free to change.
    #[test]
    fn one_changed_byte_never_changes_an_image(request in update(), at in any::<Index>(), change in 1u8..) {
        let mut request = request;
        request.key = Some(TestKey::Release.signing_key());
        let built = request.build().unwrap();
        let mut zip = built.zip.clone();
        let at = at.index(zip.len());
        zip[at] ^= change;
        if let Ok(package) = read_bytes("x.zip", &zip, &options()) {
            for (read, made) in package.images.iter().zip(&built.images) {
                prop_assert_eq!((read.key, &read.firmware, &read.init_packet), (made.key, &made.firmware, &made.init_packet), "byte {}", at);
            }
            prop_assert_eq!(package.images.len(), built.images.len());
        }
    }

    #[test]
    fn damage_of_any_kind_is_refused_or_read(request in update(), cut in any::<Index>(), extra in vec(any::<u8>(), 0..40), at in any::<Index>()) {
        let zip = request.build().unwrap().zip;
        prop_assert!(read_bytes("x.zip", &zip[..cut.index(zip.len())], &options()).is_err(), "a part is no package");
        let mut longer = zip;
        let at = at.index(longer.len());
        longer.splice(at..at, extra);
        let _ = read_bytes("x.zip", &longer, &options());
    }
}

static PACKET: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let request = UpdatePackage {
        application: Some(Part::new("app", vec![7; 64])),
        application_version: Some(1),
        hw_version: Some(52),
        sd_req: vec![0],
        ..Default::default()
    };
    request.build().unwrap().images.remove(0).init_packet
});

/// Every broken package that is not large.
static BROKEN: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let key = TestKey::Release.signing_key();
    let image = PackedImage {
        key: ManifestKey::Application,
        name: "app",
        firmware: &[7; 64],
        init_packet: &PACKET,
        parts: None::<PartSizes>,
    };
    let good = read_bytes("good.zip", &pack(&[image]).unwrap(), &ReadOptions::default()).unwrap();
    let all = MUTATIONS.iter().map(|mutation| mutate(mutation.name, &good, &key).unwrap());
    all.filter(|zip| zip.len() < 20_000).collect()
});

fn json(depth: u32) -> BoxedStrategy<String> {
    let word = select(vec![
        "\"manifest\"",
        "\"application\"",
        "\"bin_file\"",
        "\"dat_file\"",
        "\"app.bin\"",
        "\"app.dat\"",
        "\"../x\"",
        "\"\"",
        "null",
        "1",
        "-1",
        "1e9",
        "\"\\u0000\"",
        "[",
        "}",
    ]);
    let word = word.prop_map(str::to_owned);
    if depth == 0 {
        return word.boxed();
    }
    let key = select(vec![
        "manifest",
        "application",
        "softdevice",
        "bin_file",
        "dat_file",
        "info_read_only_metadata",
        "x",
    ]);
    let object = vec((key, json(depth - 1)), 0..4).prop_map(|members| {
        let members: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
        format!("{{{}}}", members.join(", "))
    });
    let list = vec(json(depth - 1), 0..3).prop_map(|values| format!("[{}]", values.join(", ")));
    prop_oneof![1 => word, 4 => object, 1 => list].boxed()
}

/// A package with this manifest: the one of a good package, replaced in place by padding it to the same length.
fn with_manifest(manifest: &str) -> Option<Vec<u8>> {
    use gauntlet_protocol::crc32;
    let image = PackedImage {
        key: ManifestKey::Application,
        name: "app",
        firmware: &[7; 64],
        init_packet: &PACKET,
        parts: None::<PartSizes>,
    };
    let mut zip = pack(&[image]).unwrap();
    let at = zip.windows(13).position(|window| window == b"manifest.json").unwrap();
    let size = u32::from_le_bytes(zip[at - 8..at - 4].try_into().unwrap()) as usize;
    let start = at + 13 + usize::from(u16::from_le_bytes(zip[at - 2..at].try_into().unwrap()));
    let mut content = manifest.as_bytes().to_vec();
    if content.len() > size {
        return None;
    }
    content.resize(size, b' ');
    zip[start..start + size].copy_from_slice(&content);
    let crc = crc32(&content).to_le_bytes();
    let central = zip.windows(13).rposition(|window| window == b"manifest.json").unwrap();
    zip[at - 16..at - 12].copy_from_slice(&crc);
    zip[central - 30..central - 26].copy_from_slice(&crc);
    Some(zip)
}

#[test]
fn a_manifest_can_be_put_into_a_good_package() {
    let good = "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\"}}}";
    assert!(read_bytes("x.zip", &with_manifest(good).unwrap(), &ReadOptions::default()).is_ok());
}

proptest! {
    #[test]
    fn any_manifest_is_refused_in_words_or_read(manifest in json(4)) {
        if let Some(zip) = with_manifest(&manifest)
            && let Err(error) = read_bytes("x.zip", &zip, &ReadOptions::default())
        {
            let finding = error.finding().unwrap();
            prop_assert!(!finding.message.is_empty());
            prop_assert_ne!(finding.stage.name(), "zip", "{}", error);
            prop_assert!(!error.to_string().chars().any(char::is_control));
        }
    }

    #[test]
    fn broken_packages_broken_further_are_refused_or_read(which in any::<Index>(), damage in vec((any::<Index>(), any::<u8>()), 1..8)) {
        let mut zip = which.get(&BROKEN).clone();
        for (at, byte) in damage {
            if !zip.is_empty() {
                let at = at.index(zip.len());
                zip[at] = byte;
            }
        }
        if let Ok(package) = read_bytes("x.zip", &zip, &ReadOptions::default()) {
            let held: usize = package.images.iter().map(|image| image.firmware.len()).sum();
            prop_assert!(held <= ReadOptions::default().limits.total);
        }
    }

    #[test]
    fn every_byte_of_a_settings_page_survives(page in vec(any::<u8>(), 0..1200)) {
        let Ok(settings) = Settings::parse(&page) else {
            prop_assert!(page.len() < FACTORY_LEN_V1);
            return Ok(());
        };
        let written = settings.to_bytes();
        let known = page.len().min(SETTINGS_LEN);
        prop_assert_eq!(&written[..known], &page[..known]);
        prop_assert!(written[known..].iter().all(|&byte| byte == 0xFF));
        prop_assert_eq!(Settings::parse(&written), Ok(settings));
    }

    #[test]
    fn checksums_that_were_set_right_are_right_until_a_byte_changes(page in vec(any::<u8>(), SETTINGS_LEN), at in any::<Index>(), change in 1u8..) {
        let mut settings = Settings::parse(&page).unwrap();
        settings.update_crcs();
        // One value of four thousand million is taken for an erased word.
        prop_assume!(settings.crc != u32::MAX);
        prop_assert!(settings.crc_ok() && settings.boot_validation_crc_ok() && settings.valid_as_backup());
        let good = settings.to_bytes();
        prop_assert_eq!(load(&good, &good), (settings.clone(), LoadedFrom::Both));
        prop_assert_eq!(Settings::parse(&settings.factory_bytes()).unwrap().crc_ok(), true, "as nrfutil writes it");
        let mut bad = good;
        let at = at.index(0x5C);
        bad[at] ^= change;
        prop_assert!(!Settings::parse(&bad).unwrap().crc_ok(), "byte {:#x}", at);
        prop_assert_eq!(load(&bad, &good).1, LoadedFrom::Backup);
        prop_assert_eq!(load(&good, &bad).1, LoadedFrom::Main);
    }

    #[test]
    fn noise_is_no_hex_file_that_panics(text in "[:0-9A-F \r\n]{0,300}", noise in vec(any::<u8>(), 0..200)) {
        for input in [text.as_bytes(), &noise] {
            match read_hex(input) {
                Err(error) => prop_assert!(!error.to_string().is_empty()),
                Ok(segments) => {
                    let again = read_hex(write_hex(&segments).as_bytes());
                    prop_assert_eq!(again.as_ref(), Ok(&segments));
                    let image = flatten(&segments);
                    prop_assert_eq!(&firmware("x.hex", input), &image);
                    prop_assert!(image.is_err() || image.unwrap().len() <= 16 * 1024 * 1024 + 4);
                }
            }
        }
    }

    #[test]
    fn settings_become_a_hex_file_and_come_back(page in vec(any::<u8>(), SETTINGS_LEN), address in 0x1000u32..0xFFFF, backup in any::<bool>()) {
        let settings = Settings::parse(&page).unwrap();
        let segment = |address| Segment { address, data: settings.factory_bytes() };
        let (main, other) = (address * 0x1000, address * 0x1000 - 0x1000);
        let expected = if backup { vec![segment(other), segment(main)] } else { vec![segment(main)] };
        prop_assert_eq!(read_hex(write_hex(&expected).as_bytes()), Ok(expected.clone()));
        prop_assert_eq!(factory_hex(&settings, main, backup.then_some(other)).unwrap(), write_hex(&expected));
    }

    #[test]
    fn keys_survive_every_form(scalar in any::<[u8; 32]>(), message in vec(any::<u8>(), 0..100)) {
        let Ok(key) = SigningKey::from_scalar(&scalar) else { return Ok(()) };
        let public = key.public_key();
        let read = SigningKey::from_pem(&key.to_pem()).unwrap();
        prop_assert_eq!(read.to_le_bytes(), key.to_le_bytes());
        prop_assert_eq!(PublicKey::from_pem(&public.to_pem()).unwrap(), public);
        prop_assert_eq!(PublicKey::from_pem(&key.to_pem()).unwrap(), public);
        prop_assert_eq!(PublicKey::from_le_bytes(&public.to_le_bytes()).unwrap(), public);
        let signature = key.sign(&message);
        prop_assert_eq!(public.verify(&message, &signature), Ok(()));
        prop_assert_eq!(key.sign(&message), signature, "RFC 6979");
        prop_assert!(public.verify(&[&message[..], &[0]].concat(), &signature).is_err());
    }

    #[test]
    fn noise_is_no_key_that_panics(
        label in select(vec!["EC PRIVATE KEY", "PRIVATE KEY", "PUBLIC KEY", "EC PARAMETERS", "CERTIFICATE"]),
        body in "[A-Za-z0-9+/=\n -]{0,200}",
        noise in vec(any::<u8>(), 0..90),
    ) {
        let pem = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        for text in [&pem, &body, &pem[..pem.len() / 2]] {
            let (signing, public) = (SigningKey::from_pem(text), PublicKey::from_pem(text));
            prop_assert!(signing.err().is_none_or(|error| !error.to_string().is_empty()));
            prop_assert!(public.err().is_none_or(|error| !error.to_string().is_empty()));
        }
        prop_assert_eq!(check_signature_form(&noise).is_ok() && noise.len() != 64, false);
    }

    /// A key file with one letter changed: refused, or the key of its changed number; never another curve, never a panic.
    #[test]
    fn a_damaged_key_file_is_refused_or_a_key(at in any::<Index>(), letter in any::<char>()) {
        let good: Vec<char> = TestKey::Release.signing_key().to_pem().chars().collect();
        let mut bad = good.clone();
        bad[at.index(good.len())] = letter;
        let text: String = bad.into_iter().collect();
        if let Ok(key) = SigningKey::from_pem(&text) {
            prop_assert_eq!(SigningKey::from_pem(&key.to_pem()).unwrap().to_le_bytes(), key.to_le_bytes());
        }
    }
}
