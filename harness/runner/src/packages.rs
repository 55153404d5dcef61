//! Packages of a scenario as bytes to send: built for it, or read from a file.

use std::collections::BTreeMap;

use gauntlet_bench::Device;
use gauntlet_package::build::{AppPackage, BuildError, Field, Tamper};
use gauntlet_package::keys::TestKey;
use gauntlet_package::{ReadOptions, read_bytes};
use gauntlet_protocol::init_packet::{FwType, HashType, SignatureType, ValidationType};
use gauntlet_reference::images::witness;
use gauntlet_scenario::Case;
use gauntlet_scenario::model::{self, BootValidation, BuiltPackage, Package, PackageFile, Sign};

use crate::trouble::Trouble;

/// One image, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sendable {
    /// Its name in the scenario.
    pub(crate) name: String,
    pub(crate) init_packet: Vec<u8>,
    pub(crate) firmware: Vec<u8>,
    /// The witness inside, when the package was built here.
    pub(crate) witness: Option<u32>,
    /// The version in the init packet.
    pub(crate) version: Option<u32>,
}

/// Every package of a case, by name.
pub(crate) fn all(case: &Case, device: &Device) -> Result<BTreeMap<String, Sendable>, Trouble> {
    let sendable = |(name, package): &(_, Package)| {
        let name = format!("{name}");
        let sendable = match package {
            Package::Built(package) => built(&name, package, device)?,
            Package::File(file) => from_file(&name, file)?,
        };
        Ok((name, sendable))
    };
    case.packages.iter().map(sendable).collect()
}

/// A clean application for `device` that it must accept: the witness `id` with `version`.
pub(crate) fn clean(
    device: &Device,
    key: TestKey,
    id: u32,
    size: u32,
    version: u32,
) -> Result<Sendable, Trouble> {
    let firmware = witness(device.application_base(), id, size as usize);
    let package = AppPackage::new(firmware)
        .version(version)
        .hw_version(device.build.hw_version)
        .sd_req(sd_req(device))
        .sign(key.signing_key());
    sendable("closing", &package, Some(id), Some(version))
}

/// What an init packet must ask for to be taken by `device` (7.3).
fn sd_req(device: &Device) -> Vec<u32> {
    vec![device.softdevice.map_or(0, u32::from)]
}

fn built(name: &str, package: &BuiltPackage, device: &Device) -> Result<Sendable, Trouble> {
    let id = u32::from(package.witness.get());
    let firmware = witness(device.application_base(), id, package.size.bytes() as usize);
    let ids = package.sd_req.as_ref().map(|ids| ids.iter().map(|id| u32::from(id.get())).collect());
    let mut app = AppPackage::new(firmware)
        .version(package.version)
        .hw_version(package.hw_version)
        .sd_req(ids.unwrap_or_else(|| sd_req(device)))
        .debug(package.debug)
        .boot_validation(match package.boot_validation {
            Some(BootValidation::None) => ValidationType::None,
            None | Some(BootValidation::Crc) => ValidationType::GeneratedCrc,
            Some(BootValidation::Sha256) => ValidationType::Sha256,
            Some(BootValidation::Ecdsa) => ValidationType::EcdsaP256Sha256,
        });
    app = match package.sign {
        Sign::Release => app.sign(TestKey::Release.signing_key()),
        Sign::Other => app.sign(TestKey::Other.signing_key()),
        Sign::None => app,
    };
    for &change in &package.tamper {
        app = app.tamper(tamper(change, package));
    }
    sendable(name, &app, Some(id), Some(package.version))
}

fn tamper(change: model::Tamper, package: &BuiltPackage) -> Tamper {
    match change {
        model::Tamper::Firmware => Tamper::FirmwareBit(package.size.bytes() as usize / 2),
        model::Tamper::Hash => Tamper::HashBit,
        model::Tamper::HashType => Tamper::HashType(HashType::Crc),
        model::Tamper::Size => Tamper::ClaimedSize(package.size.bytes().next_multiple_of(4) + 4),
        model::Tamper::Signature => Tamper::SignatureBit,
        model::Tamper::SignatureType => Tamper::SignatureType(SignatureType::Ed25519),
        model::Tamper::SignatureByteOrder => Tamper::SignatureByteOrder,
        model::Tamper::InitPacket => Tamper::VersionAfterSigning(package.version.wrapping_add(1)),
        model::Tamper::NoVersion => Tamper::Without(Field::FwVersion),
        model::Tamper::NoHwVersion => Tamper::Without(Field::HwVersion),
        model::Tamper::NoType => Tamper::Without(Field::Type),
    }
}

fn sendable(
    name: &str,
    package: &AppPackage,
    witness: Option<u32>,
    version: Option<u32>,
) -> Result<Sendable, Trouble> {
    let built = package
        .build()
        .map_err(|error: BuildError| Trouble::Build { name: name.to_owned(), why: error.to_string() })?;
    Ok(Sendable {
        name: name.to_owned(),
        init_packet: built.init_packet,
        firmware: built.firmware,
        witness,
        version,
    })
}

fn from_file(name: &str, file: &PackageFile) -> Result<Sendable, Trouble> {
    let refused = |cause| Trouble::Package { name: name.to_owned(), cause };
    let package = read_bytes(&file.path, &file.bytes, &ReadOptions::default()).map_err(refused)?;
    let [image] = package.images.as_slice() else {
        let why = "it holds several images, and this version updates applications only".to_owned();
        return Err(Trouble::Build { name: name.to_owned(), why });
    };
    if image.kind != FwType::Application {
        let why = format!("it holds a {}, and this version updates applications only", image.kind);
        return Err(Trouble::Build { name: name.to_owned(), why });
    }
    Ok(Sendable {
        name: name.to_owned(),
        init_packet: image.init_packet.clone(),
        firmware: image.firmware.clone(),
        witness: None,
        version: image.init.init.fw_version,
    })
}

#[cfg(test)]
mod tests {
    use gauntlet_scenario::Word;

    use super::*;

    #[test]
    fn every_way_to_tamper_that_a_scenario_can_ask_for_changes_the_package() {
        let device = crate::device::tests::any();
        let size = gauntlet_scenario::quantity::Size::from_kib(4);
        let package = |tamper| BuiltPackage {
            witness: gauntlet_scenario::quantity::Witness::FIRST,
            size,
            version: 3,
            sign: Sign::Release,
            hw_version: 52,
            sd_req: None,
            boot_validation: None,
            debug: false,
            tamper,
        };
        let clean = built("p", &package(vec![]), &device).expect("a clean package");
        for &change in model::Tamper::ALL {
            let changed = built("p", &package(vec![change]), &device).expect("a tampered package");
            assert_ne!(
                (&changed.init_packet, &changed.firmware),
                (&clean.init_packet, &clean.firmware),
                "{change}"
            );
        }
    }
}
