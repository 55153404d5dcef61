//! The control point (section 1) and receipts (section 3).

use gauntlet_nrf52::Chip;
use gauntlet_package::settings::BankCode;
use gauntlet_protocol::{ExtendedError, ResultCode};

use super::Halt;
use super::dfu::{Dfu, Selected};
use super::objects::Buffer;
use super::space;
use crate::bugs::PlantedBug;
use crate::build::Profile;

const RESPONSE: u8 = 0x60;
const PROTOCOL_VERSION: u8 = 0x00;
pub(super) const CREATE: u8 = 0x01;
pub(super) const SET_RECEIPTS: u8 = 0x02;
const GET_CRC: u8 = 0x03;
const EXECUTE: u8 = 0x04;
const SELECT: u8 = 0x06;
const GET_MTU: u8 = 0x07;
pub(super) const WRITE: u8 = 0x08;
const PING: u8 = 0x09;
const HARDWARE_VERSION: u8 = 0x0A;
const FIRMWARE_VERSION: u8 = 0x0B;
pub(super) const ABORT: u8 = 0x0C;

const DATA_MAX: u32 = 4096;

/// How a request ended. A refusal is an answer and no more: the session goes on, unlike after a `Halt` (CP-026).
pub(super) enum Refusal {
    /// A plain result code.
    Code(ResultCode),
    /// Result 0B and its second byte.
    Extended(ExtendedError),
}

impl From<ResultCode> for Refusal {
    fn from(code: ResultCode) -> Self {
        Self::Code(code)
    }
}

impl From<ExtendedError> for Refusal {
    fn from(code: ExtendedError) -> Self {
        Self::Extended(code)
    }
}

/// What an operation on an object leads to: its payload, or why not.
pub(super) type Answer = Result<Vec<u8>, Refusal>;

/// The bytes of an answer (CP-001..003).
pub(super) fn encode(opcode: u8, answer: &Answer) -> Vec<u8> {
    let mut bytes = vec![RESPONSE, opcode];
    match answer {
        Ok(payload) => {
            bytes.push(ResultCode::Success.code());
            bytes.extend(payload);
        }
        Err(Refusal::Code(code)) => bytes.push(code.code()),
        Err(Refusal::Extended(code)) => bytes.extend([ResultCode::ExtendedError.code(), code.code()]),
    }
    bytes
}

/// Fields of a request; bytes that were not sent read as zero (FLT-001 leaves the value open).
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes([self.byte(at), self.byte(at + 1), self.byte(at + 2), self.byte(at + 3)])
    }
}

impl Dfu {
    /// Executes one request; `None` when it is answered later or never.
    pub(super) fn request(&mut self, chip: &mut Chip, request: &[u8]) -> Result<Option<Vec<u8>>, Halt> {
        let fields = Fields(request);
        let opcode = fields.byte(0);
        let has = |bug| self.device.build.has(bug);
        let recount = has(PlantedBug::SelectRestartsReceipts) && opcode == SELECT
            || has(PlantedBug::ExecuteRestartsReceipts) && opcode == EXECUTE;
        if has(PlantedBug::AnythingIsProgress) {
            self.restart_timer(chip);
        }
        if recount {
            self.inbox.receipts.count = self.inbox.receipts.target;
        }
        let has = |bug| self.device.build.has(bug);
        // Nothing but the rules of each request decides, in whatever order they come (CP-020, CP-021, FLT-003).
        let answer = match opcode {
            EXECUTE | GET_CRC if request.len() > 1 && has(PlantedBug::LongRequestRefused) => {
                Err(ResultCode::InvalidParameter.into())
            }
            _ if self.is_left_out(opcode) => Err(ResultCode::OpcodeNotSupported.into()),
            CREATE => self.create(chip, fields.byte(1), fields.word(2))?,
            SET_RECEIPTS => Ok(Vec::new()),
            GET_CRC => self.progress(),
            EXECUTE => match self.selected {
                Selected::Invalid => Err(ResultCode::InvalidObject.into()),
                Selected::Command => self.execute_command(chip)?,
                Selected::Data => return self.execute_data(chip),
            },
            SELECT => {
                if self.device.build.has(PlantedBug::SelectRewinds) {
                    self.rewind_object();
                }
                self.select(fields.byte(1))
            }
            // A Write on the control point has no data, no buffer and no answer (FLT-006).
            WRITE => return self.write_and_count(chip, &[], Buffer::None),
            // CP-007: the one version there is.
            PROTOCOL_VERSION => Ok(vec![1]),
            GET_MTU if self.device.build.has(PlantedBug::MtuTooLarge) => {
                Ok(Profile::Usb.mtu().to_le_bytes().to_vec())
            }
            // SER-006, CP-022.
            GET_MTU => Ok(self.device.build.profile.mtu().to_le_bytes().to_vec()),
            PING if has(PlantedBug::PingNotEchoed) => Ok(vec![1]),
            PING => Ok(vec![fields.byte(1)]),
            HARDWARE_VERSION => {
                let mut payload = hardware_version(chip)?;
                if self.device.build.has(PlantedBug::MemorySizesSwapped) {
                    payload[8..16].rotate_left(4);
                }
                Ok(payload)
            }
            FIRMWARE_VERSION => Ok(self.firmware_version(chip, fields.byte(1))?),
            _ if self.device.build.has(PlantedBug::UnknownRequestSilent) => return Ok(None),
            // The number of a response is as unknown as any other (FLT-023).
            _ => Err(ResultCode::OpcodeNotSupported.into()),
        };
        Ok(Some(encode(opcode, &answer)))
    }

