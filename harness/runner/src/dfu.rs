//! One plain update of a fresh device, proved through the probe: what `gauntlet dfu` does.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use gauntlet_bench::{Bench, Board, Device, LinkKind, Mode};
use gauntlet_engine::{CrcExchange, UpdateEvent};
use gauntlet_package::Image;
use gauntlet_package::settings::BankCode;
use gauntlet_record::CaseId;
use gauntlet_scenario::model;
use sha2::{Digest, Sha256};

use crate::case::SETTLE;
use crate::entry::leave_dfu;
use crate::hold::Hold;
use crate::observe;
use crate::packages::Sendable;
use crate::prepare::prepare;
use crate::run::{Stopper, runtime};
use crate::told::Teller;
use crate::trouble::Trouble;
use crate::update::{Manner, Way};

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
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DfuProgress {
    /// The device is erased, flashed and started.
    Preparing,
    /// It runs its previous application.
    Prepared,
    /// Firmware is being sent.
    Sending {
        /// Bytes sent.
        sent: u32,
        /// Bytes in all.
        total: u32,
    },
    /// The link was lost and is being made again.
    Reconnecting,
    /// The device activates the image and starts.
    Settling,
    /// The probe reads the device.
    ReadingBack,
}

/// Which application the probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// Bank 0 is valid and holds the firmware of the package.
    New,
    /// The one from before runs: its witness was read from RAM.
    Previous,
    /// There is none, and there was none before.
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
    /// Bank 0 holds the firmware byte by byte, and nothing behind it in its last page.
    pub flash_equals_firmware: bool,
    /// First byte of bank 0.
    pub address: u32,
    /// Digest of the firmware in the package.
    pub sha256: [u8; 32],
    /// Version on record, when the settings page is valid.
    pub app_version: Option<u32>,
    /// The whole flash.
    pub flash: Vec<u8>,
    /// Device time of the whole thing.
    pub device_time: Duration,
    /// Bytes sent more than once.
    pub bytes_resent: u64,
    /// Times the link was made again.
    pub reconnects: u32,
}

/// Updates a fresh device on `bench` with `image`.
///
/// # Errors
/// [`Trouble`] when bench, probe or link fail; never because the device said no.
pub fn dfu(
    bench: &dyn Bench,
    image: &Image,
    options: &DfuOptions,
    progress: &mut dyn FnMut(DfuProgress),
) -> Result<DfuEnd, Trouble> {
    let runtime = runtime(bench).map_err(|error| Trouble::Internal(error.to_string()))?;
    runtime.block_on(attempt(bench, image, options, &RefCell::new(progress)))
}

async fn attempt(
    bench: &dyn Bench,
    image: &Image,
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
    let (flashed, _) = prepare(&*board, device, &teller).await?;
    say(DfuProgress::Prepared);
    observe::forget_witness(&*board)?;

    let watch = |event: &UpdateEvent| match event {
        UpdateEvent::Progress { object: gauntlet_engine::Object::Data(_), sent, total } => {
            say(DfuProgress::Sending { sent: *sent, total: *total });
        }
        UpdateEvent::Reconnecting(_) => say(DfuProgress::Reconnecting),
        _ => {}
    };
    let way = Way { board: &board, device, teller: &teller, cancel: options.stopper.cancel(), watch: &watch };
    let package = Sendable::of(image.bin_name.clone(), image.init_packet.clone(), image.firmware.clone());
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
    let base = found.ground().base as usize;
    let holds = |bytes: &[u8]| {
        let end = bytes.len().next_multiple_of(0x1000);
        flash.get(base..base + bytes.len()) == Some(bytes)
            && flash
                .get(base + bytes.len()..base + end)
                .is_some_and(|tail| tail.iter().all(|byte| *byte == 0xFF))
    };
    let settings = found.settings().0;
    let bank_0_valid =
        settings.as_ref().is_some_and(|settings| settings.bank_0.code == BankCode::Application);
    let is_new = holds(&image.firmware);
    let application = if is_new && bank_0_valid {
        Runs::New
    } else if device.application.is_none() && mode == Mode::Dfu && !bank_0_valid {
        Runs::Nothing
    } else if holds(&flashed.application)
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
        flash_equals_firmware: is_new,
        address: base as u32,
        sha256: Sha256::digest(&image.firmware).into(),
        app_version: settings.map(|settings| settings.app_version),
        flash,
        device_time: board.device_time(),
        bytes_resent: claim.report().bytes_resent,
        reconnects: claim.report().reconnects,
    };
    if let Some(hold) = &options.hold {
        hold.until_stopped(&*board, &options.stopper)?;
    }
    Ok(end)
}
