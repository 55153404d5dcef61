//! A fresh device that other programs update over its serial line, judged through the probe: what `gauntlet device serve` does.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc;

use gauntlet_bench::serve::{DongleSetup, Line, SerialPort, Served, Timing};
use gauntlet_bench::{Bench, Board, Device, Mode};
use gauntlet_package::settings::BankCode;
use gauntlet_protocol::crc32;
use gauntlet_record::{CaseId, Event};
use gauntlet_scenario::model::Fault;
use sha2::{Digest, Sha256};

use crate::attempt::runtime;
use crate::case::SETTLE;
use crate::dfu::Runs;
use crate::entry::{leave_dfu, request_dfu};
use crate::factory::Factory;
use crate::faults;
use crate::hold::Hold;
use crate::observe;
use crate::prepare::prepare;
use crate::run::Stopper;
use crate::told::Teller;
use crate::trouble::Trouble;

/// Where a SoftDevice begins.
const MBR_END: u32 = 0x1000;

/// How a device is served.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The device, with a bootloader that is built for a serial line.
    pub device: Device,
    /// How its time and the wall's go together.
    pub timing: Timing,
    /// What goes wrong, with the words of a scenario. Positions are counted from the first time that the device listens, over
    /// all clients.
    pub faults: Vec<Fault>,
    /// A dongle is served, with the device within its reach; its faults are among these.
    pub dongle: Option<DongleSetup>,
    /// End when one update has been completed and activated.
    pub once: bool,
    /// What every choice of chance is derived from.
    pub seed: u64,
    /// Ends the serving; the device is read back all the same.
    pub stopper: Stopper,
    /// Hold the device afterwards.
    pub hold: Option<Hold>,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServeProgress {
    /// The device is in DFU mode, and programs can open this port.
    Listening(PathBuf),
    /// The device has left DFU mode, and this is what it is now. It is sent back to DFU mode.
    Left(Box<Now>),
}

/// A device as the probe found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// [`Runs::New`] is an application other than the one before, complete by the checksum on record.
    pub application: Runs,
    /// SoftDevice or bootloader are others than before.
    pub new_system: bool,
    /// First byte of bank 0.
    pub address: u32,
    /// Bytes of the application on record; 0 without a valid one.
    pub size: u32,
    /// Digest of these bytes.
    pub sha256: [u8; 32],
    /// Version on record, when the settings page is valid.
    pub app_version: Option<u32>,
    /// The whole flash.
    pub flash: Vec<u8>,
}

/// How it ended.
#[derive(Debug, Clone)]
pub struct ServeEnd {
    /// Updates that were completed and activated.
    pub updates: u32,
    /// What became of the faults, in the order in which they were given.
    pub faults: Vec<FaultEnd>,
    /// What is there at the end. [`Runs::New`] if it differs from what was flashed at the beginning.
    pub now: Now,
}

/// What became of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultEnd {
    /// The fault, in words.
    pub fault: String,
    /// Where it fired; or why it did not.
    pub fired: Result<String, String>,
}

/// Serves a fresh device on `bench` until it is stopped.
///
/// # Errors
/// [`Trouble`] when bench, probe or port fail; never because of what the device or its clients did.
pub fn serve(
    bench: &dyn Bench,
    options: &ServeOptions,
    progress: &mut dyn FnMut(ServeProgress),
) -> Result<ServeEnd, Trouble> {
    let runtime = runtime(bench).map_err(|error| Trouble::Internal(error.to_string()))?;
    runtime.block_on(attempt(bench, options, progress))
}

async fn attempt(
    bench: &dyn Bench,
    options: &ServeOptions,
    progress: &mut dyn FnMut(ServeProgress),
) -> Result<ServeEnd, Trouble> {
    let device = &options.device;
    let board: Rc<dyn Board> = Rc::from(bench.open(device.variant, options.seed)?);
    let (sender, told) = mpsc::channel();
    let name = CaseId::new("serve").map_err(|error| Trouble::Internal(error.to_string()))?;
    let teller = Teller::new(name, sender);
    let (flashed, _) = prepare(&*board, device, &Factory::default(), &teller).await?;
    // What the start of DFU mode writes to flash belongs to no update.
    request_dfu(&*board, device)?;
    board.settle(SETTLE).await;
    let mut armed = faults::arm(&options.faults, &*board)?;
    let line = Line {
        profile: device.build.profile,
        timing: options.timing,
        faults: std::mem::take(&mut armed.link),
        dongle: options.dongle.clone(),
    };
    let mut port = board.serial_port(&line)?;
    if let Some(watch) = port.watch() {
        armed.watched(watch);
    }
    let mut before = Before { application: flashed.application.clone(), system: Vec::new() };
    before.system = look(&*board, device, Mode::Dfu, &before)?.system(device);
    let first = before.clone();
    let mut updates = 0;
    let mut announced = None;
    let stopped = || options.stopper.is_stopped();
    loop {
        if announced.as_deref() != Some(port.path()) {
            announced = Some(port.path().to_owned());
            progress(ServeProgress::Listening(port.path().to_owned()));
        }
        match port.serve(&stopped).map_err(gauntlet_bench::BoardError::Port)? {
            Served::Stopped => break,
            Served::HungUp => continue,
            Served::LeftDfu => {}
        }
        let mode = board.settle(SETTLE).await;
        if mode == Mode::Dfu {
            // It was only restarting.
            continue;
        }
        let now = look(&*board, device, mode, &before)?;
        let updated = now.is_updated();
        if updated {
            updates += 1;
            before = Before { application: now.application_bytes().to_vec(), system: now.system(device) };
        }
        progress(ServeProgress::Left(Box::new(now)));
        if stopped() || updated && options.once {
            break;
        }
        request_dfu(&*board, device)?;
        board.settle(SETTLE).await;
    }
    // A fault that did not fire is told with the others.
    let _missed = armed.account(&*board, &teller);
    let told = told.try_iter().filter_map(|told| fault_end(told.event));
    let faults = told.chain(dongle_faults(&port)).collect();
    let now = at_rest(&*board, device, &first).await?;
    if let Some(hold) = &options.hold {
        // Whoever ended the serving wants the holding to begin, and not to end.
        let ended = stopped();
        hold.until_stopped(&*board, if ended { &hold.release } else { &options.stopper })?;
    }
    Ok(ServeEnd { updates, faults, now })
}

