//! `gauntlet dfu --port`: a device on a serial port. There is no probe, so what is said is the client's word.

use std::path::Path;

use gauntlet_links::serial::SerialOptions;
use gauntlet_package::Image;
use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;
use gauntlet_runner::port::{PortOptions, update_port};

use super::answer::Answer;
use super::client;
use super::progress::Progress;
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
    let said = client::said(&end.ending);
    output::print(&if args.json {
        Answer::of(&args.package, images, &said, &end.figures).on_port(port).json()?
    } else {
        client::story(args, images, &end, &[("port", port.display().to_string())])
    })?;
    Ok(said.code)
}
