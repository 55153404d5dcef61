//! `gauntlet bench doctor`: each part of a bench, what is wrong with it, and what to do. Nothing is erased.

use std::error::Error;
use std::path::Path;

use gauntlet_bench::Variant;
use gauntlet_bench::hardware::{ChipFound, HardwareLink, HardwareSetup, look_at, selected};
use gauntlet_bench::probes;
use gauntlet_record::ExitCode;
use gauntlet_runner::doctor::{self, Checked};
use serde::Serialize;

use crate::args::{DoctorArgs, TargetArgs};
use crate::failure::Failure;
use crate::{benches, output};

/// Columns of the name of a part.
const LABEL: usize = 12;

/// A part, and how it is.
#[derive(Debug, Serialize)]
struct Part {
    part: &'static str,
    ok: bool,
    found: String,
    #[serde(rename = "what-to-do", skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Debug, Serialize)]
struct Report {
    parts: Vec<Part>,
    #[serde(rename = "exit-code")]
    exit_code: u8,
}

pub(super) fn doctor(args: &DoctorArgs) -> Result<ExitCode, Failure> {
    let parts = match &args.bench {
        Some(path) => of_bench(path)?,
        None => of_machine(),
    };
    let code = if parts.iter().all(|part| part.ok) { ExitCode::Pass } else { ExitCode::BenchUnusable };
    let text = if args.json {
        let report = Report { parts, exit_code: code.number() };
        serde_json::to_string_pretty(&report).map_err(|error| Failure::Stdout(error.into()))? + "\n"
    } else {
        parts.iter().map(line).collect()
    };
    output::print(&text)?;
    Ok(code)
}

fn line(part: &Part) -> String {
    let state = if part.ok { "ok   " } else { "wrong" };
    let advice =
        part.advice.as_ref().map(|advice| format!("  {:LABEL$}       {advice}\n", "")).unwrap_or_default();
    format!("  {:LABEL$}{state}  {}\n{advice}", part.part, part.found)
}

fn ok(part: &'static str, found: impl Into<String>) -> Part {
    Part { part, ok: true, found: found.into(), advice: None }
}

fn wrong(part: &'static str, error: &dyn Error, advice: &str) -> Part {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    Part { part, ok: false, found: words, advice: Some(advice.to_owned()) }
}

fn checked(part: &'static str, checked: Checked) -> Part {
    match checked {
        Ok(found) => ok(part, found),
        Err(wrong) => Part { part, ok: false, found: wrong.what, advice: Some(wrong.advice) },
    }
}

/// What this machine has, when nobody says what a bench needs.
fn of_machine() -> Vec<Part> {
    let found = probes();
    let probe = if found.is_empty() {
        Part {
            part: "probe",
            ok: false,
            found: "no debug probe is plugged in".to_owned(),
            advice: Some("plug one in; on Linux the user needs a udev rule for it".to_owned()),
        }
    } else {
        let each: Vec<String> = found.iter().map(|one| format!("{} ({})", one.selector, one.name)).collect();
        ok("probe", each.join(", "))
    };
    vec![probe, checked("bluetooth", doctor::adapter(None))]
}

fn of_bench(path: &Path) -> Result<Vec<Part>, Failure> {
    let file = benches::read(path)?;
    let target = TargetArgs { target: "reference".to_owned(), image: Vec::new(), target_key: None };
    let setup = benches::setup(path, &file, &target, None)?;
    let mut parts = vec![ok("bench file", format!("`{}`, {}", setup.name, setup.variant.target_name()))];
    let board = board(&setup, &mut parts);
    parts.push(ok("target", device(&setup)));
    parts.push(match &setup.link {
        HardwareLink::Ble(_, adapter) => checked("bluetooth", doctor::adapter(adapter.as_deref())),
        HardwareLink::Serial(options) => checked("serial port", doctor::serial(options)),
        HardwareLink::Dongle(port, _) => checked("dongle", doctor::dongle(port)),
    });
    match &setup.supply {
        None => parts.push(ok("power", "no command in the bench file: no power is cut")),
        Some(supply) => parts.push(checked("power", doctor::power(supply, board.as_ref()))),
    }
    match &setup.reset {
        None => parts.push(ok("reset", "no command in the bench file: the probe resets the device")),
        Some(reset) => parts.push(checked("reset", doctor::reset(reset, board.as_ref()))),
    }
    Ok(parts)
}

/// Probe and chip; the selector of the board when both are there.
fn board(setup: &HardwareSetup, parts: &mut Vec<Part>) -> Option<gauntlet_bench::BoardSelector> {
    let selector = match selected(setup) {
        Ok(selector) => selector,
        Err(error) => {
            parts.push(wrong("probe", &error, error.advice()));
            return None;
        }
    };
    match look_at(&selector) {
        Err(error) => {
            parts.push(wrong("probe", &error, error.advice()));
            None
        }
        Ok(found) => {
            parts.push(ok("probe", selector.probe.clone()));
            let (part, usable) = chip(setup, &found);
            parts.push(part);
            usable.then_some(selector)
        }
    }
}

fn chip(setup: &HardwareSetup, found: &ChipFound) -> (Part, bool) {
    let wrong = |found: String, advice: &str| {
        (Part { part: "chip", ok: false, found, advice: Some(advice.to_owned()) }, false)
    };
    match found {
        ChipFound::Open(chip) if is(setup.variant, chip.part) => (ok("chip", format!("{chip}, open")), true),
        ChipFound::Open(chip) => wrong(
            format!("{chip}, and the bench file says {}", setup.variant.target_name()),
            "this is another board: correct the probe's selector, or `chip`, in the bench file",
        ),
        ChipFound::Locked if setup.erase_locked => {
            (ok("chip", "read-protected; a run erases it, as the bench file allows"), false)
        }
        ChipFound::Locked => wrong(
            "read-protected, and the bench file does not allow to erase it".to_owned(),
            "write `locked: erase` into the bench file, if everything on the chip may be lost",
        ),
    }
}

fn is(variant: Variant, part: u32) -> bool {
    variant.profile().part == part
}

fn device(setup: &HardwareSetup) -> String {
    match &setup.target {
        None => "the reference device, which runs on virtual chips; a board needs a target with firmware of its own"
            .to_owned(),
        Some(target) => {
            let bytes: usize = target.firmware.segments.iter().map(|segment| segment.bytes.len()).sum();
            format!("`{}`, {bytes} bytes of firmware", target.name)
        }
    }
}
