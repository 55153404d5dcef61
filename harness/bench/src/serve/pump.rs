//! Bytes between a pseudo-terminal and a virtual serial line.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use gauntlet_links::direct::VirtualBoard;
use gauntlet_links::{Break, Due, FaultWatch};
use gauntlet_nrf52::{Reset, cycles_from_ms, cycles_from_us};
use gauntlet_protocol::slip;
use gauntlet_reference::Profile;
use gauntlet_reference::wire::{Closed, FromHost, Presence, ToHost};

use super::line::{Happens, Line};
use super::pace::{Pace, time};
use super::pty::Pty;
use super::{Served, Timing};

/// How long nothing may happen before it is looked whether serving shall stop.
const LOOK: Duration = Duration::from_millis(20);
/// What a device is given to take in one frame. It does all the work that the frame asks for, however long that takes.
const TAKE_IN_US: u64 = 1;
/// Time of one byte on a UART at 115200 baud, 8N1.
const UART_BYTE_US: u64 = 87;
/// A device may be this far ahead of the wall: the system can't wake us more exactly.
const AHEAD_US: u64 = 500;
/// Device time that a device which does not listen is given at a time when it need not wait for the wall.
const STARTING_MS: u64 = 20;
/// An application runs when the bootloader has been away for so long; it is away for an instant at each start, too.
const LEFT_MS: u64 = 40;
/// How long the supply is off when a fault of the line cuts it.
const OFF_MS: u64 = 500;
/// How long a program may take to read the last answers of a device that has left DFU mode. A port that goes away takes
/// with it what was not read.
const READ_OUT: Duration = Duration::from_secs(2);
/// How often it is looked whether it has.
const READ_LOOK: Duration = Duration::from_millis(1);
/// A frame with more bytes than this is no frame; what there is of it is passed on.
const LONGEST_FRAME: usize = 64 * 1024;

pub(super) struct Pump {
    board: VirtualBoard,
    profile: Profile,
    timing: Timing,
    pty: Pty,
    line: Line,
    pace: Pace,
    /// Bytes from the port that the device has not been given.
    incoming: VecDeque<u8>,
    /// Bytes of the device that the port had no room for.
    outgoing: VecDeque<u8>,
    /// Since when no bootloader runs.
    away_since: Option<u64>,
    /// A fault has replaced the port by another one.
    hung_up: bool,
    /// The device had power when it was last looked.
    powered: bool,
}

