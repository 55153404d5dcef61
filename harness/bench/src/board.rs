//! One device within reach.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{ApplicationLink, Link};
use gauntlet_links::air::Seen;
use gauntlet_links::gatt::Gatt;
use gauntlet_probe::serve::{Protocol, Server};
use gauntlet_probe::{BoardSelector, Debugger, ProbeError, Segment};

use crate::device::Device;
use crate::flash_log::FlashLog;
use crate::hardware::CommandError;
use crate::patience::Patience;
#[cfg(unix)]
use crate::serve::{Line, SerialPort};
use crate::sweep::{Chip, Sweep};

/// A way to update the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// BLE with this ATT_MTU, 23..=247.
    Ble {
        /// Bytes of ATT_MTU that the host asks for.
        att_mtu: u16,
    },
    /// A serial line.
    Serial,
}

/// What happens to the cable of a serial link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CableEvent {
    /// A USB cable is pulled out and put in again, while something else supplies the device (SER-015).
    Pulled,
    /// The line of a UART is held low for longer than a byte (SER-013).
    Break,
}

/// Which of the centrals of a bench talks to the device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Peer {
    /// The one that has a bond with the device where the device asks for one.
    #[default]
    Known,
    /// The same one after it has lost its bond.
    Forgetful,
    /// One that the device has never met.
    Stranger,
    /// One that says it is the first, and has another key.
    Impostor,
}

/// What a cut flash operation leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tear {
    /// Nothing of it was done.
    Before,
    /// A part of it, chosen by the seed.
    Torn,
    /// All of it.
    After,
}

/// A power cut at a counted flash operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The operation, counted from 0 since arming.
    pub flash_op: u64,
    /// What becomes of it.
    pub tear: Tear,
    /// How long the supply is off, in device time.
    pub off: Duration,
}

/// Where a cut has hit the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutPlace {
    /// At the flash operation that was asked for.
    Counted {
        /// The operation, counted from 0 since arming.
        flash_op: u64,
        /// The address it was about.
        address: u32,
    },
    /// At some moment of the transfer: nobody can say at which flash operation.
    Sampled {
        /// Behind the first packet of data.
        after: Duration,
    },
}

/// When and where a cut has fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutReport {
    /// Where in the work of the device.
    pub place: CutPlace,
    /// When, in device time since the board was opened.
    pub at: Duration,
}

/// What the device is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// An application runs.
    Application,
    /// The bootloader waits for an update.
    Dfu,
    /// Neither within the time given: off, resetting again and again, or stuck.
    Unsettled,
}

