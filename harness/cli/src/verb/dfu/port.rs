//! `gauntlet dfu --port`: a device on a serial port. There is no probe, so what is said is the client's word.

use std::path::Path;

use gauntlet_links::serial::SerialOptions;
use gauntlet_package::Image;
use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;
use gauntlet_runner::port::{Ending, PortEnd, PortOptions, update_port};

use super::Said;
use super::answer::Answer;
use super::progress::Progress;
use super::rows::Rows;
use crate::args::DfuArgs;
use crate::failure::Failure;
use crate::{interrupt, output};

pub(super) fn dfu(args: &DfuArgs, port: &Path, images: &[Image]) -> Result<ExitCode, Failure> {
    let stopper = Stopper::new();
    interrupt::stops(&stopper, "the device keeps what it has, and the same command goes on from there");
    let options = SerialOptions { flow_control: !args.no_flow_control, ..SerialOptions::new(port) };
    let options = PortOptions { port: options, prn: args.prn, stopper };
    let mut progress = Progress::on_stderr(args.progress, images);
    let end = update_port(images, &options, &mut |at| progress.show(&at));
    progress.clear();
    let end = end.map_err(Failure::Trouble)?;
    let said = said(&end.ending);
    output::print(&if args.json {
        Answer::of(&args.package, images, &said, &end.figures).on_port(port).json()?
    } else {
        story(args, port, images, &end)
    })?;
    Ok(said.code)
}

/// The client's word is all there is.
fn said(ending: &Ending) -> Said {
    let (outcome, words, code) = match ending {
        Ending::Completed => ("completed", None, ExitCode::Pass),
        Ending::Refused(words) => ("refused", Some(words), ExitCode::Failed),
        Ending::BrokenOff(words) => ("broken-off", Some(words), ExitCode::BenchUnusable),
        Ending::Stopped => ("stopped", None, ExitCode::Interrupted),
    };
    Said { outcome, words: words.cloned(), code }
}

fn story(args: &DfuArgs, port: &Path, images: &[Image], end: &PortEnd) -> String {
    let mut rows = Rows::below(match &end.ending {
        Ending::Completed => "the device accepted the update",
        Ending::Refused(_) => "the device refused the update",
        Ending::BrokenOff(_) => "the update broke off",
        Ending::Stopped => "the update was stopped; the same command goes on from there",
    });
    rows.package(&args.package, images, &end.figures);
    rows.add("port", &port.display().to_string());
    match &end.ending {
        Ending::Refused(words) => rows.add("refused", words),
        Ending::BrokenOff(words) => {
            rows.add("broken off", words);
            rows.add("hint", "the device keeps what it has; the same command goes on from there");
        }
        Ending::Completed | Ending::Stopped => {}
    }
    rows.amounts(&end.figures.total, end.ending == Ending::Completed);
    rows.add("proof", "none: there is no probe at a port, so this is what the device says");
    rows.text()
}
