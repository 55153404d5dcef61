//! `gauntlet dfu`: one plain update, proved through the probe.

pub(super) mod dump;
mod hints;
mod port;
mod progress;
mod story;

use gauntlet_bench::{Profile, VirtualBench};
use gauntlet_package::{Image, Package, PackageError, read};
use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;
use gauntlet_runner::dfu::{DfuEnd, DfuLink, DfuOptions, Runs, dfu as update};

use super::package_show::tell_warnings;
use super::virtual_device;
use crate::args::{DfuArgs, HoldChoice, LinkChoice};
use crate::display::tame;
use crate::failure::Failure;
use crate::{interrupt, output};

use dump::Dump;
use progress::Progress;

pub(super) fn dfu(args: &DfuArgs) -> Result<ExitCode, Failure> {
    let dump = args.dump.as_deref().map(Dump::to).transpose()?;
    let package = read(&args.package).map_err(untouched)?;
    tell_warnings(&package.warnings);
    let image = the_application(args, &package)?;
    if let Some(port) = &args.port {
        return port::dfu(args, port, image);
    }

    let (link, profile) = match args.link {
        LinkChoice::Ble => (DfuLink::Ble { att_mtu: args.mtu }, Profile::Ble),
        LinkChoice::Serial => (DfuLink::Serial, Profile::Uart),
    };
    let device = virtual_device::of(&args.device, profile)?;
    let stopper = Stopper::new();
    interrupt::stops(&stopper, "the device is let go");
    let options = DfuOptions {
        device,
        link,
        prn: args.prn,
        seed: args.seed,
        stopper: stopper.clone(),
        hold: args.hold.map(HoldChoice::hold),
    };
    let mut progress = Progress::on_stderr(args.progress);
    let end = update(&VirtualBench::new(), image, &options, &mut |at| progress.show(at));
    progress.clear();
    let end = end.map_err(Failure::Trouble)?;

    let code = if stopper.is_stopped() && end.update.is_err() {
        ExitCode::Interrupted.and(judged(&end))
    } else {
        judged(&end)
    };
    let written = dump.as_ref().map_or(Ok(()), |dump| dump.write(&end.flash));
    output::print(&story::of(args, image, &options, &end, dump.as_ref().filter(|_| written.is_ok())))?;
    if code == ExitCode::Pass {
        written?;
    } else if let Err(failure) = written {
        failure.tell();
    }
    Ok(code)
}

/// A refusal of this verb also says that nothing has happened.
fn untouched(error: PackageError) -> Failure {
    match Failure::from(error) {
        Failure::PackageRefused { file, finding, advice } => {
            let advice = format!("{advice}\nthe device was not touched");
            Failure::PackageRefused { file, finding, advice }
        }
        other => other,
    }
}

/// The one image that can be sent.
fn the_application<'p>(args: &DfuArgs, package: &'p Package) -> Result<&'p Image, Failure> {
    match package.images.as_slice() {
        [image] if image.kind.name() == "application" => Ok(image),
        images => {
            let kinds: Vec<String> = images.iter().map(|image| image.kind.to_string()).collect();
            let file = tame(&args.package.display().to_string());
            Err(Failure::NotOneApplication {
                file,
                what: format!("{}, not one application", kinds.join(" and ")),
            })
        }
    }
}

/// What the end says about the device: good only when everything agrees, wrong when it refused, or accepted and does not
/// run what it accepted, or runs nothing that it should. An update that broke off for other reasons says nothing about it.
fn judged(end: &DfuEnd) -> ExitCode {
    let updated = end.application == Runs::New && end.flash_equals_firmware;
    match (&end.update, &end.application) {
        (Ok(()), _) if updated => ExitCode::Pass,
        (Ok(()), _) | (Err(_), Runs::Neither(_)) => ExitCode::Failed,
        (Err(_), _) if end.refused => ExitCode::Failed,
        (Err(_), _) => ExitCode::BenchUnusable,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn end(
        update: Result<(), &str>,
        refused: bool,
        application: Runs,
        flash_equals_firmware: bool,
    ) -> DfuEnd {
        DfuEnd {
            update: update.map_err(ToOwned::to_owned),
            refused,
            application,
            flash_equals_firmware,
            address: 0x26000,
            sha256: [0; 32],
            app_version: Some(1),
            flash: Vec::new(),
            device_time: Duration::ZERO,
            bytes_resent: 0,
            reconnects: 0,
        }
    }

    #[test]
    fn only_a_device_that_runs_the_new_firmware_passes() {
        let neither = || Runs::Neither("it does not start".to_owned());
        let table = [
            (end(Ok(()), false, Runs::New, true), ExitCode::Pass),
            (end(Ok(()), false, Runs::New, false), ExitCode::Failed),
            (end(Ok(()), false, Runs::Previous, false), ExitCode::Failed),
            (end(Ok(()), false, neither(), true), ExitCode::Failed),
            (end(Err("wrong key"), true, Runs::Previous, false), ExitCode::Failed),
            (end(Err("wrong key"), true, Runs::Nothing, false), ExitCode::Failed),
            (end(Err("no answer"), false, Runs::Nothing, false), ExitCode::BenchUnusable),
            (end(Err("no answer"), false, Runs::Previous, false), ExitCode::BenchUnusable),
            (end(Err("no answer"), false, neither(), false), ExitCode::Failed),
        ];
        for (end, code) in table {
            assert_eq!(judged(&end), code, "{end:?}");
        }
    }
}
