//! The reference device: the specified Secure DFU bootloader as a model, and all firmware of our own.
//!
//! The device is flashed like any other: [`images`] makes a start-up stub, a stand-in SoftDevice, a bootloader and witness
//! applications as bytes at addresses. The bootloader image is a vector table and a few instructions that hand over to
//! [`ReferenceDevice`] through a trap; the model then works on the chip's own flash through the chip's own NVMC, so that
//! probe, flash verification and power cuts are the same for it as for real firmware. Erase the image and nothing boots.
//!
//! | module | what |
//! |---|---|
//! | [`layout`] | where things stand in flash |
//! | [`images`] | the firmware as bytes |
//! | [`build`] | the configuration a bootloader was built with, kept inside its image |
//! | [`bugs`] | planted bugs: part of a build |
//! | [`wire`] | what host and device exchange, and when |
//! | [`gap`], [`att`] | who is on the air, and what a central may do to attributes |
//! | [`records`] | what an application leaves for the bootloader in the settings page |
//! | `model` | what the bootloader does |

pub mod att;
pub mod bugs;
pub mod build;
pub mod gap;
pub mod images;
pub mod layout;
mod model;
pub mod records;
mod signature;
pub mod wire;

pub use bugs::PlantedBug;
pub use build::{Build, Entry, Generation, Profile, SettingsVersion, SkipCrc};
pub use layout::Layout;
pub use model::ReferenceDevice;
pub use wire::SharedWire;
