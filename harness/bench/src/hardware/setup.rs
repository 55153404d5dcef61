//! Which parts a bench has.

use std::path::PathBuf;
use std::time::Duration;

use gauntlet_links::ble::Wanted;
use gauntlet_links::dongle::DongleOptions;
use gauntlet_links::serial::SerialOptions;
use gauntlet_nrf52::Variant;

use super::command::{Command, CommandError};
use crate::Capability;
use crate::backend::Backend;
use crate::target::Target;

/// The parts of a bench, as its file names them.
#[derive(Debug, Clone)]
pub struct HardwareSetup {
    /// Its name, for reports.
    pub name: String,
    /// The probe, `VID:PID:SERIAL`; `None` is the only one that is there.
    pub probe: Option<String>,
    /// Speed of the debug wires in kHz; the probe's own choice without.
    pub speed_khz: Option<u32>,
    /// The chip of the board.
    pub variant: Variant,
    /// Whether a chip that is read-protected is erased to open it.
    pub erase_locked: bool,
    /// How the device is updated.
    pub link: HardwareLink,
    /// How the supply is switched, if it can be.
    pub supply: Option<Supply>,
    /// Pulls the reset pin.
    pub reset: Option<Command>,
    /// What is flashed; the reference device without.
    pub target: Option<Target>,
}

/// A link of this machine.
#[derive(Debug, Clone)]
pub enum HardwareLink {
    /// Its Bluetooth: which device, by which adapter.
    Ble(Wanted, Option<String>),
    /// A serial port.
    Serial(SerialOptions),
    /// A connectivity dongle on a port, and how the device is found within its reach.
    Dongle(PathBuf, DongleOptions),
}

/// A supply that commands switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supply {
    /// A command for each way.
    Switch {
        /// Takes it away.
        off: Command,
        /// Gives it back.
        on: Command,
    },
    /// One command for both; `{ms}` in it is how long the supply shall be off.
    Cycle(Command),
}

impl HardwareSetup {
    /// What a bench of these parts can do.
    pub(super) fn capabilities(&self) -> Vec<Capability> {
        let mut all = match &self.link {
            // The way back to an application has to be told apart from other devices on the air.
            HardwareLink::Ble(Wanted::Anyone, _) => vec![Capability::Ble],
            HardwareLink::Dongle(..) => vec![Capability::Ble, Capability::ChosenMtu],
            HardwareLink::Ble(..) => vec![Capability::Ble, Capability::Buttonless],
            HardwareLink::Serial(_) => vec![Capability::Serial],
        };
        if self.supply.is_some() {
            all.extend([Capability::PowerCut, Capability::SampledCuts]);
        }
        all.extend(self.erase_locked.then_some(Capability::OpensLocked));
        all.extend(self.reset.as_ref().map(|_| Capability::Reset));
        all
    }
}

impl HardwareLink {
    pub(super) fn backend(&self) -> Backend {
        match self {
            Self::Ble(..) => Backend::Ble,
            Self::Serial(_) => Backend::Serial,
            Self::Dongle(..) => Backend::Dongle,
        }
    }
}

impl Supply {
    /// Off, and on again after `off`.
    ///
    /// # Errors
    /// [`CommandError`]. The supply is given back even when it could not be taken away.
    pub async fn cycle(&self, off: Duration) -> Result<(), CommandError> {
        match self {
            Self::Switch { off: away, on: back } => {
                let taken = away.perform().await;
                if taken.is_ok() {
                    tokio::time::sleep(off).await;
                }
                back.perform().await.and(taken)
            }
            Self::Cycle(command) => {
                command.with("{ms}", &off.as_millis().to_string()).longer_by(off).perform().await
            }
        }
    }

    /// Makes sure that it is there: a run that was broken off may have left it away.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn back(&self) -> Result<(), CommandError> {
        match self {
            Self::Switch { on, .. } => on.perform().await,
            Self::Cycle(_) => Ok(()),
        }
    }
}
