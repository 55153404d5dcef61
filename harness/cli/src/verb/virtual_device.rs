//! From arguments to the virtual device that they describe.

use std::path::Path;

use gauntlet_bench::{Application, Device, Profile};
use gauntlet_runner::flashable;
use gauntlet_scenario::{Source, model, read_bootloader, read_device};

use crate::args::{SoftDeviceChoice, VirtualDeviceArgs};
use crate::display::tame;
use crate::failure::Failure;

/// The application that is on a device before, unless somebody says otherwise. Version 0 lets every update pass.
const PREVIOUS: Application = Application { witness: 1, size: 8 * 1024, version: 0, buttonless: None };

/// The device that `args` describe, with a bootloader for this transport.
///
/// # Errors
/// What can't be read, what is wrong with it, and what does not fit together.
pub(super) fn of(args: &VirtualDeviceArgs, profile: Profile) -> Result<Device, Failure> {
    let mut model = match &args.device {
        Some(path) => from_file(path)?,
        None => model::Device::default(),
    };
    if let Some(text) = &args.bootloader {
        let source = Source::new("--bootloader", text);
        model.bootloader = read_bootloader(&source).map_err(Failure::Argument)?;
    }
    let mut device = flashable(&model, args.chip.variant(), profile);
    if args.device.is_none() {
        device.application = Some(PREVIOUS);
    }
    match args.softdevice {
        Some(SoftDeviceChoice::Without) => device.softdevice = None,
        Some(SoftDeviceChoice::Fwid(fwid)) => device.softdevice = Some(fwid),
        None => {}
    }
    if let Some(path) = &args.key {
        device.build.public_key = super::public_key(path)?.to_le_bytes();
    }
    if let Some(version) = args.hw_version {
        device.build.hw_version = version;
    }
    if args.unsigned {
        device.build.require_signature = false;
    }
    device.build.planted_bug = args.planted_bug;
    device.application = application(args, device.application)?;
    check(&device)?;
    Ok(device)
}

fn from_file(path: &Path) -> Result<model::Device, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|source| Failure::File { path: path.to_owned(), source: Box::new(source) })?;
    let name = tame(&path.display().to_string());
    let source = Source::from_bytes(name, bytes)
        .map_err(|problem| Failure::Scenarios(std::iter::once(*problem).collect()))?;
    read_device(&source).map_err(Failure::Scenarios)
}

fn application(
    args: &VirtualDeviceArgs,
    before: Option<Application>,
) -> Result<Option<Application>, Failure> {
    if args.no_app {
        return Ok(None);
    }
    let asked = args.app_version.is_some() || args.app_size.is_some();
    let Some(mut application) = before.or(asked.then_some(PREVIOUS)) else { return Ok(None) };
    application.version = args.app_version.unwrap_or(application.version);
    application.size = args.app_size.map_or(application.size, |size| size.bytes());
    Ok(Some(application))
}

/// What can't be flashed, or could never be reached.
fn check(device: &Device) -> Result<(), Failure> {
    if device.build.profile == Profile::Ble && device.softdevice.is_none() {
        return Err(Failure::Usage {
            what: "a bootloader can't be reached over BLE without a SoftDevice".to_owned(),
            advice: "the SoftDevice is the radio's driver; give the device one, or take --link serial"
                .to_owned(),
        });
    }
    let Some(application) = device.application else { return Ok(()) };
    let (least, most) =
        (model::Application::SMALLEST, device.layout().image_area_end() - device.application_base());
    if !(least..=most).contains(&application.size) {
        return Err(Failure::Usage {
            what: format!("an application of {} bytes can't be on this device", application.size),
            advice: format!("it has {least} to {most} bytes"),
        });
    }
    Ok(())
}
