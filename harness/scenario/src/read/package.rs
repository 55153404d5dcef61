//! Reads packages.

use schemars::{Schema, SchemaGenerator, json_schema};

use gauntlet_package::Reason;
use gauntlet_package::mutate::MUTATIONS;
use serde_json::json;

use super::device::BootloaderShape;
use super::mapping::mapping;
use super::scalars::{Text, named, scalar_schema};
use super::{Cx, Shape};
use crate::diagnostics::{Problem, ProblemKind, quote};
use crate::model::{
    BootValidation, Bootloader, BuiltPackage, Mutation, Package, PackageApplication, PackageFile,
    PackageSoftDevice, Rejection, Sign, Tamper,
};
use crate::quantity::{Fwid, PackageName, Refusal, Size};
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
                let problem = Problem::new(ProblemKind::BadForm, cx.source, entry.key_span.clone(), message);
                cx.report(if entry.key.contains("${") {
                    problem
                        .label("a value of the matrix can't be a key")
                        .help("put it into the package instead")
                } else {
                    problem.label("the name of a package")
                });
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
    Built(Box<BuiltShape>),
    File(PackageFile),
}

impl PackageShape {
    pub(crate) fn complete(self, bootloader: &Bootloader) -> Package {
        match self {
            Self::File(file) => Package::File(file),
            Self::Built(built) => Package::Built(Box::new(BuiltPackage {
                hw_version: built.hw_version.unwrap_or(bootloader.hw_version),
                bootloader: built.bootloader.map(|shape| shape.over(bootloader)),
                ..built.package
            })),
        }
    }
}

impl Shape for PackageShape {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        if node.get("file").is_some() {
            FileShape::read(node, cx).map(|file| Self::File(file.0))
        } else {
            BuiltShape::read(node, cx).map(|built| Self::Built(Box::new(built)))
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [BuiltShape::schema(generator), FileShape::schema(generator)] })
    }
}

pub(crate) struct BuiltShape {
    package: BuiltPackage,
    hw_version: Option<u32>,
    bootloader: Option<BootloaderShape>,
}

mapping! { BuiltShape, "a package", |node, cx| {
    optional "application" => application: PackageApplication, "The application in the package.";
    optional "softdevice" => softdevice: PackageSoftDevice, "The stand-in SoftDevice in the package.";
    optional "bootloader" => bootloader: BootloaderShape, "The bootloader in the package; as the device's own where nothing is said.";
    optional "version" => version: u32, "The firmware version of the application.";
    optional "bootloader_version" => bootloader_version: u32, "The firmware version of the bootloader.";
    optional "external" => external: bool, "The application is stored and not started. Off by default.";
    optional "sign" => sign: Sign, "The key that signs the package. `release` by default.";
    optional "hw_version" => hw_version: u32, "The hardware version in the init packet. The bootloader's by default.";
    optional "sd_req" => sd_req: Vec<Fwid>, "SoftDevices named in the init packet. The device's own by default.";
    optional "boot_validation" => boot_validation: BootValidation, "What is verified at every start.";
    optional "bootloader_validation" => bootloader_validation: BootValidation, "What is verified of the bootloader when it has been received. `crc` by default.";
    optional "bootloader_size" => bootloader_size: Size, "Bytes of the bootloader's image, which is filled up to them. As many as it has by default.";
    optional "debug" => debug: bool, "The debug flag of the init packet. Off by default.";
    optional "tamper" => tamper: Vec<Tamper>, "What is broken on purpose, in this order.";
    optional "mutate" => mutate: Mutation, "How the finished package is broken.";
} => {
    let sign = sign.unwrap_or(Sign::Release);
    let tamper = tamper.unwrap_or_default();
    let external = external.unwrap_or(false);
    agree(node, sign, &tamper, external, cx);
    if let Some((message, label, help)) = missing(node) {
        let problem = cx.problem(ProblemKind::MissingKey, node, message).label(label);
        cx.report(problem.help(help.to_owned()));
        return None;
    }
    let written = |key: &str, read: bool| node.get(key).is_none() || read;
    let whole = written("application", application.is_some())
        && written("softdevice", softdevice.is_some())
        && written("bootloader", bootloader.is_some())
        && written("version", version.is_some());
    let package = BuiltPackage {
        application, softdevice, bootloader: None, version, bootloader_version, external, sign, hw_version: 0, sd_req,
        boot_validation, bootloader_validation, bootloader_size, debug: debug.unwrap_or(false), tamper, mutate,
    };
    whole.then_some(BuiltShape { package, hw_version, bootloader })
}}