impl Pump {
    pub(super) fn new(board: VirtualBoard, line: &super::Line) -> io::Result<Self> {
        let pace = Pace::at(board.machine().now());
        Ok(Self {
            board,
            profile: line.profile,
            timing: line.timing,
            pty: Pty::open()?,
            line: Line::new(&line.faults),
            pace,
            incoming: VecDeque::new(),
            outgoing: VecDeque::new(),
            away_since: None,
            hung_up: false,
            powered: true,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.pty.path()
    }

    pub(super) fn watch(&self) -> Option<FaultWatch> {
        self.line.watch()
    }

    pub(super) fn run(&mut self, stop: &dyn Fn() -> bool) -> io::Result<Served> {
        self.away_since = None;
        self.pace = Pace::at(self.now());
        while !stop() {
            // A frame that is not whole, or does not fit the time, leaves the rest in the port: that is flow control.
            if self.next_end().is_none() && self.incoming.len() < LONGEST_FRAME {
                self.incoming.extend(self.pty.read()?);
            }
            self.advance()?;
            self.collect()?;
            self.flush()?;
            self.lose_usb_without_power()?;
            if std::mem::take(&mut self.hung_up) {
                return Ok(Served::HungUp);
            }
            if self.has_left() {
                self.read_out(stop)?;
                return Ok(Served::LeftDfu);
            }
            self.wait()?;
        }
        self.let_go();
        Ok(Served::Stopped)
    }

    /// Waits until the other program has read what the device has said.
    fn read_out(&mut self, stop: &dyn Fn() -> bool) -> io::Result<()> {
        let mut end = Instant::now() + READ_OUT;
        while !stop() && Instant::now() < end {
            if let Some(held) = self.line.holds_for() {
                end = Instant::now() + held + READ_OUT;
            }
            self.flush()?;
            if self.outgoing.is_empty() && self.line.holds_for().is_none() && !self.pty.is_unread()? {
                break;
            }
            sleep(READ_LOOK);
        }
        Ok(())
    }

    /// Nobody talks to the device any more. The line does not show it, but a device with a host is not at rest.
    fn let_go(&mut self) {
        let now = self.now();
        self.board.wire().lock().send(now, FromHost::Disconnected);
        self.board.machine().run_until(now + cycles_from_ms(STARTING_MS));
    }

    /// A device that is a USB port itself takes the port with it when its supply goes.
    fn lose_usb_without_power(&mut self) -> io::Result<()> {
        let powered = self.board.machine().chip.is_powered();
        let lost = std::mem::replace(&mut self.powered, powered) && !powered;
        if lost && self.profile == Profile::Usb { self.replace_port() } else { Ok(()) }
    }

    fn now(&self) -> u64 {
        self.board.machine().now()
    }

    /// Gives the device what has arrived, and time.
    fn advance(&mut self) -> io::Result<()> {
        match self.timing {
            Timing::Instant => {
                while let Some(frame) = self.next_frame() {
                    self.give(frame)?;
                    self.collect()?;
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
                    self.give(frame)?;
                }
                self.board.machine().run_until(wall);
            }
        }
        Ok(())
    }

    /// Where the next frame ends in what has arrived. Whatever is no frame any more ends where it has got to.
    fn next_end(&self) -> Option<usize> {
        let end = self.incoming.iter().position(|byte| *byte == slip::END).map(|at| at + 1);
        end.or_else(|| (self.incoming.len() >= LONGEST_FRAME).then_some(self.incoming.len()))
    }

    /// The bytes up to the next end of a frame. A UART would not wait for it, and the device sees no difference; but who
    /// counts frames does.
    fn next_frame(&mut self) -> Option<Vec<u8>> {
        let count = match self.next_end() {
            Some(count) => count,
            None if self.line.counts() || self.incoming.is_empty() => return None,
            None => self.incoming.len(),
        };
        Some(self.incoming.drain(..count).collect())
    }

    /// What becomes of some bytes of the host.
    fn give(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        for happens in self.line.host_sent(bytes) {
            match happens {
                Happens::Arrives(bytes) => self.deliver(bytes),
                Happens::Breaks(due) => {
                    self.carry_out(&due)?;
                    if self.hung_up {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Lets the device take in some bytes. They are lost when it does not listen, as on a line.
    fn deliver(&mut self, bytes: Vec<u8>) {
        let slow = self.timing == Timing::Flash && self.profile == Profile::Uart;
        let on_the_line = if slow { cycles_from_us(UART_BYTE_US * bytes.len() as u64) } else { 0 };
        let arrives = self.now() + on_the_line;
        {
            let mut wire = self.board.wire().lock();
            if wire.presence() == Presence::Waiting {
                wire.connect(0);
            }
            wire.send(arrives, FromHost::Serial(bytes));
        }
        self.board.machine().run_until(arrives + cycles_from_us(TAKE_IN_US));
    }

    fn carry_out(&mut self, due: &Due) -> io::Result<()> {
        match due.what {
            Break::Link => self.hang_up()?,
            Break::Host(_) | Break::Port => {
                self.line.failed(due, "the client is a program of its own");
                return Ok(());
            }
            Break::Reset(_) => {
                self.board.machine().reset(Reset::Pin);
                // A device that is a USB port itself takes the port with it; a UART shows nothing.
                if self.profile == Profile::Usb {
                    self.replace_port()?;
                }
            }
            Break::Power => {
                let now = {
                    let mut machine = self.board.machine();
                    machine.power_off();
                    machine.now()
                };
                self.board.wire().lock().close(now, Closed::Vanished);
                let mut machine = self.board.machine();
                machine.run_until(now + cycles_from_ms(OFF_MS));
                machine.power_on();
                drop(machine);
                if self.profile == Profile::Usb {
                    self.replace_port()?;
                }
            }
        }
        self.line.happened(due);
        Ok(())
    }

    /// The port goes away under the host, as when a cable is pulled.
    fn hang_up(&mut self) -> io::Result<()> {
        let now = self.now();
        if self.profile == Profile::Usb {
            self.board.wire().lock().send(now, FromHost::Unplugged);
        }
        self.replace_port()
    }

    /// The port is gone, and another one takes its place.
    fn replace_port(&mut self) -> io::Result<()> {
        self.incoming.clear();
        self.outgoing.clear();
        self.line.hung_up();
        self.pty = Pty::open()?;
        self.hung_up = true;
        Ok(())
    }

    /// Takes what the device has sent.
    fn collect(&mut self) -> io::Result<()> {
        let until = match self.timing {
            Timing::Instant => u64::MAX,
            Timing::Flash => self.pace.now(),
        };
        while let Some(message) = { self.board.wire().lock().receive(until) } {
            if let ToHost::Serial(bytes) = message {
                for due in self.line.device_sent(bytes) {
                    self.carry_out(&due)?;
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        while let Some(bytes) = self.line.next_answer() {
            self.outgoing.extend(bytes);
        }
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
            let bootloader = machine.is_guest_entered() && !self.board.wire().lock().is_application();
            (machine.now(), bootloader || !machine.chip.is_powered())
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
        let look = self.line.holds_for().unwrap_or(LOOK).min(LOOK);
        if self.timing == Timing::Instant {
            let busy = self.presence() == Presence::Silent;
            return self.pty.wait(true, for_room, if busy { Duration::ZERO } else { look });
        }
        let (device, wall) = (self.now(), self.pace.now());
        let ahead = time(device.saturating_sub(wall));
        let answer = self.board.wire().lock().next_to_host().map(|at| time(at.saturating_sub(wall)));
        if ahead > Duration::from_micros(AHEAD_US) {
            // The device is busy: bytes wait in the port, as they do under flow control.
            return self.pty.wait(false, for_room, ahead.min(answer.unwrap_or(look)).min(look));
        }
        if self.next_end().is_some() {
            return Ok(());
        }
        self.pty.wait(true, for_room, answer.unwrap_or(look).min(look))
    }
}
