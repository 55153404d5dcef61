//! A place to test: a probe, links, power, and what it can do.
//!
//! A [`Bench`] makes [`Board`]s; a board is everything the runner knows of a device. The same calls work on a virtual board
//! and on one on a desk: whatever only a virtual board can do is a [`Capability`] that a scenario asks for, and what is
//! missing there makes the case Skipped.
//!
//! | module | what |
//! |---|---|
//! | [`device`] | what is flashed to make a device under test, and where everything stands |
//! | [`backend`] | what the client's traffic passes on its way to the device |
//! | `bluetooth` | a virtual board behind a Bluetooth service without a radio (Unix) |
//! | [`board`] | one device within reach |
//! | [`firmware_board`] | a virtual chip with somebody's firmware in it |
//! | [`hardware`] | a bench of real parts |
//! | [`images`] | firmware files, and how they get into a chip |
//! | [`patience`] | how long a client waits on a board |
//! | `serve` | the serial line of a virtual board as a port of this machine (Unix) |
//! | [`sweep`] | power cuts at every flash operation of a run |
//! | [`target`] | a device with firmware of its own |
//! | [`virtual_bench`] | boards made of a virtual chip and the reference device |

pub mod backend;
#[cfg(unix)]
pub mod bluetooth;
pub mod board;
pub mod device;
mod dongles;
pub mod firmware_board;
pub mod flash_log;
pub mod hardware;
pub mod images;
pub mod patience;
mod running;
#[cfg(unix)]
mod serial_way;
#[cfg(unix)]
pub mod serve;
pub mod sweep;
pub mod target;
pub mod virtual_bench;

pub use backend::{Backend, UnknownBackend};
pub use board::{Board, BoardError, CableEvent, Cut, CutPlace, CutReport, LinkKind, Mode, Peer, Tear};
pub use device::{Application, Device, DeviceImage, Region};
pub use firmware_board::{FirmwareBoard, FirmwareSetup, ReadBack};
pub use flash_log::FlashLog;
pub use gauntlet_links::direct::{FlowControl, UartOptions};
pub use gauntlet_nrf52::Variant;
pub use gauntlet_probe::serve::{Protocol, Server};
pub use gauntlet_probe::{BoardSelector, Debugger, FoundProbe, ProbeError, probes};
pub use gauntlet_reference::images::{Buttonless, Habit, Segment, Service, WITNESS_ADDRESS, WITNESS_MAGIC};
pub use gauntlet_reference::{Build, Entry, Generation, Layout, PlantedBug, Profile, SkipCrc};
pub use patience::Patience;
pub use target::{Firmware, StatedLayout, Target, TargetError};
pub use virtual_bench::VirtualBench;

/// Something a bench may be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Updates over BLE.
    Ble,
    /// Updates over a serial line.
    Serial,
    /// Cutting the supply.
    PowerCut,
    /// Cutting it at a counted flash operation.
    FlashOpFaults,
    /// Cutting it at moments of a transfer, in place of counted flash operations.
    SampledCuts,
    /// Resetting the device from outside.
    Reset,
    /// Talking to the buttonless service of an application.
    Buttonless,
    /// Several centrals, with bonds with the device and without.
    Centrals,
    /// Asking for an ATT MTU of one's own choice.
    ChosenMtu,
    /// Telling a central what to do with single attributes.
    Gatt,
    /// Writing to an attribute that the device's table does not have.
    AnyAttribute,
    /// Writing any value into the configuration of a characteristic, not only those of a subscription and of its end.
    AnyConfiguration,
    /// Beginning a long write, whatever the length of the value.
    LongWrite,
    /// Exchanging the ATT_MTU at any moment of a link.
    MtuExchange,
    /// Writing a value that is longer than the ATT_MTU allows.
    LongRequest,
    /// Deciding when an indication is confirmed.
    Confirmation,
    /// Leaving the indication that services have changed without a confirmation.
    ServicesUnconfirmed,
    /// Reading any value.
    Reading,
    /// Looking around while it is connected, and knowing a connection that is not accepted from a device that is not there.
    LookingAround,
    /// Asking the device for pairing.
    Pairing,
    /// Sending on before the device has answered, so close behind that a case can count on it.
    Overtaking,
    /// Holding the button that asks for DFU mode.
    Button,
    /// Sending the device to System OFF and waking it.
    SystemOff,
    /// Pulling the cable of a serial link, and disturbing its line.
    Cable,
    /// Saving and restoring the whole device.
    Snapshot,
    /// Opening a chip whose access port is closed, by erasing it.
    OpensLocked,
    /// Reading the memories of a chip whose access port is closed, and telling what it does.
    ReadsLocked,
    /// A cold boot from every state in which a power cut may leave a run.
    CutSweep,
}

/// A place where boards are tested.
pub trait Bench: Send + Sync {
    /// Its name, for reports.
    fn name(&self) -> &str;

    /// What it can do.
    fn capabilities(&self) -> &[Capability];

    /// What the client's traffic passes on its way to its boards. A case that can't go that way is Skipped.
    fn backend(&self) -> Backend {
        Backend::Direct
    }

    /// The firmware of its boards, when it is not the reference device. Cases that it can't be are then Skipped.
    fn target(&self) -> Option<&Target> {
        None
    }

    /// A board with `variant` on it for one case. Must be called on the thread, and inside the runtime, that uses it.
    ///
    /// `seed` decides everything on a virtual board that chance decides on a real one.
    ///
    /// # Errors
    /// [`BoardError`] when no such board is free.
    fn open(&self, variant: Variant, seed: u64) -> Result<Box<dyn Board>, BoardError>;

    /// How many boards it has at a time; as many as anyone asks for without.
    fn boards(&self) -> Option<usize> {
        None
    }

    /// The only chip that it has, when its boards can't be any chip.
    fn chip(&self) -> Option<Variant> {
        None
    }

    /// True when device time is virtual: the runtime must then be started with paused time.
    fn has_virtual_time(&self) -> bool;
}
