//! Things that concern a scenario as a whole.

use crate::word::words;

words! {
    /// What a bench must be able to do for a scenario to make sense there.
    "a capability"
    pub enum Capability {
        /// A BLE link to the device.
        Ble = "ble",
        /// A serial link to the device.
        Serial = "serial",
        /// The supply of the device can be switched off and on.
        PowerCut = "power-cut",
        /// Faults can be placed at a counted flash operation.
        FlashOpFaults = "flash-op-faults",
        /// The device can be reset from outside.
        Reset = "reset",
        /// The application can be talked to over its buttonless service.
        Buttonless = "buttonless",
        /// A central can be told what to do with single attributes.
        Gatt = "gatt",
        /// The button that asks for DFU mode can be held.
        Button = "button",
        /// The device can be sent to System OFF and woken.
        SystemOff = "system-off",
        /// The cable of its serial link can be pulled, and its line disturbed.
        Cable = "cable",
        /// The state of the whole device can be stored and brought back.
        Snapshot = "snapshot",
    }
}

/// Where something stands in the scenario file, for reports: `scenario.yaml:23:9`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
