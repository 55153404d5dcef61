//! What the service says: answers, errors, signals.

use std::collections::BTreeMap;

use zbus::message::Header;
use zbus::{Message, ObjectPath, Result, Variant};

/// Properties of an interface.
pub(crate) type Properties = BTreeMap<&'static str, Variant<'static>>;
/// Interfaces of an object.
pub(crate) type Interfaces = BTreeMap<&'static str, Properties>;

/// An error with BlueZ's own name. Its text is what BlueZ says to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

impl Refusal {
    pub(crate) const NOT_CONNECTED: Self = Self::failed("Not connected");
    pub(crate) const TOO_LONG: Self = Self::failed("Failed to initiate write");
    pub(crate) const STUCK: Self = Self::failed("Operation already in progress");
    pub(crate) const ABORTED: Self = Self::failed("le-connection-abort-by-local");
    pub(crate) const UNREACHABLE: Self = Self::failed("Connection attempt failed");
    pub(crate) const NOT_PERMITTED: Self =
        Self { name: "org.bluez.Error.NotPermitted", text: "Write not permitted" };
    pub(crate) const READ_NOT_PERMITTED: Self =
        Self { name: "org.bluez.Error.NotPermitted", text: "Read not permitted" };
    pub(crate) const NOT_SUPPORTED: Self =
        Self { name: "org.bluez.Error.NotSupported", text: "Operation is not supported" };
    pub(crate) const NOT_THERE: Self = Self { name: "org.bluez.Error.DoesNotExist", text: "Does Not Exist" };
    pub(crate) const NOT_PAIRED: Self = Self { name: "org.bluez.Error.NotPermitted", text: "Not paired" };
    pub(crate) const WRONG_LENGTH: Self =
        Self { name: "org.bluez.Error.InvalidValueLength", text: "Invalid Length" };
    pub(crate) const NOT_READY: Self = Self { name: "org.bluez.Error.NotReady", text: "Resource Not Ready" };
    pub(crate) const IN_PROGRESS: Self =
        Self { name: "org.bluez.Error.InProgress", text: "Operation already in progress" };
    pub(crate) const NO_DISCOVERY: Self = Self::failed("No discovery started");
    pub(crate) const ARGUMENTS: Self =
        Self { name: "org.bluez.Error.InvalidArguments", text: "Invalid arguments in method call" };
    pub(crate) const NO_OBJECT: Self = Self {
        name: "org.freedesktop.DBus.Error.UnknownObject",
        text: "there is no such object, or it has no such interface",
    };
    pub(crate) const NO_METHOD: Self =
        Self { name: "org.freedesktop.DBus.Error.UnknownMethod", text: "there is no such method" };

    /// An ATT error that has no name of its own.
    pub(crate) const fn att(code: u8) -> Self {
        match code {
            0x01 => Self::failed("Operation failed with ATT error: 0x01"),
            0xFD => Self::failed("Operation failed with ATT error: 0xfd"),
            _ => Self::failed("Operation failed with ATT error: 0x0e"),
        }
    }

    /// BlueZ has this name for most of what can happen.
    const fn failed(text: &'static str) -> Self {
        Self { name: "org.bluez.Error.Failed", text }
    }

    pub(crate) fn answer(self, to: &Header<'_>) -> Result<Message> {
        Message::error(to, self.name).build(&(self.text,))
    }
}

/// The properties `changed` of an interface.
pub(crate) fn changed(path: &str, interface: &str, changed: &Properties) -> Result<Message> {
    let none: [&str; 0] = [];
    Message::signal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged").build(&(
        interface,
        changed,
        &none[..],
    ))
}

/// An object is there.
pub(crate) fn added(path: &str, interfaces: &Interfaces) -> Result<Message> {
    Message::signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesAdded")
        .build(&(ObjectPath::try_from(path)?, interfaces))
}

/// An object is gone.
pub(crate) fn removed(path: &str, interfaces: &[&str]) -> Result<Message> {
    Message::signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved")
        .build(&(ObjectPath::try_from(path)?, interfaces))
}
