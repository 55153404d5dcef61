//! A virtual board's UART as a serial port that any program of this machine can open.
//!
//! This is the one place where a virtual board meets the wall clock: the program at the other end has no other.

mod pace;
mod pty;
mod pump;

use std::io;
use std::path::Path;

use gauntlet_links::direct::VirtualBoard;

use pump::Pump;

/// How device time and wall time go together while a device is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// Whatever the device has to do takes no wall time; while it has nothing to do, its time follows the wall's.
    #[default]
    Instant,
    /// The device works as fast as a real one: erasing and programming take the time they take on a board.
    Flash,
}

/// Why serving paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// It was asked to stop.
    Stopped,
    /// The device has left DFU mode and runs something else.
    LeftDfu,
}

/// A served serial port. Programs can come and go; it is gone when this is dropped.
pub struct SerialPort {
    pump: Pump,
}

impl SerialPort {
    pub(crate) fn open(board: VirtualBoard, timing: Timing) -> io::Result<Self> {
        Ok(Self { pump: Pump::new(board, timing)? })
    }

    /// The name under which programs open it.
    pub fn path(&self) -> &Path {
        self.pump.path()
    }

    /// Carries bytes between the port and the device until `stop` says so or the device leaves DFU mode.
    ///
    /// Blocks. `stop` is asked at least every 20 ms.
    ///
    /// # Errors
    /// What the system says about the port.
    pub fn serve(&mut self, stop: &dyn Fn() -> bool) -> io::Result<Served> {
        self.pump.run(stop)
    }
}
