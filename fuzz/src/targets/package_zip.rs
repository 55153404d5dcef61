//! Packages: no input makes the reader panic, read outside of the zip, or hold more than its limits; what it takes is
//! what it seems.

use crate::{Outcome, Target};
use gauntlet_package::build::{AppPackage, PackedImage, Part, PartSizes, UpdatePackage, pack};
use gauntlet_package::keys::TestKey;
use gauntlet_package::mutate::{MUTATIONS, mutate};
use gauntlet_package::{ManifestKey, PackageError, ReadOptions, read_bytes};
use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::{HASH_LEN, ValidationType, decode};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The target. A zip as it is; or, so that checksums do not keep every change out, behind a letter what goes into one:
/// `M` a manifest, `P` an init packet.
pub const TARGET: Target = Target {
    name: "package_zip",
    run,
    seeds,
    words: &[
        b"PK\x01\x02",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"PK\x06\x06",
        b"PK\x06\x07",
        b"\x01\x00\x10\x00",
        b"manifest",
        b"\"application\"",
        b"\"bootloader\"",
        b"\"bin_file\": \"app.bin\"",
        b"\"dat_file\": \"app.dat\"",
        b"{}",
        b"../",
    ],
    max_len: 20_000,
};

const FIRMWARE: [u8; 64] = [0x42; 64];

static ANY_PACKET: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let built = AppPackage::new(FIRMWARE.to_vec()).sign(TestKey::Release.signing_key()).build();
    built.expect("a plain package can be built").init_packet
});

static WITH_KEY: LazyLock<ReadOptions> = LazyLock::new(|| ReadOptions {
    public_key: Some(TestKey::Release.signing_key().public_key()),
    ..Default::default()
});

fn run(input: &[u8]) -> Outcome {
    match input.split_first() {
        Some((b'M', manifest)) => zip(&with_manifest(manifest)),
        Some((b'P', packet)) => {
            let image = PackedImage {
                key: ManifestKey::Application,
                name: "app",
                firmware: &FIRMWARE,
                init_packet: packet,
                parts: None::<PartSizes>,
            };
            zip(&pack(&[image]).expect("one name"))
        }
        _ => zip(input),
    }
}

fn zip(bytes: &[u8]) -> Outcome {
    let options = ReadOptions::default();
    let limits = options.limits;
    let package = match read_bytes("x.zip", bytes, &options) {
        Ok(package) => package,
        Err(PackageError::Refused { finding, .. }) => {
            assert!(!finding.to_string().chars().any(char::is_control), "a message for people");
            assert!(read_bytes("x.zip", bytes, &WITH_KEY).is_err(), "a key makes nothing better");
            return Outcome::of(&(finding.stage, finding.reason));
        }
        Err(error) => panic!("{error}: no file was read"),
    };
    assert!(!package.images.is_empty() && package.images.len() <= 2);
    let held: usize = package.images.iter().map(|image| image.firmware.len() + image.init_packet.len()).sum();
    assert!(held <= limits.total);
    for image in &package.images {
        assert!(image.key.fits(image.kind), "manifest and init packet agree");
        assert_eq!(decode(&image.init_packet).as_ref(), Ok(&image.init), "decoded as the bootloader does");
        let digest: [u8; HASH_LEN] = Sha256::digest(&image.firmware).into();
        assert_eq!(
            image.init.init.hash.as_ref().map(|hash| hash.digest()),
            Some(digest),
            "the hash is right"
        );
        assert_eq!(image.init.init.image_size() as usize, image.firmware.len(), "the size is right");
    }
    let warnings: BTreeSet<_> = package.warnings.iter().map(|warning| warning.reason).collect();
    Outcome::of(&(package.images.len(), warnings, read_bytes("x.zip", bytes, &WITH_KEY).is_ok()))
}

/// A stored zip with this manifest beside a good image.
fn with_manifest(manifest: &[u8]) -> Vec<u8> {
    let entries: [(&[u8], &[u8]); 3] =
        [(b"app.bin", &FIRMWARE), (b"app.dat", ANY_PACKET.as_slice()), (b"manifest.json", manifest)];
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let offset = out.len() as u32;
        let mut header = Vec::new();
        header.extend([20, 0, 0, 0, 0, 0]);
        header.extend([0, 0, 0x21, 0x50]);
        header.extend(crc32(content).to_le_bytes());
        header.extend([(content.len() as u32).to_le_bytes(); 2].concat());
        header.extend((name.len() as u16).to_le_bytes());
        header.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&header);
        out.extend([name, content].concat());
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&header);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name);
    }
    let (start, length) = (out.len() as u32, directory.len() as u32);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0\x03\0\x03\0");
    out.extend(length.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// Good packages of every kind, every broken one that is not large, manifests and init packets.
fn seeds() -> Vec<Vec<u8>> {
    let key = TestKey::Release.signing_key();
    let part = |name: &str, size: usize| Some(Part::new(name, (0..size).map(|i| (i / 3) as u8).collect()));
    let app = UpdatePackage {
        application: part("app", 300),
        application_version: Some(2),
        hw_version: Some(52),
        sd_req: vec![0x0101],
        app_boot_validation: Some(ValidationType::EcdsaP256Sha256),
        key: Some(key.clone()),
        ..Default::default()
    };
    let system = UpdatePackage {
        bootloader: part("boot", 200),
        bootloader_version: Some(1),
        softdevice: part("soft", 9000),
        hw_version: Some(52),
        sd_req: vec![0x0101],
        sd_id: vec![0x0102],
        key: Some(key.clone()),
        ..Default::default()
    };
    let both =
        UpdatePackage { application: part("app", 100), application_version: Some(1), ..system.clone() };
    let built = |package: &UpdatePackage| package.build().expect("a good package").zip;
    let good = built(&app);
    let mut seeds = vec![good.clone(), built(&system), built(&both)];
    let package = read_bytes("good.zip", &good, &ReadOptions::default()).expect("a good package");
    for mutation in MUTATIONS {
        let broken = mutate(mutation.name, &package, &key).expect("one application");
        if broken.len() <= TARGET.max_len {
            seeds.push(broken);
        }
    }
    let image = "{\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\"}";
    for manifest in [
        format!("M{{\"manifest\": {{\"application\": {image}}}}}"),
        format!("M{{\"manifest\": {{\"application\": {image}, \"softdevice\": {image}}}}}"),
        "M{\"manifest\": {}}".into(),
        "M[[[[1, -2, 3e5, null, true, \"\\u00e4\"]]]]".into(),
    ] {
        seeds.push(manifest.into_bytes());
    }
    let plain = AppPackage::new(FIRMWARE.to_vec()).build().expect("a plain package").init_packet;
    seeds.push([b"P", plain.as_slice()].concat());
    seeds.push([b"P", ANY_PACKET.as_slice()].concat());
    seeds
}
