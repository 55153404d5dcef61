//! One plain update of a fresh device, proved through the probe: what `gauntlet dfu` does.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use gauntlet_bench::{Bench, Board, Device, LinkKind, Mode};
use gauntlet_engine::{CrcExchange, Object, UpdateEvent};
use gauntlet_package::Image;
use gauntlet_package::settings::BankCode;
use gauntlet_protocol::init_packet::FwType;
use gauntlet_record::CaseId;
use gauntlet_scenario::model;

use crate::attempt::runtime;
use crate::captures::Captures;
use crate::case::SETTLE;
use crate::entry::leave_dfu;
use crate::factory::Factory;
use crate::figures::Figures;
use crate::hold::Hold;
use crate::landed::{Part, landed};
use crate::observe;
use crate::packages::Sendable;
use crate::prepare::prepare;
use crate::run::Stopper;
use crate::told::Teller;
use crate::trouble::Trouble;
use crate::update::{Manner, Way};

/// Bytes of a flash page.
const PAGE: usize = 0x1000;

/// The link of a plain update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DfuLink {
    /// BLE with this ATT_MTU, 23..=247.
    Ble {
        /// Bytes of ATT_MTU that the host asks for.
        att_mtu: u16,
    },
    /// A serial line.
    Serial,
}

/// The device that is updated, and how.
#[derive(Debug, Clone)]
pub struct DfuOptions {
    /// The device, with a bootloader that is built for the link.
    pub device: Device,
    /// The link.
    pub link: DfuLink,
    /// Packets per receipt notification; 0 is off.
    pub prn: u16,
    /// What every choice of chance is derived from.
    pub seed: u64,
    /// Stops the update.
    pub stopper: Stopper,
    /// Hold the device when the update has ended.
    pub hold: Option<Hold>,
    /// File or folder for what passes over the link, as packets and as words.
    pub capture: Option<PathBuf>,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DfuProgress {
    /// The device is erased, flashed and started.
    Preparing,
    /// It runs its previous application.
    Prepared,
    /// An image of the package begins.
    Image {
        /// Which one, from 1.
        number: u32,
        /// How many there are.
        of: u32,
    },
    /// Firmware is being sent.
    Sending {
        /// Bytes sent.
        sent: u32,
        /// Bytes in all.
        total: u32,
    },
    /// The device held a part of the firmware already, from an update that broke off.
    Resumed {
        /// Bytes that it held.
        held: u32,
    },
    /// The image is not needed: the device has it, and said so in these words.
    Skipped {
        /// The device's words.
        reason: String,
    },
    /// The device restarts and activates the image before the next one is sent.
    Restarting,
    /// The link was lost and is being made again.
    Reconnecting,
    /// The device activates the image and starts.
    Settling,
    /// The probe reads the device.
    ReadingBack,
}

impl DfuProgress {
    /// What an event of the engine says about it.
    pub(crate) fn of(event: &UpdateEvent) -> Option<Self> {
        Some(match event {
            UpdateEvent::Image { number, of } => Self::Image { number: *number, of: *of },
            UpdateEvent::Progress { object: Object::Data(_), sent, total } => {
                Self::Sending { sent: *sent, total: *total }
            }
            UpdateEvent::Resumed { object: Object::Data(_), offset } if *offset > 0 => {
                Self::Resumed { held: *offset }
            }
            UpdateEvent::Skipped { refusal, .. } => Self::Skipped { reason: refusal.to_string() },
            UpdateEvent::AwaitingRestart => Self::Restarting,
            UpdateEvent::Reconnecting(_) => Self::Reconnecting,
            _ => return None,
        })
    }
}

/// Which application the probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// Bank 0 is valid and holds the application of the package.
    New,
    /// The one from before runs: its witness was read from RAM.
    Previous,
    /// There is none, and the bootloader waits for one.
    Nothing,
    /// Neither.
    Neither(String),
}

/// What is there afterwards, read through the probe.
#[derive(Debug, Clone)]
pub struct DfuEnd {
    /// What the client says: nothing when everything was accepted, else the device's or its own words.
    pub update: Result<(), String>,
    /// The device said no, in contrast to a link or transfer that failed.
    pub refused: bool,
    /// What was found on the device.
    pub application: Runs,
    /// There was an application before.
    pub had_application: bool,
    /// Every image of the package, or part of one, and what flash holds in its place.
    pub parts: Vec<Part>,
    /// First byte of bank 0.
    pub address: u32,
    /// Versions on record, when the settings page is valid.
    pub versions: Option<Versions>,
    /// The whole flash.
    pub flash: Vec<u8>,
    /// Device time of the whole thing.
    pub device_time: Duration,
    /// The client's figures, in device time.
    pub figures: Figures,
}

