//! What the traffic of a client passes on its way to the device.

use std::fmt;
use std::str::FromStr;

/// A way for the client's traffic to the device. A run has one, and its cases are judged alike over each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// Nothing at all: the client meets the device's wire. Only virtual boards have one.
    #[default]
    Direct,
    /// The Bluetooth of this machine, used through btleplug; on the virtual bench a service without a radio.
    Ble,
    /// A connectivity dongle; on the virtual bench one that stands in the same process.
    Dongle,
    /// A serial port of the system; on the virtual bench a pseudo-terminal.
    Serial,
}

impl Backend {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Ble, Self::Dongle, Self::Serial];

    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Ble => "ble",
            Self::Dongle => "dongle",
            Self::Serial => "serial",
        }
    }

    /// What it is, in a line.
    pub fn description(self) -> &'static str {
        match self {
            Self::Direct => "the device itself, without anything between",
            Self::Ble => "btleplug and the Bluetooth service of this machine",
            Self::Dongle => "a connectivity dongle",
            Self::Serial => "a serial port of the system",
        }
    }

    /// True when BLE can go this way.
    pub fn carries_ble(self) -> bool {
        self != Self::Serial
    }

    /// True when a serial line can go this way.
    pub fn carries_serial(self) -> bool {
        matches!(self, Self::Direct | Self::Serial)
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no backend with this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is none of direct, ble, dongle, serial")]
pub struct UnknownBackend {
    /// The name.
    pub name: String,
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|backend| backend.name() == name);
        known.ok_or_else(|| UnknownBackend { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for backend in Backend::ALL {
            assert_eq!(backend.name().parse(), Ok(backend));
            assert!(backend.carries_ble() || backend.carries_serial());
        }
        let unknown = "blue".parse::<Backend>().unwrap_err().to_string();
        assert!(Backend::ALL.iter().all(|backend| unknown.contains(backend.name())), "{unknown}");
    }
}
