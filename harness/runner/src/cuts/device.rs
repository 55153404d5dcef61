//! The device of a sweep: updated once without a cut, and once more behind a cut.

use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use gauntlet_bench::sweep::{Chip, Sweep};
use gauntlet_bench::{Application, Bench, Board, Device, Mode, Target};
use gauntlet_record::CaseId;
use gauntlet_scenario::model::Bootloader;

use super::{CutsOptions, Ending};
use crate::case::SETTLE;
use crate::factory::Factory;
use crate::observe;
use crate::packages::{self, Sendable};
use crate::prepare::prepare;
use crate::target::installed;
use crate::told::Teller;
use crate::trouble::Trouble;
use crate::update::{Manner, Way, unwatched};

/// Witnesses of the application before the update, of the one of the update, and of the one of the update behind a cut.
const BEFORE: u32 = 1;
const UPDATE: u32 = 2;
const BEHIND: u32 = 3;
/// Bytes of the applications: more than a page, and few enough for a sweep of a minute.
const SIZE: u32 = 8 * 1024;
const PAGE: u32 = 0x1000;
/// A bootloader has restarted by then, when it is to restart by itself.
const RESTART: Duration = Duration::from_secs(3);
/// A board that was booted already has settled by then.
const BOOTED: Duration = Duration::from_secs(10);

/// An update without a cut, with every flash operation.
pub(super) struct Recorded {
    pub(super) sweep: Sweep,
    pub(super) device: Device,
    base: usize,
    previous: Vec<u8>,
    new: Vec<u8>,
    /// The update is stored beside the previous application, which must not get lost then (PWR-011).
    pub(super) keeps_application: bool,
}

impl Recorded {
    /// Which application is in this flash.
    pub(super) fn application(&self, flash: &[u8]) -> Ending {
        let holds = |application: &[u8]| flash.get(self.base..).is_some_and(|f| f.starts_with(application));
        if holds(&self.new) {
            Ending::New
        } else if holds(&self.previous) {
            Ending::Previous
        } else {
            Ending::Neither
        }
    }
}

/// Updates the target without a cut.
pub(super) async fn recorded(
    bench: &dyn Bench,
    target: &Target,
    options: &CutsOptions,
) -> Result<Recorded, Trouble> {
    let application = Application { witness: BEFORE, size: SIZE, version: 1, buttonless: None };
    let device = Device {
        variant: target.variant,
        softdevice: target.softdevice,
        build: target.build.clone(),
        application: Some(application),
        firmware: None,
    };
    let device = installed(device, target);
    let board: Rc<dyn Board> = Rc::from(bench.open(target.variant, options.seed)?);
    let teller = nobody()?;
    let (flashed, before) = prepare(&*board, &device, &Factory::default(), &teller).await?;
    let package = match &options.package {
        Some(image) => Sendable::package("package", std::slice::from_ref(image)),
        None if target.firmware.key.is_none() => {
            let why = "the key that signs packages for this target is unknown (state `key` in its file)";
            return Err(Trouble::Build { name: "update".to_owned(), why: why.to_owned() });
        }
        None => packages::clean(&device, before.ground(), &bootloader(&device), UPDATE, SIZE, 2)?,
    };
    board.record_flash()?;
    let cancel = options.stopper.cancel();
    let way = Way {
        board: &board,
        device: &device,
        teller: &teller,
        cancel,
        watch: &unwatched,
        captures: None,
        referee: None,
    };
    let claim = way.send(&package, Manner::plain(&device), None).await?;
    if let Some(words) = claim.words() {
        return Err(Trouble::Link(format!("the update fails without any cut: {words}")));
    }
    let mode = activated(&*board).await;
    let new = package.application().map(|image| image.firmware.clone()).unwrap_or_default();
    let base = before.ground().base;
    let layout = device.layout();
    let pages = |bytes: usize| (bytes as u32).next_multiple_of(PAGE);
    let both = pages(flashed.application.len()) + pages(new.len());
    let sweep = board.cut_sweep()?;
    let recorded = Recorded {
        sweep,
        base: base as usize,
        previous: flashed.application,
        new,
        keeps_application: !device.build.single_bank && both <= layout.image_area_end().saturating_sub(base),
        device,
    };
    let after = observe::read(&*board, &recorded.device, mode)?;
    if mode != Mode::Application || recorded.application(after.flash()) != Ending::New {
        let found = format!("{mode:?}, witness {:?} after the update without any cut", after.witness);
        return Err(Trouble::NotPrepared { found });
    }
    Ok(recorded)
}

/// A clean update of a device as a cut has left it; what is wrong afterwards, if anything is.
pub(super) async fn update_behind(
    bench: &dyn Bench,
    device: &Device,
    chip: Chip,
    options: &CutsOptions,
) -> Result<Option<String>, Trouble> {
    let board: Rc<dyn Board> = Rc::from(bench.open(device.variant, options.seed)?);
    board.take_over(chip)?;
    let teller = nobody()?;
    let mode = board.settle(BOOTED).await;
    let before = observe::read(&*board, device, mode)?;
    // Whatever version is on record, this one is newer.
    let version = before.settings().0.map_or(0, |settings| settings.app_version).max(8).saturating_add(1);
    let package = packages::clean(device, before.ground(), &bootloader(device), BEHIND, SIZE, version)?;
    observe::forget_witness(&*board)?;
    let cancel = options.stopper.cancel();
    let way = Way {
        board: &board,
        device,
        teller: &teller,
        cancel,
        watch: &unwatched,
        captures: None,
        referee: None,
    };
    let claim = way.send(&package, Manner::plain(device), None).await?;
    let mode = activated(&*board).await;
    let after = observe::read(&*board, device, mode)?;
    Ok(match (claim.words(), after.witness) {
        (Some(words), _) => Some(format!("a clean update afterwards fails: {words}")),
        (None, Some(BEHIND)) => None,
        (None, _) => Some(format!("a clean update afterwards does not come up: {mode:?}")),
    })
}

/// Where the device is after an update. A bootloader that has everything may wait a while until it restarts.
async fn activated(board: &dyn Board) -> Mode {
    match board.settle(SETTLE).await {
        Mode::Dfu => {
            board.idle(RESTART).await;
            board.settle(SETTLE).await
        }
        mode => mode,
    }
}

fn bootloader(device: &Device) -> Bootloader {
    Bootloader {
        hw_version: device.build.hw_version,
        app_signature_check: device.build.app_signature_check,
        ..Bootloader::default()
    }
}

/// Nobody keeps a journal of a sweep.
fn nobody() -> Result<Teller, Trouble> {
    let (sender, _) = mpsc::channel();
    let name = CaseId::new("cuts").map_err(|error| Trouble::Internal(error.to_string()))?;
    Ok(Teller::new(name, sender))
}
