//! Where each field stands in the page (section 8.1).

use super::{Bank, INIT_COMMAND_LEN, Progress, Settings, SettingsError, StoredValidation};
use std::ops::Range;

/// Bytes of the page that the bootloader writes and compares as a whole.
pub const SETTINGS_LEN: usize = 0x380;
/// Length of a version 1 page written by nrfutil.
pub const FACTORY_LEN_V1: usize = 0x5C;
/// Length of a version 2 page written by nrfutil: 803 bytes and one FF to reach a word (SET-017).
pub const FACTORY_LEN_V2: usize = 0x324;

/// Covered by the first word.
pub(super) const CRC_RANGE: Range<usize> = 0x004..0x05C;
/// Covered by the word in front of it.
pub(super) const BOOT_VALIDATION_RANGE: Range<usize> = 0x260..0x323;
/// Where version 1 has the peer data, counted from the start of the init command.
pub(super) const V1_PEER_DATA: Range<usize> = 0x100..0x140;
/// Where version 1 has the name record, counted from the start of the init command.
pub(super) const V1_ADV_NAME: Range<usize> = 0x140..0x15C;

impl Settings {
    /// Reads a page, or the first bytes of one. What is missing behind the 92 bytes of version 1 counts as erased (FF). CRCs
    /// are not judged here.
    ///
    /// # Errors
    /// Fewer than 92 bytes.
    pub fn parse(page: &[u8]) -> Result<Self, SettingsError> {
        if page.len() < FACTORY_LEN_V1 {
            return Err(SettingsError { found: page.len() });
        }
        let mut bytes = [0xFF; SETTINGS_LEN];
        let known = page.len().min(SETTINGS_LEN);
        bytes[..known].copy_from_slice(&page[..known]);
        let mut from = Reader { bytes: &bytes, pos: 0 };
        Ok(Self {
            crc: from.word(),
            version: from.word(),
            app_version: from.word(),
            bootloader_version: from.word(),
            bank_layout: from.word(),
            bank_current: from.word(),
            bank_0: from.bank(),
            bank_1: from.bank(),
            write_offset: from.word(),
            sd_size: from.word(),
            progress: Progress {
                cmd_size: from.word(),
                cmd_offset: from.word(),
                cmd_crc: from.word(),
                obj_size: from.word(),
                fw_crc: from.word(),
                fw_crc_last: from.word(),
                fw_offset: from.word(),
                fw_offset_last: from.word(),
            },
            enter_buttonless_dfu: from.word(),
            init_command: from.array::<INIT_COMMAND_LEN>(),
            boot_validation_crc: from.word(),
            validation_sd: from.validation(),
            validation_app: from.validation(),
            validation_bootloader: from.validation(),
            padding: from.array::<1>()[0],
            peer_data: from.array(),
            adv_name: from.array(),
        })
    }

    /// The 896 bytes of the page.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; SETTINGS_LEN] {
        let mut out = Vec::with_capacity(SETTINGS_LEN);
        let bank = |bank: &Bank| [bank.size, bank.crc, bank.code.code()];
        let progress = &self.progress;
        let head = [self.crc, self.version, self.app_version, self.bootloader_version];
        let middle = [self.bank_layout, self.bank_current];
        let words = head
            .into_iter()
            .chain(middle)
            .chain(bank(&self.bank_0))
            .chain(bank(&self.bank_1))
            .chain([self.write_offset, self.sd_size])
            .chain([progress.cmd_size, progress.cmd_offset, progress.cmd_crc, progress.obj_size])
            .chain([progress.fw_crc, progress.fw_crc_last, progress.fw_offset, progress.fw_offset_last])
            .chain([self.enter_buttonless_dfu]);
        for word in words {
            out.extend(word.to_le_bytes());
        }
        out.extend(self.init_command);
        out.extend(self.boot_validation_crc.to_le_bytes());
        for record in [&self.validation_sd, &self.validation_app, &self.validation_bootloader] {
            out.push(record.kind.code());
            out.extend(record.bytes);
        }
        out.push(self.padding);
        out.extend(self.peer_data);
        out.extend(self.adv_name);
        let mut page = [0; SETTINGS_LEN];
        page.copy_from_slice(&out);
        page
    }

    /// The bytes nrfutil writes for these settings: 92 of version 1, else 803 and one FF.
    #[must_use]
    pub fn factory_bytes(&self) -> Vec<u8> {
        let bytes = self.to_bytes();
        if self.version == 1 {
            return bytes[..FACTORY_LEN_V1].to_vec();
        }
        let mut out = bytes[..FACTORY_LEN_V2].to_vec();
        out[FACTORY_LEN_V2 - 1] = 0xFF;
        out
    }
}

struct Reader<'a> {
    bytes: &'a [u8; SETTINGS_LEN],
    pos: usize,
}

impl Reader<'_> {
    /// The next `N` bytes. The fields of [`Settings`] add up to the length of the page, which a test proves.
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        out.copy_from_slice(&self.bytes[self.pos..self.pos + N]);
        self.pos += N;
        out
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    fn bank(&mut self) -> Bank {
        Bank { size: self.word(), crc: self.word(), code: self.word().into() }
    }

    fn validation(&mut self) -> StoredValidation {
        let [kind] = self.array();
        StoredValidation { kind: kind.into(), bytes: self.array() }
    }
}
