//! Adapters, devices, services and characteristics, with the properties that BlueZ gives them.

use std::collections::BTreeMap;

use gauntlet_reference::att::Attribute;
use gauntlet_reference::gap::Address;
use zbus::{ObjectPath, Variant};

use crate::answer::{Interfaces, Properties};
use crate::table::{Characteristic, characteristics, service_node};

pub(crate) const ADAPTER: &str = "org.bluez.Adapter1";
pub(crate) const DEVICE: &str = "org.bluez.Device1";
pub(crate) const SERVICE: &str = "org.bluez.GattService1";
pub(crate) const CHARACTERISTIC: &str = "org.bluez.GattCharacteristic1";
pub(crate) const DESCRIPTOR: &str = "org.bluez.GattDescriptor1";

/// The DFU service as BlueZ writes it.
pub(crate) const DFU_UUID: &str = "0000fe59-0000-1000-8000-00805f9b34fb";
const CONFIGURATION_UUID: &str = "00002902-0000-1000-8000-00805f9b34fb";

/// An adapter.
#[derive(Debug)]
pub(crate) struct Adapter {
    pub(crate) name: String,
    pub(crate) powered: bool,
    /// Connections that have begun a discovery.
    pub(crate) discovering: Vec<u64>,
}

impl Adapter {
    pub(crate) fn path(&self) -> String {
        format!("/org/bluez/{}", self.name)
    }

    pub(crate) fn interfaces(&self) -> Interfaces {
        let number: u8 = self.name.trim_start_matches("hci").parse().unwrap_or(0);
        let properties = Properties::from([
            ("Address", text(&format!("00:1A:7D:DA:71:{number:02X}"))),
            ("AddressType", text("public")),
            ("Name", text("gauntlet")),
            ("Alias", text("gauntlet")),
            ("Class", Variant::U32(0)),
            ("Modalias", text("usb:v1D6Bp0246d0542")),
            ("Powered", Variant::Bool(self.powered)),
            ("Discoverable", Variant::Bool(false)),
            ("Pairable", Variant::Bool(false)),
            ("Discovering", Variant::Bool(!self.discovering.is_empty())),
        ]);
        Interfaces::from([(ADAPTER, properties)])
    }
}

/// A device that the service knows.
#[derive(Debug)]
pub(crate) struct Device {
    /// The adapter's path.
    pub(crate) adapter: String,
    pub(crate) address: Address,
    pub(crate) name: Option<String>,
    /// It has the DFU service: advertised now or at some time, or discovered.
    pub(crate) dfu_service: bool,
    /// Heard in the present discovery.
    pub(crate) rssi: Option<i16>,
    /// This machine has a bond with it.
    pub(crate) paired: bool,
    pub(crate) connected: bool,
    pub(crate) resolved: bool,
    /// Attributes of the last discovery; they stay when the link is lost.
    pub(crate) database: Vec<Attribute>,
}

impl Device {
    pub(crate) fn path(&self) -> String {
        format!("{}/dev_{}", self.adapter, self.address.to_string().replace(':', "_"))
    }

    pub(crate) fn service_path(&self) -> String {
        format!("{}/{}", self.path(), service_node())
    }

    pub(crate) fn characteristics(&self) -> Vec<Characteristic> {
        characteristics(&self.database)
    }

    pub(crate) fn properties(&self) -> Properties {
        let address = self.address.to_string();
        let alias = self.name.clone().unwrap_or_else(|| address.replace(':', "-"));
        let uuids: Vec<&str> = if self.dfu_service { vec![DFU_UUID] } else { Vec::new() };
        let mut properties = Properties::from([
            ("Address", text(&address)),
            ("AddressType", text(if self.address.random { "random" } else { "public" })),
            ("Alias", text(&alias)),
            ("Paired", Variant::Bool(self.paired)),
            ("Bonded", Variant::Bool(self.paired)),
            ("Trusted", Variant::Bool(false)),
            ("Blocked", Variant::Bool(false)),
            ("LegacyPairing", Variant::Bool(false)),
            ("Connected", Variant::Bool(self.connected)),
            ("ServicesResolved", Variant::Bool(self.resolved)),
            ("UUIDs", Variant::from(uuids)),
            ("Adapter", object(&self.adapter)),
        ]);
        properties.extend(self.name.as_ref().map(|name| ("Name", text(name))));
        properties.extend(self.rssi.map(|rssi| ("RSSI", Variant::I16(rssi))));
        properties
    }

    /// The device and everything below it. `att_mtu` is what the service says of the ATT_MTU.
    pub(crate) fn objects(&self, att_mtu: u16, listening: &[Attribute]) -> BTreeMap<String, Interfaces> {
        let mut objects = self.attributes(att_mtu, listening);
        objects.insert(self.path(), Interfaces::from([(DEVICE, self.properties())]));
        objects
    }

    /// Service, characteristics and descriptors. The values of those in `listening` are passed on.
    pub(crate) fn attributes(&self, att_mtu: u16, listening: &[Attribute]) -> BTreeMap<String, Interfaces> {
        let mut objects = BTreeMap::new();
        if self.database.is_empty() {
            return objects;
        }
        let service = self.service_path();
        let properties = Properties::from([
            ("UUID", text(DFU_UUID)),
            ("Primary", Variant::Bool(true)),
            ("Device", object(&self.path())),
        ]);
        objects.insert(service.clone(), Interfaces::from([(SERVICE, properties)]));
        for one in self.characteristics() {
            let path = format!("{service}/{}", one.node());
            if let Some((_, handle)) = one.configuration {
                let properties = Properties::from([
                    ("UUID", text(CONFIGURATION_UUID)),
                    ("Characteristic", object(&path)),
                    ("Value", Variant::from(Vec::<u8>::new())),
                ]);
                objects
                    .insert(format!("{path}/desc{handle:04x}"), Interfaces::from([(DESCRIPTOR, properties)]));
            }
            let properties = Properties::from([
                ("UUID", text(&one.value.uuid().to_lowercase())),
                ("Service", object(&service)),
                ("Flags", Variant::from(one.flags())),
                ("Value", Variant::from(Vec::<u8>::new())),
                ("Notifying", Variant::Bool(listening.contains(&one.value))),
                ("MTU", Variant::U16(att_mtu)),
            ]);
            objects.insert(path, Interfaces::from([(CHARACTERISTIC, properties)]));
        }
        objects
    }
}

fn text(text: &str) -> Variant<'static> {
    Variant::from(text.to_owned())
}

fn object(path: &str) -> Variant<'static> {
    // Every path here is made of names that D-Bus allows.
    ObjectPath::try_from(path.to_owned()).map_or_else(|_| text(path), Variant::from)
}

/// The nodes directly below `path`, as a client finds them by introspection.
pub(crate) fn introspection(objects: &BTreeMap<String, Interfaces>, path: &str) -> String {
    let below = if path == "/" { "/".to_owned() } else { format!("{path}/") };
    let mut nodes: Vec<&str> = objects
        .keys()
        .filter_map(|other| other.strip_prefix(&below)?.split('/').next())
        .filter(|node| !node.is_empty())
        .collect();
    nodes.dedup();
    let nodes: String = nodes.iter().map(|node| format!("  <node name=\"{node}\"/>\n")).collect();
    let interfaces = objects.get(path).into_iter().flat_map(|interfaces| interfaces.keys());
    let interfaces: String = interfaces.map(|name| format!("  <interface name=\"{name}\"/>\n")).collect();
    format!(
        "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n\
         \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n<node>\n{interfaces}{nodes}</node>\n"
    )
}
