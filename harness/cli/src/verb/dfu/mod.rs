//! `gauntlet dfu`: a package for a device, proved through the probe where there is one.

mod answer;
mod ble;
mod client;
pub(super) mod dump;
mod hints;
mod port;
mod progress;
mod rows;
mod story;

use gauntlet_bench::{Profile, VirtualBench};
use gauntlet_package::{Image, PackageError, read};
use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;
use gauntlet_runner::dfu::{DfuEnd, DfuLink, DfuOptions, Runs, dfu as update};

use super::package_show::tell_warnings;
use super::virtual_device;
use crate::args::{DEFAULT_MTU, DfuArgs, HoldChoice, LinkChoice};
use crate::failure::Failure;
use crate::{interrupt, output};

use answer::Answer;
use dump::Dump;
use progress::Progress;

pub(super) fn dfu(args: &DfuArgs) -> Result<ExitCode, Failure> {
    let on_the_air = ble::wanted(args)?;
    let dump = args.dump.as_deref().map(Dump::to).transpose()?;
    let package = match read(&args.package) {
        Ok(package) => package,
        Err(error) => {
            if let Some(answer) = Answer::rejected(&args.package, &error).filter(|_| args.json) {
                output::print(&answer.json()?)?;
            }
            return Err(untouched(error));
        }
    };
    tell_warnings(&package.warnings);
    let images = &package.images[..];
    if let Some(port) = &args.port {
        return port::dfu(args, port, images);
    }
    if let Some(wanted) = on_the_air {
        return ble::dfu(args, wanted, images);
    }

    let (link, profile) = match args.link.unwrap_or(LinkChoice::Ble) {
        LinkChoice::Ble => (DfuLink::Ble { att_mtu: args.mtu.unwrap_or(DEFAULT_MTU) }, Profile::Ble),
        LinkChoice::Serial => (DfuLink::Serial, Profile::Uart),
        LinkChoice::Dongle => {
            return Err(Failure::Usage {
                what: "--link dongle needs the port of the dongle".to_owned(),
                advice: "name it with --port; `gauntlet device serve --dongle` has a virtual one".to_owned(),
            });
        }
    };
    let device = virtual_device::of(&args.device, profile)?;
    let stopper = Stopper::new();
    interrupt::stops(&stopper, "the virtual device is let go; the same command makes a fresh one");
    let options = DfuOptions {
        device,
        link,
        prn: args.prn,
        seed: args.seed,
        stopper,
        hold: args.hold.map(HoldChoice::hold),
        capture: args.capture.clone(),
    };
    let mut progress = Progress::on_stderr(args.progress, images);
    let end = update(&VirtualBench::new(), images, &options, &mut |at| progress.show(&at));
    progress.clear();
    let end = end.map_err(Failure::Trouble)?;

    let said = said(images, &end);
    let written = dump.as_ref().map_or(Ok(()), |dump| dump.write(&end.flash));
    output::print(&if args.json {
        Answer::of(&args.package, images, &said, &end.figures).with_found(&end).json()?
    } else {
        story::of(args, images, &options, &end, dump.as_ref().filter(|_| written.is_ok()))
    })?;
    if said.code == ExitCode::Pass {
        written?;
    } else if let Err(failure) = written {
        failure.tell();
    }
    Ok(said.code)
}

/// How it ended, and what that means for the exit code.
struct Said {
    /// A word for programs.
    outcome: &'static str,
    /// The device's words, or the client's.
    words: Option<String>,
    code: ExitCode,
}