    /// Requests that a build is without, although their numbers are known: most of those with a reduced protocol, as over BLE
    /// (CP-005), and two by a switch of their own (section 0.2).
    fn is_left_out(&self, opcode: u8) -> bool {
        let build = &self.device.build;
        let reduced = build.reduced_protocol && !build.has(PlantedBug::SerialRequestsOverAir);
        match opcode {
            PROTOCOL_VERSION => reduced || !build.protocol_version_message,
            FIRMWARE_VERSION => reduced || !build.firmware_version_message,
            GET_MTU | PING | HARDWARE_VERSION => reduced,
            _ => false,
        }
    }

    /// A Write, counted for receipts whatever became of it: a refused one (PRN-007), or an empty one (PRN-015). With an interval
    /// that is longer than the object there is no receipt at all (FLT-035).
    ///
    /// Where an object ends makes no difference: its last write gets a receipt when it is the n-th (PRN-010), and writes
    /// that are left over get none (PRN-009).
    pub(super) fn write_and_count(
        &mut self,
        chip: &mut Chip,
        data: &[u8],
        buffer: Buffer,
    ) -> Result<Option<Vec<u8>>, Halt> {
        if self.device.build.has(PlantedBug::WritesAreProgress) {
            self.restart_timer(chip);
        }
        let answer = self.write(chip, data, buffer)?;
        let not_counted = self.device.build.has(PlantedBug::RefusedWriteNotCounted) && answer.is_err();
        // Without a target not even a refusal is told (PRN-002).
        if self.inbox.receipts.target == 0 || not_counted {
            return Ok(None);
        }
        self.inbox.receipts.count = self.inbox.receipts.count.wrapping_sub(1);
        if self.inbox.receipts.count != 0 {
            return Ok(None);
        }
        self.inbox.receipts.count = self.inbox.receipts.target;
        if self.device.build.has(PlantedBug::ReceiptLate) {
            self.inbox.receipts.count = self.inbox.receipts.count.wrapping_add(1);
        }
        if self.device.build.has(PlantedBug::LastReceiptMissing) && self.object_is_full() {
            return Ok(None);
        }
        let misnamed = answer.is_err() && self.device.build.has(PlantedBug::ReceiptOfRefusalMisnamed);
        Ok(Some(encode(if misnamed { WRITE } else { GET_CRC }, &answer)))
    }

    /// The open data object has all of its bytes.
    fn object_is_full(&self) -> bool {
        let progress = &self.device.settings.progress;
        self.selected == Selected::Data
            && progress.fw_offset.wrapping_sub(progress.fw_offset_last) == progress.obj_size
    }

