//! `gauntlet device serve --bluez`: a virtual device on the air of a Bluetooth service without a radio, as a board on a desk
//! would be: a debug port, a radio, a supply that is switched, and a reset pin.

use std::thread;
use std::time::Duration;

use gauntlet_bench::serve::{RadioBoard, RadioSetup};
use gauntlet_bench::{BoardError, Profile, Server};
use gauntlet_record::{ExitCode, WriteError};
use gauntlet_runner::{Stopper, Trouble};

use super::super::dfu::dump::Dump;
use super::super::virtual_device;
use super::control::Control;
use super::symlink::Symlink;
use crate::args::ServeArgs;
use crate::failure::Failure;
use crate::{interrupt, output};

/// How often it is asked whether the serving shall end.
const LOOK: Duration = Duration::from_millis(50);

pub(super) fn serve(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let dump = args.dump.as_deref().map(Dump::to).transpose()?;
    let device = if args.blank { None } else { Some(virtual_device::of(&args.device, Profile::Ble)?) };
    let setup =
        RadioSetup { variant: args.device.chip.variant(), seed: args.seed, device, locked: args.locked };
    let board = RadioBoard::new(&setup);
    let stopper = Stopper::new();
    interrupt::stops(&stopper, "the serving ends");
    let bluez = board.bluez().map_err(trouble)?;
    let mut bus = bluez.address();
    let _name = match args.bluez.as_ref().filter(|path| path.as_os_str() != "-") {
        None => None,
        Some(path) => {
            let socket = bus.trim_start_matches("unix:path=").to_owned();
            bus = format!("unix:path={}", path.display());
            let link = Symlink::new(path, socket.as_ref());
            Some(link.map_err(|error| Failure::Write(WriteError::new("link to the bus", path, error)))?)
        }
    };
    let servers = args.debug.iter().map(|choice| {
        let (protocol, port) = choice.server();
        board.serve(protocol, port).map_err(trouble)
    });
    let servers: Vec<Server> = servers.collect::<Result<_, _>>()?;
    let control = args.control.as_deref().map(|path| {
        let control = Control::open(path, board.clone());
        control.map_err(|error| Failure::Write(WriteError::new("control socket", path, error)))
    });
    let _control = control.transpose()?;
    let mut lines = format!("{bus}\n");
    for server in &servers {
        lines += &format!("{}\n", server.selector());
    }
    lines += &format!("{}\n", board.address());
    output::print(&lines)?;
    output::tell(&format!(
        "  the {} is on the air as {}: DBUS_SYSTEM_BUS_ADDRESS={bus}   Ctrl-C ends it\n",
        args.device.chip.name(),
        board.address()
    ));
    while !stopper.is_stopped() {
        thread::sleep(LOOK);
    }
    if let Some(dump) = &dump {
        dump.write(&board.flash())?;
    }
    Ok(ExitCode::Pass)
}

fn trouble(error: BoardError) -> Failure {
    Failure::Trouble(Trouble::Board(error))
}
