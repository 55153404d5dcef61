//! Packages that are built for a scenario.

use gauntlet_bench::Device;
use gauntlet_package::build::{AppPackage, Field, Part, Tamper, UpdatePackage, seal};
use gauntlet_package::keys::{SigningKey, TestKey};
use gauntlet_package::mutate::mutate;
use gauntlet_package::{ReadOptions, read_bytes};
use gauntlet_protocol::init_packet::{FwType, HashType, SignatureType, ValidationType, decode};
use gauntlet_scenario::Case;
use gauntlet_scenario::model::{self, BootValidation, BuiltPackage, PackageApplication, Sign};

use super::{Image, Sendable, images};
use crate::device::release_key;
use crate::trouble::Trouble;

/// Builds a package of any kind, and its file, if it is as a packager would have made it.
pub(super) fn package(
    name: &str,
    package: &BuiltPackage,
    case: &Case,
    device: &Device,
) -> Result<(Sendable, Option<Vec<u8>>), Trouble> {
    match &package.application {
        Some(application) if package.softdevice.is_none() && package.bootloader.is_none() => {
            let app = app_package(package, application, case, device);
            let built = app.build().map_err(|error| refused(name, &error))?;
            let mut sendable = Sendable::of(name, built.init_packet, built.firmware);
            name_witness(&mut sendable.images, package);
            // A type that was taken out is still the application's package.
            sendable.images.iter_mut().for_each(|image| {
                image.kind = image.kind.or((!package.external).then_some(FwType::Application));
            });
            Ok((sendable, Some(built.zip)))
        }
        _ => system(name, package, case, device),
    }
}

/// A zip that is broken in the way the package asks for, and the firmware of the good one it was made from.
pub(super) fn mutated(
    name: &str,
    package: &BuiltPackage,
    case: &Case,
    device: &Device,
) -> Result<(Vec<u8>, Vec<u8>), Trouble> {
    let incomplete = || Trouble::Internal(format!("package `{name}` can't be broken: it is no application"));
    let application = package.application.as_ref().ok_or_else(incomplete)?;
    let mutation = package.mutate.ok_or_else(incomplete)?;
    let key = signing_key(package.sign, device).ok_or_else(incomplete)?;
    let good =
        app_package(package, application, case, device).build().map_err(|error| refused(name, &error))?;
    let read = read_bytes(name, &good.zip, &ReadOptions::default());
    let read = read.map_err(|cause| Trouble::Package { name: name.to_owned(), cause })?;
    let zip = mutate(mutation.name(), &read, &key).map_err(|error| refused(name, &error))?;
    Ok((zip, good.firmware))
}

fn refused(name: &str, error: &dyn std::error::Error) -> Trouble {
    Trouble::Build { name: name.to_owned(), why: error.to_string() }
}

fn signing_key(sign: Sign, device: &Device) -> Option<SigningKey> {
    match sign {
        Sign::Release => Some(release_key(device)),
        Sign::Other => Some(TestKey::Other.signing_key()),
        Sign::None => None,
    }
}

fn sd_req(package: &BuiltPackage, otherwise: u32) -> Vec<u32> {
    let named = package.sd_req.as_ref();
    named.map_or_else(|| vec![otherwise], |ids| ids.iter().map(|id| u32::from(id.get())).collect())
}

fn app_package(
    package: &BuiltPackage,
    application: &PackageApplication,
    case: &Case,
    device: &Device,
) -> AppPackage {
    let footing = images::footing(application, package, case, device);
    let mut app = AppPackage::new(images::application(application, &footing))
        .version(package.version.unwrap_or_default())
        .hw_version(package.hw_version)
        .sd_req(sd_req(package, footing.sd_req))
        .debug(package.debug)
        .boot_validation(validation(package.boot_validation).unwrap_or(ValidationType::GeneratedCrc));
    if package.external {
        app = app.external();
    }
    if let Some(key) = signing_key(package.sign, device) {
        app = app.sign(key);
    }
    tampers(package).into_iter().fold(app, AppPackage::tamper)
}

