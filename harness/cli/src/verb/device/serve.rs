//! `gauntlet device serve`: the virtual device on a serial port, judged through the probe.

use std::path::Path;

use gauntlet_bench::serve::{DongleSetup, Timing};
use gauntlet_bench::{Profile, VirtualBench};
use gauntlet_links::virtual_dongle::UnknownFault;
use gauntlet_package::Package;
use gauntlet_record::{ExitCode, Word, WriteError};
use gauntlet_runner::Stopper;
use gauntlet_runner::dfu::Runs;
use gauntlet_runner::landed::{Part, landed};
use gauntlet_runner::serve::{Now, ServeEnd, ServeOptions, ServeProgress, serve as run};
use gauntlet_scenario::model::{Action, Fault};
use gauntlet_scenario::{Source, read_fault};

use super::super::dfu::dump::Dump;
use super::super::virtual_device;
use super::story;
use super::symlink::Symlink;
use crate::args::{DongleChoice, HoldChoice, SerialChoice, ServeArgs, TimingChoice};
use crate::failure::Failure;
use crate::{interrupt, output};

pub(super) fn serve(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let SerialChoice::Pty = args.serial;
    let dump = args.dump.as_deref().map(Dump::to).transpose()?;
    let expected: Option<Package> = args.expect.as_deref().map(gauntlet_package::read).transpose()?;
    let profile = if args.dongle.is_some() { Profile::Ble } else { args.profile.profile() };
    let device = virtual_device::of(&args.device, profile)?;
    let dongle = args.dongle.map(|pace| dongle(pace, &args.faults)).transpose()?;
    let layout = device.layout();
    let stopper = Stopper::new();
    let options = ServeOptions {
        device,
        timing: match args.timing {
            TimingChoice::Instant => Timing::Instant,
            TimingChoice::Flash => Timing::Flash,
        },
        faults: if dongle.is_some() { Vec::new() } else { faults(&args.faults)? },
        dongle,
        once: args.once,
        seed: args.seed,
        stopper: stopper.clone(),
        hold: args.hold.map(HoldChoice::hold),
    };
    interrupt::stops(&stopper, "the device is read back");
    let mut link = None;
    let mut failed = None;
    let end = run(&VirtualBench::new(), &options, &mut |progress| {
        let told = match progress {
            ServeProgress::Listening(port) => {
                // The old link must be gone before there is a new one of the same name.
                link = None;
                announce(args, &port).map(|symlink| link = symlink)
            }
            ServeProgress::Left(now) => {
                output::tell(&format!("  {}\n", told(&now)));
                Ok(())
            }
        };
        if let Err(failure) = told {
            // Nobody knows the port then.
            failed = Some(failure);
            stopper.stop();
        }
    });
    if let Some(failure) = failed {
        return Err(failure);
    }
    let end = end.map_err(Failure::Trouble)?;
    let parts = expected.map(|package| landed(&package.images, &end.now.flash, &layout));
    output::print(&story::of(&end, parts.as_deref()))?;
    if let Some(dump) = &dump {
        dump.write(&end.now.flash)?;
    }
    Ok(judged(&end, args.once, parts.as_deref()))
}

/// A dongle and its faults, by their names.
fn dongle(pace: DongleChoice, faults: &[String]) -> Result<DongleSetup, Failure> {
    let faults = faults.iter().map(|text| text.trim().parse()).collect::<Result<_, UnknownFault>>();
    let faults = faults.map_err(|error| Failure::Usage {
        what: format!("--fault: {error}"),
        advice: "write NAME, NAME:3 or NAME:always; docs/dongle.md says what each one does".to_owned(),
    })?;
    Ok(DongleSetup { pace: pace.pace(), faults })
}

/// The faults as a scenario would list them. The braces around one may be left out.
fn faults(texts: &[String]) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for text in texts {
        let text = text.trim();
        let braces = text.starts_with('{');
        let source = Source::new("--fault", if braces { text.to_owned() } else { format!("{{ {text} }}") });
        faults.push(read_fault(&source).map_err(Failure::Argument)?);
    }
    let cuts = faults.iter().filter(|fault| matches!(fault.action, Action::PowerCut { .. })).count();
    if cuts > 1 {
        return Err(Failure::Usage {
            what: "the supply can be cut at one flash operation only".to_owned(),
            advice: "leave one --fault with `do: power-cut`".to_owned(),
        });
    }
    Ok(faults)
}

/// Says where the device can be reached, and makes that a lasting name if one is wanted.
fn announce(args: &ServeArgs, port: &Path) -> Result<Option<Symlink>, Failure> {
    let link = link(args, port)?;
    output::print(&format!("{}\n", port.display()))?;
    output::tell(&format!("  the {} is in DFU mode   Ctrl-C ends it\n", args.device.chip.name()));
    Ok(link)
}

