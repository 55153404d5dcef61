//! Command and data objects (section 2). Checks stand in the order in which they decide.

use gauntlet_nrf52::Chip;
use gauntlet_package::settings::Bank;
use gauntlet_protocol::init_packet::FwType;
use gauntlet_protocol::{ResultCode, crc32_continue};

use super::Halt;
use super::dfu::{Afterwards, Dfu, Selected};
use super::requests::{Answer, encode};
use super::{postvalidate, prevalidate, space};
use crate::bugs::PlantedBug;
use crate::build::Generation;
use crate::layout::PAGE;

const EXECUTE: u8 = 0x04;

/// Whether a Write stands in a receive buffer of the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buffer {
    Held,
    None,
}

impl Dfu {
    pub(super) fn create(&mut self, chip: &mut Chip, kind: u8, size: u32) -> Result<Answer, Halt> {
        // A known type selects its object, also when none was selected before (FLT-022).
        match kind {
            1 => {
                self.selected = Selected::Command;
                if !self.device.build.has(PlantedBug::InitCreateIsNoProgress) {
                    self.restart_timer(chip);
                }
                Ok(self.create_command(size))
            }
            2 => {
                self.selected = Selected::Data;
                self.create_data(chip, size)
            }
            // FLT-017: from now on there is no object to work on.
            _ => {
                self.selected = Selected::Invalid;
                Ok(Err(ResultCode::InvalidObject.into()))
            }
        }
    }

    /// OBJ-001..003. Data that was under way ends here (FLT-005), and the stored packet is FF from here on, which reaches flash
    /// with the next commit (SET-013). All in RAM: after a power cut or a lost link the command that is in flash is there again (OBJ-004).
    fn create_command(&mut self, size: u32) -> Answer {
        if size == 0 && !self.device.build.has(PlantedBug::EmptyInitAccepted) {
            return Err(ResultCode::InvalidParameter.into());
        }
        // Up to the largest number that a request can name (FLT-018).
        let has = |bug| self.device.build.has(bug);
        let mut most = self.device.build.settings_version.init_packet_max();
        if has(PlantedBug::TooLongInitAccepted) {
            most += 1;
        }
        if has(PlantedBug::LongInitRefused) {
            most = most.min(256);
        }
        if size > most {
            if has(PlantedBug::RefusedCreateForgetsInit) {
                self.init_ok = false;
                self.device.settings.reset_progress();
            }
            return Err(ResultCode::InsufficientResources.into());
        }
        self.init_ok &= has(PlantedBug::StaleInitInForce);
        let bytes = self.device.settings.init_command;
        self.device.settings.reset_progress();
        if has(PlantedBug::InitBytesKept) {
            self.device.settings.init_command = bytes;
        }
        self.device.settings.progress.cmd_size = size;
        Ok(Vec::new())
    }

    /// OBJ-015..023. Which of three answers an object behind the end of the image gets depends on its size (FLT-027):
    /// a short one in the middle is refused, so an image that is shorter than its packet says never ends (FLT-026);
    /// FFFFFFFF is ragged (FLT-018), FFFFF000 is whole pages and too large (FLT-019).
    fn create_data(&mut self, chip: &mut Chip, size: u32) -> Result<Answer, Halt> {
        let executed = self.device.settings.progress.fw_offset_last;
        let has = |bug| self.device.build.has(bug);
        let (empty, beyond) =
            (has(PlantedBug::EmptyObjectAccepted), has(PlantedBug::ObjectBeyondEndAccepted));
        let too_large = if has(PlantedBug::LargeObjectMisjudged) {
            ResultCode::OperationNotPermitted
        } else {
            ResultCode::InsufficientResources
        };
        let short_last = has(PlantedBug::ShortLastObjectAccepted);
        let (keep_offset, keep_page) = (has(PlantedBug::CreateKeepsOffset), has(PlantedBug::PageNotErased));
        if has(PlantedBug::RefusedCreateRewinds) {
            self.rewind_object();
        }
        let end = u64::from(executed) + u64::from(size);
        // Data before an init packet (FLT-004); the same decides about a Write.
        if !self.init_ok {
            return Ok(Err(ResultCode::OperationNotPermitted.into()));
        }
        let ragged = !size.is_multiple_of(PAGE)
            && end != u64::from(self.fw_size)
            && !(short_last && executed + PAGE > self.fw_size);
        if size == 0 && !empty || ragged {
            return Ok(Err(ResultCode::InvalidParameter.into()));
        }
        if size > PAGE {
            return Ok(Err(too_large.into()));
        }
        if end > u64::from(self.fw_size) && !beyond {
            let misjudged = self.device.build.has(PlantedBug::ObjectBeyondEndMisjudged);
            let code =
                if misjudged { ResultCode::InvalidParameter } else { ResultCode::OperationNotPermitted };
            return Ok(Err(code.into()));
        }
        self.device.settings.progress.obj_size = size;
        if !keep_offset {
            self.rewind_object();
        }
        if keep_page {
            return Ok(Ok(Vec::new()));
        }
        if self.device.build.has(PlantedBug::NextPageErased) {
            let next = self.fw_addr.wrapping_add(executed).wrapping_add(PAGE);
            let _full = self.device.flash.erase(chip, next)?;
        }
        // A cut may leave anything in the page of an object, and nothing in the settings (PWR-008): this erase repairs it.
        let erased = self.device.flash.erase(chip, self.fw_addr.wrapping_add(executed))?;
        Ok(erased.map(|()| Vec::new()).map_err(|_full| ResultCode::InvalidObject.into()))
    }