/// What every image of a package needs, if it is not there: in words, for the label, and as advice.
fn missing(node: &Node) -> Option<(&'static str, &'static str, &'static str)> {
    let has = |key: &str| node.get(key).is_some();
    if has("<<") {
        // What was to be merged in may be all of it; that it is not is reported.
        return None;
    }
    if !has("application") && !has("softdevice") && !has("bootloader") {
        let help = "a package has an `application`, a `softdevice`, a `bootloader`, or several of them";
        return Some(("a package with nothing to send", "no image in here", help));
    }
    if has("application") && !has("version") {
        let help = "version: The firmware version of the application.";
        return Some(("a package needs the key `version`", "`version` is missing here", help));
    }
    if has("bootloader") && !has("bootloader_version") {
        let (message, label) =
            ("a bootloader needs the key `bootloader_version`", "`bootloader_version` is missing here");
        return Some((message, label, "bootloader_version: The firmware version of the bootloader."));
    }
    None
}

/// Keys that can't stand beside each other.
fn agree(node: &Node, sign: Sign, tamper: &[Tamper], external: bool, cx: &mut Cx<'_>) {
    let has = |key: &str| node.get(key).is_some();
    let mut contradict = |at: &Node, message: &str, label: &str, because: &str| {
        let problem = cx.problem(ProblemKind::Contradiction, at, message).label(label);
        let shown = cx.shown(node.get(because).unwrap_or(node));
        cx.report(problem.also(shown, "because of this"));
    };
    let signature = [Tamper::Signature, Tamper::SignatureType, Tamper::SignatureByteOrder];
    if let (Sign::None, Some(index)) = (sign, tamper.iter().position(|tamper| signature.contains(tamper))) {
        let at = node.find(&[crate::yaml::Step::Key("tamper"), crate::yaml::Step::Item(index)]);
        let message = "an unsigned package has no signature to tamper with";
        contradict(at, message, "there is no signature", "sign");
    }
    if let (true, false, Some(at)) = (has("application"), has("softdevice"), node.get("bootloader")) {
        let message = "a bootloader and an application do not go into one package";
        contradict(at, message, "make one package for each", "application");
    }
    for key in ["softdevice", "bootloader"] {
        if let (true, Some(at)) = (external, node.get(key)) {
            contradict(
                at,
                "an external application stands alone in its package",
                "not beside it",
                "external",
            );
        }
    }
    let of_bootloader =
        ["bootloader_version", "bootloader_validation", "bootloader_size"].map(|key| (key, "bootloader"));
    for (key, part) in of_bootloader.into_iter().chain([("external", "application")]) {
        if let (Some(at), false) = (node.get(key), has(part)) {
            let message = format!("the package has no {part}");
            contradict(at, &message, "this is about nothing", part);
        }
    }
    if let Some(at) = node.get("mutate") {
        for key in ["softdevice", "bootloader", "tamper"] {
            if has(key) {
                let message =
                    "what is broken as a finished package starts as a good one with an application alone";
                contradict(at, message, "only without it", key);
            }
        }
        if external || sign == Sign::None {
            let because = if external { "external" } else { "sign" };
            let message =
                "what is broken as a finished package starts as a good one with an application alone";
            contradict(at, message, "only without it", because);
        }
    }
}

impl Shape for Mutation {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        named(node, "a way to break a package", MUTATIONS.iter().map(|mutation| mutation.name), cx).map(Self)
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        let known = MUTATIONS.iter().map(|known| json!({ "const": known.name, "description": known.about }));
        scalar_schema(&json!({ "oneOf": known.collect::<Vec<_>>() }))
    }
}

impl Shape for Rejection {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let reasons = Reason::ALL.iter().map(|reason| reason.name());
        named(node, "a reason to reject a package", reasons, cx).map(Self)
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        let known: Vec<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        scalar_schema(&json!({ "enum": known }))
    }
}

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
