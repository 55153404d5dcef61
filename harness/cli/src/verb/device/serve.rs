//! `gauntlet device serve`: the virtual device on a serial port, judged through the probe.

use std::fmt::Write as _;
use std::path::Path;

use gauntlet_bench::serve::Timing;
use gauntlet_bench::{Profile, VirtualBench};
use gauntlet_record::{ExitCode, Sha256, Word, WriteError};
use gauntlet_runner::Stopper;
use gauntlet_runner::dfu::Runs;
use gauntlet_runner::serve::{Now, ServeEnd, ServeOptions, ServeProgress, serve as run};

use super::super::dfu::dump::Dump;
use super::super::virtual_device;
use super::symlink::Symlink;
use crate::args::{HoldChoice, SerialChoice, ServeArgs, TimingChoice};
use crate::failure::Failure;
use crate::{interrupt, output};

pub(super) fn serve(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let SerialChoice::Pty = args.serial;
    let dump = args.dump.as_deref().map(Dump::to).transpose()?;
    let stopper = Stopper::new();
    interrupt::stops(&stopper);
    let options = ServeOptions {
        device: virtual_device::of(&args.device, Profile::Uart)?,
        timing: match args.timing {
            TimingChoice::Instant => Timing::Instant,
            TimingChoice::Flash => Timing::Flash,
        },
        once: args.once,
        seed: args.seed,
        stopper: stopper.clone(),
        hold: args.hold.map(HoldChoice::hold),
    };
    let mut link = None;
    let mut failed = None;
    let end = run(&VirtualBench::new(), &options, &mut |progress| {
        let told = match progress {
            ServeProgress::Listening(port) => announce(args, &port).map(|symlink| link = symlink),
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
    output::print(&story(&end))?;
    if let Some(dump) = &dump {
        dump.write(&end.now.flash)?;
    }
    Ok(judged(&end, args.once))
}

/// Says where the device can be reached, and makes that a lasting name if one is wanted.
fn announce(args: &ServeArgs, port: &Path) -> Result<Option<Symlink>, Failure> {
    let link = args.link_path.as_deref().map(|path| {
        Symlink::new(path, port)
            .map_err(|error| Failure::Write(WriteError::new("link to the port", path, error)))
    });
    let link = link.transpose()?;
    output::print(&format!("{}\n", port.display()))?;
    output::tell(&format!("  the {} is in DFU mode   Ctrl-C ends it\n", args.device.chip.name()));
    Ok(link)
}

/// What a device is, in a line.
fn told(now: &Now) -> String {
    let version = now.app_version.map(|version| format!(", version {version}")).unwrap_or_default();
    match &now.application {
        Runs::New => {
            format!("updated: {} bytes at {}{version}", now.size, Word(now.address))
        }
        Runs::Previous | Runs::Nothing => "left DFU mode without an update".to_owned(),
        Runs::Neither(found) => format!("left DFU mode without an application that runs: {found}"),
    }
}

fn story(end: &ServeEnd) -> String {
    let now = &end.now;
    let mut text = String::new();
    let mut row = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<14}{value}");
    };
    let count = if end.updates == 1 { "1 update".to_owned() } else { format!("{} updates", end.updates) };
    row("completed", &count);
    let runs = match &now.application {
        Runs::New => "a new application",
        Runs::Previous => "its previous application",
        Runs::Nothing => "no application, as before",
        Runs::Neither(found) => found,
    };
    row("runs now", runs);
    row("flash", &format!("{} bytes at {}, read back through the probe", now.size, Word(now.address)));
    row("SHA-256", &Sha256(now.sha256).to_string());
    let settings = now.app_version.map(|version| format!("valid, application version {version}"));
    row("settings", settings.as_deref().unwrap_or("not valid"));
    text
}

/// Serving ends well when it is ended; only `--once` asks for something. A device that runs nothing is wrong in any case.
fn judged(end: &ServeEnd, once: bool) -> ExitCode {
    match &end.now.application {
        Runs::Neither(_) => ExitCode::Failed,
        Runs::Previous | Runs::Nothing if once => ExitCode::Failed,
        Runs::New if once && end.updates == 0 => ExitCode::Failed,
        _ => ExitCode::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_asks_for_an_update_and_a_broken_device_is_never_good() {
        let end = |updates, application| {
            let now = Now {
                application,
                address: 0x26000,
                size: 4,
                sha256: [0; 32],
                app_version: Some(1),
                flash: vec![],
            };
            ServeEnd { updates, now }
        };
        let broken = || Runs::Neither("unsettled".to_owned());
        assert_eq!(judged(&end(1, Runs::New), true), ExitCode::Pass);
        assert_eq!(judged(&end(0, Runs::Previous), true), ExitCode::Failed);
        assert_eq!(judged(&end(0, Runs::Previous), false), ExitCode::Pass);
        assert_eq!(judged(&end(1, broken()), false), ExitCode::Failed);
        assert_eq!(judged(&end(1, broken()), true), ExitCode::Failed);
    }
}
