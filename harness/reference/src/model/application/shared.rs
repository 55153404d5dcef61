//! What the application hands to the bootloader through the settings page, by way of the bootloader's own call gate: the name
//! record (SVC 3) and the peer data (SVC 2). One of the two exists in a bootloader, as it was built.

use gauntlet_nrf52::{Chip, ChipFault, cycles_from_ms};

use super::service::{BAD_NAME, BUSY, ENTER, FAILED, NOT_BONDED, RESPONSE, SET_NAME, SUCCESS};
use crate::bugs::PlantedBug;
use crate::build::{Build, Profile};
use crate::gap::Central;
use crate::images::{Buttonless, Habit};
use crate::layout::Layout;
use crate::model::Halt;
use crate::records::{NAME_LEN, NAME_MAX, NAME_OFFSET, PEER_LEN, PEER_OFFSET, PeerData, name_record};

/// A write waits until the radio leaves room for it.
const WAIT_MS: u64 = 40;
/// System attributes of our peer: the configuration of Service Changed, for indications.
const SYSTEM_ATTRIBUTES: [u8; 8] = [0x0D, 0, 2, 0, 2, 0, 0xA1, 0x2B];

/// The way to the settings page.
#[derive(Debug)]
pub(super) struct Shared {
    page: u32,
    gate: Gate,
    habit: Habit,
    pending: Option<Pending>,
    /// A write has succeeded in this run: the handler's state is past it (BTN-007).
    finished: bool,
    /// A planted bug: names of any length are accepted.
    any_length: bool,
}

/// What the bootloader answers to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// It takes names, and no peers.
    Names,
    /// It takes peers, and no names.
    Peers,
    /// The settings page is closed for the application (BTN-024).
    Closed,
}

#[derive(Debug)]
struct Pending {
    /// When flash has been written; never when the driver has failed (BTN-010).
    due: Option<u64>,
    offset: u32,
    record: Vec<u8>,
}

/// How a write ended.
pub(super) struct Finished {
    pub(super) answer: [u8; 3],
    /// It was the last thing before the bootloader can be started (BTN-013).
    pub(super) starts_bootloader: bool,
}

impl Shared {
    /// For a device whose bootloader was built like this.
    pub(super) fn new(layout: &Layout, build: Option<&Build>, offers: Buttonless) -> Self {
        let gate = match build {
            Some(build) if build.profile == Profile::Ble && build.requires_bonds => Gate::Peers,
            Some(build) if build.profile == Profile::Ble => Gate::Names,
            _ => Gate::Closed,
        };
        let gate = if offers.habit == Habit::WritesForbidden { Gate::Closed } else { gate };
        let any_length = build.is_some_and(|build| build.has(PlantedBug::NameLengthNotChecked));
        let (page, habit) = (layout.settings_page, offers.habit);
        Self { page, gate, habit, pending: None, finished: false, any_length }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// When the write that is under way has been done.
    pub(super) fn due(&self) -> Option<u64> {
        self.pending.as_ref()?.due
    }

    /// BTN-005..008: begins to store a name; `Some` is a refusal.
    pub(super) fn store_name(&mut self, chip: &mut Chip, parameters: &[u8]) -> Result<Option<u8>, Halt> {
        let length = usize::from(parameters.first().copied().unwrap_or(0));
        if !(1..=NAME_MAX).contains(&length) && !self.any_length {
            return Ok(Some(BAD_NAME));
        }
        // BTN-012: nobody compares the length with what was received; our buffer holds zeros behind it.
        let mut name: Vec<u8> = parameters.iter().skip(1).copied().take(length).collect();
        name.resize(length, 0);
        let record = name_record(&name, [0; NAME_MAX]);
        if let Some(pending) = &mut self.pending {
            // BTN-008: the buffer is filled before anyone looks whether it is in use; the crc was there before.
            pending.record[4..].copy_from_slice(&record[4..]);
            return Ok(Some(FAILED));
        }
        // FF-029: a bootloader with bonds knows no such call.
        if self.gate != Gate::Names || self.finished || !self.is_erased(chip, NAME_OFFSET, NAME_LEN)? {
            return Ok(Some(FAILED));
        }
        self.begin(chip, NAME_OFFSET, record.to_vec());
        Ok(None)
    }

    /// BTN-013, BTN-015: begins to store the peer's data; `Some` is a refusal.
    pub(super) fn store_peer(&mut self, chip: &mut Chip) -> Result<Option<u8>, Halt> {
        match self.gate {
            Gate::Closed => return Ok(Some(NOT_BONDED)),
            Gate::Names => return Ok(Some(FAILED)),
            Gate::Peers => {}
        }
        if !self.is_erased(chip, PEER_OFFSET, PEER_LEN)? {
            return Ok(Some(FAILED));
        }
        let Central { identity, bond } = Central::bonded();
        let Some(key) = bond else { return Ok(Some(NOT_BONDED)) };
        let peer = PeerData { identity, key, system_attributes: SYSTEM_ATTRIBUTES };
        self.begin(chip, PEER_OFFSET, peer.to_bytes().to_vec());
        Ok(None)
    }

    fn begin(&mut self, chip: &Chip, offset: u32, record: Vec<u8>) {
        let due = Some(chip.now() + cycles_from_ms(WAIT_MS));
        self.pending = Some(Pending { due, offset, record });
    }

    fn is_erased(&self, chip: &mut Chip, offset: u32, length: usize) -> Result<bool, Halt> {
        let mut present = vec![0; length];
        chip.load(self.page + offset, &mut present)?;
        Ok(present.iter().all(|byte| *byte == 0xFF))
    }

    /// Does the write when its time has come.
    pub(super) fn finish(&mut self, chip: &mut Chip) -> Result<Option<Finished>, Halt> {
        if self.due().is_none_or(|due| chip.now() < due) {
            return Ok(None);
        }
        let Some(pending) = &mut self.pending else { return Ok(None) };
        pending.due = None;
        let opcode = if pending.offset == NAME_OFFSET { SET_NAME } else { ENTER };
        let mut written = self.habit != Habit::WritesFail;
        if written {
            for (word, bytes) in (0u32..).zip(pending.record.chunks_exact(4)) {
                let value = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                match chip.nvmc_write_word(self.page + pending.offset + 4 * word, value) {
                    Ok(()) => {}
                    Err(fault @ ChipFault::PowerLost { .. }) => return Err(fault.into()),
                    Err(_) => written = false,
                }
            }
        }
        if !written {
            // BTN-010, BTN-026: nobody tells the handler, so it stays where it is, and is busy from now on.
            return Ok(Some(Finished { answer: [RESPONSE, opcode, BUSY], starts_bootloader: false }));
        }
        self.pending = None;
        self.finished = true;
        Ok(Some(Finished { answer: [RESPONSE, opcode, SUCCESS], starts_bootloader: opcode == ENTER }))
    }
}
