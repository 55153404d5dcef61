//! Bench files: from a file on the disk to the parts of a bench.

use std::fs;
use std::path::{Path, PathBuf};

use gauntlet_bench::hardware::{BenchError, Command, HardwareBench, HardwareLink, HardwareSetup, Supply};
use gauntlet_bench::{Bench, Profile};
use gauntlet_engine::PeerAddress;
use gauntlet_links::ble::Wanted;
use gauntlet_links::dongle::DongleOptions;
use gauntlet_links::serial::SerialOptions;
use gauntlet_scenario::model::{
    BenchCommand, BenchFile, BenchLink, BenchPower, Chip, FlowControl, LockedChip,
};
use gauntlet_scenario::{Source, read_bench};

use crate::args::TargetArgs;
use crate::failure::Failure;
use crate::targets;

/// Whether the name of a bench means a file.
pub(crate) fn is_file(name: &str) -> bool {
    name.ends_with(".yaml")
        || name.ends_with(".yml")
        || name.contains(['/', '\\'])
        || Path::new(name).is_file()
}

/// What a bench file says.
///
/// # Errors
/// A file that can't be read, and every mistake in it.
pub(crate) fn read(path: &Path) -> Result<BenchFile, Failure> {
    let unusable = |source| Failure::File { path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(|error| unusable(error.into()))?;
    let source = Source::from_bytes(path.to_string_lossy(), bytes)
        .map_err(|problem| unusable(problem.to_string().into()))?;
    Ok(read_bench(&source, &|name| std::env::var(name).ok())?)
}

/// The parts that a bench file names. `target` is what the command line says of the device; it wins.
///
/// # Errors
/// Whatever is wrong with the target.
pub(crate) fn setup(
    path: &Path,
    file: &BenchFile,
    target: &TargetArgs,
    bug: Option<&str>,
) -> Result<HardwareSetup, Failure> {
    let link = link(&file.link);
    let of_file;
    let wanted = if target.is_reference() {
        of_file = target_of(path.parent().unwrap_or(Path::new("")), file);
        &of_file
    } else {
        target
    };
    let mut target = targets::find(wanted, bug)?;
    if let Some(target) = &mut target {
        target.build.profile =
            if matches!(link, HardwareLink::Serial(_)) { Profile::Uart } else { Profile::Ble };
    }
    let variant = match file.chip {
        Chip::Nrf52832 => gauntlet_bench::Variant::Nrf52832,
        Chip::Nrf52833 => gauntlet_bench::Variant::Nrf52833,
        Chip::Nrf52840 => gauntlet_bench::Variant::Nrf52840,
    };
    if let Some(target) = target.as_ref().filter(|target| target.variant != variant) {
        return Err(Failure::Usage {
            what: format!(
                "the target `{}` is for the {}, and the board of the bench is an {}",
                target.name,
                target.variant.target_name(),
                variant.target_name()
            ),
            advice: "correct `chip` or `target` in the bench file".to_owned(),
        });
    }
    Ok(HardwareSetup {
        name: path.to_string_lossy().into_owned(),
        probe: file.probe.selector.clone(),
        speed_khz: file.probe.speed,
        variant,
        erase_locked: file.locked == LockedChip::Erase,
        link,
        supply: file.power.as_ref().map(|power| match power {
            BenchPower::Switch { off, on } => Supply::Switch { off: command(off), on: command(on) },
            BenchPower::Cycle(cycle) => Supply::Cycle(command(cycle)),
        }),
        reset: file.reset.as_ref().map(command),
        target,
    })
}

/// The bench of a file: the very board that it names, looked at and not yet changed.
///
/// # Errors
/// What is wrong with the file, and why the bench can't be used.
pub(crate) fn open(name: &str, target: &TargetArgs, bug: Option<&str>) -> Result<Box<dyn Bench>, Failure> {
    let path = PathBuf::from(name);
    let file = read(&path)?;
    let setup = setup(&path, &file, target, bug)?;
    Ok(Box::new(HardwareBench::find(setup).map_err(|error| refused(&path, error))?))
}

fn refused(path: &Path, error: BenchError) -> Failure {
    Failure::Bench { path: path.to_owned(), advice: error.advice().to_owned(), source: Box::new(error) }
}

fn command(command: &BenchCommand) -> Command {
    Command { run: command.run.clone(), within: command.within }
}

fn link(link: &BenchLink) -> HardwareLink {
    match link {
        BenchLink::Ble(ble) => {
            let wanted = match (&ble.address, &ble.name) {
                (Some(address), _) => Wanted::Address(*address),
                (None, Some(name)) => Wanted::Name(name.clone()),
                (None, None) => Wanted::Anyone,
            };
            HardwareLink::Ble(wanted, ble.adapter.clone())
        }
        BenchLink::Serial(serial) => HardwareLink::Serial(SerialOptions {
            baud: serial.baud,
            flow_control: serial.flow_control != FlowControl::None,
            ..SerialOptions::new(&serial.port)
        }),
        BenchLink::Dongle(dongle) => HardwareLink::Dongle(
            PathBuf::from(&dongle.port),
            DongleOptions {
                name: dongle.name.clone(),
                address: dongle.address.map(|bytes| PeerAddress { bytes, random: true }),
                ..DongleOptions::default()
            },
        ),
    }
}

/// What a bench file says of the device, with paths that are relative to the file.
fn target_of(folder: &Path, file: &BenchFile) -> TargetArgs {
    let beside = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let named = file.target.name.as_deref().unwrap_or("reference");
    let is_path = named.ends_with(".yaml") || named.contains('/') || folder.join(named).is_file();
    let key = file.target.key.as_deref();
    TargetArgs {
        target: if is_path { beside(named) } else { named.to_owned() },
        image: file.target.images.iter().map(|image| beside(image)).collect(),
        target_key: key.map(|key| {
            let is_word = key == "release" || key == "other";
            if is_word { PathBuf::from(key) } else { folder.join(key) }
        }),
    }
}
