//! A virtual dongle on a pseudo-terminal, with the device within its reach.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use gauntlet_links::direct::VirtualBoard;
use gauntlet_links::virtual_dongle::{DonglePace, PlannedFault, VirtualDongle};
use gauntlet_nrf52::cycles_from_ms;
use gauntlet_reference::wire::Presence;

use super::pace::Pace;
use super::pty::Pty;
use super::{Served, Timing};

/// How long nothing may happen before it is looked what the device does. Its connection events are 15 ms apart.
const LOOK: Duration = Duration::from_millis(2);
/// Device time that a device which is not on the air is given at a time when it need not wait for the wall.
const STARTING_MS: u64 = 20;
/// An application runs when the bootloader has been away for so long; it is away for an instant at each start, too.
const LEFT_MS: u64 = 40;
/// How long the host may take to end its part after the device has left DFU mode.
const LINGER: Duration = Duration::from_secs(5);
/// The host is done when it has said nothing for so long.
const QUIET: Duration = Duration::from_millis(500);

/// A virtual dongle, and what goes wrong with it.
#[derive(Debug, Clone)]
pub struct DongleSetup {
    /// How fast it is.
    pub pace: DonglePace,
    /// What goes wrong.
    pub faults: Vec<PlannedFault>,
}

pub(super) struct DonglePump {
    board: VirtualBoard,
    timing: Timing,
    dongle: VirtualDongle,
    pty: Pty,
    pace: Pace,
    began: Instant,
    /// When the host has sent something last.
    heard: Instant,
    outgoing: VecDeque<u8>,
    /// Since which cycle no bootloader runs, and since when that was known to last.
    away_since: Option<u64>,
    left: Option<Instant>,
}

impl DonglePump {
    pub(super) fn new(board: VirtualBoard, timing: Timing, setup: &DongleSetup) -> io::Result<Self> {
        let pace = Pace::at(board.machine().now());
        let dongle = VirtualDongle::new(board.clone(), setup.pace, &setup.faults);
        let now = Instant::now();
        Ok(Self {
            board,
            timing,
            dongle,
            pty: Pty::open()?,
            pace,
            began: now,
            heard: now,
            outgoing: VecDeque::new(),
            away_since: None,
            left: None,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.pty.path()
    }

    /// Each planned fault with the number of times that it has happened.
    pub(super) fn faults(&self) -> Vec<(PlannedFault, u32)> {
        self.dongle.faults()
    }

    pub(super) fn run(&mut self, stop: &dyn Fn() -> bool) -> io::Result<Served> {
        (self.away_since, self.left) = (None, None);
        self.pace = Pace::at(self.board.machine().now());
        while !stop() {
            let bytes = self.pty.read()?;
            if !bytes.is_empty() {
                self.heard = Instant::now();
                self.dongle.host_sent(self.began.elapsed(), &bytes);
            }
            let until = self.advance();
            self.dongle.poll(self.began.elapsed(), until);
            if self.dongle.has_hung_up() {
                self.outgoing.clear();
                self.pty = Pty::open()?;
                return Ok(Served::HungUp);
            }
            self.flush()?;
            if self.has_left() {
                return Ok(Served::LeftDfu);
            }
            self.wait()?;
        }
        Ok(Served::Stopped)
    }

    /// Lets the device run; by which of its cycles it may have said what is passed on.
    fn advance(&mut self) -> u64 {
        let silent = self.board.wire().lock().presence() == Presence::Silent;
        let mut machine = self.board.machine();
        let (now, wall) = (machine.now(), self.pace.now());
        match self.timing {
            Timing::Instant => {
                // A device that starts, checks or copies need not wait for the wall.
                let until = if silent { now + cycles_from_ms(STARTING_MS) } else { wall };
                machine.run_until(until.max(now));
                // What it has done beyond the wall's time has taken none.
                self.pace = Pace::at(machine.now());
                u64::MAX
            }
            Timing::Flash => {
                machine.run_until(wall.max(now));
                wall
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.outgoing.extend(self.dongle.to_host(self.began.elapsed()));
        while !self.outgoing.is_empty() {
            let sent = self.pty.write(self.outgoing.make_contiguous())?;
            if sent == 0 {
                break;
            }
            self.outgoing.drain(..sent);
        }
        Ok(())
    }

    /// True when an application has been running for a while, and the host has done what it does at the end.
    fn has_left(&mut self) -> bool {
        let (now, entered) = {
            let machine = self.board.machine();
            let bootloader = machine.is_guest_entered() && !self.board.wire().lock().is_application();
            (machine.now(), bootloader || !machine.chip.is_powered())
        };
        if entered {
            (self.away_since, self.left) = (None, None);
            return false;
        }
        if now.saturating_sub(*self.away_since.get_or_insert(now)) < cycles_from_ms(LEFT_MS) {
            return false;
        }
        let left = *self.left.get_or_insert_with(Instant::now);
        let done = !self.dongle.is_busy() && self.heard.elapsed() >= QUIET;
        done || left.elapsed() >= LINGER
    }

    /// Waits for bytes, for room, or until something is due.
    fn wait(&self) -> io::Result<()> {
        let now = self.began.elapsed();
        let due = self.dongle.due().map_or(LOOK, |due| due.saturating_sub(now));
        self.pty.wait(true, !self.outgoing.is_empty(), due.min(LOOK))
    }
}
