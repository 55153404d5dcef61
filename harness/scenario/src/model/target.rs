//! A target: a device with firmware of its own, as its file describes it.

use super::{Bootloader, Chip, Key, Place, SoftDevice};
use crate::word::words;

words! {
    /// Whether the host waits for the RTS of the device.
    "a kind of flow control"
    pub enum FlowControl {
        /// When the firmware has switched RTS/CTS on.
        Automatic = "automatic",
        /// Always.
        RtsCts = "rts-cts",
        /// Never.
        None = "none",
    }
}

words! {
    /// What a bootloader does otherwise than the specified one, and means to.
    "a known difference"
    pub enum Difference {
        /// An image whose length is no multiple of 4 is stored to its last byte (FLT-021).
        StoresLastBytes = "stores-last-bytes",
    }
}

/// A device with firmware of its own: what is flashed into it, and what its bootloader is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// One sentence about it.
    pub about: Option<String>,
    /// The chip.
    pub chip: Chip,
    /// Firmware files, relative to the target's own file.
    pub images: Vec<TargetImage>,
    /// What signs packages that its bootloader accepts.
    pub key: TargetKey,
    /// The SoftDevice in the images; none by default.
    pub softdevice: SoftDevice,
    /// How its bootloader is built, in the words of a scenario.
    pub bootloader: Bootloader,
    /// What it does otherwise than the specified bootloader.
    pub differs: Vec<Difference>,
    /// Its serial port.
    pub uart: Uart,
    /// Where things stand, as far as it is stated; the images and the chip say the rest.
    pub layout: TargetLayout,
}

/// A firmware file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetImage {
    /// Its path as it is written.
    pub file: String,
    /// First byte of a plain binary.
    pub at: Option<u32>,
    /// Where it is named.
    pub place: Place,
}

/// What signs packages that a bootloader accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetKey {
    /// One of the published test keys.
    Test(Key),
    /// A private key in this PEM file.
    File(String, Place),
    /// Nobody knows.
    Unknown,
}

/// The serial port of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uart {
    /// Bits a second. 115200 by default.
    pub baud: u32,
    /// `automatic` by default.
    pub flow_control: FlowControl,
    /// Number of the chip's port; by default the one on which the firmware listens.
    pub port: Option<u32>,
}

impl Default for Uart {
    fn default() -> Self {
        Self { baud: 115_200, flow_control: FlowControl::Automatic, port: None }
    }
}

/// Addresses that a target states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetLayout {
    /// First byte of the bootloader.
    pub bootloader: Option<u32>,
    /// The settings page.
    pub settings: Option<u32>,
    /// Its backup, which is the MBR's params page, too.
    pub backup: Option<u32>,
    /// Bytes below the bootloader that no update touches.
    pub app_data: Option<u32>,
}
