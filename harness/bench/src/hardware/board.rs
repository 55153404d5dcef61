//! The board, for one case.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{ApplicationLink, Link};
use gauntlet_links::ble::{BleHost, BleOptions, Wanted};
use gauntlet_links::dongle::{DongleLink, DongleOptions, SerialDongle};
use gauntlet_links::serial::SerialLink;
use gauntlet_probe::{BoardSelector, Debugger, ProbeError};
use gauntlet_reference::Layout;
use tokio::time::{Instant, sleep};

use super::command::Command;
use super::meter::{Meter, Pace};
use super::rest::Observer;
use super::setup::{HardwareLink, HardwareSetup, Supply};
use crate::board::{Board, BoardError, Cut, CutReport, LinkKind, Mode, Peer};
use crate::device::Device;

pub(super) struct HardwareBoard {
    link: HardwareLink,
    /// One connection to the system's service for all links of the case.
    ble: Option<BleHost>,
    supply: Option<Supply>,
    reset: Option<Command>,
    /// May open a locked chip by erasing it.
    opening: BoardSelector,
    /// May not: what firmware has locked in the middle of a case is evidence.
    careful: BoardSelector,
    opened_chip: Cell<bool>,
    observer: Rc<Observer>,
    part: u32,
    meter: Meter,
    opened: Instant,
}

impl HardwareBoard {
    pub(super) fn new(setup: &HardwareSetup, selector: BoardSelector, seed: u64, pace: Arc<Pace>) -> Self {
        let ble = match &setup.link {
            HardwareLink::Ble(wanted, adapter) => Some(BleHost::new(options(wanted, adapter.as_deref()))),
            HardwareLink::Serial(_) | HardwareLink::Dongle(..) => None,
        };
        let usual = Layout::of(setup.variant);
        let usual = setup.target.as_ref().map_or(usual, |target| target.firmware.layout);
        let observer =
            Rc::new(Observer { selector: selector.clone(), usual, ram: setup.variant.profile().ram_size });
        Self {
            link: setup.link.clone(),
            ble,
            supply: setup.supply.clone(),
            reset: setup.reset.clone(),
            opening: BoardSelector { allow_erase_all: setup.erase_locked, ..selector.clone() },
            careful: selector,
            opened_chip: Cell::new(false),
            observer: Rc::clone(&observer),
            part: setup.variant.profile().part,
            meter: Meter::new(setup.supply.clone(), observer, pace, seed),
            opened: Instant::now(),
        }
    }
}

/// Less patience than for a device that nobody else looks at: the probe tells whether it is in DFU mode. All attempts end
/// within the time that the engine gives to one connection.
fn options(wanted: &Wanted, adapter: Option<&str>) -> BleOptions {
    BleOptions {
        adapter: adapter.map(ToOwned::to_owned),
        patience: Duration::from_secs(8),
        connect: Duration::from_secs(10),
        attempts: 2,
        in_all: Duration::from_secs(10),
        ..BleOptions::new(wanted.clone())
    }
}

#[async_trait(?Send)]
impl Board for HardwareBoard {
    fn selector(&self) -> &BoardSelector {
        &self.careful
    }

    fn attach(&self) -> Result<Debugger, ProbeError> {
        if self.opened_chip.get() {
            return Debugger::attach(&self.careful);
        }
        let mut debugger = Debugger::attach(&self.opening)?;
        // A locked chip could not say before what it is; and boards are changed while programs run.
        let found = debugger.read_word(super::found::PART)?;
        if found != self.part {
            return Err(ProbeError::OtherChip { expected: self.part, found });
        }
        self.opened_chip.set(true);
        Ok(debugger)
    }

    fn recover(&self) -> Result<Debugger, BoardError> {
        if !self.opening.allow_erase_all {
            return Err(BoardError::Impossible("be opened: its bench file does not say `locked: erase`"));
        }
        Ok(Debugger::attach(&self.opening)?)
    }

    fn link(&self, kind: LinkKind, _device: &Device) -> Result<Box<dyn Link>, BoardError> {
        let link: Box<dyn Link> = match (&self.link, kind, &self.ble) {
            (HardwareLink::Ble(..), LinkKind::Ble { .. }, Some(host)) => Box::new(host.link()),
            (HardwareLink::Dongle(port, options), LinkKind::Ble { att_mtu }, _) => {
                let options = DongleOptions { att_mtu, ..options.clone() };
                Box::new(DongleLink::new(SerialDongle(port.clone()), options))
            }
            (HardwareLink::Serial(options), LinkKind::Serial, _) => {
                Box::new(SerialLink::new(options.clone()))
            }
            (_, LinkKind::Ble { .. }, _) => {
                return Err(BoardError::NoSuchLink("BLE: its bench has a serial port"));
            }
            (_, LinkKind::Serial, _) => {
                return Err(BoardError::NoSuchLink("a serial line: its bench has BLE"));
            }
        };
        Ok(self.meter.watch(link))
    }

    fn application_link(&self, peer: Peer) -> Result<Box<dyn ApplicationLink>, BoardError> {
        match (&self.ble, peer) {
            (Some(host), Peer::Known) => Ok(Box::new(host.application())),
            _ => Err(BoardError::NoSuchLink("the buttonless service of its application")),
        }
    }

    fn device_time(&self) -> Duration {
        self.opened.elapsed()
    }

    async fn idle(&self, span: Duration) {
        sleep(span).await;
    }

    async fn settle(&self, limit: Duration) -> Mode {
        self.observer.settle(limit).await
    }

    fn reset_pin(&self) -> Result<(), BoardError> {
        let command = self.reset.as_ref().ok_or(BoardError::Impossible("be reset by its pin"))?;
        Ok(command.perform_now()?)
    }

    async fn power_cycle(&self, off: Duration) -> Result<(), BoardError> {
        let supply = self.supply.as_ref().ok_or(BoardError::Impossible("lose its supply"))?;
        Ok(supply.cycle(off).await?)
    }

    fn arm_cut(&self, cut: Cut) -> Result<(), BoardError> {
        if self.supply.is_none() {
            return Err(BoardError::Impossible("lose its supply"));
        }
        self.meter.arm(cut);
        Ok(())
    }

    fn cut_fired(&self) -> Option<CutReport> {
        self.meter.fired()
    }

    fn disarm_cut(&self) {
        self.meter.disarm();
    }
}