    /// Back to the last executed byte.
    pub(super) fn rewind_object(&mut self) {
        let settings = &mut self.device.settings;
        settings.progress.fw_offset = settings.progress.fw_offset_last;
        if !self.device.build.has(PlantedBug::RewindKeepsCrc) {
            settings.progress.fw_crc = settings.progress.fw_crc_last;
        }
        settings.write_offset = settings.progress.fw_offset_last;
        self.object_crc = 0;
    }

    /// A Write to the selected object. What is refused with data selected, or nothing, keeps its buffer
    /// (FLT-010); a refused part of a command gives it back (FLT-011).
    pub(super) fn write(&mut self, chip: &mut Chip, data: &[u8], buffer: Buffer) -> Result<Answer, Halt> {
        // FLT-037, FLT-038: a debug build asserts that there is something to be appended to a command.
        if self.device.build.debug && self.selected == Selected::Command && data.is_empty() {
            return Err(Halt::Reset);
        }
        let answer = match self.selected {
            Selected::Invalid => Err(ResultCode::InvalidObject.into()),
            Selected::Command => {
                let answer = self.write_command(data);
                if answer.is_err() && self.device.build.has(PlantedBug::RefusedInitWritesLeak) {
                    self.inbox.leaked += 1;
                }
                return Ok(answer);
            }
            Selected::Data => self.write_data(chip, data, buffer)?,
        };
        if answer.is_err() && buffer == Buffer::Held {
            self.inbox.leaked += 1;
        }
        Ok(answer)
    }

    /// OBJ-005, OBJ-006, OBJ-014. One byte too many, and nothing of the write is stored (FLT-008).
    fn write_command(&mut self, data: &[u8]) -> Answer {
        let settings = &mut self.device.settings;
        let offset = settings.progress.cmd_offset;
        let end = offset as usize + data.len();
        // Settings that someone has made up may name a size that there is no room for.
        let size = (settings.progress.cmd_size as usize).min(settings.init_command.len());
        if end > size {
            return Err(ResultCode::InvalidParameter.into());
        }
        let crc = settings.progress.cmd_crc;
        settings.init_command[offset as usize..end].copy_from_slice(data);
        settings.progress.cmd_offset = offset + data.len() as u32;
        settings.progress.cmd_crc = crc32_continue(crc, data);
        self.note_short_crc(crc, data);
        self.receipt(offset)
    }

    /// OBJ-024..027. One byte too many, and nothing of the write is stored (FLT-008); behind the end of an object every one is
    /// (FLT-009).
    fn write_data(&mut self, chip: &mut Chip, data: &[u8], buffer: Buffer) -> Result<Answer, Halt> {
        let settings = &self.device.settings;
        let offset = settings.progress.fw_offset;
        let open = offset.wrapping_sub(settings.progress.fw_offset_last);
        let room = settings.progress.obj_size.saturating_sub(open) as usize;
        let data = if self.device.build.has(PlantedBug::LongWriteCut) {
            &data[..data.len().min(room)]
        } else {
            data
        };
        let length = data.len() as u32;
        if !self.init_ok {
            return Ok(Err(ResultCode::OperationNotPermitted.into()));
        }
        let taken =
            settings.progress.obj_size == 0 && self.device.build.has(PlantedBug::ClosedObjectTakesData);
        if open.saturating_add(length) > settings.progress.obj_size && !taken {
            return Ok(Err(ResultCode::InvalidParameter.into()));
        }
        if self.device.build.debug && self.asserts_against(data, buffer) {
            return Err(Halt::Reset);
        }
        if data.is_empty() {
            return match (self.device.flash.is_full(), buffer) {
                (false, _) => Ok(self.receipt(offset)),
                (true, Buffer::Held) => Ok(Ok(vec![0; 8])),
                // The end of the write would be told to nobody: a null function is called (FLT-006).
                (true, Buffer::None) => Err(Halt::Reset),
            };
        }
        let write_offset = settings.write_offset;
        let crc = settings.progress.fw_crc;
        if self.device.flash.write(chip, self.fw_addr.wrapping_add(write_offset), data)?.is_err()
            && !self.device.build.has(PlantedBug::LostWriteCounted)
        {
            return Ok(Ok(vec![0; 8]));
        }
        let settings = &mut self.device.settings;
        settings.write_offset = write_offset.wrapping_add(length);
        settings.progress.fw_offset = offset.wrapping_add(length);
        settings.progress.fw_crc = crc32_continue(crc, data);
        self.object_crc = crc32_continue(self.object_crc, data);
        self.note_short_crc(crc, data);
        Ok(self.receipt(offset))
    }