fn fault_end(event: Event) -> Option<FaultEnd> {
    match event {
        Event::FaultFired { fault, position } => Some(FaultEnd { fault, fired: Ok(position) }),
        Event::FaultMissed { fault, position } => Some(FaultEnd { fault, fired: Err(position) }),
        _ => None,
    }
}

fn dongle_faults(port: &SerialPort) -> impl Iterator<Item = FaultEnd> {
    port.dongle_faults().into_iter().map(|(planned, happened)| {
        let (fault, about) = (format!("dongle: {planned}"), planned.fault.about());
        let fired = match happened {
            0 => Err(format!("\"{about}\" had no occasion")),
            1 => Ok("once".to_owned()),
            times => Ok(format!("{times} times")),
        };
        FaultEnd { fault, fired }
    })
}

/// The device outside DFU mode, if it can be outside.
async fn at_rest(board: &dyn Board, device: &Device, before: &Before) -> Result<Now, Trouble> {
    let mode = leave_dfu(board, board.settle(SETTLE).await, SETTLE).await?;
    look(board, device, mode, before)
}

fn look(board: &dyn Board, device: &Device, mode: Mode, before: &Before) -> Result<Now, Trouble> {
    let found = observe::read(board, device, mode)?;
    let flash = found.flash().to_vec();
    let base = found.ground().base as usize;
    let settings = found.settings().0;
    let recorded = settings.as_ref().map(|settings| settings.bank_0);
    let valid = recorded.filter(|bank| bank.code == BankCode::Application);
    let bytes = valid.and_then(|bank| flash.get(base..base.checked_add(bank.size as usize)?));
    let whole = bytes.zip(valid).is_some_and(|(bytes, bank)| bank.crc == 0 || crc32(bytes) == bank.crc);
    let application = match bytes {
        Some(bytes) if mode == Mode::Application && whole => {
            if bytes == before.application {
                Runs::Previous
            } else {
                Runs::New
            }
        }
        None if mode == Mode::Dfu && before.application.is_empty() => Runs::Nothing,
        _ => Runs::Neither(
            format!("{mode:?}, bank 0 {}", if whole { "valid" } else { "not valid" }).to_lowercase(),
        ),
    };
    let bytes = bytes.unwrap_or_default();
    let mut now = Now {
        application,
        new_system: false,
        address: base as u32,
        size: bytes.len() as u32,
        sha256: Sha256::digest(bytes).into(),
        app_version: settings.map(|settings| settings.app_version),
        flash,
    };
    now.new_system = !before.system.is_empty() && now.system(device) != before.system;
    Ok(now)
}

/// What a device held before an update.
#[derive(Debug, Clone)]
struct Before {
    application: Vec<u8>,
    /// SoftDevice and bootloader; nothing when nobody has looked yet.
    system: Vec<u8>,
}

impl Now {
    /// An update has been activated, and the device is in order.
    pub fn is_updated(&self) -> bool {
        match self.application {
            Runs::New => true,
            Runs::Previous | Runs::Nothing => self.new_system,
            Runs::Neither(_) => false,
        }
    }

    /// SoftDevice and bootloader.
    fn system(&self, device: &Device) -> Vec<u8> {
        let layout = device.layout();
        let part = |from: u32, to: u32| self.flash.get(from as usize..to as usize).unwrap_or_default();
        [part(MBR_END, self.address), part(layout.bootloader, layout.backup_page)].concat()
    }

    fn application_bytes(&self) -> &[u8] {
        let start = self.address as usize;
        self.flash.get(start..start + self.size as usize).unwrap_or_default()
    }
}
