//! `gauntlet dfu --port`: a device on a serial port. There is no probe, so what is said is the client's word.

use std::fmt::Write as _;
use std::path::Path;

use gauntlet_links::serial::SerialOptions;
use gauntlet_package::Image;
use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;
use gauntlet_runner::port::{PortEnd, PortOptions, update_port};

use super::progress::Progress;
use crate::args::DfuArgs;
use crate::display::tame;
use crate::failure::Failure;
use crate::{interrupt, output};

pub(super) fn dfu(args: &DfuArgs, port: &Path, image: &Image) -> Result<ExitCode, Failure> {
    let stopper = Stopper::new();
    interrupt::stops(&stopper, "the device keeps what it has");
    let port = SerialOptions { flow_control: !args.no_flow_control, ..SerialOptions::new(port) };
    let options = PortOptions { port, prn: args.prn, stopper };
    let mut progress = Progress::on_stderr(args.progress);
    let end = update_port(image, &options, &mut |at| progress.show(at));
    progress.clear();
    let end = end.map_err(Failure::Trouble)?;
    output::print(&story(args, image, &options, &end))?;
    Ok(match &end.update {
        Ok(()) => ExitCode::Pass,
        Err(_) if end.refused => ExitCode::Failed,
        Err(_) => ExitCode::BenchUnusable,
    })
}

fn story(args: &DfuArgs, image: &Image, options: &PortOptions, end: &PortEnd) -> String {
    let headline = match &end.update {
        Ok(()) => "the device accepted the update",
        Err(_) if end.refused => "the device refused the update",
        Err(_) => "the update broke off",
    };
    let mut text = format!("{headline}\n\n");
    let mut row = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<14}{}", tame(value));
    };
    let bytes = image.firmware.len();
    row("package", &format!("{}: {bytes} bytes of firmware", args.package.display()));
    row("port", &options.port.path.display().to_string());
    if let Err(words) = &end.update {
        row(if end.refused { "refused" } else { "broken off" }, words);
    }
    let report = &end.report;
    let took = end.data_time().as_secs_f64();
    if end.update.is_ok() && took > 0.0 {
        row("took", &format!("{took:.3} s for the firmware, {:.1} kB/s", bytes as f64 / took / 1000.0));
    }
    if report.reconnects > 0 || report.bytes_resent > 0 {
        row(
            "trouble",
            &format!("{} reconnects, {} bytes sent again", report.reconnects, report.bytes_resent),
        );
    }
    row("proof", "none: there is no probe at a port, so this is what the device says");
    text
}