fn said(images: &[Image], end: &DfuEnd) -> Said {
    let outcome = match &end.update {
        Ok(()) => "completed",
        Err(_) if end.refused => "refused",
        Err(_) => "broken-off",
    };
    Said { outcome, words: end.update.clone().err(), code: judged(images, end) }
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

/// Every part of the package is in flash, and the device runs what it should: the application of the package; without one
/// in it the application from before, which only a new SoftDevice may have displaced (ACT-011).
fn is_done(images: &[Image], end: &DfuEnd) -> bool {
    let brings = |kind: &str| images.iter().any(|image| image.kind.name().contains(kind));
    let runs = match end.application {
        Runs::New => true,
        Runs::Previous => !has_application(images),
        Runs::Nothing => !has_application(images) && (!end.had_application || brings("softdevice")),
        Runs::Neither(_) => false,
    };
    runs && end.landed()
}

fn has_application(images: &[Image]) -> bool {
    images.iter().any(|image| image.kind.name() == "application")
}

/// What the end says about the device: good only when everything agrees, wrong when it refused, or accepted and does not
/// hold and run what it accepted, or runs nothing that it should. An update that broke off for other reasons says nothing
/// about it.
fn judged(images: &[Image], end: &DfuEnd) -> ExitCode {
    let displaced = images.iter().any(|image| image.kind.name().contains("softdevice"));
    match (&end.update, &end.application) {
        (Ok(()), _) if is_done(images, end) => ExitCode::Pass,
        (Ok(()), _) | (Err(_), Runs::Neither(_)) => ExitCode::Failed,
        (Err(_), Runs::Nothing) if end.had_application && !displaced => ExitCode::Failed,
        (Err(_), _) if end.refused => ExitCode::Failed,
        (Err(_), _) => ExitCode::BenchUnusable,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use gauntlet_runner::figures::Figures;
    use gauntlet_runner::landed::Part;

    use super::*;

    fn package(name: &str) -> Vec<Image> {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../package/tests/data/nrfutil/good");
        read(data.join(name)).unwrap().images
    }

    fn end(update: Result<(), &str>, refused: bool, application: Runs, landed: bool) -> DfuEnd {
        let differing = u32::from(!landed);
        let part = Part { name: "application", address: 0x26000, size: 4, differing, first: None };
        DfuEnd {
            update: update.map_err(ToOwned::to_owned),
            refused,
            application,
            had_application: true,
            parts: vec![part],
            address: 0x26000,
            versions: None,
            flash: Vec::new(),
            device_time: Duration::ZERO,
            figures: Figures::default(),
        }
    }

    #[test]
    fn only_a_device_that_runs_the_new_firmware_passes() {
        let images = package("app_4096_signed.zip");
        let neither = || Runs::Neither("it does not start".to_owned());
        let no_application =
            || DfuEnd { had_application: false, ..end(Err("no"), false, Runs::Nothing, false) };
        let table = [
            (end(Ok(()), false, Runs::New, true), ExitCode::Pass),
            (end(Ok(()), false, Runs::New, false), ExitCode::Failed),
            (end(Ok(()), false, Runs::Previous, false), ExitCode::Failed),
            (end(Ok(()), false, Runs::Previous, true), ExitCode::Failed),
            (end(Ok(()), false, Runs::Nothing, true), ExitCode::Failed),
            (end(Ok(()), false, neither(), true), ExitCode::Failed),
            (end(Err("wrong key"), true, Runs::Previous, false), ExitCode::Failed),
            (DfuEnd { refused: true, ..no_application() }, ExitCode::Failed),
            (no_application(), ExitCode::BenchUnusable),
            (end(Err("no answer"), false, Runs::Nothing, false), ExitCode::Failed),
            (end(Err("no answer"), false, Runs::Previous, false), ExitCode::BenchUnusable),
            (end(Err("no answer"), false, neither(), false), ExitCode::Failed),
        ];
        for (end, code) in table {
            assert_eq!(judged(&images, &end), code, "{end:?}");
        }
    }

    #[test]
    fn an_application_may_be_displaced_by_a_softdevice_only() {
        let (softdevice, bootloader) = (package("sd_signed.zip"), package("bl_signed.zip"));
        let displaced = end(Ok(()), false, Runs::Nothing, true);
        assert_eq!(judged(&softdevice, &displaced), ExitCode::Pass);
        assert_eq!(judged(&bootloader, &displaced), ExitCode::Failed);
        let kept = end(Ok(()), false, Runs::Previous, true);
        assert_eq!(judged(&bootloader, &kept), ExitCode::Pass);
        assert_eq!(judged(&bootloader, &end(Ok(()), false, Runs::Previous, false)), ExitCode::Failed);
        let broken_off = end(Err("no answer"), false, Runs::Nothing, false);
        assert_eq!(judged(&softdevice, &broken_off), ExitCode::BenchUnusable);
        assert_eq!(judged(&bootloader, &broken_off), ExitCode::Failed);
    }
}
