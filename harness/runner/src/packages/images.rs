//! The images inside of a package: stand-in SoftDevice, bootloader, witness, each for the device at hand.

use gauntlet_bench::Device;
use gauntlet_reference::images::{self, StandIn};
use gauntlet_reference::layout::{MBR_END, PAGE};
use gauntlet_scenario::Case;
use gauntlet_scenario::model::{Behind, Bootloader, BuiltPackage, PackageApplication, PackageSoftDevice};

use crate::device;

/// What an application stands on: its address and the SoftDevice that its init packet names, 0 for none.
pub(super) struct Footing {
    pub(super) base: u32,
    pub(super) sd_req: u32,
}

/// The SoftDevice as the image of an update.
pub(super) fn softdevice(model: &PackageSoftDevice, device: &Device) -> Vec<u8> {
    stand_in(model, device).image(model.size.bytes() as usize)
}

fn stand_in(model: &PackageSoftDevice, device: &Device) -> StandIn {
    let usual = StandIn::usual(&device.layout(), model.fwid.get());
    StandIn {
        version: model.version.number(),
        end: model.end.unwrap_or(usual.end),
        id: model.id.unwrap_or(usual.id),
        magic: model.magic.unwrap_or(usual.magic),
        ..usual
    }
}

/// The bootloader as the image of an update, filled up to `size` bytes. A planted bug is in every bootloader of a run.
pub(super) fn bootloader(model: &Bootloader, device: &Device, size: u32) -> Vec<u8> {
    let build = device::build(model, device.build.profile, device.build.planted_bug);
    let mut image = images::bootloader(&device.layout(), &build).bytes;
    // What stands there is never executed; words that differ show when one is missing.
    let words = (image.len() as u32 / 4..size.div_ceil(4)).flat_map(|word| (!word).to_le_bytes());
    image.extend(words);
    image
}

/// The witness of a package, linked for where it will stand.
pub(super) fn application(model: &PackageApplication, footing: &Footing) -> Vec<u8> {
    let (id, size) = (u32::from(model.witness.get()), model.size.bytes() as usize);
    match model.buttonless {
        None => images::witness(footing.base, id, size),
        Some(service) => images::buttonless(footing.base, id, size, device::buttonless(service, None)),
    }
}

/// Where the application of `package` will stand.
pub(super) fn footing(
    application: &PackageApplication,
    package: &BuiltPackage,
    case: &Case,
    device: &Device,
) -> Footing {
    let on = |model: &PackageSoftDevice| Footing {
        base: stand_in(model, device).end.next_multiple_of(PAGE),
        sd_req: u32::from(model.fwid.get()),
    };
    let usual = Footing { base: device.application_base(), sd_req: device.softdevice.map_or(0, u32::from) };
    match (&application.behind, &package.softdevice) {
        (Behind::None, _) => Footing { base: MBR_END, sd_req: 0 },
        // The name is checked when the scenario is read.
        (Behind::Package(name), _) => {
            case.package(name).and_then(|package| package.softdevice()).map_or(usual, on)
        }
        (Behind::Usual, Some(softdevice)) => on(softdevice),
        (Behind::Usual, None) => usual,
    }
}
