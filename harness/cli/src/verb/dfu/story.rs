//! What became of an update, for a person.

use gauntlet_package::Image;
use gauntlet_record::{Sha256, Word};
use gauntlet_runner::dfu::{DfuEnd, DfuLink, DfuOptions, Runs};
use sha2::Digest;

use super::super::compared::compared;
use super::dump::Dump;
use super::rows::Rows;
use super::{hints, is_done};
use crate::args::DfuArgs;
use crate::display::time;

pub(super) fn of(
    args: &DfuArgs,
    images: &[Image],
    options: &DfuOptions,
    end: &DfuEnd,
    dump: Option<&Dump>,
) -> String {
    let mut rows = Rows::below(&headline(images, end));
    rows.package(&args.package, images, &end.figures);
    rows.add("device", &device(args, options));
    if let Err(words) = &end.update {
        rows.add(if end.refused { "refused" } else { "broken off" }, words);
    }
    let hints = if end.refused { hints::of(images, options, end) } else { Vec::new() };
    hints.iter().for_each(|hint| rows.add("hint", hint));
    rows.add("runs now", &runs(end));
    flash(&mut rows, end);
    if let ([image], true) = (images, end.landed()) {
        rows.add("SHA-256", &Sha256(sha2::Sha256::digest(&image.firmware).into()).to_string());
    }
    let settings = end.versions.map(|versions| {
        format!(
            "valid, application version {}, bootloader version {}",
            versions.application, versions.bootloader
        )
    });
    rows.add("settings", settings.as_deref().unwrap_or("not valid"));
    rows.amounts(&end.figures.total, end.update.is_ok());
    rows.add("took", &format!("{} of device time", time(end.device_time.into())));
    if let Some(dump) = dump {
        rows.add("dump", &format!("{}: {} bytes of flash", dump.path.display(), end.flash.len()));
    }
    rows.text()
}

/// Every part of the package, and what is there in its place.
fn flash(rows: &mut Rows, end: &DfuEnd) {
    for part in &end.parts {
        let address = Word(end.address);
        let found = match &end.application {
            Runs::Nothing if part.name == "application" => format!("no application at {address}"),
            Runs::Previous if part.name == "application" && !part.landed() => {
                format!("the previous application, unchanged, at {address}")
            }
            _ => compared(part),
        };
        rows.add("flash", &format!("{found}, read back through the probe"));
    }
}

fn headline(images: &[Image], end: &DfuEnd) -> String {
    let before = if end.had_application { " any more" } else { ", as before" };
    match (&end.update, &end.application) {
        (Ok(()), _) if is_done(images, end) => "the update is done and verified".to_owned(),
        (Ok(()), _) if !end.landed() => {
            "the device accepted the update, but does not hold all of it".to_owned()
        }
        (Ok(()), _) => "the device accepted the update, but does not run it".to_owned(),
        (Err(_), Runs::Previous) if end.refused => {
            "the device refused the update, and still runs its previous application".to_owned()
        }
        (Err(_), Runs::Nothing) if end.refused => {
            format!("the device refused the update, and has no application{before}")
        }
        (Err(_), Runs::Nothing) => format!("the update broke off; the device has no application{before}"),
        (Err(_), Runs::Previous) => {
            "the update broke off; the device still runs its previous application".to_owned()
        }
        (Err(_), Runs::New) => {
            "the update broke off at its end, but the device runs the new application".to_owned()
        }
        (Err(_), Runs::Neither(_)) => "the update broke the device".to_owned(),
    }
}

fn runs(end: &DfuEnd) -> String {
    match &end.application {
        Runs::New => "the new application".to_owned(),
        Runs::Previous => "its previous application".to_owned(),
        Runs::Nothing if end.had_application => {
            "no application any more; the bootloader waits for one".to_owned()
        }
        Runs::Nothing => "no application, as before".to_owned(),
        Runs::Neither(found) => format!("neither the new nor the previous application: {found}"),
    }
}

fn device(args: &DfuArgs, options: &DfuOptions) -> String {
    let softdevice = options
        .device
        .softdevice
        .map_or_else(|| "no SoftDevice".to_owned(), |id| format!("SoftDevice 0x{id:04X}"));
    let link = match options.link {
        DfuLink::Ble { att_mtu } => format!("BLE with an ATT MTU of {att_mtu}"),
        DfuLink::Serial => "serial line".to_owned(),
    };
    format!("{}, {softdevice}, hardware {}, {link}", args.device.chip.name(), options.device.build.hw_version)
}
