//! Reads the device.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::mapping::mapping;
use super::scalars::{ranged, scalar_schema};
use super::{Cx, Shape};
use crate::model::{
    Application, BankLayout, Bootloader, Device, Downgrade, Key, SameVersion, SignaturePolicy, SoftDevice,
};
use crate::quantity::{Fwid, Size, Witness};
use crate::yaml::{Node, NodeKind};

mapping! { Device, "a device", |node, cx| {
    optional "softdevice" => softdevice: SoftDevice, "The stand-in SoftDevice: its firmware id, `default` or `none`.";
    optional "bootloader" => bootloader: Bootloader, "How the bootloader is built.";
    optional "application" => application: ApplicationOrNone, "The application before the first step, or `none`.";
} => {
    let default = Device::default();
    Some(Device {
        softdevice: softdevice.unwrap_or(default.softdevice),
        bootloader: bootloader.unwrap_or(default.bootloader),
        application: application.map_or(default.application, |application| application.0),
    })
}}

mapping! { Bootloader, "a bootloader", |node, cx| {
    optional "bank" => bank: BankLayout, "How an update is stored while it arrives.";
    optional "signature" => signature: SignaturePolicy, "What is asked of an update's signature.";
    optional "hw_version" => hw_version: u32, "The hardware version that init packets must name. 52 by default.";
    optional "key" => key: Key, "The key pair whose public half the bootloader holds.";
    optional "downgrade" => downgrade: Downgrade, "What happens to an update that is older than the application.";
    optional "same_version" => same_version: SameVersion, "What happens to an update of the application's own version.";
    optional "save_progress" => save_progress: bool, "Whether the progress of a transfer survives a reset.";
} => {
    let default = Bootloader::default();
    Some(Bootloader {
        bank: bank.unwrap_or(default.bank),
        signature: signature.unwrap_or(default.signature),
        hw_version: hw_version.unwrap_or(default.hw_version),
        key: key.unwrap_or(default.key),
        downgrade: downgrade.unwrap_or(default.downgrade),
        same_version: same_version.unwrap_or(default.same_version),
        save_progress: save_progress.unwrap_or(default.save_progress),
    })
}}

mapping! { Application, "the device's application", |node, cx| {
    required "witness" => witness: Witness, "The number by which the running application is recognised.";
    optional "size" => size: Size, "The size of the image. 20 KiB by default.";
    optional "version" => version: u32, "The version in the settings page. 1 by default.";
} => {
    let default = Application::default();
    Some(Application {
        witness: witness?,
        size: size.unwrap_or(default.size),
        version: version.unwrap_or(default.version),
    })
}}

/// `{ witness: 1 }` or `none`.
struct ApplicationOrNone(Option<Application>);

impl Shape for ApplicationOrNone {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar(scalar) if scalar.text == "none" => Some(Self(None)),
            NodeKind::Scalar(scalar) if scalar.kind() != "nothing" => {
                cx.unknown_word(node, "an application", ["{ witness: 1 }", "none"].into_iter());
                None
            }
            _ => Application::read(node, cx).map(|application| Self(Some(application))),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let none = scalar_schema(&json!({ "const": "none" }));
        json_schema!({ "anyOf": [Application::schema(generator), none] })
    }
}

impl Shape for SoftDevice {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match node.scalar().map(|scalar| (scalar.text.as_str(), scalar.kind())) {
            Some(("default", _)) => Some(Self::Default),
            Some(("none", _)) => Some(Self::None),
            Some((_, "text")) => {
                let forms = ["0x0101", "default", "none"].into_iter();
                cx.unknown_word(node, "a SoftDevice", forms);
                None
            }
            _ => {
                let fwid = ranged(node, "a SoftDevice's firmware id", 0..=0xFFFF, cx)?;
                u16::try_from(fwid).ok().map(|fwid| Self::Fwid(Fwid::new(fwid)))
            }
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        scalar_schema(&json!({ "anyOf": [
            { "enum": ["default", "none"] },
            { "type": "integer", "minimum": 0, "maximum": 0xFFFF },
        ] }))
    }
}
