//! `gauntlet device serve --image`: firmware of somebody's own in a virtual chip.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use gauntlet_bench::images::FirmwareFile;
use gauntlet_bench::serve::{FirmwareServed, Timing};
use gauntlet_bench::{FirmwareBoard, FirmwareSetup, ReadBack, Server};
use gauntlet_record::{ExitCode, Sha256};
use gauntlet_runner::{Stopper, Trouble};
use sha2::{Digest as _, Sha256 as Hasher};

use super::super::dfu::dump::Dump;
use super::serve::link;
use crate::args::{ApprotectChoice, ImageChoice, ServeArgs, TimingChoice};
use crate::display::tame;
use crate::failure::Failure;
use crate::{interrupt, output};

/// No firmware file is larger: flash and UICR of the largest chip take less than 3 MiB of Intel HEX.
const LARGEST: u64 = 16 << 20;
/// Columns of a label.
const LABEL: usize = 14;

pub(super) fn serve(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let dump = args.dump.as_deref().map(Dump::to).transpose()?;
    let setup = FirmwareSetup {
        variant: args.device.chip.variant(),
        seed: args.seed,
        files: args.images.iter().map(read).collect::<Result<_, _>>()?,
        locked: args.locked,
        newer_protection: args.approtect == ApprotectChoice::New,
        cut: args.cut.map(|cut| cut.0),
    };
    let board = FirmwareBoard::new(&setup).map_err(misfit)?;
    if args.once && board.whereabouts().is_none() {
        return Err(Failure::Usage {
            what: "the images do not say where the bootloader is, so nobody can tell when an update is done"
                .to_owned(),
            advice: "leave --once out, or add the address of the bootloader in UICR (0x10001014)".to_owned(),
        });
    }
    let timing = match args.timing {
        TimingChoice::Instant => Timing::Instant,
        TimingChoice::Flash => Timing::Flash,
    };
    let stopper = Stopper::new();
    interrupt::stops(&stopper, "the flash is read back");
    let mut port = board.port(timing, !args.debug.is_empty()).map_err(trouble)?;
    let _link = link(args, port.path())?;
    let servers = args.debug.iter().map(|choice| {
        let (protocol, port) = choice.server();
        board.serve(protocol, port).map_err(trouble)
    });
    let servers: Vec<Server> = servers.collect::<Result<_, _>>()?;
    announce(args, &board, port.path(), &servers)?;
    let stopped = || stopper.is_stopped();
    let mut tell = |notice: gauntlet_bench::serve::Notice| output::tell(&format!("  {notice}\n"));
    let mut updated = false;
    loop {
        let ended =
            port.serve(&stopped, &mut tell).map_err(gauntlet_bench::BoardError::Port).map_err(trouble)?;
        match ended {
            FirmwareServed::Stopped => break,
            FirmwareServed::ApplicationRuns if args.once => {
                let (flash, _) = board.read_back().map_err(probe)?;
                updated = board.is_updated(&flash);
                if updated {
                    break;
                }
            }
            FirmwareServed::ApplicationRuns if args.back_to_dfu => {
                if let Err(error) = board.request_dfu() {
                    output::tell(&format!("  it can't be sent back to DFU mode: {error}\n"));
                }
            }
            FirmwareServed::ApplicationRuns => {}
        }
    }
    drop(servers);
    let (flash, how) = board.read_back().map_err(probe)?;
    updated |= board.is_updated(&flash);
    output::print(&story(&flash, how, updated))?;
    if let Some(dump) = &dump {
        dump.write(&flash)?;
    }
    Ok(if args.once && !updated { ExitCode::Failed } else { ExitCode::Pass })
}

/// Says where the device can be reached: on stdout the port first, then a line for each debug tool.
fn announce(args: &ServeArgs, board: &FirmwareBoard, port: &Path, servers: &[Server]) -> Result<(), Failure> {
    let mut lines = format!("{}\n", port.display());
    for server in servers {
        lines.push_str(&server.selector());
        lines.push('\n');
    }
    output::print(&lines)?;
    let start_up = if board.has_our_start_up() { ", behind a start-up of ours" } else { "" };
    output::tell(&format!(
        "  the {} runs your firmware{start_up}   Ctrl-C ends it\n",
        args.device.chip.name()
    ));
    Ok(())
}

fn story(flash: &[u8], how: ReadBack, updated: bool) -> String {
    let row = |label: &str, value: &str| format!("  {label:<LABEL$}{value}\n");
    let how = match how {
        ReadBack::Probe => "read back through the probe",
        ReadBack::Model => "taken from the model, because the debug port is closed",
    };
    let digest = Sha256(Hasher::digest(flash).into());
    row(
        "firmware",
        if updated { "another one than at the first start" } else { "the same as at the first start" },
    ) + &row("flash", &format!("{} bytes, {how}", flash.len()))
        + &row("SHA-256", &digest.to_string())
}

fn read(image: &ImageChoice) -> Result<FirmwareFile, Failure> {
    let path = &image.path;
    let unusable =
        |source: Box<dyn std::error::Error + Send + Sync>| Failure::File { path: path.clone(), source };
    // Opening anything but a file may wait for ever.
    let metadata = std::fs::metadata(path).map_err(|error| unusable(error.into()))?;
    if !metadata.is_file() {
        return Err(unusable("it is not a file".into()));
    }
    let mut content = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut content));
    read.map_err(|error| unusable(error.into()))?;
    if content.len() as u64 > LARGEST {
        return Err(unusable("it has more than 16 MiB, which is no firmware for this chip".into()));
    }
    let name = tame(&path.display().to_string());
    match image.address {
        Some(address) => FirmwareFile::binary(&name, content, address),
        None => FirmwareFile::hex(&name, &content),
    }
    .map_err(|error| unusable(error.into()))
}

fn misfit(error: gauntlet_bench::images::Misfit) -> Failure {
    Failure::Usage {
        what: error.to_string(),
        advice: "look at the addresses in the files, and at --chip".to_owned(),
    }
}

fn trouble(error: gauntlet_bench::BoardError) -> Failure {
    Failure::Trouble(Trouble::from(error))
}

fn probe(error: gauntlet_bench::ProbeError) -> Failure {
    trouble(error.into())
}