/// SoftDevice, bootloader or both, with or without an application behind them.
fn system(
    name: &str,
    package: &BuiltPackage,
    case: &Case,
    device: &Device,
) -> Result<(Sendable, Option<Vec<u8>>), Trouble> {
    let softdevice = package.softdevice.as_ref().map(|model| images::softdevice(model, device));
    let size = package.bootloader_size.map_or(0, |size| size.bytes());
    let bootloader =
        package.bootloader.as_ref().map(|model| (images::bootloader(model, device, size), model.clone()));
    let footing =
        package.application.as_ref().map(|application| images::footing(application, package, case, device));
    let application = package.application.as_ref().zip(footing.as_ref());
    let built = UpdatePackage {
        application: application
            .map(|(model, footing)| Part::new("app", images::application(model, footing))),
        application_version: application.and(package.version),
        bootloader: bootloader.as_ref().map(|(image, _)| Part::new("bl", image.clone())),
        bootloader_version: package.bootloader_version,
        softdevice: softdevice.as_ref().map(|image| Part::new("sd", image.clone())),
        hw_version: Some(package.hw_version),
        sd_req: sd_req(package, device.softdevice.map_or(0, u32::from)),
        sd_id: footing.iter().map(|footing| footing.sd_req).collect(),
        debug: package.debug,
        sd_boot_validation: softdevice.as_ref().and(validation(package.boot_validation)),
        bl_boot_validation: bootloader.as_ref().and(validation(package.bootloader_validation)),
        key: signing_key(package.sign, device),
        ..UpdatePackage::default()
    }
    .build()
    .map_err(|error| refused(name, &error))?;
    let mut zip = Some(built.zip);
    let mut images: Vec<Image> =
        built.images.into_iter().map(|image| Image::of(image.init_packet, image.firmware)).collect();
    name_witness(&mut images, package);
    let alone = package.softdevice.is_some() && package.bootloader.is_none() && package.application.is_none();
    let version = if alone { package.version } else { None };
    if let Some(first) = images.first_mut()
        && (version.is_some() || !package.tamper.is_empty())
    {
        // Sealed anew, it is no longer what stands in the file.
        zip = None;
        let mut init = decode(&first.init_packet).map_err(|error| refused(name, &error))?.init;
        init.fw_version = version.or(init.fw_version);
        let key = signing_key(package.sign, device);
        first.init_packet = seal(init, &mut first.firmware, key.as_ref(), &tampers(package));
    }
    Ok((Sendable { name: name.to_owned(), images, softdevice, bootloader }, zip))
}

fn name_witness(images: &mut [Image], package: &BuiltPackage) {
    if let (Some(application), Some(image)) = (&package.application, images.last_mut()) {
        image.witness = Some(u32::from(application.witness.get()));
    }
}

fn validation(model: Option<BootValidation>) -> Option<ValidationType> {
    model.map(|model| match model {
        BootValidation::None => ValidationType::None,
        BootValidation::Crc => ValidationType::GeneratedCrc,
        BootValidation::Sha256 => ValidationType::Sha256,
        BootValidation::Ecdsa => ValidationType::EcdsaP256Sha256,
    })
}

fn tampers(package: &BuiltPackage) -> Vec<Tamper> {
    package.tamper.iter().map(|&change| tamper(change, package)).collect()
}

