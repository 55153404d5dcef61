//! Reads packages.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::mapping::mapping;
use super::scalars::Text;
use super::{Cx, Shape};
use crate::diagnostics::{Problem, ProblemKind, quote};
use crate::model::{BootValidation, Bootloader, BuiltPackage, Package, PackageFile, Sign, Tamper};
use crate::quantity::{Fwid, PackageName, Refusal, Size, Witness};
use crate::yaml::{Node, NodeKind};

/// The packages of a scenario, in the order of the file.
pub(crate) struct Packages(pub(crate) Vec<(PackageName, PackageShape)>);

impl Shape for Packages {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let NodeKind::Map(entries) = &node.kind else {
            cx.wrong_type(node, "packages by their names (a mapping)");
            return None;
        };
        let mut packages = Vec::new();
        for entry in entries {
            let name = PackageName::parse(&entry.key);
            if let Err(Refusal::Form { expected }) = &name {
                let message = format!("{} is not {expected}", quote(&entry.key));
                cx.report(
                    Problem::new(ProblemKind::BadForm, cx.source, entry.key_span.clone(), message)
                        .label("here"),
                );
            }
            if let (Ok(name), Some(package)) = (name, PackageShape::read(&entry.value, cx)) {
                packages.push((name, package));
            }
        }
        Some(Self(packages))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": { "pattern": PackageName::PATTERN },
            "additionalProperties": PackageShape::schema(generator),
        })
    }
}

/// A package as it is written: what it does not say is filled in from the device.
pub(crate) enum PackageShape {
    Built(BuiltShape),
    File(PackageFile),
}

impl PackageShape {
    pub(crate) fn complete(self, bootloader: &Bootloader) -> Package {
        match self {
            Self::File(file) => Package::File(file),
            Self::Built(built) => Package::Built(BuiltPackage {
                hw_version: built.hw_version.unwrap_or(bootloader.hw_version),
                ..built.package
            }),
        }
    }
}

impl Shape for PackageShape {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        if node.get("file").is_some() {
            FileShape::read(node, cx).map(|file| Self::File(file.0))
        } else {
            BuiltShape::read(node, cx).map(Self::Built)
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [BuiltShape::schema(generator), FileShape::schema(generator)] })
    }
}

pub(crate) struct BuiltShape {
    package: BuiltPackage,
    hw_version: Option<u32>,
}

mapping! { BuiltShape, "a package", |node, cx| {
    required "application" => application: PackageApplication, "The application in the package.";
    required "version" => version: u32, "The firmware version in the init packet.";
    optional "sign" => sign: Sign, "The key that signs the package. `release` by default.";
    optional "hw_version" => hw_version: u32, "The hardware version in the init packet. The bootloader's by default.";
    optional "sd_req" => sd_req: Vec<Fwid>, "SoftDevices named in the init packet. The device's own by default.";
    optional "boot_validation" => boot_validation: BootValidation, "What is verified at every start.";
    optional "debug" => debug: bool, "The debug flag of the init packet. Off by default.";
    optional "tamper" => tamper: Vec<Tamper>, "What is broken on purpose, in this order.";
} => {
    let sign = sign.unwrap_or(Sign::Release);
    let tamper = tamper.unwrap_or_default();
    let signature = [Tamper::Signature, Tamper::SignatureType, Tamper::SignatureByteOrder];
    if let (Sign::None, Some(index)) = (sign, tamper.iter().position(|tamper| signature.contains(tamper))) {
        let at = node.find(&[crate::yaml::Step::Key("tamper"), crate::yaml::Step::Item(index)]);
        let problem = cx
            .problem(ProblemKind::Contradiction, at, "an unsigned package has no signature to tamper with")
            .label("there is no signature");
        cx.report(problem.also(cx.shown(node.find(&[crate::yaml::Step::Key("sign")])), "because of this"));
    }
    let PackageApplication { witness, size } = application?;
    let package = BuiltPackage {
        witness, size, version: version?, sign, hw_version: 0, sd_req, boot_validation,
        debug: debug.unwrap_or(false), tamper,
    };
    Some(BuiltShape { package, hw_version })
}}

struct PackageApplication {
    witness: Witness,
    size: Size,
}

mapping! { PackageApplication, "a package's application", |node, cx| {
    required "witness" => witness: Witness, "The number by which the running application is recognised.";
    required "size" => size: Size, "The size of the image.";
} => Some(PackageApplication { witness: witness?, size: size? }) }

struct FileShape(PackageFile);

mapping! { FileShape, "a package from a file", |node, cx| {
    required "file" => file: Text, "A zip made by another tool, relative to the scenario file.";
} => {
    let path = file?.0;
    let at = node.get("file")?;
    if path.starts_with('/') || path.contains(['\\', ':']) {
        cx.refused(at, &Refusal::Form { expected: "a path relative to the scenario file, with `/`" });
        return None;
    }
    match cx.package_file(&path) {
        Ok(bytes) => Some(FileShape(PackageFile { path, bytes })),
        Err(error) => {
            let message = format!("the package {} can't be read: {error}", quote(&path));
            let problem = cx.problem(ProblemKind::MissingFile, at, message).label("this file");
            cx.report(problem.help("the path is relative to the scenario file"));
            None
        }
    }
}}
