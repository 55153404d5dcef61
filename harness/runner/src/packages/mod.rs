//! Packages of a scenario as bytes to send: built for it, broken on purpose, or read from a file.

mod built;
mod images;

use std::collections::BTreeMap;

use gauntlet_bench::Device;
use gauntlet_package::build::AppPackage;
use gauntlet_package::keys::SigningKey;
use gauntlet_package::{Limits, PackageError, ReadOptions, read_bytes, unpack};
use gauntlet_protocol::init_packet::{FwType, ValidationType, decode};
use gauntlet_reference::images::witness;
use gauntlet_scenario::Case;
use gauntlet_scenario::model::{Bootloader, Key, Package};

use crate::device::{release_key, test_key};
use crate::observe::Ground;
use crate::trouble::Trouble;

/// A package, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sendable {
    /// Its name in the scenario.
    pub(crate) name: String,
    /// The images in sending order; never empty.
    pub(crate) images: Vec<Image>,
    /// The SoftDevice inside, when the package was built here.
    pub(crate) softdevice: Option<Vec<u8>>,
    /// The bootloader inside and how it is built, when the package was built here.
    pub(crate) bootloader: Option<(Vec<u8>, Bootloader)>,
}

/// One image: one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// What its init packet says it is; `None` when it can't be decoded or says nothing.
    pub(crate) kind: Option<FwType>,
    pub(crate) init_packet: Vec<u8>,
    pub(crate) firmware: Vec<u8>,
    /// The witness inside, when the package was built here.
    pub(crate) witness: Option<u32>,
}

impl Sendable {
    /// A package of one image that nothing is known of.
    pub(crate) fn of(name: impl Into<String>, init_packet: Vec<u8>, firmware: Vec<u8>) -> Self {
        let image = Image::of(init_packet, firmware);
        Self { name: name.into(), images: vec![image], softdevice: None, bootloader: None }
    }

    /// One that was read and judged.
    pub(crate) fn package(name: impl Into<String>, images: &[gauntlet_package::Image]) -> Self {
        let image = |image: &gauntlet_package::Image| Image {
            kind: Some(image.kind),
            init_packet: image.init_packet.clone(),
            firmware: image.firmware.clone(),
            witness: None,
        };
        let images = images.iter().map(image).collect();
        Self { name: name.into(), images, softdevice: None, bootloader: None }
    }

    /// The application that the bootloader starts, if there is one inside.
    pub(crate) fn application(&self) -> Option<&Image> {
        self.images.iter().find(|image| image.kind == Some(FwType::Application))
    }

    /// Bytes of all images.
    pub(crate) fn firmware_len(&self) -> usize {
        self.images.iter().map(|image| image.firmware.len()).sum()
    }
}

impl Image {
    fn of(init_packet: Vec<u8>, firmware: Vec<u8>) -> Self {
        let kind = decode(&init_packet).ok().and_then(|packet| packet.init.fw_type);
        Self { kind, init_packet, firmware, witness: None }
    }
}

/// A package as a client gets it.
#[derive(Debug)]
pub(crate) struct Parcel {
    /// What can be taken out of it, judged or not.
    pub(crate) sendable: Option<Sendable>,
    /// Why a careful client does not send it.
    pub(crate) rejected: Option<PackageError>,
    /// The package file, for a client that is not ours.
    pub(crate) zip: Option<Vec<u8>>,
}

impl Parcel {
    /// What is inside.
    pub(crate) fn contents(&self, name: &str) -> Result<&Sendable, Trouble> {
        let empty = || Trouble::Build { name: name.to_owned(), why: "nothing can be taken out of it".into() };
        self.sendable.as_ref().ok_or_else(empty)
    }
}

/// Every package of a case, by name.
pub(crate) fn all(case: &Case, device: &Device) -> Result<BTreeMap<String, Parcel>, Trouble> {
    let parcel = |(name, package): &(_, Package)| {
        let name = format!("{name}");
        let parcel = match package {
            Package::Built(package) if package.mutate.is_some() => {
                let (zip, firmware) = built::mutated(&name, package, case, device)?;
                let key = key_of(device, &case.device.bootloader).public_key();
                let options = ReadOptions { public_key: Some(key), ..ReadOptions::default() };
                let mut parcel = opened(&name, &name, &zip, &options);
                let witness = package.application.as_ref().map(|app| u32::from(app.witness.get()));
                // What is broken may well leave the firmware as it was.
                let images = parcel.sendable.iter_mut().flat_map(|sendable| &mut sendable.images);
                images.filter(|image| image.firmware == firmware).for_each(|image| image.witness = witness);
                parcel
            }
            Package::Built(package) => {
                let (sendable, zip) = built::package(&name, package, case, device)?;
                Parcel { sendable: Some(sendable), rejected: None, zip }
            }
            Package::File(file) => opened(&name, &file.path, &file.bytes, &ReadOptions::default()),
        };
        Ok((name, parcel))
    };
    case.packages.iter().map(parcel).collect()
}

/// A zip as a client opens it.
fn opened(name: &str, file: &str, zip: &[u8], options: &ReadOptions) -> Parcel {
    let rejected = read_bytes(file, zip, options).err();
    let parts = unpack(file, zip, &Limits::default()).unwrap_or_default();
    let images: Vec<Image> =
        parts.into_iter().map(|image| Image::of(image.init_packet, image.firmware)).collect();
    let sendable = (!images.is_empty()).then(|| Sendable {
        name: name.to_owned(),
        images,
        softdevice: None,
        bootloader: None,
    });
    Parcel { sendable, rejected, zip: Some(zip.to_vec()) }
}

/// What signs for this bootloader.
fn key_of(device: &Device, bootloader: &Bootloader) -> SigningKey {
    match bootloader.key {
        Key::Release => release_key(device),
        other => test_key(other).signing_key(),
    }
}

/// A clean application for a device as it is now, that its bootloader must accept: the witness `id` with `version`.
pub(crate) fn clean(
    device: &Device,
    ground: Ground,
    bootloader: &Bootloader,
    id: u32,
    size: u32,
    version: u32,
) -> Result<Sendable, Trouble> {
    let firmware = witness(ground.base, id, size as usize);
    let key = key_of(device, bootloader);
    let mut package = AppPackage::new(firmware)
        .version(version)
        .hw_version(bootloader.hw_version)
        .sd_req([ground.fwid.map_or(0, u32::from)])
        .sign(key);
    if bootloader.app_signature_check {
        package = package.boot_validation(ValidationType::EcdsaP256Sha256);
    }
    let name = "closing";
    let built = package.build();
    let built = built.map_err(|error| Trouble::Build { name: name.to_owned(), why: error.to_string() })?;
    let mut sendable = Sendable::of(name, built.init_packet, built.firmware);
    sendable.images.iter_mut().for_each(|image| image.witness = Some(id));
    Ok(sendable)
}