/// Why a board can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// The probe failed.
    #[error("the probe failed")]
    Probe(#[from] ProbeError),
    /// The board has no such link.
    #[error("this board can't be updated over {0}")]
    NoSuchLink(&'static str),
    /// A command of the bench failed.
    #[error("the bench could not do its part")]
    Command(#[from] CommandError),
    /// The device can't be offered to debug tools.
    #[error("the device can't be served to debug tools on port {port}")]
    Serve {
        /// The port asked for; 0 is any.
        port: u16,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The system gives no serial port, or takes it away.
    #[error("the serial port can't be served")]
    Port(#[source] std::io::Error),
    /// This process has no bus that a Bluetooth service of its own may use.
    #[error(
        "this process was not started with a bus of its own, so that no Bluetooth service can be put there"
    )]
    NoBus,
    /// The Bluetooth service could not be started.
    #[error("the Bluetooth service of the virtual board can't be started")]
    Bluetooth(#[source] std::io::Error),
    /// The board can't do that.
    #[error("this board can't {0}")]
    Impossible(&'static str),
}

/// A device, its probe, its links and its supply.
#[async_trait(?Send)]
pub trait Board {
    /// How probe-rs finds it.
    fn selector(&self) -> &BoardSelector;

    /// Attaches the probe.
    ///
    /// # Errors
    /// [`ProbeError`] as probe-rs reports it.
    fn attach(&self) -> Result<Debugger, ProbeError> {
        Debugger::attach(self.selector())
    }

    /// Attaches the probe, and opens a closed access port by erasing the whole chip.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a bench that may not do that; [`BoardError::Probe`].
    fn recover(&self) -> Result<Debugger, BoardError> {
        Err(BoardError::Impossible("be opened: erasing it is not permitted"))
    }

    /// Reads memory of a chip whose access port is closed: ranges of flash, UICR and RAM, in the order given.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board without [`Capability::ReadsLocked`](crate::Capability::ReadsLocked).
    fn read_past_lock(&self, ranges: &[Range<u32>]) -> Result<Vec<Segment>, BoardError> {
        let _ = ranges;
        Err(BoardError::Impossible("be read while its access port is closed"))
    }

    /// A link to the device, not yet connected. `device` is what was flashed.
    ///
    /// # Errors
    /// [`BoardError::NoSuchLink`].
    fn link(&self, kind: LinkKind, device: &Device) -> Result<Box<dyn Link>, BoardError>;

    /// A link to the bootloader over BLE of one of the bench's centrals, not yet connected.
    ///
    /// # Errors
    /// [`BoardError::NoSuchLink`] on a board within reach of one central only.
    fn link_of(&self, peer: Peer, kind: LinkKind, device: &Device) -> Result<Box<dyn Link>, BoardError> {
        match peer {
            Peer::Known => self.link(kind, device),
            Peer::Forgetful | Peer::Stranger | Peer::Impostor => {
                Err(BoardError::NoSuchLink("another central than its own"))
            }
        }
    }

    /// A link to the buttonless service of the application, not yet connected.
    ///
    /// # Errors
    /// [`BoardError::NoSuchLink`] on a board without BLE.
    fn application_link(&self, peer: Peer) -> Result<Box<dyn ApplicationLink>, BoardError> {
        let _ = peer;
        Err(BoardError::NoSuchLink("the buttonless service of its application"))
    }

    /// A central that does single things to attributes, not yet connected.
    ///
    /// # Errors
    /// [`BoardError::NoSuchLink`] on a board whose central can't be told what to do.
    fn gatt(&self, peer: Peer) -> Result<Box<dyn Gatt>, BoardError> {
        let _ = peer;
        Err(BoardError::NoSuchLink("single attributes"))
    }

    /// What centrals have seen of the device since this was last asked. Nothing on a board whose links show less than that.
    fn seen_on_air(&self) -> Vec<Seen> {
        Vec::new()
    }

    /// How long a client waits for this device.
    fn patience(&self) -> Patience {
        Patience::default()
    }

    /// Device time since the board was opened.
    fn device_time(&self) -> Duration;

    /// How often the device has started since the board was opened, counted by whoever sees every reset and what the
    /// device was told before; `None` where nobody does.
    fn starts(&self) -> Option<u32> {
        None
    }

    /// Nothing is done for `span` of device time.
    async fn idle(&self, span: Duration);

    /// Waits until the device is at rest: an application runs, or DFU mode waits for a host.
    async fn settle(&self, limit: Duration) -> Mode;

    /// Resets the device by its reset pin.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] without such a pin.
    fn reset_pin(&self) -> Result<(), BoardError>;

    /// Holds the button that asks for DFU mode, or lets it go.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board without [`Capability::Button`](crate::Capability::Button).
    fn hold_button(&self, held: bool) -> Result<(), BoardError> {
        let _ = held;
        Err(BoardError::Impossible("have a button held"))
    }

    /// Wakes the device from System OFF, after it has been sent there.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board without [`Capability::SystemOff`](crate::Capability::SystemOff).
    fn wake_from_off(&self) -> Result<(), BoardError> {
        Err(BoardError::Impossible("be sent to System OFF and woken"))
    }

    /// Does this to the cable of a device that waits in DFU mode.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board without [`Capability::Cable`](crate::Capability::Cable).
    fn disturb_cable(&self, event: CableEvent) -> Result<(), BoardError> {
        let _ = event;
        Err(BoardError::Impossible("have its cable pulled or its line disturbed"))
    }

    /// Switches the supply off, and on again after `off` of device time.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] without a switched supply.
    async fn power_cycle(&self, off: Duration) -> Result<(), BoardError>;

    /// Cuts the supply at a counted flash operation; power returns by itself. A board with
    /// [`Capability::SampledCuts`](crate::Capability::SampledCuts) cuts it at a moment of the next transfer instead, and its
    /// report says so.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board whose flash operations can't be counted.
    fn arm_cut(&self, cut: Cut) -> Result<(), BoardError>;

    /// The armed cut, once it has fired.
    fn cut_fired(&self) -> Option<CutReport>;

    /// Takes back a cut that has not fired.
    fn disarm_cut(&self);

    /// From now on every flash operation is written down, for [`Board::cut_sweep`].
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board without [`Capability::CutSweep`](crate::Capability::CutSweep).
    fn record_flash(&self) -> Result<(), BoardError> {
        Err(BoardError::Impossible("write down the flash operations of its firmware"))
    }

    /// From now on the flash operations of the device are written down for [`Board::flash_log`]. Nothing happens on a board
    /// whose flash nobody can watch.
    fn watch_flash(&self) {}

    /// What was done to the flash since [`Board::watch_flash`]; `None` on a board whose flash nobody can watch.
    fn flash_log(&self) -> Option<FlashLog> {
        None
    }

    /// A sweep of power cuts over everything since [`Board::record_flash`].
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board that has not written it down.
    fn cut_sweep(&self) -> Result<Sweep, BoardError> {
        Err(BoardError::Impossible("be swept: its flash operations were not written down"))
    }

    /// Goes on as this chip: a state of a sweep that is looked at closer.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board without [`Capability::CutSweep`](crate::Capability::CutSweep).
    fn take_over(&self, chip: Chip) -> Result<(), BoardError> {
        let _ = chip;
        Err(BoardError::Impossible("become another one"))
    }

    /// Why the bench itself can't run the firmware any further, if that is so: never the device's fault.
    fn complaint(&self) -> Option<String> {
        None
    }

    /// Offers the device's serial line as a port that any program of this machine can open.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board that has a port of its own; [`BoardError::Port`].
    #[cfg(unix)]
    fn serial_port(&self, line: &Line) -> Result<SerialPort, BoardError> {
        let _ = line;
        Err(BoardError::Impossible("be served on a serial port: it has one of its own"))
    }

    /// Offers the device to another debug tool, for as long as the server lives. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`BoardError::Impossible`] on a board that has a real probe for that; [`BoardError::Serve`].
    fn serve(&self, protocol: Protocol, port: u16) -> Result<Server, BoardError> {
        let _ = (protocol, port);
        Err(BoardError::Impossible("be served: connect the tool to its probe"))
    }
}
