//! BLE through an nRF connectivity dongle: an nRF52 board with connectivity firmware on a serial port.
//!
//! The dongle is reset and configured whenever somebody connects and something was wrong with it before. Every wait has an
//! end, and every error says who has failed: the port, the dongle, the radio link, or the device.

mod application;
mod attributes;
mod central;
mod driver;
mod error;
mod host;
mod link;
mod port;
mod security;
mod seeking;
mod table;
mod writing;

use std::time::Duration;

use gauntlet_engine::PeerAddress;

pub use application::DongleApplication;
pub use attributes::DongleGatt;
pub use central::Bond;
pub use error::{DongleError, Party};
pub use host::DongleHost;
pub use link::DongleLink;
pub use port::{Port, SerialDongle, Stream};

/// The ATT_MTU that every device starts with, and the largest that fits into one link layer packet.
const SMALLEST_MTU: u16 = 23;
const LARGEST_MTU: u16 = 247;

/// How a device is looked for, and talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DongleOptions {
    /// The name that it advertises; without name and address, any device that runs the firmware that is looked for.
    pub name: Option<String>,
    /// Its address.
    pub address: Option<PeerAddress>,
    /// The ATT_MTU that is asked for, 23 to 247.
    pub att_mtu: u16,
    /// How long a port may be missing, and a device be looked for.
    pub patience: Duration,
    /// The bond with the device, where it asks for one.
    pub bond: Option<Bond>,
}

impl Default for DongleOptions {
    fn default() -> Self {
        let patience = Duration::from_secs(10);
        Self { name: None, address: None, att_mtu: LARGEST_MTU, patience, bond: None }
    }
}
