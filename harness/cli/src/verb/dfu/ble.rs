//! `gauntlet dfu --name` and `--address`: a real device over the Bluetooth of this machine.

use gauntlet_links::ble::{BleOptions, Wanted};
use gauntlet_package::Image;
use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;
use gauntlet_runner::ble::{BleEnd, BleUpdate, update_ble};

use super::answer::Answer;
use super::client;
use super::progress::Progress;
use crate::args::{DfuArgs, LinkChoice};
use crate::failure::Failure;
use crate::{interrupt, output};

/// Who the user wants, if it is a real device.
pub(super) fn wanted(args: &DfuArgs) -> Result<Option<Wanted>, Failure> {
    if args.link == Some(LinkChoice::Dongle) || args.port.is_some() {
        return Ok(None);
    }
    let wanted = match (&args.name, args.address) {
        (Some(name), _) => Wanted::Name(name.clone()),
        (None, Some(address)) => Wanted::Address(address),
        (None, None) if args.adapter.is_some() => {
            return Err(Failure::Usage {
                what: "--adapter alone names no device".to_owned(),
                advice: "say which real device is meant, with --name or --address; without all three a virtual device is \
                         updated"
                    .to_owned(),
            });
        }
        (None, None) => return Ok(None),
    };
    if args.link.unwrap_or(LinkChoice::Ble) != LinkChoice::Ble {
        return Err(Failure::Usage {
            what: "a device with a name or an address is reached over BLE only".to_owned(),
            advice: "take --link ble, or --port for a real device on a serial line".to_owned(),
        });
    }
    if args.mtu.is_some() {
        return Err(Failure::Usage {
            what: "--mtu is not for the Bluetooth of this machine: it negotiates the ATT MTU by itself"
                .to_owned(),
            advice: "leave it away".to_owned(),
        });
    }
    Ok(Some(wanted))
}

pub(super) fn dfu(args: &DfuArgs, wanted: Wanted, images: &[Image]) -> Result<ExitCode, Failure> {
    let stopper = Stopper::new();
    interrupt::stops(&stopper, "the device keeps what it has, and the same command goes on from there");
    output::tell(&format!("  a real device, over the Bluetooth of this machine: {wanted}\n"));
    let device = wanted.to_string();
    let ble = BleOptions { adapter: args.adapter.clone(), ..BleOptions::new(wanted) };
    let options = BleUpdate { ble, prn: args.prn, stopper, capture: args.capture.clone() };
    let mut progress = Progress::on_stderr(args.progress, images);
    let ended = update_ble(images, &options, &mut |at| progress.show(&at));
    progress.clear();
    let BleEnd { end, at_fault } = ended.map_err(Failure::Trouble)?;
    let said = client::said(&end.ending);
    let adapter = args.adapter.as_deref().unwrap_or("the first adapter");
    let mut place = vec![("device", format!("{device}, a real one, over {adapter}"))];
    place.extend(at_fault.map(|party| ("at fault", party.to_string())));
    output::print(&if args.json {
        Answer::of(&args.package, images, &said, &end.figures).on_the_air(&device, at_fault).json()?
    } else {
        client::story(args, images, &end, &place)
    })?;
    Ok(said.code)
}
