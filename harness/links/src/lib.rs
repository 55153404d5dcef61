//! The Links, and the faults that act on them.
//!
//! | module | what |
//! |---|---|
//! | [`air`] | what a central sees beside what it asked for |
//! | [`ble`] | the Bluetooth of this machine |
//! | [`capture`] | what passes over a link, as packets for Wireshark and as words |
//! | [`direct`] | straight to the firmware of a virtual board |
//! | [`dongle`] | BLE through an nRF connectivity dongle on a serial port |
//! | [`gatt`] | a central that does single things to attributes |
//! | [`serial`] | a serial port of this machine |
//! | [`virtual_dongle`] | a connectivity dongle with a virtual board within its reach |
//! | [`faults`] | [`FaultLink`] wraps any link and lets faults happen at counted positions |
//!
//! ```
//! use gauntlet_engine::{Link, Object};
//! use gauntlet_links::{Action, Fault, FaultLink, Position};
//!
//! /// The link is lost when 2048 bytes of the third data object have gone out.
//! fn break_it<L: Link>(link: L) -> FaultLink<L> {
//!     let at = Position::Byte { object: Object::Data(3), byte: 2048 };
//!     FaultLink::new(link, vec![Fault::new(at, Action::Disconnect).expect("a link can be lost anywhere")])
//! }
//! ```
//!
//! A fault that did not fire proves nothing; [`FaultWatch`] tells.

pub mod air;
pub mod ble;
pub mod capture;
pub mod direct;
pub mod dongle;
pub mod faults;
pub mod gatt;
pub mod serial;
pub mod virtual_dongle;

pub use faults::{
    Action, BoardAction, BoardError, BoardReset, Break, Due, Fault, FaultLink, FaultReport, FaultWatch,
    Firing, HostAct, HostEnd, HostHand, Injector, Moment, Position, RequestKind, Traffic, TrafficMeter,
    UnfitFault,
};
