//! Flash operations are judged in every case: the right device is never blamed, and a wrong one is told by the operation.

use std::sync::{Arc, Mutex};

use gauntlet_bench::{PlantedBug, VirtualBench};
use gauntlet_record::{Collector, Event, Millis, Record, Recorder, Sink, Verdict};
use gauntlet_runner::{RunOptions, run};
use gauntlet_scenario::{Case, NoFiles, Source, load_sources};

/// A collector that outlives the recorder.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Collector>>);

impl Sink for Shared {
    fn accept(&mut self, record: &Record) {
        self.0.lock().expect("no test panics while it records").accept(record);
    }
}

/// Two chunks are copied down by one page each, so order and progress matter.
const UPDATE: &str = "
id: audit/update
title: An application of three pages replaces one of a page
device:
  application: { witness: 1, size: 4 KiB }
packages:
  update: { application: { witness: 2, size: 12 KiB }, version: 2 }
steps:
  - update: update
expect:
  application: { witness: 2 }
";

const SYSTEM: &str = "
id: audit/system
title: SoftDevice and bootloader are new
packages:
  update:
    softdevice: { fwid: 0x0124, size: 18436 }
    bootloader: { hw_version: 52 }
    bootloader_version: 2
steps:
  - update: update
expect:
  softdevice: { package: update }
  bootloader: { package: update }
";

/// What is found of the flash operations.
fn found(text: &str, bug: Option<PlantedBug>) -> Vec<String> {
    let suite = load_sources(&[Source::new("case.yaml", text)], &NoFiles)
        .unwrap_or_else(|bad| panic!("{}", bad.render(100, false)));
    let cases: Vec<&Case> = suite.cases().collect();
    let options = RunOptions { jobs: 1, planted_bug: bug, ..RunOptions::default() };
    let shared = Shared::default();
    let recorder = Recorder::new(|| Millis::ZERO).with(shared.clone());
    run(&VirtualBench::new(), &cases, &options, recorder);
    let collector = shared.0.lock().expect("the run has ended");
    let verdicts = collector.records().iter().filter_map(|record| match &record.event {
        Event::CaseFinished { verdict, .. } => Some(verdict.clone()),
        _ => None,
    });
    let findings = verdicts.flat_map(|verdict| match verdict {
        Verdict::Fail(findings) => findings,
        Verdict::Pass => Vec::new(),
        other => panic!("{other:?}"),
    });
    findings.filter(|finding| finding.check == "flash operations").map(|finding| finding.expected).collect()
}

#[test]
fn the_right_device_is_not_blamed() {
    assert_eq!(found(UPDATE, None), Vec::<String>::new());
    assert_eq!(found(SYSTEM, None), Vec::<String>::new());
}

#[test]
fn what_is_written_at_the_wrong_time_or_place_is_named_with_its_requirement() {
    let wrong = [
        (UPDATE, PlantedBug::BackupWrittenFirst, "SET-005"),
        (UPDATE, PlantedBug::NextPageErased, "OBJ-020"),
        (UPDATE, PlantedBug::CopiedBeforeVerified, "OBJ-011"),
        (UPDATE, PlantedBug::CopyErasesTooFar, "ACT-002"),
        (UPDATE, PlantedBug::CopyChunksOverlap, "ACT-002"),
        (UPDATE, PlantedBug::CopyNotResumed, "ACT-002"),
        (UPDATE, PlantedBug::AppDataErased, "ACT-002"),
        (UPDATE, PlantedBug::InitMissesBackup, "SET-005"),
        (UPDATE, PlantedBug::PageNotErased, "OBJ-020"),
        (UPDATE, PlantedBug::VersionRaisedEarly, "VAL-036"),
        (SYSTEM, PlantedBug::BootloaderVersionNotRaised, "VAL-036"),
        (SYSTEM, PlantedBug::SoftDeviceSizeNotRecorded, "7.6"),
    ];
    let told = wrong.into_iter().filter_map(|(text, bug, requirement)| {
        let rules = found(text, Some(bug));
        let named = rules.iter().any(|rule| rule.contains(requirement));
        (!named).then(|| format!("{bug}, which breaks {requirement}: {rules:?}"))
    });
    let missed: Vec<String> = told.collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
