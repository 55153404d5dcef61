//! `gauntlet dfu --port`: a device on a serial port. There is no probe, so what is said is the client's word.

use std::path::Path;

use gauntlet_engine::PeerAddress;
use gauntlet_links::dongle::DongleOptions;
use gauntlet_links::serial::SerialOptions;
use gauntlet_package::Image;
use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;
use gauntlet_runner::port::{AtPort, PortOptions, update_port};

use super::answer::Answer;
use super::client;
use super::progress::Progress;
use crate::args::{DEFAULT_MTU, DfuArgs, LinkChoice};
use crate::failure::Failure;
use crate::{interrupt, output};

pub(super) fn dfu(args: &DfuArgs, port: &Path, images: &[Image]) -> Result<ExitCode, Failure> {
    let stopper = Stopper::new();
    interrupt::stops(&stopper, "the device keeps what it has, and the same command goes on from there");
    let options =
        PortOptions { port: at(args, port)?, prn: args.prn, stopper, capture: args.capture.clone() };
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

/// What is at the port, by the options.
fn at(args: &DfuArgs, port: &Path) -> Result<AtPort, Failure> {
    let name = args.name.clone();
    if args.link == Some(LinkChoice::Dongle) {
        // A scan tells what kind of address it is.
        let address = args.address.map(|bytes| PeerAddress { bytes, random: true });
        let att_mtu = args.mtu.unwrap_or(DEFAULT_MTU);
        let options = DongleOptions { name, address, att_mtu, ..DongleOptions::default() };
        return Ok(AtPort::Dongle(port.to_owned(), options));
    }
    if args.link.is_some() || args.mtu.is_some() || name.is_some() || args.address.is_some() {
        return Err(Failure::Usage {
            what: "--link, --mtu, --name and --address don't go with a device that is the port itself".to_owned(),
            advice: "with --link dongle the port is that of a dongle; without --port the device is a virtual one or on \
                     the air"
                .to_owned(),
        });
    }
    let flow_control = !args.no_flow_control;
    Ok(AtPort::Device(SerialOptions { flow_control, ..SerialOptions::new(port) }))
}
