//! Judgement: what the probe read, against what must be. Nothing here asks the client.

mod application;
mod closed;
mod record;
mod regions;
mod settings;
mod system;
mod watchdog;

pub(crate) use application::mode;

use gauntlet_bench::Device;
use gauntlet_record::{Event, Finding};
use gauntlet_scenario::model::Expect;

use crate::observe::Snapshot;
use crate::packages::Sendable;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) check: String,
    pub(crate) expected: String,
    pub(crate) found: String,
    pub(crate) ok: bool,
    pub(crate) detail: Option<String>,
}

impl Check {
    pub(crate) fn new(check: &str, expected: impl ToString, found: impl ToString, ok: bool) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        Self { check: check.to_owned(), expected, found, ok, detail: None }
    }

    fn detail(self, detail: Option<String>) -> Self {
        Self { detail, ..self }
    }

    pub(crate) fn event(&self) -> Event {
        Event::Judged {
            check: self.check.clone(),
            ok: self.ok,
            expected: self.expected.clone(),
            found: self.found.clone(),
        }
    }

    pub(crate) fn finding(self) -> Option<Finding> {
        let Self { check, expected, found, ok, detail } = self;
        (!ok).then_some(Finding { check, expected, found, detail })
    }
}

/// What judgement rests on.
pub(crate) struct Evidence<'a> {
    pub(crate) device: &'a Device,
    /// The application that was flashed; empty without one.
    pub(crate) flashed: &'a [u8],
    /// The device before the first step.
    pub(crate) before: &'a Snapshot,
    /// The device after the last one.
    pub(crate) after: &'a Snapshot,
    /// Everything that was sent, so that it is known how far bank 1 can reach.
    pub(crate) packages: Vec<&'a Sendable>,
    /// A step of the case has started the watchdog.
    pub(crate) watchdog_started: bool,
}

impl Evidence<'_> {
    /// Every check that `expect` asks for, and those that every case has to pass.
    pub(crate) fn judge(&self, expect: &Expect) -> Vec<Check> {
        let mut checks = regions::unchanged(self, expect);
        checks.extend(system::expected(self, expect));
        checks.push(settings::backup(self));
        checks.extend(closed::regions(self));
        checks.extend(watchdog::left_alone(self));
        checks.extend(record::in_order(self));
        checks.extend(settings::expected(self, &expect.settings));
        checks.extend(application::expected(self, expect));
        checks
    }

    /// The checks of a device that must run `package` now.
    pub(crate) fn judge_clean(&self, package: &Sendable) -> Vec<Check> {
        let mut checks = regions::always(self);
        checks.extend(system::unchanged(self));
        checks.push(settings::backup(self));
        checks.extend(closed::regions(self));
        checks.extend(watchdog::left_alone(self));
        checks.extend(record::in_order(self));
        for image in &package.images {
            checks.push(application::flash_holds(self, "firmware of the closing update", &image.firmware));
            checks.extend(record::of_application(self, &image.firmware));
            checks.push(application::witness_runs(self, image.witness));
        }
        checks
    }
}
