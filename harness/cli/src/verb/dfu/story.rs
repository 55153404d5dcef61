//! How an update ended, for a person.

use std::fmt::Write as _;

use gauntlet_package::Image;
use gauntlet_record::{Sha256, Word};
use gauntlet_runner::dfu::{DfuEnd, DfuLink, DfuOptions, Runs};

use super::dump::Dump;
use super::hints;
use crate::args::DfuArgs;
use crate::display::{tame, time};

/// Columns of a label.
const LABEL: usize = 14;

pub(super) fn of(
    args: &DfuArgs,
    image: &Image,
    options: &DfuOptions,
    end: &DfuEnd,
    dump: Option<&Dump>,
) -> String {
    let mut text = format!("{}\n\n", headline(end));
    let mut row = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<LABEL$}{}", tame(value));
    };
    let version =
        image.init.init.fw_version.map(|version| format!(", version {version}")).unwrap_or_default();
    let bytes = image.firmware.len();
    row("package", &format!("{}: {bytes} bytes of firmware{version}", args.package.display()));
    row("device", &device(args, options));
    if let Err(words) = &end.update {
        row(if end.refused { "refused" } else { "broken off" }, words);
        let hints = if end.refused { hints::of(image, options) } else { Vec::new() };
        hints.iter().for_each(|hint| row("hint", hint));
    }
    row("runs now", &runs(&end.application));
    let address = Word(end.address);
    let flash = if end.flash_equals_firmware {
        format!("equal to the firmware: {bytes} bytes at {address}, read back through the probe")
    } else if end.application == Runs::Nothing {
        format!("no application at {address}, as before, read back through the probe")
    } else if end.application == Runs::Previous {
        format!("the previous application, unchanged, at {address}, read back through the probe")
    } else {
        format!("not the firmware of the package at {address}, read back through the probe")
    };
    row("flash", &flash);
    if end.flash_equals_firmware {
        row("SHA-256", &Sha256(end.sha256).to_string());
    }
    let settings = end.app_version.map(|version| format!("valid, application version {version}"));
    row("settings", settings.as_deref().unwrap_or("not valid"));
    let mut took = format!("{} of device time", time(end.device_time.into()));
    if end.reconnects > 0 || end.bytes_resent > 0 {
        let _ = write!(took, ", {} reconnects, {} bytes sent again", end.reconnects, end.bytes_resent);
    }
    row("took", &took);
    if let Some(dump) = dump {
        row("dump", &format!("{}: {} bytes of flash", dump.path.display(), end.flash.len()));
    }
    text
}

fn headline(end: &DfuEnd) -> &'static str {
    match (&end.update, &end.application) {
        (Ok(()), Runs::New) if end.flash_equals_firmware => "the update is done and verified",
        (Ok(()), _) => "the device accepted the update, but does not run it",
        (Err(_), Runs::Previous) if end.refused => {
            "the device refused the update, and still runs its previous application"
        }
        (Err(_), Runs::Nothing) if end.refused => {
            "the device refused the update, and has no application, as before"
        }
        (Err(_), Runs::Nothing) => "the update broke off; the device has no application, as before",
        (Err(_), Runs::Previous) => "the update broke off; the device still runs its previous application",
        (Err(_), Runs::New) => "the update broke off at its end, but the device runs the new application",
        (Err(_), Runs::Neither(_)) => "the update broke the device",
    }
}

fn runs(runs: &Runs) -> String {
    match runs {
        Runs::New => "the new application".to_owned(),
        Runs::Previous => "its previous application".to_owned(),
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
