//! Reads expectations.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::mapping::mapping;
use super::scalars::scalar_schema;
use super::{Cx, Shape};
use crate::diagnostics::{Problem, ProblemKind, nearest, one_of, quote};
use crate::model::{
    BankOne, BankZero, ClosingUpdate, Expect, ExpectedApplication, ExpectedBootloader, ExpectedSettings,
    ExpectedSoftDevice, Mode, Region,
};
use crate::quantity::{Bytes, PackageName, Witness};
use crate::yaml::{Node, NodeKind};

mapping! { Expect, "an expectation", |node, cx| {
    optional "mode" => mode: Mode, "What the device runs. Left out beside `application: { package: name }`, it must not be DFU mode.";
    optional "application" => application: ExpectedApplication, "Which application is in bank 0.";
    optional "softdevice" => softdevice: ExpectedSoftDevice, "Which SoftDevice is in the device. The previous one by default.";
    optional "bootloader" => bootloader: ExpectedBootloader, "Which bootloader is in the device. The previous one by default.";
    optional "settings" => settings: ExpectedSettings, "What the settings page says.";
    optional "unchanged" => unchanged: Vec<Region>, "Regions that must be as before, beside those always compared.";
    optional "closing_update" => closing_update: ClosingUpdate, "How the clean second update ends.";
} => Some(Expect {
    place: cx.place(&node.span),
    mode,
    application,
    softdevice,
    bootloader,
    settings: settings.unwrap_or_default(),
    unchanged: unchanged.unwrap_or_default(),
    closing_update: closing_update.unwrap_or(ClosingUpdate::Completed),
}) }

mapping! { ExpectedSettings, "an expectation of the settings", |node, cx| {
    optional "bank_0" => bank_0: BankZero, "The state of bank 0.";
    optional "bank_1" => bank_1: BankOne, "The state of bank 1.";
    optional "app_version" => app_version: u32, "The version of the application.";
    optional "bootloader_version" => bootloader_version: u32, "The version of the bootloader.";
    optional "bank_0_size" => bank_0_size: Bytes, "Bytes of the image in bank 0.";
    optional "bank_1_size" => bank_1_size: Bytes, "Bytes of the image in bank 1.";
    optional "progress" => progress: Bytes, "Bytes of firmware that were executed of an update that has not ended.";
} => Some(ExpectedSettings {
    bank_0,
    bank_1,
    app_version,
    bootloader_version,
    bank_0_size: bank_0_size.map(|bytes| bytes.0),
    bank_1_size: bank_1_size.map(|bytes| bytes.0),
    progress: progress.map(|bytes| bytes.0),
}) }

struct ByWitness(Witness);

mapping! { ByWitness, "an expectation of the application", |node, cx| {
    required "witness" => witness: Witness, "The number of the application that runs.";
} => witness.map(ByWitness) }

struct ByPackage(PackageName);

mapping! { ByPackage, "an expectation of the application", |node, cx| {
    required "package" => package: PackageName, "The package whose firmware is in the device.";
} => package.map(ByPackage) }

/// The forms of an expected application, for messages.
const FORMS: [&str; 5] = ["{ witness: 2 }", "{ package: name }", "previous", "none", "not-started"];

impl Shape for ExpectedApplication {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar(scalar) if scalar.kind() != "nothing" => match scalar.text.as_str() {
                "previous" => Some(Self::Previous),
                "none" => Some(Self::None),
                "not-started" => Some(Self::NotStarted),
                _ => {
                    cx.unknown_word(node, "a description of an application", FORMS.into_iter());
                    None
                }
            },
            NodeKind::Map(entries) if node.get("witness").is_none() && node.get("package").is_none() => {
                let keys = ["witness", "package"];
                let problem = match entries.first() {
                    None => cx.problem(
                        ProblemKind::MissingKey,
                        node,
                        "a description of an application is named by a key",
                    ),
                    Some(first) => {
                        let message =
                            format!("a description of an application has no key {}", quote(&first.key));
                        let span = first.key_span.clone();
                        let problem = Problem::new(ProblemKind::UnknownKey, cx.source, span, message);
                        let near = nearest(&first.key, keys);
                        problem.label(
                            near.map_or("unknown key".to_owned(), |key| format!("did you mean `{key}`?")),
                        )
                    }
                };
                cx.report(problem.help(one_of(FORMS.into_iter())));
                None
            }
            _ if node.get("package").is_some() => ByPackage::read(node, cx).map(|by| Self::Package(by.0)),
            _ => ByWitness::read(node, cx).map(|by| Self::Witness(by.0)),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let word = scalar_schema(&json!({ "enum": ["previous", "none", "not-started"] }));
        json_schema!({ "anyOf": [ByWitness::schema(generator), ByPackage::schema(generator), word] })
    }
}

struct OfPackage(PackageName);

mapping! { OfPackage, "an expectation of a part of the device", |node, cx| {
    required "package" => package: PackageName, "The package that it comes from.";
} => package.map(OfPackage) }

/// A word, or the package it comes from.
fn part<T>(
    node: &Node,
    what: &str,
    forms: &[&'static str],
    word: impl Fn(&str) -> Option<T>,
    package: impl Fn(PackageName) -> T,
    cx: &mut Cx<'_>,
) -> Option<T> {
    match &node.kind {
        NodeKind::Scalar(scalar) if scalar.kind() != "nothing" => {
            let found = word(&scalar.text);
            if found.is_none() {
                cx.unknown_word(node, what, forms.iter().copied());
            }
            found
        }
        _ => OfPackage::read(node, cx).map(|of| package(of.0)),
    }
}

impl Shape for ExpectedSoftDevice {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let word = |text: &str| match text {
            "previous" => Some(Self::Previous),
            "none" => Some(Self::None),
            _ => None,
        };
        let forms = ["{ package: name }", "previous", "none"];
        part(node, "a description of a SoftDevice", &forms, word, Self::Package, cx)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let word = scalar_schema(&json!({ "enum": ["previous", "none"] }));
        json_schema!({ "anyOf": [OfPackage::schema(generator), word] })
    }
}

impl Shape for ExpectedBootloader {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let word = |text: &str| (text == "previous").then_some(Self::Previous);
        let forms = ["{ package: name }", "previous"];
        part(node, "a description of a bootloader", &forms, word, Self::Package, cx)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [OfPackage::schema(generator), scalar_schema(&json!({ "const": "previous" }))] })
    }
}
