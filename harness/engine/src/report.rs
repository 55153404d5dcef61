//! What an update left behind in figures.

use std::time::Duration;

use crate::Phase;

/// How an update ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Outcome {
    /// Not at its end; only in reports of failed updates.
    #[default]
    Unfinished,
    /// The device answered the last Execute with success.
    Completed,
    /// The last Execute was sent, its answer never came, and the device has left DFU mode or has used up its init
    /// packet. It may have taken the image or not: only a look at the device tells (H-1).
    CompletionUnconfirmed,
}

/// Figures of one image, over all its sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateReport {
    /// Which image of its package it was, from 1.
    pub image: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Object bytes handed to the link: init packet, firmware, and repetitions of both.
    pub bytes_sent: u64,
    /// The part of `bytes_sent` that had been sent before.
    pub bytes_resent: u64,
    /// The part of `bytes_resent` that was firmware.
    pub firmware_resent: u64,
    /// Packets handed to the link.
    pub packets: u64,
    /// Control requests handed to the link.
    pub requests: u64,
    /// Connections after the first one.
    pub reconnects: u32,
    /// Connection attempts after the first connection, good or not.
    pub reconnect_attempts: u32,
    /// How often the device was brought into DFU mode.
    pub dfu_entries: u32,
    /// How often the device reported something else than what was sent.
    pub crc_mismatches: u32,
    /// How often the pace was made slower.
    pub slowdowns: u32,
    /// How often the device was asked for the CRC of what it holds.
    pub crc_exchanges: u32,
    /// How often the whole image was sent again because it was refused as a whole (0B 0C).
    pub image_retries: u32,
    /// How often the transfer began again from the init packet in a running session.
    pub fresh_starts: u32,
    /// How often the device was found to have started anew in the midst of the transfer while the link stayed up.
    pub restarts: u32,
    /// Objects created with success, repetitions included.
    pub objects_created: u32,
    /// Objects executed with success.
    pub objects_executed: u32,
    /// Receipts that agreed with what was sent.
    pub receipts: u32,
    /// Receipts that were due and did not come.
    pub receipts_missing: u32,
    /// Messages that nobody waited for: late, doubled, foreign.
    pub strays: u32,
    /// Answers that were longer than the protocol says; the rest was ignored.
    pub long_answers: u32,
    /// Requests that got no answer in time.
    pub silences: u32,
    /// The device held a part of the init packet or all of it, so that only the rest was sent.
    pub init_resumed: bool,
    /// The device held the whole init packet, so that none of it was sent.
    pub init_skipped: bool,
    /// Bytes of firmware that the first resume found on the device; 0 when the transfer began at the start.
    pub resumed_at: u32,
    /// Bytes per packet in the last session.
    pub payload: usize,
    /// Receipt interval at the end, 0 for none.
    pub prn: u16,
    /// The whole update, in tokio time.
    pub elapsed: Duration,
    pub(crate) phases: [Duration; Phase::ALL.len()],
}

impl UpdateReport {
    /// The time spent in a phase, over all sessions, in tokio time.
    #[must_use]
    pub fn time_in(&self, phase: Phase) -> Duration {
        self.phases[phase as usize]
    }

    /// Firmware and init packet bytes per second of the whole update; `None` when no time passed.
    #[must_use]
    pub fn bytes_per_second(&self) -> Option<f64> {
        let seconds = self.elapsed.as_secs_f64();
        (seconds > 0.0).then(|| (self.bytes_sent - self.bytes_resent) as f64 / seconds)
    }

    /// These figures and those of the image behind it as one: counts and times are added up, the rest is the later one's.
    pub(crate) fn followed_by(&self, later: &Self) -> Self {
        let mut phases = self.phases;
        for (sum, more) in phases.iter_mut().zip(later.phases) {
            *sum += more;
        }
        Self {
            image: later.image,
            outcome: later.outcome,
            bytes_sent: self.bytes_sent + later.bytes_sent,
            bytes_resent: self.bytes_resent + later.bytes_resent,
            firmware_resent: self.firmware_resent + later.firmware_resent,
            packets: self.packets + later.packets,
            requests: self.requests + later.requests,
            reconnects: self.reconnects + later.reconnects,
            reconnect_attempts: self.reconnect_attempts + later.reconnect_attempts,
            dfu_entries: self.dfu_entries + later.dfu_entries,
            crc_mismatches: self.crc_mismatches + later.crc_mismatches,
            slowdowns: self.slowdowns + later.slowdowns,
            crc_exchanges: self.crc_exchanges + later.crc_exchanges,
            image_retries: self.image_retries + later.image_retries,
            fresh_starts: self.fresh_starts + later.fresh_starts,
            restarts: self.restarts + later.restarts,
            objects_created: self.objects_created + later.objects_created,
            objects_executed: self.objects_executed + later.objects_executed,
            receipts: self.receipts + later.receipts,
            receipts_missing: self.receipts_missing + later.receipts_missing,
            strays: self.strays + later.strays,
            long_answers: self.long_answers + later.long_answers,
            silences: self.silences + later.silences,
            init_resumed: later.init_resumed,
            init_skipped: later.init_skipped,
            resumed_at: later.resumed_at,
            payload: later.payload,
            prn: later.prn,
            elapsed: self.elapsed + later.elapsed,
            phases,
        }
    }
}
