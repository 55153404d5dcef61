//! An event with its number, its case and its times.

use serde::{Deserialize, Serialize};

use crate::{CaseId, Event, Millis};

/// An event as it stands in the journal: one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Number in the run, from 0, without gaps.
    pub seq: u64,
    /// The case it belongs to; nothing for events of the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// Everything that depends on the wall clock. May be absent in a journal that was made comparable.
    #[serde(default)]
    pub wall: Wall,
    /// Device time since the case's device was switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_ms: Option<Millis>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Wall-clock facts: the only part of a record that may differ between two runs with one seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wall {
    /// Time since the run began.
    pub ms: Millis,
    /// When the run began, in milliseconds since 1970-01-01 UTC. Stands in the first record only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_unix_ms: Option<u64>,
    /// Time of processors that this host has spent on the case so far: by the thread that runs it, and by the programs
    /// started for it. On a virtual bench the device is simulated in that thread, and that is among it. Stands in the
    /// records that end something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<Millis>,
}
