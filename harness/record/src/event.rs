//! Everything that can happen in a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{CaseId, Counts, ErrorReport, HexBytes, Millis, Sha256, Verdict, Word};

/// One thing that happened. In JSON the kind is under the key `event`, in kebab-case.
///
/// Which case it belongs to, when it happened and in which order is said by the [`Record`](crate::Record) around it;
/// so no field of an event is called `seq`, `case`, `wall` or `device_ms`. Numbers and states are given in full;
/// texts are for people and nothing may depend on their wording. Keys and other secrets are never put into an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first event of a run.
    RunStarted {
        /// Version of Gauntlet.
        gauntlet: String,
        /// What every random choice of the run is derived from.
        seed: u64,
        /// Name of the bench, for example `virtual`.
        bench: String,
        /// What the client's traffic passed on its way to the device, for example `direct` or `ble`; or the short name of
        /// the program that was the client.
        #[serde(default = "direct")]
        link: String,
        /// Chips of the selected cases, for example `nrf52832`, sorted.
        chips: Vec<String>,
        /// The cases in the order in which they are planned and told.
        planned: Vec<CaseId>,
        /// Files and folders on the disk that the cases come from; empty for the suite inside the program.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<String>,
        /// The command of the program that was the client, if it was not the project's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<String>,
        /// The bug planted into the reference device on purpose, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        planted_bug: Option<String>,
    },
    /// A case begins.
    CaseStarted {
        /// What the scenario says it is about.
        title: String,
        /// The chip it runs on.
        chip: String,
        /// The kind of link it uses, for example `ble`.
        link: String,
        /// Requirement ids that it checks.
        requirements: Vec<String>,
        /// The scenario's file, relative to the root of the suite.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// Flash was erased, programmed and verified through the probe; the case's device is as it should be.
    DevicePrepared {
        /// How it was erased.
        erased: Erased,
        /// Bytes programmed.
        flashed_bytes: u64,
        /// Digest of everything that was programmed, in the order of the addresses.
        image_sha256: Sha256,
        /// What lies where.
        regions: Vec<Region>,
    },
    /// A step of the scenario begins.
    StepStarted {
        /// Its number, counted from 1.
        step: u32,
        /// How many steps there are.
        of: u32,
        /// What it does, in the words of the scenario.
        what: String,
    },
    /// A step of the scenario has ended.
    StepFinished {
        /// Its number, counted from 1.
        step: u32,
        /// What came of it, in words.
        outcome: String,
        /// Device time that it took.
        took_ms: Millis,
    },
    /// The link is up for the first time in this step.
    LinkConnected {
        /// The link, for example `ble` or `serial`.
        link: String,
        /// The negotiated ATT MTU; links without one leave it out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        att_mtu: Option<u16>,
        /// Bytes of object data in one packet or frame.
        max_data: u32,
    },
    /// The link went down.
    LinkLost {
        /// Why, as far as the host knows.
        reason: String,
    },
    /// The link is up again.
    LinkReconnected {
        /// How many times now in this step.
        count: u32,
    },
    /// A DFU begins.
    UpdateStarted {
        /// Name of the package in the scenario, or its file name.
        package: String,
        /// Bytes of the init packet.
        init_bytes: u32,
        /// Bytes of the firmware image.
        firmware_bytes: u32,
    },
    /// The first byte of object data of this update has been handed to the link.
    DataStarted,
    /// The device has given its last answer of this update. Told of clients that are watched from outside and may go on
    /// for long after it; without it, sending ends when the update does.
    DataEnded,
    /// The device already has a part of an object, and the client goes on behind it.
    UpdateResumed {
        /// `init` or `firmware`.
        object: String,
        /// Bytes the device has already.
        offset: u32,
        /// CRC-32 over these bytes.
        crc32: Word,
    },
    /// The device has accepted the init packet.
    InitAccepted {
        /// Its length in bytes.
        bytes: u32,
        /// CRC-32 of it, as answered by the device.
        crc32: Word,
    },
    /// The device has executed a data object.
    ObjectExecuted {
        /// Its number, counted from 1.
        object: u32,
        /// How many there are.
        of: u32,
        /// Bytes of firmware that the device has now.
        offset: u32,
        /// CRC-32 over these bytes, as answered by the device.
        crc32: Word,
    },
    /// A raw request and its answer.
    Exchange {
        /// Opcode and parameters, without framing.
        sent: HexBytes,
        /// The message that came back; nothing when none came in time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<HexBytes>,
    },
    /// A fault of the scenario did what it is there for.
    FaultFired {
        /// The fault, as the scenario words it.
        fault: String,
        /// Where it fired, in counted protocol positions or flash operations.
        position: String,
    },
    /// A fault of the scenario never fired.
    FaultMissed {
        /// The fault, as the scenario words it.
        fault: String,
        /// Where it should have fired.
        position: String,
    },
    /// A DFU has ended, in whatever way.
    UpdateFinished {
        /// The outcome in one word of the scenario language, for example `completed` or `refused`.
        outcome: String,
        /// The device's result and extended code in words, or the client's error.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        words: Option<String>,
        /// Bytes of object data sent, including those sent again.
        bytes: u64,
        /// Bytes of object data sent more than once.
        resent: u64,
        /// Times the link was established again.
        reconnects: u32,
        /// Device time that it took.
        took_ms: Millis,
    },
    /// Power was cut.
    PowerCut {
        /// The flash operation it hit, counted from 0; nothing when it was cut at a time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flash_op: Option<u64>,
        /// The address of that operation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Word>,
        /// What the operation left behind, for example `before`, `after` or `torn`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tear: Option<String>,
    },
    /// Power is back.
    PowerRestored,
    /// The device was reset from outside.
    DeviceReset {
        /// How, for example `pin` or `debugger`.
        kind: String,
    },
    /// Flash was read back through the probe.
    ReadBack {
        /// What was read, with digests.
        regions: Vec<RegionDigest>,
        /// The settings page, decoded: name of the field and its value.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        settings: BTreeMap<String, String>,
    },
    /// The witness word was read from RAM: the proof of which application runs.
    WitnessRead {
        /// The word; nothing when RAM could not be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        word: Option<Word>,
    },
    /// Something that had to hold was checked.
    Judged {
        /// What was checked.
        check: String,
        /// Whether it held.
        ok: bool,
        /// What should be.
        expected: String,
        /// What is.
        found: String,
    },
    /// The clean second update that ends every case has ended.
    ClosingUpdate {
        /// Whether the device could still be updated.
        ok: bool,
        /// What came of it, in words.
        outcome: String,
    },
    /// An attempt ended with an error and the case begins again. Only errors are retried, never failures.
    CaseRetried {
        /// The attempt that ended, counted from 1.
        attempt: u32,
        /// Why it ended.
        error: ErrorReport,
    },
    /// A case has ended. The last event of a case; skipped cases have only this one.
    CaseFinished {
        /// What is said about it.
        verdict: Verdict,
        /// Device time that it took.
        took_ms: Millis,
    },
    /// The last event of a run. A journal without it is that of a killed run.
    RunFinished {
        /// How many cases ended how.
        counts: Counts,
        /// True when the user stopped the run.
        interrupted: bool,
    },
}

/// The backend of journals that are older than the choice.
fn direct() -> String {
    "direct".to_owned()
}

/// How a device was erased before it was programmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Erased {
    /// Flash and UICR as a whole.
    All,
    /// Only the pages that were programmed.
    Pages,
    /// Not at all.
    Nothing,
}

/// A named part of the address space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Its name, for example `bootloader`.
    pub name: String,
    /// Its first address.
    pub start: Word,
    /// Its length in bytes.
    pub len: u32,
}

/// What a part of the address space held when it was read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionDigest {
    /// Its name, for example `bootloader`.
    pub name: String,
    /// Its first address.
    pub start: Word,
    /// Its length in bytes.
    pub len: u32,
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
    /// CRC-32 of the bytes.
    pub crc32: Word,
}
