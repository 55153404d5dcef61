//! Firmware in a virtual chip, with the chip's UART as a serial port of this machine.
//!
//! Nothing here knows what the firmware is. It starts from the chip's reset vector, and what it does is told as
//! [`Notice`]s: a bootloader of somebody else, an application without one, or bytes that are no firmware at all.

mod notice;
mod pump;
mod watch;
mod whereabouts;

use std::io;
use std::path::Path;

use gauntlet_links::direct::SharedMachine;

pub use notice::Notice;
use pump::Pump;
pub use whereabouts::Whereabouts;

use super::Timing;

/// How firmware is served.
#[derive(Debug, Clone)]
pub struct FirmwareLine {
    /// How device time and wall time go together.
    pub timing: Timing,
    /// Debug tools share the chip: they are let in between two slices of its time.
    pub shared: bool,
    /// Where bootloader and application stand; none when the images do not say.
    pub whereabouts: Option<Whereabouts>,
}

/// Why serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirmwareServed {
    /// It was asked to stop.
    Stopped,
    /// An application runs that the bootloader has started. Told once for each time that it got there.
    ApplicationRuns,
}

/// The UART of a chip as a serial port. Programs can come and go, and the chip can be reset: the port stays. It is gone
/// when this is dropped.
pub struct FirmwarePort {
    pump: Pump,
}

impl FirmwarePort {
    /// A port for the UART of `machine`, whichever of them its firmware uses.
    ///
    /// # Errors
    /// The system gives no pseudo-terminal.
    pub fn open(machine: SharedMachine, line: FirmwareLine) -> io::Result<Self> {
        Ok(Self { pump: Pump::new(machine, line)? })
    }

    /// The name under which programs open it.
    pub fn path(&self) -> &Path {
        self.pump.path()
    }

    /// Runs the chip and carries its bytes until `stop` says so or an application is reached. Can be called again then.
    ///
    /// Blocks. `stop` is asked at least every 20 ms, whatever the firmware does.
    ///
    /// # Errors
    /// What the system says about the port.
    pub fn serve(
        &mut self,
        stop: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Notice),
    ) -> io::Result<FirmwareServed> {
        self.pump.run(stop, tell)
    }
}
