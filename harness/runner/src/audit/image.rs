//! Where firmware may be written, and what: one place while it is received, its own place when it is copied.

use gauntlet_bench::flash_log::{FlashAction, FlashOp};
use gauntlet_package::settings::Settings;
use gauntlet_reference::layout::PAGE;

use super::shadow::{SD_MAGIC_WORD, init_on_record, page_up};
use super::work::{Copy, Work};
use super::{Audit, Words, Wrong, wrong};

impl Audit<'_> {
    /// An operation between the MBR page and the settings pages.
    pub(super) fn image(&mut self, op: &FlashOp, address: u32) -> Result<(), Wrong> {
        if (op.action == FlashAction::Program { address: SD_MAGIC_WORD, value: 0 })
            && self.shadow.softdevice_present()
        {
            return self.softdevice_forgotten();
        }
        let erases = !matches!(op.action, FlashAction::Program { .. });
        if erases && address < self.shadow.layout.bootloader && !self.pages_agree() {
            return wrong(
                "settings page and backup say the same before firmware is written (SET-001, SET-005, PWR-011)",
                format!("{}", Words(op)),
            );
        }
        if self.records_erased {
            let rule =
                "peer data and name are erased when the application is started, and not before (SET-021)";
            return wrong(rule, format!("{} behind that", Words(op)));
        }
        // Taken out and put back, so that the rest can be read meanwhile.
        let mut work = std::mem::replace(&mut self.work, Work::Ended);
        let judged = match &mut work {
            Work::Receive { place, page } => self.received(op, address, place, page),
            Work::Copy(copy) => self.copied(op, address, copy),
            Work::Bootloader { source, size } => self.bootloader(op, address, *source, *size),
            Work::Ended => wrong(
                "nothing but the settings is written after the final Execute (OBJ-030)",
                format!("{}", Words(op)),
            ),
        };
        self.work = work;
        judged
    }

    /// 7.6, MEM-012: a serial build gives a SoftDevice up by clearing its magic; one for BLE never does.
    fn softdevice_forgotten(&self) -> Result<(), Wrong> {
        if self.shadow.build.profile.is_serial() && matches!(self.work, Work::Receive { .. }) {
            return Ok(());
        }
        wrong(
            "only an update over a serial line can make a SoftDevice unrecognisable (7.6, MEM-012)",
            "it was made so",
        )
    }

    /// MEM-011, OBJ-020, OBJ-024.
    fn received(
        &self,
        op: &FlashOp,
        address: u32,
        place: &mut Option<(u32, u32)>,
        page: &mut Option<(u32, Option<u32>)>,
    ) -> Result<(), Wrong> {
        let settings = self.shadow.in_force();
        let inside =
            |(start, size): (u32, u32)| (start..start.saturating_add(page_up(size))).contains(&address);
        if let FlashAction::Program { .. } = op.action {
            let (Some((start, size)), Some((object, last))) = (*place, page.as_mut()) else {
                return wrong(
                    "a page is erased before data is written to it (OBJ-020)",
                    format!("{}", Words(op)),
                );
            };
            let end = start.saturating_add(size.next_multiple_of(4));
            let in_order = last.is_none_or(|last| address > last);
            *last = Some(address);
            if address & !(PAGE - 1) != *object || address >= end || !in_order {
                let found = format!("{}", Words(op));
                return wrong(
                    "data is written to the page of its object, in its order (OBJ-020, OBJ-024)",
                    found,
                );
            }
            return Ok(());
        }
        if !place.is_some_and(inside) {
            *place = Some(self.place(settings)?);
        }
        let Some((start, size)) = place.filter(|place| inside(*place)) else {
            let found = format!("{}; the image goes to {place:#x?}", Words(op));
            return wrong(
                "what is received goes behind bank 0, as far as the image is long (MEM-003, MEM-011)",
                found,
            );
        };
        let executed = start + settings.progress.fw_offset_last / PAGE * PAGE;
        let follows = page.is_some_and(|(object, _)| address == object || address == object + PAGE);
        *page = Some((address, None));
        if !follows && address != executed && size > 0 {
            let found = format!("{}, and {executed:#010x} comes next", Words(op));
            return wrong("objects are received one after the other (OBJ-020)", found);
        }
        // Above the area for images nothing may be received, unless bank 0 itself says so (9.5).
        let end = self.shadow.layout.image_area_end();
        if start < end && address >= end {
            return wrong("the application's data is not touched (MEM-005)", format!("{}", Words(op)));
        }
        Ok(())
    }

    /// Where the init packet on record has its image received (MEM-011).
    fn place(&self, settings: &Settings) -> Result<(u32, u32), Wrong> {
        match init_on_record(settings) {
            Some(init) => Ok((self.shadow.bank_1_start(settings), init.image_size())),
            None => Err(Wrong {
                rule: "an init packet is on record before data is received (OBJ-011)",
                found: "there is none".to_owned(),
            }),
        }
    }

    /// ACT-002, ACT-007, ACT-009, PWR-011: chunk by chunk, and the same bytes.
    fn copied(&self, op: &FlashOp, address: u32, copy: &mut Copy) -> Result<(), Wrong> {
        let window = copy.window();
        let whole = window.start..page_up(window.end);
        if !whole.contains(&address) {
            let found = format!("{}, not in {whole:#x?}", Words(op));
            return wrong("a copy changes one chunk of its target at a time (ACT-002, ACT-003)", found);
        }
        let FlashAction::Program { value, .. } = op.action else {
            if copy.erased.contains(&address) {
                return wrong("a page is erased once for a chunk (ACT-002)", format!("{}", Words(op)));
            }
            copy.erased.push(address);
            return Ok(());
        };
        let given = self.shadow.word(copy.source.wrapping_add(address - copy.target));
        if !window.contains(&address) || given != Some(value) {
            let found = format!("{} instead of {given:#x?}", Words(op));
            return wrong("a copy has the words of the image (ACT-002, ACT-007)", found);
        }
        Ok(())
    }

    /// ACT-015: what the MBR writes to the place of the bootloader.
    fn bootloader(&self, op: &FlashOp, address: u32, source: u32, size: u32) -> Result<(), Wrong> {
        let start = self.shadow.layout.bootloader;
        if !(start..start + page_up(size)).contains(&address) {
            return wrong(
                "replacing the bootloader changes its own pages (ACT-015)",
                format!("{}", Words(op)),
            );
        }
        let FlashAction::Program { value, .. } = op.action else { return Ok(()) };
        let given = self.shadow.word(source.wrapping_add(address - start));
        if given != Some(value) {
            let found = format!("{} instead of {given:#x?}", Words(op));
            return wrong("the bootloader gets the words of the image (ACT-015)", found);
        }
        Ok(())
    }
}
