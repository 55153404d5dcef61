//! The attributes of a device as BlueZ shows them: objects whose names are handles.

use gauntlet_reference::att::Attribute;

/// Handle of the DFU service. Those of GAP and GATT in front of it are not shown.
const SERVICE: u16 = 0x000A;

/// A characteristic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Characteristic {
    /// Handle of its declaration, by which its object is named.
    pub(crate) handle: u16,
    pub(crate) value: Attribute,
    /// Its configuration and that one's handle.
    pub(crate) configuration: Option<(Attribute, u16)>,
}

impl Characteristic {
    /// What it allows, with BlueZ's words.
    pub(crate) fn flags(&self) -> Vec<&'static str> {
        match self.value {
            Attribute::Packet => vec!["write-without-response"],
            Attribute::ControlPoint => vec!["write", "notify"],
            _ => vec!["write", "indicate"],
        }
    }

    /// The name of its object, below that of its service.
    pub(crate) fn node(&self) -> String {
        format!("char{:04x}", self.handle)
    }
}

/// The name of the service's object.
pub(crate) fn service_node() -> String {
    format!("service{SERVICE:04x}")
}

/// The characteristics of the DFU service in `database`, which is in the order of handles.
pub(crate) fn characteristics(database: &[Attribute]) -> Vec<Characteristic> {
    let mut handle = SERVICE + 1;
    let mut list: Vec<Characteristic> = Vec::new();
    for attribute in database {
        match attribute {
            Attribute::Packet
            | Attribute::ControlPoint
            | Attribute::Buttonless
            | Attribute::BondedButtonless => {
                list.push(Characteristic { handle, value: *attribute, configuration: None });
                // The declaration and the value.
                handle += 2;
            }
            Attribute::ControlPointCccd | Attribute::ButtonlessCccd => {
                if let Some(last) = list.last_mut() {
                    last.configuration = Some((*attribute, handle));
                    handle += 1;
                }
            }
            Attribute::DeviceName | Attribute::ServiceChanged | Attribute::ServiceChangedCccd => {}
        }
    }
    list
}

/// What a service that has kept the application's attributes shows of a bootloader.
pub(crate) const STALE: [Attribute; 2] = [Attribute::Buttonless, Attribute::ButtonlessCccd];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_follow_the_database() {
        let database =
            [Attribute::DeviceName, Attribute::ControlPoint, Attribute::ControlPointCccd, Attribute::Packet];
        let list = characteristics(&database);
        let nodes: Vec<String> = list.iter().map(Characteristic::node).collect();
        assert_eq!(nodes, ["char000b", "char000e"]);
        assert_eq!(list[0].configuration, Some((Attribute::ControlPointCccd, 0x0D)));
        assert_eq!(list[1].flags(), ["write-without-response"]);
    }
}
