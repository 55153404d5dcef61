//! The Bluetooth of this machine: real adapters, real time. On Linux through BlueZ.
//!
//! | module | what |
//! |---|---|
//! | `host` | what the links to one device share; attempts and their bounds |
//! | `link`, `application`, `gatt` | the links themselves, and single attributes |
//! | `adapter`, `scan`, `wanted` | which adapter, who is on the air, who of them is the device |
//! | `connection` | one connection, with a window of packets |
//! | `radio`, `symptom`, `error` | who is to blame, found out by asking for states |

mod adapter;
mod application;
mod connection;
mod error;
mod gatt;
mod host;
mod link;
mod radio;
mod scan;
mod symptom;
mod uuids;
mod wanted;

pub use application::BleApplication;
pub use error::{BleError, Party};
pub use gatt::BleGatt;
pub use host::{BleHost, BleOptions};
pub use link::BleLink;
pub use wanted::Wanted;

/// Bytes in the longest packet that the bootloaders of the SDK take: those of an ATT_MTU of 247 (BLE-009).
const LONGEST_PACKET: usize = 244;
