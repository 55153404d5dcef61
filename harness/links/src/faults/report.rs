//! Which faults fired, and where.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauntlet_engine::Object;

use super::Fault;

/// A fault and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultReport {
    /// The fault.
    pub fault: Fault,
    /// Where it fired, in order.
    pub fired: Vec<Firing>,
    /// Its position was reached but the board did not do what was asked.
    pub trouble: Option<String>,
}

impl FaultReport {
    /// Whether it fired as often as it was meant to.
    #[must_use]
    pub fn has_fired(&self) -> bool {
        self.fired.len() as u64 == u64::from(self.fault.times())
    }
}

/// Where a fault fired. All counts are of the whole update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Firing {
    /// The object being sent, if there was one.
    pub object: Option<Object>,
    /// Bytes of the init packet or of the firmware that had been sent before, whether they arrived or not.
    pub offset: u32,
    /// Requests so far, including the one it happened at.
    pub requests: u64,
    /// Firmware packets so far, including the one it happened at.
    pub packets: u64,
    /// Messages of the device so far, including the one it happened at.
    pub notifications: u64,
}

/// A handle on the reports of a [`FaultLink`](super::FaultLink) that outlives it; clones share them.
#[derive(Debug, Clone)]
pub struct FaultWatch {
    reports: Arc<Mutex<Vec<FaultReport>>>,
}

impl FaultWatch {
    pub(super) fn new(faults: &[Fault]) -> Self {
        let reports = faults
            .iter()
            .map(|fault| FaultReport { fault: *fault, fired: Vec::new(), trouble: None })
            .collect();
        Self { reports: Arc::new(Mutex::new(reports)) }
    }

    /// One report for each fault, in the order in which they were given.
    #[must_use]
    pub fn reports(&self) -> Vec<FaultReport> {
        self.lock().clone()
    }

    /// Whether every fault fired as often as it was meant to. If not, the run proves nothing.
    #[must_use]
    pub fn all_fired(&self) -> bool {
        self.lock().iter().all(FaultReport::has_fired)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<FaultReport>> {
        // A report is changed in one step, so that a panic elsewhere cannot leave it half done.
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
