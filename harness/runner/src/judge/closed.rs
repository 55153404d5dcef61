//! Whether the bootloader has closed against writing what it must, page by page, and nothing more (MEM-018, MEM-019, SET-025).

use gauntlet_bench::{Mode, Profile};
use gauntlet_reference::layout::{MBR_END, PAGE};

use super::{Check, Evidence};

/// What must be closed while DFU mode waits, or while an application runs; nothing where neither is known, and nothing of
/// firmware that may be configured otherwise.
pub(super) fn regions(evidence: &Evidence<'_>) -> Option<Check> {
    if evidence.device.firmware.is_some() {
        return None;
    }
    let layout = evidence.device.layout();
    let (application, settings) = match evidence.after.mode {
        // The page of the MBR, and nothing behind it.
        Mode::Dfu => (MBR_END, None),
        Mode::Application => {
            let settings = evidence.after.settings().0?;
            let end = evidence.after.ground().base.checked_add(settings.bank_0.size)?;
            (end.checked_next_multiple_of(PAGE)?, Some(evidence.device.build.profile))
        }
        Mode::Unsettled => return None,
    };
    // Settings that somebody has made up may name an application that reaches anywhere.
    if application > layout.image_area_end() {
        return None;
    }
    let wanted = |page: u32| {
        page < application
            || (layout.bootloader..layout.backup_page).contains(&page)
            || page == layout.backup_page && settings.is_some()
            || page == layout.settings_page && settings.is_some_and(Profile::is_serial)
    };
    let other = evidence.after.closed_pages()?.find(|(page, closed)| wanted(*page) != *closed);
    let expected = "closed as specified (MEM-018, MEM-019, SET-025)";
    let found = match other {
        None => expected.to_owned(),
        Some((page, true)) => format!("{page:#010x} is closed"),
        Some((page, false)) => format!("{page:#010x} is open"),
    };
    Some(Check::new("closed regions", expected, found, other.is_none()))
}
