//! Starts of the device with settings pages and registers that a seed chooses.

use super::Link;

/// What a start finds, in any combination, each judged by what the specification makes of it (8.2, 10.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starts {
    /// How often the device is started, 1 to 10,000.
    pub starts: u32,
    /// What chooses the pages, registers and reasons.
    pub seed: u32,
    /// The link that the bootloader is built for. `ble` by default.
    pub link: Link,
}
