//! What an error of the Bluetooth library says by its type and, on Linux, by its D-Bus name. Texts are for people.

use btleplug::Error;

/// What an error may mean, before anybody has been asked about states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symptom {
    /// There is no bus, or no Bluetooth service on it.
    Unreachable,
    /// No answer came.
    Unanswered,
    /// The adapter has no power.
    Off,
    /// What it was about does not exist any more.
    Gone,
    /// The device's attributes don't allow it.
    NotPermitted,
    /// The link is down.
    NotConnected,
    /// The same is going on already.
    Busy,
    /// Anything else.
    Failed,
}

/// What `error` says.
pub(super) fn of(error: &Error) -> Symptom {
    match error {
        Error::PermissionDenied => Symptom::Unreachable,
        Error::DeviceNotFound | Error::NoSuchCharacteristic => Symptom::Gone,
        Error::NotConnected => Symptom::NotConnected,
        Error::NoAdapterAvailable => Symptom::Off,
        Error::TimedOut(_) => Symptom::Unanswered,
        Error::Other(cause) => of_cause(&**cause),
        _ => Symptom::Failed,
    }
}

/// The ATT error code in `error`.
///
/// BlueZ has names for some codes. All others it hands over as a number behind a fixed text, and in no other way; nothing is
/// concluded from the text itself, and a service that says nothing of the kind is asked for nothing.
#[cfg(target_os = "linux")]
pub(super) fn att_error(error: &Error) -> Option<u8> {
    use bluez_async::BluetoothError;

    let Error::Other(cause) = error else { return None };
    let Some(BluetoothError::DbusError(error)) = cause.downcast_ref::<BluetoothError>() else { return None };
    match error.name()?.strip_prefix("org.bluez.Error.")? {
        "NotPermitted" => Some(0x03),
        "InvalidOffset" => Some(0x07),
        "NotAuthorized" => Some(0x08),
        "InvalidValueLength" => Some(0x0D),
        "Failed" => {
            let (_, code) = error.message()?.rsplit_once("ATT error: 0x")?;
            u8::from_str_radix(code.trim(), 16).ok()
        }
        _ => None,
    }
}

/// The ATT error code in `error`: nobody tells it here.
#[cfg(not(target_os = "linux"))]
pub(super) fn att_error(_: &Error) -> Option<u8> {
    None
}

#[cfg(target_os = "linux")]
fn of_cause(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> Symptom {
    use bluez_async::BluetoothError;

    match cause.downcast_ref::<BluetoothError>() {
        Some(BluetoothError::DbusError(error)) => of_name(error.name().unwrap_or_default()),
        Some(BluetoothError::NoBluetoothAdapters) => Symptom::Off,
        Some(BluetoothError::ServiceDiscoveryTimedOut) => Symptom::Unanswered,
        _ => Symptom::Failed,
    }
}

#[cfg(not(target_os = "linux"))]
fn of_cause(_: &(dyn std::error::Error + Send + Sync + 'static)) -> Symptom {
    Symptom::Failed
}

/// What the name of a D-Bus error says. BlueZ has one name for many things, `org.bluez.Error.Failed`: what that was about
/// is found out by asking for states.
#[cfg(target_os = "linux")]
fn of_name(name: &str) -> Symptom {
    if let Some(bluez) = name.strip_prefix("org.bluez.Error.") {
        return match bluez {
            "NotReady" | "Blocked" => Symptom::Off,
            "NotPermitted" | "NotAuthorized" | "NotSupported" => Symptom::NotPermitted,
            "NotConnected" => Symptom::NotConnected,
            "DoesNotExist" => Symptom::Gone,
            "InProgress" => Symptom::Busy,
            _ => Symptom::Failed,
        };
    }
    match name.strip_prefix("org.freedesktop.DBus.Error.").unwrap_or_default() {
        "ServiceUnknown" | "NameHasNoOwner" | "NoServer" | "FileNotFound" | "Disconnected" | "BadAddress"
        | "NoNetwork" | "AccessDenied" | "AuthFailed" | "IOError" => Symptom::Unreachable,
        "NoReply" | "Timeout" | "TimedOut" => Symptom::Unanswered,
        "UnknownObject" | "UnknownMethod" | "UnknownInterface" | "UnknownProperty" => Symptom::Gone,
        _ => Symptom::Failed,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn named(name: &str) -> Error {
        let error = bluez_async::BluetoothError::DbusError(dbus::Error::new_custom(name, "Not connected"));
        Error::Other(Box::new(error))
    }

    #[test]
    fn names_tell_and_texts_do_not() {
        let table = [
            ("org.bluez.Error.NotReady", Symptom::Off),
            ("org.bluez.Error.NotPermitted", Symptom::NotPermitted),
            ("org.bluez.Error.InProgress", Symptom::Busy),
            ("org.bluez.Error.Failed", Symptom::Failed),
            ("org.freedesktop.DBus.Error.UnknownObject", Symptom::Gone),
            ("org.freedesktop.DBus.Error.ServiceUnknown", Symptom::Unreachable),
            ("org.freedesktop.DBus.Error.Timeout", Symptom::Unanswered),
            ("org.freedesktop.DBus.Error.Failed", Symptom::Failed),
            ("com.example.Error.NotConnected", Symptom::Failed),
        ];
        for (name, symptom) in table {
            assert_eq!(of(&named(name)), symptom, "{name}");
        }
        let of_code = |name: &str, text: &'static str| {
            let error = bluez_async::BluetoothError::DbusError(dbus::Error::new_custom(name, text));
            att_error(&Error::Other(Box::new(error)))
        };
        let failed = "org.bluez.Error.Failed";
        assert_eq!(of_code(failed, "Operation failed with ATT error: 0xfd"), Some(0xFD));
        assert_eq!(of_code(failed, "Not connected"), None);
        assert_eq!(of_code("org.bluez.Error.InvalidValueLength", "Invalid Length"), Some(0x0D));
        assert_eq!(of_code("org.freedesktop.DBus.Error.NoReply", "ATT error: 0x01"), None);
        assert_eq!(of(&Error::NotConnected), Symptom::NotConnected);
        assert_eq!(of(&Error::RuntimeError("Not connected".to_owned())), Symptom::Failed);
    }
}