    /// Writes to flash against which a debug build asserts: not whole words (FLT-020), without a buffer, or over BLE without
    /// data (FLT-006, FLT-007).
    fn asserts_against(&self, data: &[u8], buffer: Buffer) -> bool {
        let empty_over_air = data.is_empty() && !self.device.build.profile.is_serial();
        !data.len().is_multiple_of(4) || buffer == Buffer::None || empty_over_air
    }

    fn note_short_crc(&mut self, crc: u32, data: &[u8]) {
        self.short_crc = crc32_continue(crc, &data[..data.len().saturating_sub(1)]);
    }

    /// PRN-011: offset and CRC after this write.
    fn receipt(&mut self, offset_before: u32) -> Answer {
        let mut payload = self.progress()?;
        if self.device.build.has(PlantedBug::ReceiptWithoutOffset) {
            payload[..4].copy_from_slice(&self.inbox.receipts.last_offset.to_le_bytes());
        }
        self.inbox.receipts.last_offset = offset_before;
        Ok(payload)
    }

    /// OBJ-007..013. A packet that is not in force is checked in full, also an older one that has come back with a lost link
    /// (OBJ-039). Up to here a cut leaves everything as it was (PWR-001, PWR-002).
    pub(super) fn execute_command(&mut self, chip: &mut Chip) -> Result<Answer, Halt> {
        let settings = &self.device.settings;
        if settings.progress.cmd_offset != settings.progress.cmd_size
            && !self.device.build.has(PlantedBug::ShortObjectExecuted)
        {
            if self.device.build.has(PlantedBug::IncompleteInitDropped) {
                self.device.settings.reset_progress();
            }
            return Ok(Err(ResultCode::OperationNotPermitted.into()));
        }
        if self.init_ok && self.device.build.has(PlantedBug::SecondInitExecuteRefused) {
            return Ok(Err(ResultCode::OperationNotPermitted.into()));
        }
        if !self.init_ok
            && let Err(refusal) = prevalidate::check(chip, self)?
        {
            return Ok(Err(refusal));
        }
        Ok(self.accept_command(chip)?.map(|()| Vec::new()).map_err(Into::into))
    }

    /// Step 12 of 7.1: a place is chosen (MEM-011), the packet is in force and persisted with its length and CRC (SET-014).
    fn accept_command(&mut self, chip: &mut Chip) -> Result<Result<(), ResultCode>, Halt> {
        let Some(init) = self.init.as_ref().map(|packet| packet.init.clone()) else {
            return Ok(Err(ResultCode::InvalidObject));
        };
        self.fw_size = init.image_size();
        let Some(place) = space::place(chip, &self.device, &init, self.fw_size)? else {
            self.fw_addr = 0;
            self.init_ok = false;
            self.device.settings.reset_progress();
            return Ok(Err(ResultCode::InsufficientResources));
        };
        self.take_place(chip, place)?;
        if self.device.build.has(PlantedBug::VersionRaisedEarly) && init.fw_type == Some(FwType::Application)
        {
            self.device.settings.app_version = init.fw_version.unwrap_or(0);
        }
        if self.device.build.has(PlantedBug::CopiedBeforeVerified) {
            let start = space::bank_0_start(chip)?;
            self.device.flash.erase(chip, start)?.map_err(|_full| Halt::Reset)?;
        }
        if self.device.build.has(PlantedBug::ApplicationDroppedEarly) {
            self.device.settings.bank_0 = Bank::default();
        }
        if self.device.build.has(PlantedBug::InitNotPersisted) {
            return Ok(Ok(()));
        }
        // A cut before the backup is reached leaves the state before this Execute. The application is then still valid, even
        // if it was to be dropped: so far it has only been dropped in RAM (PWR-003).
        let (main, backup) = (self.device.layout.settings_page, self.device.layout.backup_page);
        if self.device.commit_page(chip, main)?.is_err() {
            return Ok(Err(ResultCode::OperationFailed));
        }
        // A failure of the backup write alone is ignored (OBJ-012).
        if !self.device.build.has(PlantedBug::InitMissesBackup) {
            let _ignored = self.device.commit_page(chip, backup)?;
        }
        Ok(Ok(()))
    }