/// The lasting name.
pub(super) fn link(args: &ServeArgs, port: &Path) -> Result<Option<Symlink>, Failure> {
    let link = args.link_path.as_deref().map(|path| {
        Symlink::new(path, port)
            .map_err(|error| Failure::Write(WriteError::new("link to the port", path, error)))
    });
    link.transpose()
}

/// What a device is, in a line.
fn told(now: &Now) -> String {
    let version = now.app_version.map(|version| format!(", version {version}")).unwrap_or_default();
    let system = if now.new_system { " with another SoftDevice or bootloader" } else { "" };
    match &now.application {
        Runs::New => {
            format!("updated: {} bytes at {}{version}{system}", now.size, Word(now.address))
        }
        Runs::Previous | Runs::Nothing if now.new_system => {
            "updated: another SoftDevice or bootloader, its application as before".to_owned()
        }
        Runs::Previous | Runs::Nothing => "left DFU mode without an update".to_owned(),
        Runs::Neither(found) => format!("left DFU mode without an application that runs: {found}"),
    }
}

/// Serving ends well when it is ended; `--once` asks for an update, `--expect` for what is in flash. A device that runs
/// nothing is wrong in any case, and a fault that did not fire proves nothing.
fn judged(end: &ServeEnd, once: bool, expected: Option<&[Part]>) -> ExitCode {
    let device = match &end.now.application {
        Runs::Neither(_) => ExitCode::Failed,
        _ if once && (end.updates == 0 || !end.now.is_updated()) => ExitCode::Failed,
        _ if expected.is_some_and(|parts| !parts.iter().all(Part::landed)) => ExitCode::Failed,
        _ => ExitCode::Pass,
    };
    let missed = end.faults.iter().any(|fault| fault.fired.is_err());
    device.and(if missed { ExitCode::FaultDidNotFire } else { ExitCode::Pass })
}

#[cfg(test)]
mod tests {
    use gauntlet_runner::serve::FaultEnd;

    use super::*;

    fn end(updates: u32, application: Runs) -> ServeEnd {
        let now = Now {
            application,
            new_system: false,
            address: 0x26000,
            size: 4,
            sha256: [0; 32],
            app_version: Some(1),
            flash: vec![],
        };
        ServeEnd { updates, faults: vec![], now }
    }

    fn part(differing: u32) -> Part {
        Part { name: "application", address: 0x26000, size: 4, differing, first: None }
    }

    #[test]
    fn once_asks_for_an_update_and_a_broken_device_is_never_good() {
        let broken = || Runs::Neither("unsettled".to_owned());
        assert_eq!(judged(&end(1, Runs::New), true, None), ExitCode::Pass);
        assert_eq!(judged(&end(0, Runs::Previous), true, None), ExitCode::Failed);
        assert_eq!(judged(&end(0, Runs::Previous), false, None), ExitCode::Pass);
        assert_eq!(judged(&end(1, broken()), false, None), ExitCode::Failed);
        assert_eq!(judged(&end(1, broken()), true, None), ExitCode::Failed);
    }

    #[test]
    fn flash_is_judged_by_the_package_and_a_fault_by_whether_it_fired() {
        assert_eq!(judged(&end(1, Runs::New), true, Some(&[part(0)])), ExitCode::Pass);
        assert_eq!(judged(&end(1, Runs::New), true, Some(&[part(0), part(1)])), ExitCode::Failed);
        assert_eq!(judged(&end(0, Runs::Previous), false, Some(&[part(1)])), ExitCode::Failed);
        let fault = |fired| FaultEnd { fault: "drop packet".to_owned(), fired };
        let mut with = end(1, Runs::New);
        with.faults = vec![fault(Ok("packet 7".to_owned()))];
        assert_eq!(judged(&with, true, None), ExitCode::Pass);
        with.faults.push(fault(Err("packet 900".to_owned())));
        assert_eq!(judged(&with, true, None), ExitCode::FaultDidNotFire);
    }

    #[test]
    fn faults_are_read_with_and_without_braces() {
        let read = |texts: &[&str]| faults(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let with = read(&["{ at: { packet: 7 }, do: drop }"]).unwrap();
        assert_eq!(with[0].action, Action::Drop);
        assert_eq!(read(&["at: { packet: 7 }, do: drop"]).unwrap()[0].at, with[0].at);
        assert!(matches!(read(&["at: { packet: 7 }, do: drip"]), Err(Failure::Argument(_))));
        let cut = "at: { flash-op: 1 }, do: power-cut";
        assert!(matches!(read(&[cut, cut]), Err(Failure::Usage { .. })));
    }
}
