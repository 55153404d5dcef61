//! The board, for one case.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{ApplicationLink, Link};
use gauntlet_links::ble::{BleHost, BleOptions};
use gauntlet_links::dongle::{DongleLink, DongleOptions, SerialDongle};
use gauntlet_links::serial::SerialLink;
use gauntlet_probe::{BoardSelector, Debugger, ProbeError};
use gauntlet_reference::Layout;
use tokio::time::{Instant, sleep};

use super::command::Command;
use super::meter::{Meter, Pace};
use super::mode::{Look, Map, Seen};
use super::setup::{HardwareLink, HardwareSetup, Supply};
use crate::board::{Board, BoardError, Cut, CutReport, LinkKind, Mode, Peer};
use crate::device::Device;

/// Between two looks at what the firmware does. Each halts the core for a moment, so there are few.
const LOOK: Duration = Duration::from_millis(100);
/// How much looks in a row must weigh until the board counts as settled.
const ENOUGH: u32 = 12;
const APPLICATION: u32 = 4;
/// A bootloader that waits for a host sleeps; one that does not sleep may be checking or starting something.
const ASLEEP: u32 = 3;
const AWAKE: u32 = 1;
/// A device that has started so often while it was waited for comes to rest at no time.
const RESET_LOOP: u32 = 50;
/// A chip that has crashed, or does not answer, stays like that after this time: a watchdog would have bitten.
const GIVEN_UP: Duration = Duration::from_secs(10);

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
    layout: Layout,
    ram: u32,
    part: u32,
    meter: Meter,
    opened: Instant,
}

impl HardwareBoard {
    pub(super) fn new(setup: &HardwareSetup, selector: BoardSelector, seed: u64, pace: Arc<Pace>) -> Self {
        let ble = match &setup.link {
            HardwareLink::Ble(wanted, adapter) => {
                let options = BleOptions { adapter: adapter.clone(), ..BleOptions::new(wanted.clone()) };
                Some(BleHost::new(options))
            }
            HardwareLink::Serial(_) | HardwareLink::Dongle(..) => None,
        };
        let usual = Layout::of(setup.variant);
        Self {
            link: setup.link.clone(),
            ble,
            supply: setup.supply.clone(),
            reset: setup.reset.clone(),
            opening: BoardSelector { allow_erase_all: setup.erase_locked, ..selector.clone() },
            careful: selector,
            opened_chip: Cell::new(false),
            layout: setup.target.as_ref().map_or(usual, |target| target.firmware.layout),
            ram: setup.variant.profile().ram_size,
            part: setup.variant.profile().part,
            meter: Meter::new(setup.supply.clone(), pace, seed),
            opened: Instant::now(),
        }
    }

    /// Attaches with what has to be known for looks.
    fn observe(&self) -> Result<(Debugger, Map), ProbeError> {
        let mut debugger = Debugger::attach(&self.careful)?;
        let Layout { bootloader, flash_end, .. } = self.layout;
        let map = Map::read(&mut debugger, bootloader, flash_end, self.ram)?;
        Ok((debugger, map))
    }
}

/// How far a board is from being at rest.
struct Rest {
    mode: Mode,
    agreed: u32,
    resets: u32,
    /// Since when there was nothing alive to be seen.
    dead_since: Option<Instant>,
}

impl Rest {
    /// Takes in a look; the mode, once it is settled.
    fn see(&mut self, look: Option<Look>, now: Instant) -> Option<Mode> {
        let dead = look.is_none_or(|look| look.seen == Seen::Dead && !look.was_reset);
        self.dead_since = dead.then(|| self.dead_since.unwrap_or(now));
        if self.dead_since.is_some_and(|since| now - since >= GIVEN_UP) {
            return Some(Mode::Unsettled);
        }
        let (mode, weight) = match look.map(|look| look.seen) {
            Some(Seen::Application) => (Mode::Application, APPLICATION),
            Some(Seen::Bootloader { writes: true, .. }) => (Mode::Unsettled, 0),
            Some(Seen::Bootloader { asleep, .. }) => (Mode::Dfu, if asleep { ASLEEP } else { AWAKE }),
            Some(Seen::Elsewhere | Seen::Dead) | None => (Mode::Unsettled, 0),
        };
        let again = look.is_some_and(|look| look.was_reset);
        self.resets += u32::from(again);
        if self.resets > RESET_LOOP {
            return Some(Mode::Unsettled);
        }
        self.agreed = if mode == self.mode && !again { self.agreed + weight } else { weight };
        self.mode = mode;
        (self.agreed >= ENOUGH).then_some(mode)
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
        let end = Instant::now() + limit;
        let mut rest = Rest { mode: Mode::Unsettled, agreed: 0, resets: 0, dead_since: None };
        let mut observer: Option<(Debugger, Map)> = None;
        let settled = loop {
            if observer.is_none() {
                observer = self.observe().ok();
            }
            let look = observer.as_mut().and_then(|(debugger, map)| map.look(debugger).ok());
            if look.is_none() {
                // The chip has lost its power, or is no longer open; it is attached to again.
                observer = None;
            }
            let now = Instant::now();
            if let Some(mode) = rest.see(look, now) {
                break mode;
            }
            if now >= end {
                break Mode::Unsettled;
            }
            sleep(LOOK).await;
        };
        // A chip that dies while it is let go is found dead by whoever comes next.
        let _let_go = observer.map(|(debugger, _)| debugger.detach());
        settled
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

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(looks: &[(Option<Seen>, bool)], every: Duration) -> Option<Mode> {
        let mut rest = Rest { mode: Mode::Unsettled, agreed: 0, resets: 0, dead_since: None };
        let began = Instant::now();
        (0..).zip(looks).find_map(|(n, (seen, was_reset))| {
            rest.see(seen.map(|seen| Look { seen, was_reset: *was_reset }), began + every * n)
        })
    }

    fn waits(asleep: bool) -> (Option<Seen>, bool) {
        (Some(Seen::Bootloader { asleep, writes: false }), false)
    }

    #[test]
    fn a_board_is_at_rest_when_looks_agree() {
        let application = (Some(Seen::Application), false);
        assert_eq!(seen(&[application; 3], LOOK), Some(Mode::Application));
        assert_eq!(seen(&[application; 2], LOOK), None);
        assert_eq!(seen(&[waits(true); 4], LOOK), Some(Mode::Dfu));
        assert_eq!(seen(&[waits(false); 11], LOOK), None, "it may be checking something");
        assert_eq!(seen(&[waits(false); 12], LOOK), Some(Mode::Dfu));
        let writes = (Some(Seen::Bootloader { asleep: false, writes: true }), false);
        let busy = [waits(true), waits(true), writes, waits(true), waits(true), waits(true)];
        assert_eq!(seen(&busy, LOOK), None, "it writes to flash in between");
        let restarts = [(Some(Seen::Application), true); 60];
        assert_eq!(seen(&restarts, LOOK), Some(Mode::Unsettled), "it starts again and again");
    }

    #[test]
    fn a_board_that_is_dead_is_given_up_before_the_limit() {
        let dead = (Some(Seen::Dead), false);
        assert_eq!(seen(&[dead; 4], Duration::from_secs(3)), None);
        assert_eq!(seen(&[dead; 5], Duration::from_secs(3)), Some(Mode::Unsettled));
        assert_eq!(seen(&[(None, false); 5], Duration::from_secs(3)), Some(Mode::Unsettled));
    }
}
