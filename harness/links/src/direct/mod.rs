//! The direct link: straight to the firmware of a virtual board, without any host stack between.

mod application;
mod ble;
mod board;
mod central;
mod clock;
mod gatt;
mod serial;

pub use application::DirectApplication;
pub use ble::DirectBle;
pub use board::{SharedMachine, VirtualBoard};
pub use central::VirtualCentral;
pub use clock::VirtualClock;
pub use gatt::DirectGatt;
pub use serial::DirectSerial;

use std::time::Duration;

/// How long the board runs between two looks at the wire.
const SLICE: Duration = Duration::from_millis(5);
