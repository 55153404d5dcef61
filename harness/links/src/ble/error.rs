//! What can go wrong between this program and a device, with the party that is to blame.

use std::fmt;
use std::time::Duration;

use gauntlet_engine::LinkError;
use thiserror::Error;

/// Who failed. What to do next depends on nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// The radio of this machine: not there, off, or pulled out.
    Adapter,
    /// The Bluetooth service of this machine: bluetoothd, and the bus that leads to it.
    Service,
    /// The connection over the air.
    Link,
    /// The device.
    Device,
}

impl Party {
    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Adapter => "adapter",
            Self::Service => "bluetooth-service",
            Self::Link => "link",
            Self::Device => "device",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Adapter => "the Bluetooth adapter of this machine",
            Self::Service => "the Bluetooth service of this machine",
            Self::Link => "the connection over the air",
            Self::Device => "the device",
        })
    }
}

/// What went wrong. Told apart by the names of errors and by asking for states, never by their texts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BleError {
    /// There is no way to the Bluetooth service.
    #[error("the Bluetooth service of this machine can't be reached (is bluetoothd running?): {detail}")]
    NoService {
        /// What the system says.
        detail: String,
    },
    /// The Bluetooth service owes an answer.
    #[error("the Bluetooth service of this machine gave no answer within {waited:?} while {doing}")]
    ServiceSilent {
        /// What it was asked for.
        doing: &'static str,
        /// How long.
        waited: Duration,
    },
    /// The Bluetooth service failed although adapter, connection and device are there.
    #[error("the Bluetooth service of this machine failed while {doing}: {detail}")]
    ServiceFailed {
        /// What it was asked for.
        doing: &'static str,
        /// What it says.
        detail: String,
    },
    /// The service shows attributes that the device does not have (FF-035).
    #[error(
        "the Bluetooth service of this machine shows attributes of {device} that are not its own any more: {detail}; \
         set `Cache = no` below `[GATT]` in /etc/bluetooth/main.conf, or forget the device with `bluetoothctl remove`"
    )]
    StaleTable {
        /// Which device.
        device: String,
        /// How that showed.
        detail: String,
    },
    /// The adapter is not there.
    #[error("{}", no_adapter(.wanted.as_deref(), .present))]
    NoAdapter {
        /// Its name or address, if one was chosen.
        wanted: Option<String>,
        /// Those that are there.
        present: Vec<String>,
    },
    /// The adapter has no power.
    #[error("the Bluetooth adapter {adapter} is off (is it blocked? see `rfkill list`)")]
    AdapterOff {
        /// Which one.
        adapter: String,
    },
    /// The adapter was there and is not any more.
    #[error("the Bluetooth adapter {adapter} has gone while {doing}")]
    AdapterGone {
        /// Which one.
        adapter: String,
        /// What was under way.
        doing: &'static str,
    },
    /// Nobody who could be the device was heard.
    #[error("{wanted} was not heard within {waited:?}; {}", list_of(.heard))]
    NotHeard {
        /// Who was looked for.
        wanted: String,
        /// For how long.
        waited: Duration,
        /// Who was heard.
        heard: Vec<String>,
    },
    /// Several devices could be meant.
    #[error("{wanted} is ambiguous: {}; choose one by its address", .found.join(", "))]
    Ambiguous {
        /// Who was looked for.
        wanted: String,
        /// Who that could be.
        found: Vec<String>,
    },
    /// The device runs its application.
    #[error("{device} runs its application, not its bootloader")]
    RunsApplication {
        /// Which one.
        device: String,
    },
    /// The device has no such attribute (FF-036).
    #[error("{device} has no {what}")]
    Missing {
        /// Which device.
        device: String,
        /// What it does not have, with its UUID.
        what: String,
    },
    /// The device said no.
    #[error("{device} refused {doing}: {detail}")]
    Refused {
        /// The ATT error, where the service tells it.
        code: Option<u8>,
        /// Which device.
        device: String,
        /// What.
        doing: &'static str,
        /// What the service says about it.
        detail: String,
    },
    /// The device is connected and owes a response.
    #[error("{device} gave no response within {waited:?} while {doing}")]
    DeviceSilent {
        /// Which device.
        device: String,
        /// What was asked for.
        doing: &'static str,
        /// How long.
        waited: Duration,
    },
    /// A connection could not be made.
    #[error("no connection to {device} in {attempts} attempts: {detail}")]
    NotConnected {
        /// Which device.
        device: String,
        /// How often it was tried.
        attempts: u32,
        /// How the last attempt ended.
        detail: String,
    },
    /// The connection was there and is not any more.
    #[error("the connection to {device} is gone: {detail}")]
    Lost {
        /// Which device.
        device: String,
        /// What showed it.
        detail: &'static str,
    },
}

impl BleError {
    /// Who is to blame.
    pub fn party(&self) -> Party {
        match self {
            Self::NoService { .. }
            | Self::ServiceSilent { .. }
            | Self::ServiceFailed { .. }
            | Self::StaleTable { .. } => Party::Service,
            Self::NoAdapter { .. } | Self::AdapterOff { .. } | Self::AdapterGone { .. } => Party::Adapter,
            Self::NotConnected { .. } | Self::Lost { .. } => Party::Link,
            Self::NotHeard { .. }
            | Self::Ambiguous { .. }
            | Self::RunsApplication { .. }
            | Self::Missing { .. }
            | Self::Refused { .. }
            | Self::DeviceSilent { .. } => Party::Device,
        }
    }

    /// True when another attempt to connect may end better.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::NotConnected { .. }
                | Self::Lost { .. }
                | Self::DeviceSilent { .. }
                | Self::Missing { .. }
                | Self::ServiceFailed { .. }
        )
    }
}

impl From<BleError> for LinkError {
    fn from(error: BleError) -> Self {
        let detail = error.to_string();
        match error {
            BleError::Lost { .. } => Self::Lost { detail },
            BleError::NotHeard { .. } | BleError::RunsApplication { .. } => Self::NotFound { detail },
            BleError::NotConnected { .. } | BleError::DeviceSilent { .. } => Self::TimedOut { detail },
            BleError::Refused { code, .. } => Self::Refused { code, detail },
            BleError::Missing { .. } | BleError::Ambiguous { .. } => Self::Refused { code: None, detail },
            BleError::NoService { .. }
            | BleError::ServiceSilent { .. }
            | BleError::ServiceFailed { .. }
            | BleError::StaleTable { .. }
            | BleError::NoAdapter { .. }
            | BleError::AdapterOff { .. }
            | BleError::AdapterGone { .. } => Self::Host { detail },
        }
    }
}

fn no_adapter(wanted: Option<&str>, present: &[String]) -> String {
    let what =
        wanted.map_or("no Bluetooth adapter".to_owned(), |name| format!("no Bluetooth adapter `{name}`"));
    if present.is_empty() {
        return format!("this machine has {what}");
    }
    format!("this machine has {what}; it has {}", present.join(", "))
}

fn list_of(heard: &[String]) -> String {
    if heard.is_empty() { "nobody was heard".to_owned() } else { format!("heard: {}", heard.join(", ")) }
}