    /// The packet is in force, and what stands in the way of its image goes (MEM-012).
    pub(super) fn take_place(&mut self, chip: &mut Chip, place: space::Place) -> Result<(), Halt> {
        self.init_ok = true;
        self.fw_addr = place.start;
        if place.drops_application && !self.device.build.has(PlantedBug::ApplicationStaysOnRecord) {
            self.device.settings.bank_0 = Bank::default();
            self.device.settings.write_offset = 0;
        }
        if place.drops_softdevice {
            space::forget_softdevice(chip)?;
        }
        Ok(())
    }

    /// OBJ-028..033, and FLT-036 after a refused packet; `None` while the flash is busy (CP-029). No CRC is compared here: whether the bytes are the right ones is
    /// the host's to find out before it executes (OBJ-034), or the hash tells at the very end.
    pub(super) fn execute_data(&mut self, chip: &mut Chip) -> Result<Option<Vec<u8>>, Halt> {
        let settings = &mut self.device.settings;
        let offset = settings.progress.fw_offset;
        let open = offset.wrapping_sub(settings.progress.fw_offset_last);
        if open != settings.progress.obj_size && !self.device.build.has(PlantedBug::ShortObjectExecuted) {
            if self.device.build.has(PlantedBug::ShortExecuteRewinds) {
                self.rewind_object();
            }
            return Ok(Some(encode(EXECUTE, &Err(ResultCode::OperationNotPermitted.into()))));
        }
        // OBJ-041: on a boundary that was executed before there is nothing to execute, which some generations refuse.
        let executed_before = settings.progress.obj_size == 0 && offset > 0;
        if executed_before && self.device.build.generation == Generation::Sdk15To17 {
            return Ok(Some(encode(EXECUTE, &Err(ResultCode::OperationNotPermitted.into()))));
        }
        let crc = settings.progress.fw_crc;
        settings.progress.obj_size = 0;
        settings.progress.fw_offset_last = offset;
        settings.progress.fw_crc_last = crc;
        if !self.device.build.has(PlantedBug::ExecuteIsNoProgress) {
            self.restart_timer(chip);
        }
        self.finish_execute(chip)
    }

    /// The second half of a data Execute, which waits for the flash: it goes back to the end of the FIFO, and what is compared
    /// with the size of the image is the offset of then (CP-029).
    pub(super) fn finish_execute(&mut self, chip: &mut Chip) -> Result<Option<Vec<u8>>, Halt> {
        if !self.device.flash.is_idle() && !self.device.build.has(PlantedBug::ExecuteBeforeFlash) {
            self.inbox.postpone_execute();
            return Ok(None);
        }
        if self.device.settings.progress.fw_offset != self.fw_size {
            // What is saved here is where a host resumes after a cut (PWR-007). Without it flash keeps what the init Execute
            // wrote, and all data is sent again after a reset (OBJ-037) or a cut (PWR-006).
            if self.saves_progress() {
                self.afterwards = Afterwards::Commit;
            }
            return Ok(Some(encode(EXECUTE, &Ok(Vec::new()))));
        }
        if self.device.build.debug && self.init.is_none() {
            // OBJ-032, FLT-038: it asserts that there is a packet to judge by.
            return Err(Halt::Reset);
        }
        if self.device.build.has(PlantedBug::WrittenPastBank) && self.fw_size > 0 {
            chip.nvmc_write_word(self.fw_addr.wrapping_add(self.fw_size.next_multiple_of(4)), 0)?;
        }
        let answer = postvalidate::check(chip, self)?;
        self.end();
        if answer.is_err() && self.device.build.has(PlantedBug::FailedUpdateStays) {
            self.afterwards = Afterwards::Commit;
        }
        Ok(Some(encode(EXECUTE, &answer.map(|()| Vec::new()))))
    }

    /// OBJ-030: whatever the result, with an empty progress but for the address (SET-015), it is committed once the answer is on its way, then the device resets.
    fn end(&mut self) {
        let start = self.fw_addr;
        self.device.settings.reset_progress();
        self.device.settings.progress.fw_crc = start;
        self.afterwards = Afterwards::CommitAndReset;
    }
}
