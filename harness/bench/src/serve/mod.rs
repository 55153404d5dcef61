//! A virtual board's UART, or a dongle within whose reach it is, as a serial port that any program of this machine can open.
//!
//! This is the one place where a virtual board meets the wall clock: the program at the other end has no other.

mod dongle;
mod firmware;
mod line;
mod meter;
mod pace;
mod pty;
mod pump;
mod radio;

use std::io;
use std::path::Path;

use gauntlet_links::direct::VirtualBoard;
use gauntlet_links::virtual_dongle::PlannedFault;
use gauntlet_links::{Fault, FaultWatch};
use gauntlet_reference::Profile;

use dongle::DonglePump;
pub use dongle::DongleSetup;
pub use firmware::{FirmwareLine, FirmwarePort, FirmwareServed, Notice, Whereabouts};
use meter::Seen;
pub use meter::{Moment, Observed};
pub(crate) use pty::Pty;
use pump::Pump;
pub use radio::{RadioBoard, RadioSetup};

/// How device time and wall time go together while a device is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// Whatever the device has to do takes no wall time; while it has nothing to do, its time follows the wall's.
    #[default]
    Instant,
    /// The device works as fast as a real one: erasing and programming take the time they take on a board, and the bytes of a
    /// UART the time of its line.
    Flash,
}

/// How a device is served.
#[derive(Debug, Clone)]
pub struct Line {
    /// How its bootloader is built: a UART has a line speed, and what hangs up is noticed on USB only (OBJ-045, SER-015).
    pub profile: Profile,
    /// How device time and wall time go together.
    pub timing: Timing,
    /// What goes wrong, at positions that are counted from the opening of the port.
    pub faults: Vec<Fault>,
    /// The port is that of a dongle with the device within its reach, not the device's own line. No fault of a line happens
    /// then; the dongle has its own.
    pub dongle: Option<DongleSetup>,
}

/// Why serving paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// It was asked to stop.
    Stopped,
    /// The device has left DFU mode and runs something else.
    LeftDfu,
    /// A fault has hung up the port; there is another one now, with another [`path`](SerialPort::path).
    HungUp,
}

/// A served serial port. Programs can come and go; it is gone when this is dropped.
pub struct SerialPort {
    end: End,
    board: VirtualBoard,
    seen: Seen,
}

/// What is at our end of it.
enum End {
    Device(Box<Pump>),
    Dongle(Box<DonglePump>),
}

impl SerialPort {
    pub(crate) fn open(board: VirtualBoard, line: &Line) -> io::Result<Self> {
        let end = match &line.dongle {
            Some(setup) => End::Dongle(Box::new(DonglePump::new(board.clone(), line.timing, setup)?)),
            None => End::Device(Box::new(Pump::new(board.clone(), line)?)),
        };
        let seen = Seen::on(&board);
        Ok(Self { end, board, seen })
    }

    /// What has passed between the programs at the port and the device.
    pub fn observed(&self) -> Observed {
        self.seen.observed()
    }

    /// Name and address with which the device advertises, the most significant byte of the address first; nothing when it
    /// does not.
    pub fn advertised(&self) -> Option<(String, [u8; 6])> {
        let wire = self.board.wire().lock();
        let found = wire.advertisement()?;
        let name = String::from_utf8_lossy(found.name().unwrap_or_default()).into_owned();
        let mut address = found.address.bytes;
        address.reverse();
        Some((name, address))
    }

    /// Tells which faults fired, also after the port is gone. None without faults.
    pub fn watch(&self) -> Option<FaultWatch> {
        match &self.end {
            End::Device(pump) => pump.watch(),
            End::Dongle(_) => None,
        }
    }

    /// Each planned fault of a dongle with the number of times that it has happened.
    pub fn dongle_faults(&self) -> Vec<(PlannedFault, u32)> {
        match &self.end {
            End::Device(_) => Vec::new(),
            End::Dongle(pump) => pump.faults(),
        }
    }

    /// The name under which programs open it.
    pub fn path(&self) -> &Path {
        match &self.end {
            End::Device(pump) => pump.path(),
            End::Dongle(pump) => pump.path(),
        }
    }

    /// Carries bytes between the port and the device until `stop` says so or the device leaves DFU mode.
    ///
    /// Blocks. `stop` is asked at least every 20 ms.
    ///
    /// # Errors
    /// What the system says about the port.
    pub fn serve(&mut self, stop: &dyn Fn() -> bool) -> io::Result<Served> {
        match &mut self.end {
            End::Device(pump) => pump.run(stop),
            End::Dongle(pump) => pump.run(stop),
        }
    }
}