fn tamper(change: model::Tamper, package: &BuiltPackage) -> Tamper {
    let application = package.application.as_ref().map(|application| application.size);
    let size = application.or(package.softdevice.map(|softdevice| softdevice.size));
    let size = size.map_or(1024, |size| size.bytes());
    let version = package.version.or(package.bootloader_version).unwrap_or_default();
    match change {
        model::Tamper::Firmware => Tamper::FirmwareBit(size as usize / 2),
        model::Tamper::Hash => Tamper::HashBit,
        model::Tamper::HashType => Tamper::HashType(HashType::Crc),
        model::Tamper::Size => Tamper::ClaimedSize(size.next_multiple_of(4) + 4),
        model::Tamper::Signature => Tamper::SignatureBit,
        model::Tamper::SignatureType => Tamper::SignatureType(SignatureType::Ed25519),
        model::Tamper::SignatureByteOrder => Tamper::SignatureByteOrder,
        model::Tamper::InitPacket => Tamper::VersionAfterSigning(version.wrapping_add(1)),
        model::Tamper::NoVersion => Tamper::Without(Field::FwVersion),
        model::Tamper::NoHwVersion => Tamper::Without(Field::HwVersion),
        model::Tamper::NoType => Tamper::Without(Field::Type),
        model::Tamper::NoSdReq => Tamper::Without(Field::SdReq),
        model::Tamper::NoSoftdeviceSize => Tamper::Without(Field::SdSize),
        model::Tamper::NoBootloaderSize => Tamper::Without(Field::BlSize),
        model::Tamper::NoHash => Tamper::Without(Field::Hash),
        model::Tamper::NoBootValidation => Tamper::Without(Field::BootValidation),
        model::Tamper::BootValidation => Tamper::BootValidationBytes(vec![0x5A; 64]),
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_scenario::{NoFiles, Source, Word, load_sources};

    use super::*;

    fn built(keys: &str) -> Sendable {
        let text = format!("id: a/b\ntitle: T\npackages:\n  p: {{ {keys} }}\nsteps:\n  - update: p\n");
        let suite = load_sources(&[Source::new("case.yaml", text)], &NoFiles)
            .unwrap_or_else(|bad| panic!("{}", bad.render(100, false)));
        let case = suite.cases().next().expect("one case");
        let device = crate::device::of(case, None);
        let mut parcels = super::super::all(case, &device).expect("packages");
        parcels.remove("p").and_then(|parcel| parcel.sendable).expect("a package")
    }

    #[test]
    fn every_way_to_tamper_that_a_scenario_can_ask_for_changes_the_package() {
        let app = "application: { witness: 2, size: 4 KiB }, version: 3";
        let system = "softdevice: { fwid: 0x123 }, bootloader: {}, bootloader_version: 2";
        for kind in [app, system] {
            let clean = built(kind);
            for change in model::Tamper::ALL {
                // The size of an application is the one that is made wrong, and those of the others are the ones to leave out.
                let of_application = *change == model::Tamper::Size;
                let of_system =
                    [model::Tamper::NoSoftdeviceSize, model::Tamper::NoBootloaderSize].contains(change);
                if of_application && kind == system || of_system && kind == app {
                    continue;
                }
                let changed = built(&format!("{kind}, tamper: [{change}]"));
                assert_ne!(changed.images, clean.images, "{change}");
            }
        }
    }

    #[test]
    fn a_package_has_the_images_that_it_names_in_sending_order() {
        let kinds = |keys: &str| built(keys).images.iter().map(|image| image.kind).collect::<Vec<_>>();
        let app = "application: { witness: 2, size: 4 KiB }, version: 3";
        let (sd, bl) =
            ("softdevice: { fwid: 0x123 }", "bootloader: { hw_version: 53 }, bootloader_version: 2");
        assert_eq!(kinds(app), [Some(FwType::Application)]);
        assert_eq!(kinds(&format!("{app}, external: true")), [Some(FwType::ExternalApplication)]);
        assert_eq!(kinds(sd), [Some(FwType::SoftDevice)]);
        assert_eq!(kinds(bl), [Some(FwType::Bootloader)]);
        assert_eq!(kinds(&format!("{sd}, {bl}")), [Some(FwType::SoftDeviceBootloader)]);
        let two = [Some(FwType::SoftDevice), Some(FwType::Application)];
        assert_eq!(kinds(&format!("{sd}, {app}")), two);
        let two = [Some(FwType::SoftDeviceBootloader), Some(FwType::Application)];
        assert_eq!(kinds(&format!("{sd}, {bl}, {app}")), two);
    }
}
