//! How the settings pages are written: main, then backup, each whole, and neither without need (SET-001, SET-005, SET-006, 13.1).

use gauntlet_bench::flash_log::{FlashAction, FlashOp};
use gauntlet_package::settings::{BankCode, SETTINGS_LEN, Settings};
use gauntlet_reference::layout::PAGE;

use super::ending::Ending;
use super::{Audit, Words, Wrong, fields, record, wrong};

/// In front of these bytes stands what the bootloader writes; from here on the application writes, too (BTN-015, BTN-019).
const RECORDS: u32 = 0x323;
/// The same in version 1.
const RECORDS_V1: u32 = 0x15C;
/// Bytes of a page of version 1.
const LENGTH_V1: usize = 0x1B8;
/// The flag that only the main page has (8.2).
const FLAG: std::ops::Range<usize> = 0x058..0x05C;
/// The first word, a CRC over what follows, the flag among it.
const CRC: std::ops::Range<usize> = 0x000..0x004;
/// Cycles without any operation after which no queue can still have held one: 20 ms.
const IDLE: u64 = 64_000 * 20;

/// A settings page that is being written.
pub(super) struct Open {
    pub(super) page: u32,
    /// What stood there before it was erased.
    before: Vec<u8>,
    /// What counted before.
    settings: Settings,
    /// The page that a start from this flash works with.
    loaded: Option<Vec<u8>>,
    /// The start found another page here than it works with, and makes it that one.
    put_in_order: bool,
    /// The word that was programmed last.
    last: Option<u32>,
    /// Something else was done to flash, or nothing at all for a while, since the page was written before.
    was_asked_for_later: bool,
}

impl Open {
    /// Whether `op` begins something else.
    pub(super) fn is_left_by(&self, op: &FlashOp) -> bool {
        match op.action {
            FlashAction::Program { address, .. } => address & !(PAGE - 1) != self.page,
            _ => true,
        }
    }
}

