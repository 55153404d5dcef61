//! Where a requirement shows.

use crate::word::words;

words! {
    /// Where one can see whether a device, or its client, does what a requirement says.
    "a place of observation"
    pub enum Observation {
        /// In what the device answers, or that it does not.
        Answer = "answer",
        /// In whether the device waits in DFU mode, and as what it can be found.
        Advertising = "advertising",
        /// In the contents of flash, or the order in which it is erased and written.
        Flash = "flash",
        /// In the settings page and its backup.
        Settings = "settings",
        /// In a reset, and in what runs after it.
        Reset = "reset",
        /// In when something happens, on the device's clock.
        Timing = "timing",
        /// In how the link itself is made, used and ended.
        Link = "link",
        /// In the air only.
        Radio = "radio",
        /// In what the client does; the device is not asked for anything.
        Host = "host",
        /// Nowhere outside of the device.
        None = "none",
    }
}
