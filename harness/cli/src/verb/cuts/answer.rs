//! What a sweep has found, for programs.

use std::collections::BTreeMap;

use gauntlet_runner::cuts::{BadState, CutsEnd};
use serde::Serialize;

use super::story;
use crate::args::CutsArgs;
use crate::failure::Failure;

#[derive(Serialize)]
struct Answer<'a> {
    target: &'a str,
    seed: u64,
    tears: &'static str,
    every: usize,
    /// Flash operations of the whole update.
    operations: usize,
    from_op: usize,
    to_op: usize,
    states: u64,
    keeps_application: bool,
    endings: BTreeMap<&'static str, u64>,
    updates: u64,
    interrupted: bool,
    bad: Vec<Bad<'a>>,
}

#[derive(Serialize)]
struct Bad<'a> {
    operation: usize,
    action: String,
    tear: String,
    ending: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault_pc: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<&'a str>,
    again: String,
}

impl<'a> Bad<'a> {
    fn of(args: &CutsArgs, bad: &'a BadState) -> Self {
        Self {
            operation: bad.operation,
            action: story::action(bad.action),
            tear: story::tear(bad.tear),
            ending: bad.ending.words(),
            fault_pc: bad.fault,
            update: bad.update.as_deref(),
            again: story::again(args, bad),
        }
    }
}

/// One JSON object.
pub(super) fn of(args: &CutsArgs, target: &str, end: &CutsEnd) -> Result<String, Failure> {
    let answer = Answer {
        target,
        seed: args.seed,
        tears: args.tears.name(),
        every: args.every.get(),
        operations: end.operations,
        from_op: end.swept.start + 1,
        to_op: end.swept.end,
        states: end.states(),
        keeps_application: end.keeps_application,
        endings: end.endings.iter().map(|(ending, count)| (ending.words(), *count)).collect(),
        updates: end.updates,
        interrupted: end.interrupted,
        bad: end.bad.iter().map(|bad| Bad::of(args, bad)).collect(),
    };
    let text = serde_json::to_string_pretty(&answer).map_err(|error| Failure::Stdout(error.into()))?;
    Ok(text + "\n")
}
