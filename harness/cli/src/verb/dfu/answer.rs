//! What became of an update, for programs: one JSON object.

use std::path::Path;

use gauntlet_links::ble::Party;
use gauntlet_package::{Image, PackageError};
use gauntlet_record::Word;
use gauntlet_runner::dfu::{DfuEnd, Runs};
use gauntlet_runner::figures::{Amounts, Figures};
use serde::Serialize;

use super::super::package_show::Remark;
use super::Said;
use crate::failure::Failure;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Answer {
    package: String,
    /// The port, or nothing without one.
    port: Option<String>,
    /// The real device that was looked for on the air.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_the_air: Option<String>,
    /// Who is to blame for an update that broke off: `adapter`, `bluetooth-service`, `link` or `device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_fault: Option<&'static str>,
    /// `completed`, `refused`, `broken-off`, `stopped`, or `rejected`: the package was not sent.
    outcome: &'static str,
    /// The device's words, or the client's.
    words: Option<String>,
    /// Why the package was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<Remark>,
    images: Vec<ImageAnswer>,
    /// All images together.
    total: Option<AmountsAnswer>,
    /// What the probe found; nothing on a port.
    found: Option<Found>,
    exit_code: u8,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct ImageAnswer {
    number: u32,
    kind: String,
    firmware_bytes: usize,
    fw_version: Option<u32>,
    /// Whether the device took it, by the client's word.
    accepted: bool,
    /// The words with which the device said that it has it already.
    skipped: Option<String>,
    /// Nothing when its turn never came.
    amounts: Option<AmountsAnswer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct AmountsAnswer {
    bytes_sent: u64,
    bytes_resent: u64,
    resumed_at: u32,
    reconnects: u32,
    /// Device time of a virtual device, else wall time.
    seconds: f64,
    seconds_by_phase: serde_json::Map<String, serde_json::Value>,
    bytes_per_second: Option<f64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Found {
    /// `new`, `previous`, `none` or `neither`.
    application: &'static str,
    parts: Vec<PartAnswer>,
    /// Nothing when the settings page is not valid.
    application_version: Option<u32>,
    bootloader_version: Option<u32>,
    device_seconds: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct PartAnswer {
    name: &'static str,
    address: Word,
    size: u32,
    /// Bytes of flash that are not as they should be.
    differing: u32,
}

impl Answer {
    /// Of a package that was sent.
    pub(super) fn of(file: &Path, images: &[Image], said: &Said, figures: &Figures) -> Self {
        let image = |(number, image): (u32, &Image)| {
            let last = figures.images.iter().rfind(|figures| figures.number == number);
            ImageAnswer {
                number,
                kind: image.kind.to_string(),
                firmware_bytes: image.firmware.len(),
                fw_version: image.init.init.fw_version,
                accepted: last.is_some_and(|last| last.accepted),
                skipped: last.and_then(|last| last.skipped.clone()),
                amounts: last.map(|last| AmountsAnswer::of(&last.amounts)),
            }
        };
        Self {
            package: file.display().to_string(),
            port: None,
            on_the_air: None,
            at_fault: None,
            outcome: said.outcome,
            words: said.words.clone(),
            rejection: None,
            images: (1..).zip(images).map(image).collect(),
            total: Some(AmountsAnswer::of(&figures.total)),
            found: None,
            exit_code: said.code.number(),
        }
    }

    /// Of a package that was refused before any device was asked; `None` when it could not even be read.
    pub(super) fn rejected(file: &Path, error: &PackageError) -> Option<Self> {
        Some(Self {
            package: file.display().to_string(),
            port: None,
            on_the_air: None,
            at_fault: None,
            outcome: "rejected",
            words: None,
            rejection: Some(Remark::of(error.finding()?)),
            images: Vec::new(),
            total: None,
            found: None,
            exit_code: gauntlet_record::ExitCode::BadScenario.number(),
        })
    }

    pub(super) fn on_port(mut self, port: &Path) -> Self {
        self.port = Some(port.display().to_string());
        self
    }

    pub(super) fn on_the_air(mut self, device: &str, at_fault: Option<Party>) -> Self {
        self.on_the_air = Some(device.to_owned());
        self.at_fault = at_fault.map(Party::word);
        self
    }

    pub(super) fn with_found(mut self, end: &DfuEnd) -> Self {
        let part = |part: &gauntlet_runner::landed::Part| PartAnswer {
            name: part.name,
            address: Word(part.address),
            size: part.size,
            differing: part.differing,
        };
        self.found = Some(Found {
            application: match end.application {
                Runs::New => "new",
                Runs::Previous => "previous",
                Runs::Nothing => "none",
                Runs::Neither(_) => "neither",
            },
            parts: end.parts.iter().map(part).collect(),
            application_version: end.versions.map(|versions| versions.application),
            bootloader_version: end.versions.map(|versions| versions.bootloader),
            device_seconds: end.device_time.as_secs_f64(),
        });
        self
    }

    pub(super) fn json(&self) -> Result<String, Failure> {
        // Numbers and texts: there is nothing in an answer that JSON could not hold.
        let json = serde_json::to_string_pretty(self).map_err(|error| Failure::Stdout(error.into()))?;
        Ok(json + "\n")
    }
}

impl AmountsAnswer {
    fn of(amounts: &Amounts) -> Self {
        let phases = amounts.phases.iter();
        Self {
            bytes_sent: amounts.bytes_sent,
            bytes_resent: amounts.bytes_resent,
            resumed_at: amounts.resumed_at,
            reconnects: amounts.reconnects,
            seconds: amounts.elapsed.as_secs_f64(),
            seconds_by_phase: phases
                .map(|(phase, spent)| ((*phase).to_owned(), spent.as_secs_f64().into()))
                .collect(),
            bytes_per_second: amounts.bytes_per_second,
        }
    }
}