/// Versions on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// Of the application.
    pub application: u32,
    /// Of the bootloader.
    pub bootloader: u32,
}

impl DfuEnd {
    /// Flash holds every part of the package.
    pub fn landed(&self) -> bool {
        self.parts.iter().all(Part::landed)
    }
}

/// Updates a fresh device on `bench` with the images of a package, one after the other.
///
/// # Errors
/// [`Trouble`] when bench, probe or link fail; never because the device said no.
pub fn dfu(
    bench: &dyn Bench,
    images: &[Image],
    options: &DfuOptions,
    progress: &mut dyn FnMut(DfuProgress),
) -> Result<DfuEnd, Trouble> {
    let runtime = runtime(bench).map_err(|error| Trouble::Internal(error.to_string()))?;
    runtime.block_on(attempt(bench, images, options, &RefCell::new(progress)))
}

async fn attempt(
    bench: &dyn Bench,
    images: &[Image],
    options: &DfuOptions,
    progress: &RefCell<&mut dyn FnMut(DfuProgress)>,
) -> Result<DfuEnd, Trouble> {
    let say = |at: DfuProgress| (progress.borrow_mut())(at);
    let device = &options.device;
    let board: Rc<dyn Board> = Rc::from(bench.open(device.variant, options.seed)?);
    say(DfuProgress::Preparing);
    // Nobody keeps a journal of a plain update.
    let (sender, _) = mpsc::channel();
    let name = CaseId::new("dfu").map_err(|error| Trouble::Internal(error.to_string()))?;
    let teller = Teller::new(name, sender);
    let (flashed, _) = prepare(&*board, device, &Factory::default(), &teller).await?;
    say(DfuProgress::Prepared);
    observe::forget_witness(&*board)?;

    let watch = |event: &UpdateEvent| {
        if let Some(at) = DfuProgress::of(event) {
            say(at);
        }
    };
    let captures = options.capture.as_deref().map(Captures::of_update);
    let (captures, cancel) = (captures.as_ref(), options.stopper.cancel());
    let referee = None;
    let way = Way { board: &board, device, teller: &teller, cancel, watch: &watch, captures, referee };
    let package = Sendable::package("package", images);
    let link = match options.link {
        DfuLink::Ble { att_mtu } => LinkKind::Ble { att_mtu },
        DfuLink::Serial => LinkKind::Serial,
    };
    let manner = Manner { link, prn: options.prn, crc: CrcExchange::default(), ..Manner::plain(device) };
    let claim = way.send(&package, manner, None).await?;
    say(DfuProgress::Settling);
    let mode = leave_dfu(&*board, board.settle(SETTLE).await, SETTLE).await?;
    say(DfuProgress::ReadingBack);
    let found = observe::read(&*board, device, mode)?;
    let flash = found.flash().to_vec();
    let base = found.ground().base;
    let settings = found.settings().0;
    let bank_0_valid =
        settings.as_ref().is_some_and(|settings| settings.bank_0.code == BankCode::Application);
    let parts = landed(images, &flash, &device.layout());
    let mut own = images.iter().filter(|image| image.kind == FwType::Application);
    let has_new = own.any(|image| holds(&flash, base, &image.firmware));
    let application = if has_new && bank_0_valid {
        Runs::New
    } else if mode == Mode::Dfu && !bank_0_valid {
        Runs::Nothing
    } else if holds(&flash, base, &flashed.application)
        && device.application.is_some_and(|before| found.witness == Some(before.witness))
    {
        Runs::Previous
    } else {
        Runs::Neither(
            format!("{mode:?}, bank 0 {}", if bank_0_valid { "valid" } else { "not valid" }).to_lowercase(),
        )
    };
    let end = DfuEnd {
        refused: claim.outcome() == model::Outcome::Refused,
        update: claim.words().map_or(Ok(()), Err),
        application,
        had_application: device.application.is_some(),
        parts,
        address: base,
        versions: settings.map(|settings| Versions {
            application: settings.app_version,
            bootloader: settings.bootloader_version,
        }),
        flash,
        device_time: board.device_time(),
        figures: Figures::of(claim.package()),
    };
    if let Some(hold) = &options.hold {
        hold.until_stopped(&*board, &options.stopper)?;
    }
    Ok(end)
}

/// Flash holds an application there, and nothing behind it in its last page.
fn holds(flash: &[u8], base: u32, application: &[u8]) -> bool {
    let held = flash.get(base as usize..).unwrap_or_default();
    let (size, whole) = (application.len(), application.len().next_multiple_of(PAGE));
    held.get(..size) == Some(application)
        && held.get(size..whole).is_some_and(|behind| behind.iter().all(|byte| *byte == 0xFF))
}
