//! Reads the images of a package.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::mapping::mapping;
use super::scalars::scalar_schema;
use super::{Cx, Shape};
use crate::model::{Behind, Buttonless, PackageApplication, PackageSoftDevice};
use crate::quantity::{Fwid, PackageName, Size, SoftDeviceVersion, Witness};
use crate::yaml::{Node, NodeKind};

mapping! { PackageApplication, "a package's application", |node, cx| {
    required "witness" => witness: Witness, "The number by which the running application is recognised.";
    required "size" => size: Size, "The size of the image.";
    optional "behind" => behind: Behind, "What it stands behind: `none` or a package with a SoftDevice. The device's SoftDevice by default.";
    optional "buttonless" => buttonless: Buttonless, "Its buttonless service. None by default.";
} => Some(PackageApplication {
    witness: witness?,
    size: size?,
    behind: behind.unwrap_or(Behind::Usual),
    buttonless,
}) }

struct BehindPackage(PackageName);

mapping! { BehindPackage, "what an application stands behind", |node, cx| {
    required "package" => package: PackageName, "The package with the SoftDevice.";
} => package.map(BehindPackage) }

impl Shape for Behind {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar(scalar) if scalar.text == "none" => Some(Self::None),
            NodeKind::Scalar(scalar) if scalar.kind() != "nothing" => {
                cx.unknown_word(
                    node,
                    "what an application stands behind",
                    ["{ package: name }", "none"].into_iter(),
                );
                None
            }
            _ => BehindPackage::read(node, cx).map(|behind| Self::Package(behind.0)),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [BehindPackage::schema(generator), scalar_schema(&json!({ "const": "none" }))] })
    }
}

mapping! { PackageSoftDevice, "a package's SoftDevice", |node, cx| {
    required "fwid" => fwid: Fwid, "Its firmware id.";
    optional "version" => version: SoftDeviceVersion, "Its version. 7.3.0 by default.";
    optional "size" => size: Size, "The size of the image, at least 12 KiB. 20 KiB by default.";
    optional "end" => end: u32, "The address behind all that it occupies. That of the chip's SoftDevice by default.";
    optional "id" => id: u32, "The number of its family. That of the chip's SoftDevice by default.";
    optional "magic" => magic: u32, "What makes it recognisable. The right word by default.";
} => Some(PackageSoftDevice {
    fwid: fwid?,
    version: version.unwrap_or(SoftDeviceVersion::NEXT),
    size: size.unwrap_or(Size::from_kib(20)),
    end,
    id,
    magic,
}) }