    /// CP-014..017: Select never opens, closes or rewinds anything, so an open object is simply gone on with (OBJ-035).
    fn select(&mut self, kind: u8) -> Answer {
        let maximum = match kind {
            1 => {
                self.selected = Selected::Command;
                self.device.build.settings_version.init_packet_max()
            }
            _ if kind == 2 || self.device.build.has(PlantedBug::UnknownObjectAccepted) => {
                self.selected = Selected::Data;
                DATA_MAX
            }
            _ => {
                if !self.device.build.has(PlantedBug::UnknownSelectKeepsObject) {
                    self.selected = Selected::Invalid;
                }
                return Err(ResultCode::InvalidObject.into());
            }
        };
        let mut payload = maximum.to_le_bytes().to_vec();
        payload.extend(self.progress()?);
        Ok(payload)
    }

    /// CP-018: offset and CRC of the selected object, with the bytes that are not executed yet (OBJ-033).
    pub(super) fn progress(&self) -> Answer {
        let settings = &self.device.settings;
        let of_object = self.device.build.has(PlantedBug::CrcOfObject);
        let (offset, mut crc) = match self.selected {
            Selected::Invalid => return Err(ResultCode::InvalidObject.into()),
            Selected::Command => (settings.progress.cmd_offset, settings.progress.cmd_crc),
            Selected::Data
                if self.device.build.has(PlantedBug::ExecuteLeavesNoOffset)
                    && settings.progress.obj_size == 0 =>
            {
                (0, 0)
            }
            Selected::Data if of_object => (settings.progress.fw_offset, self.object_crc),
            Selected::Data => (settings.progress.fw_offset, settings.progress.fw_crc),
        };
        if self.device.build.has(PlantedBug::CrcWithoutLastByte) && offset > 0 {
            crc = self.short_crc;
        }
        Ok([offset.to_le_bytes(), crc.to_le_bytes()].concat())
    }

    /// CP-009..012.
    fn firmware_version(&self, chip: &mut Chip, image: u8) -> Result<Vec<u8>, Halt> {
        let layout = &self.device.layout;
        let settings = &self.device.settings;
        let softdevice = self.device.softdevice_present(chip)?;
        let application = settings.bank_0.code == BankCode::Application;
        let (kind, words) = match (image, softdevice) {
            (0, _) => {
                let size = layout.backup_page - layout.bootloader;
                (2, [settings.bootloader_version, layout.bootloader, size])
            }
            (1, true) => {
                let long_enough = chip.load_word(0x3000)? & 0xFF > 0x14;
                let version = if long_enough { chip.load_word(0x3014)? } else { 0 };
                (0, [version, crate::layout::MBR_END, chip.load_word(0x3008)?])
            }
            (1, false) | (2, true) if application => self.application_image(chip)?,
            (2, false) if application && self.device.build.has(PlantedBug::ApplicationAtThirdIndex) => {
                self.application_image(chip)?
            }
            _ => (0xFF, [0; 3]),
        };
        let mut payload = vec![kind];
        payload.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        Ok(payload)
    }

    /// Kind, version, first byte and size of the application (CP-011).
    fn application_image(&self, chip: &mut Chip) -> Result<(u8, [u32; 3]), Halt> {
        let settings = &self.device.settings;
        Ok((1, [settings.app_version, space::bank_0_start(chip)?, settings.bank_0.size]))
    }
}

/// CP-008.
fn hardware_version(chip: &mut Chip) -> Result<Vec<u8>, Halt> {
    const INFO: u32 = 0x1000_0100;
    const CODE_PAGE_SIZE: u32 = 0x1000_0010;
    let words = [
        chip.load_word(INFO)?,
        chip.load_word(INFO + 4)?,
        chip.load_word(INFO + 0x10)?.wrapping_mul(1024),
        chip.load_word(INFO + 0x0C)?.wrapping_mul(1024),
        chip.load_word(CODE_PAGE_SIZE)?,
    ];
    Ok(words.iter().flat_map(|word| word.to_le_bytes()).collect())
}
