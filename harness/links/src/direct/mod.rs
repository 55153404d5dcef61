//! The direct link: straight to the firmware of a virtual board, without any host stack between. [`ChipUart`] ends at the
//! pins of the chip, the others at the model of the reference device.

mod application;
mod ble;
mod board;
mod central;
mod clock;
mod gatt;
mod manners;
mod serial;
mod uart;

pub use application::DirectApplication;
pub use ble::DirectBle;
pub use board::{SharedMachine, VirtualBoard};
pub use central::VirtualCentral;
pub use clock::VirtualClock;
pub use gatt::DirectGatt;
pub use serial::DirectSerial;
pub use uart::{ChipUart, FlowControl, UartEnd, UartOptions};

use std::time::Duration;

/// How long the board runs between two looks at the wire.
const SLICE: Duration = Duration::from_millis(5);