impl Audit<'_> {
    pub(super) fn settings_page(&mut self, op: &FlashOp, page: u32) -> Result<(), Wrong> {
        if !matches!(op.action, FlashAction::Program { .. }) {
            return self.erase_page(op, page);
        }
        let FlashAction::Program { address, .. } = op.action else { return Ok(()) };
        let records = if self.is_version_1() { RECORDS_V1 } else { RECORDS };
        let Some(open) = self.open.as_mut() else {
            if address - page >= records & !3 && page == self.shadow.layout.settings_page {
                return Ok(());
            }
            let rule = "a settings page is erased before it is written (SET-005)";
            return wrong(rule, format!("{}", Words(op)));
        };
        let ascending = open.last.is_none_or(|last| address > last) || address - page >= records & !3;
        open.last = Some(address);
        if !ascending && !self.replaces_bootloader() {
            return wrong(
                "a settings page is written from its first byte to its last (13.1)",
                format!("{}", Words(op)),
            );
        }
        Ok(())
    }

    fn erase_page(&mut self, op: &FlashOp, page: u32) -> Result<(), Wrong> {
        // A bootloader may have come since the device started, and it may be built otherwise.
        self.shadow.read_build(self.device);
        let is_main = page == self.shadow.layout.settings_page;
        let idle = self.last.is_none_or(|last| op.start.saturating_sub(last.end) > IDLE);
        let first = std::mem::take(&mut self.untouched);
        let loaded = if self.device.firmware.is_some() { None } else { self.shadow.loaded() };
        let starts = first && self.boot != self.changed_in && !self.replaces_bootloader();
        let due = loaded.as_ref().filter(|_| starts).and_then(|loaded| self.due_page(loaded));
        self.open = Some(Open {
            page,
            before: self.shadow.bytes(page, self.length() as u32),
            settings: self.shadow.in_force().clone(),
            loaded,
            put_in_order: due == Some(page),
            last: None,
            was_asked_for_later: first || idle || self.shadow.build.profile.is_serial(),
        });
        if due.is_some_and(|due| due != page) {
            return wrong(
                "a start puts both settings pages in order before anything else (8.2, SET-001)",
                format!("{page:#010x} was erased first"),
            );
        }
        let (main, backup) = (self.shadow.main(), self.shadow.backup());
        // A bootloader that has just come brings settings of version 1 up to date, behind an MBR that has used the backup's page
        // (SET-008, SET-024).
        let upgrades = !self.is_version_1() && main.as_ref().is_some_and(|main| main.version == 1);
        if is_main && backup.is_none() && !first && !upgrades {
            return wrong(
                "the settings page is not erased while there is no valid backup (SET-005, 13.1)",
                "there is none",
            );
        }
        if is_main && self.backup_due {
            return wrong(
                "the backup follows the settings page (SET-005)",
                "the settings page is erased again before its backup was written",
            );
        }
        let asked_for = self.open.as_ref().is_some_and(|open| open.was_asked_for_later);
        if !is_main && asked_for && !self.replaces_bootloader() && self.is_same() {
            return wrong(
                "the backup follows the settings page (SET-005, SET-006)",
                "it is erased while it is what the settings page is",
            );
        }
        let whole = main.as_ref().is_some_and(|main| main.version != 2 || main.boot_validation_crc_ok());
        if !is_main && !whole {
            return wrong(
                "the backup is not erased before the settings page is whole (SET-005, 13.1)",
                "the settings page is not valid",
            );
        }
        Ok(())
    }

    /// The page that was being written is complete.
    pub(super) fn close_page(&mut self) -> Result<(), Wrong> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let is_main = open.page == self.shadow.layout.settings_page;
        let length = self.length();
        let now = self.shadow.bytes(open.page, length as u32);
        let Some(settings) = self.shadow.page(open.page).filter(Settings::crc_ok) else {
            // The params page of the MBR, while a bootloader is being replaced (SET-024).
            if !is_main && self.replaces_bootloader() {
                return Ok(());
            }
            return wrong("a settings page is written whole, with its CRC (SET-001)", "it is not valid");
        };
        if settings.version == 2 && !settings.boot_validation_crc_ok() {
            return wrong(
                "a settings page has the CRC of its boot validation (SET-001)",
                "that one is wrong",
            );
        }
        if now == open.before && open.was_asked_for_later {
            return wrong(
                "a settings page is rewritten only when it changes (SET-006)",
                "it was erased and is the same",
            );
        }
        if !is_main {
            self.backup_due = false;
            return self.is_backup(&now);
        }
        // SET-022: the flag alone is cleared in the main page and nowhere else.
        let flag_only = said(&now) == said(&open.before);
        self.backup_due = !self.pages_agree() && !flag_only;
        let judged = record::follows(&self.shadow, &self.work, &open.settings, &settings)
            .and_then(|()| self.keeps_the_rest(&open, &now));
        self.records_erased |= self.erases_records(&open.before, &now);
        self.ending = Ending::of(&self.work, &open.settings, &settings);
        self.work.goes_on(&self.shadow, &open.settings, &settings);
        judged
    }

    /// The page that a start has to write first, where flash is not what it works with (SET-001).
    fn due_page(&self, loaded: &[u8]) -> Option<u32> {
        let pages = [self.shadow.layout.settings_page, self.shadow.layout.backup_page];
        pages.into_iter().find(|page| self.shadow.bytes(*page, SETTINGS_LEN as u32) != loaded)
    }

    /// SET-001 at a start, and later what the cause of the write is about.
    fn keeps_the_rest(&self, open: &Open, now: &[u8]) -> Result<(), Wrong> {
        let Some(loaded) = &open.loaded else { return Ok(()) };
        if !open.put_in_order {
            return fields::stay(&self.shadow, &self.work, loaded, now);
        }
        match fields::differs(loaded, now) {
            None => Ok(()),
            Some(name) => wrong(
                "a start loads the settings from both pages as they stand there (8.2, SET-001, SET-008)",
                format!("{name} differs"),
            ),
        }
    }

    /// SET-021.
    fn erases_records(&self, before: &[u8], now: &[u8]) -> bool {
        let erased = |page: &[u8]| {
            page.get(self.shadow.records()).is_some_and(|it| it.iter().all(|byte| *byte == 0xFF))
        };
        !erased(before) && erased(now)
    }

    /// What has just become the backup is what the main page says, apart from the flag (SET-005, SET-019, SET-022).
    fn is_backup(&self, now: &[u8]) -> Result<(), Wrong> {
        let main = self.shadow.bytes(self.shadow.layout.settings_page, now.len() as u32);
        if self.shadow.main().is_none() || said(&main) == said(now) {
            return Ok(());
        }
        let found = fields::differs(&main, now).unwrap_or("a CRC");
        wrong("the backup says what the settings page says (SET-005, SET-019)", format!("{found} differs"))
    }

    /// Main page and backup are valid and say the same, as far as both have a say (8.2).
    pub(super) fn pages_agree(&self) -> bool {
        let records = if self.is_version_1() { RECORDS_V1 } else { RECORDS };
        let layout = &self.shadow.layout;
        let page = |page| self.shadow.bytes(page, records);
        let valid = self.shadow.main().is_some() && self.shadow.backup().is_some();
        valid && said(&page(layout.settings_page)) == said(&page(layout.backup_page))
    }

    /// Both pages are the same, byte for byte.
    fn is_same(&self) -> bool {
        let layout = &self.shadow.layout;
        let page = |page| self.shadow.bytes(page, self.length() as u32);
        page(layout.settings_page) == page(layout.backup_page)
    }

    /// Bank 1 holds a bootloader, so that the backup page may be the MBR's.
    fn replaces_bootloader(&self) -> bool {
        let code = self.shadow.main().map(|main| main.bank_1.code);
        matches!(code, Some(BankCode::Bootloader | BankCode::SoftDeviceBootloader))
    }

    fn is_version_1(&self) -> bool {
        self.length() == LENGTH_V1
    }

    fn length(&self) -> usize {
        if self.shadow.build.settings_version.init_packet_max() < 512 { LENGTH_V1 } else { SETTINGS_LEN }
    }
}

/// What both pages say: not the flag, and not the CRC over it.
fn said(page: &[u8]) -> Vec<u8> {
    let mut page = page.to_vec();
    for range in [CRC, FLAG] {
        if let Some(bytes) = page.get_mut(range) {
            bytes.fill(0);
        }
    }
    page
}
