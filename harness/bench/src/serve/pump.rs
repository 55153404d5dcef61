//! Bytes between a pseudo-terminal and a virtual UART.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::Duration;

use gauntlet_links::direct::VirtualBoard;
use gauntlet_nrf52::{cycles_from_ms, cycles_from_us};
use gauntlet_protocol::slip;
use gauntlet_reference::wire::{FromHost, Presence, ToHost};

use super::pace::{Pace, time};
use super::pty::Pty;
use super::{Served, Timing};

/// How long nothing may happen before it is looked whether serving shall stop.
const LOOK: Duration = Duration::from_millis(20);
/// What a device is given to take in one frame. It does all the work that the frame asks for, however long that takes.
const TAKE_IN_US: u64 = 1;
/// A device may be this far ahead of the wall: the system can't wake us more exactly.
const AHEAD_US: u64 = 500;
/// Device time that a device which does not listen is given at a time when it need not wait for the wall.
const STARTING_MS: u64 = 20;
/// An application runs when the bootloader has been away for so long; it is away for an instant at each start, too.
const LEFT_MS: u64 = 40;

pub(super) struct Pump {
    board: VirtualBoard,
    timing: Timing,
    pty: Pty,
    pace: Pace,
    /// Bytes from the port that the device has not been given.
    incoming: VecDeque<u8>,
    /// Bytes of the device that the port had no room for.
    outgoing: VecDeque<u8>,
    /// Since when no bootloader runs.
    away_since: Option<u64>,
}

impl Pump {
    pub(super) fn new(board: VirtualBoard, timing: Timing) -> io::Result<Self> {
        let pace = Pace::at(board.machine().now());
        Ok(Self {
            board,
            timing,
            pty: Pty::open()?,
            pace,
            incoming: VecDeque::new(),
            outgoing: VecDeque::new(),
            away_since: None,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.pty.path()
    }

    pub(super) fn run(&mut self, stop: &dyn Fn() -> bool) -> io::Result<Served> {
        self.away_since = None;
        self.pace = Pace::at(self.now());
        while !stop() {
            if self.incoming.is_empty() {
                self.incoming.extend(self.pty.read()?);
            }
            self.advance();
            self.collect();
            self.flush()?;
            if self.has_left() {
                return Ok(Served::LeftDfu);
            }
            self.wait()?;
        }
        Ok(Served::Stopped)
    }

    fn now(&self) -> u64 {
        self.board.machine().now()
    }

    /// Gives the device what has arrived, and time.
    fn advance(&mut self) {
        match self.timing {
            Timing::Instant => {
                while let Some(frame) = self.next_frame() {
                    self.give(frame);
                    self.collect();
                }
                let (now, wall) = (self.now(), self.pace.now());
                // A device that starts, checks or copies need not wait for the wall.
                let starting = self.presence() == Presence::Silent;
                let until = if starting { now + cycles_from_ms(STARTING_MS) } else { wall };
                self.board.machine().run_until(until.max(now));
                // What it has done beyond the wall's time has taken none.
                self.pace = Pace::at(self.now());
            }
            Timing::Flash => {
                let wall = self.pace.now();
                while self.now() <= wall + cycles_from_us(AHEAD_US) {
                    let Some(frame) = self.next_frame() else { break };
                    self.give(frame);
                }
                self.board.machine().run_until(wall);
            }
        }
    }

    /// The bytes up to the next end of a frame. A UART would not wait for it, but the device sees no difference.
    fn next_frame(&mut self) -> Option<Vec<u8>> {
        if self.incoming.is_empty() {
            return None;
        }
        let end = self.incoming.iter().position(|byte| *byte == slip::END);
        let count = end.map_or(self.incoming.len(), |at| at + 1);
        Some(self.incoming.drain(..count).collect())
    }

    /// Lets the device take in some bytes. They are lost when it does not listen, as on a line.
    fn give(&mut self, bytes: Vec<u8>) {
        let now = self.now();
        {
            let mut wire = self.board.wire().lock();
            if wire.presence() == Presence::Waiting {
                wire.connect(0);
            }
            wire.send(now, FromHost::Serial(bytes));
        }
        self.board.machine().run_until(now + cycles_from_us(TAKE_IN_US));
    }

    /// Takes what the device has sent.
    fn collect(&mut self) {
        let until = match self.timing {
            Timing::Instant => u64::MAX,
            Timing::Flash => self.pace.now(),
        };
        while let Some(message) = { self.board.wire().lock().receive(until) } {
            if let ToHost::Serial(bytes) = message {
                self.outgoing.extend(bytes);
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            let sent = self.pty.write(self.outgoing.make_contiguous())?;
            if sent == 0 {
                break;
            }
            self.outgoing.drain(..sent);
        }
        Ok(())
    }

    fn presence(&self) -> Presence {
        self.board.wire().lock().presence()
    }

    /// True when an application has been running for a while.
    fn has_left(&mut self) -> bool {
        let (now, entered) = {
            let machine = self.board.machine();
            (machine.now(), machine.is_guest_entered() && !self.board.wire().lock().is_application())
        };
        if entered {
            self.away_since = None;
            return false;
        }
        now.saturating_sub(*self.away_since.get_or_insert(now)) >= cycles_from_ms(LEFT_MS)
    }

    /// Waits for bytes, for room, or until the wall has come to where the device is.
    fn wait(&self) -> io::Result<()> {
        let for_room = !self.outgoing.is_empty();
        if self.timing == Timing::Instant {
            let busy = self.presence() == Presence::Silent;
            return self.pty.wait(true, for_room, if busy { Duration::ZERO } else { LOOK });
        }
        let (device, wall) = (self.now(), self.pace.now());
        let ahead = time(device.saturating_sub(wall));
        let answer = self.board.wire().lock().next_to_host().map(|at| time(at.saturating_sub(wall)));
        if ahead > Duration::from_micros(AHEAD_US) {
            // The device is busy: bytes wait in the port, as they do under flow control.
            return self.pty.wait(false, for_room, ahead.min(answer.unwrap_or(LOOK)).min(LOOK));
        }
        if !self.incoming.is_empty() {
            return Ok(());
        }
        self.pty.wait(true, for_room, answer.unwrap_or(LOOK).min(LOOK))
    }
}
