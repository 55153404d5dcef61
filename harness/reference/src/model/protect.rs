//! Flash regions that stay closed until the next reset (MEM-018, MEM-019).

use gauntlet_nrf52::{Chip, Variant};

use super::Halt;
use crate::layout::{Layout, PAGE};

/// Block protection of the nRF52832: one bit for each page.
const BPROT_CONFIG: [u32; 4] = [0x4000_0600, 0x4000_0604, 0x4000_0610, 0x4000_0614];
/// Access control lists of the nRF52840: start, size and permissions, each written once.
const ACL: u32 = 0x4001_E800;
const ACL_STRIDE: u32 = 0x10;
const ACL_NO_WRITE: u32 = 1 << 1;

/// UICR words that close the debug port (section 10.1, step 3). Only the nRF52840 has the second.
const UICR_APPROTECT: u32 = 0x1000_1208;
const UICR_DEBUGCTRL: u32 = 0x1000_1210;

/// Which protected region is meant; each has an access control list of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Region {
    MbrPage,
    Bootloader,
    Backup,
    Settings,
    Firmware,
}

/// Closes `start..end`, whole pages, for writing and erasing.
pub(super) fn protect(
    chip: &mut Chip,
    layout: &Layout,
    region: Region,
    start: u32,
    end: u32,
) -> Result<(), Halt> {
    match layout.variant {
        Variant::Nrf52832 => {
            for (number, register) in BPROT_CONFIG.into_iter().enumerate() {
                let first = 32 * number as u32;
                let pages = (first..first + 32).filter(|page| (start / PAGE..end / PAGE).contains(page));
                let bits = pages.fold(0, |bits, page| bits | 1 << (page - first));
                if bits != 0 {
                    chip.store_word(register, bits)?;
                }
            }
        }
        Variant::Nrf52833 | Variant::Nrf52840 => {
            let list = ACL + ACL_STRIDE * region as u32;
            for (offset, value) in [(0, start), (4, end - start), (8, ACL_NO_WRITE)] {
                chip.store_word(list + offset, value)?;
            }
        }
    }
    Ok(())
}

/// Closes the debug port for good. What UICR says counts from the next reset on, so one follows.
pub(super) fn close_debug_port(chip: &mut Chip, layout: &Layout) -> Result<(), Halt> {
    let words: &[u32] = match layout.variant {
        Variant::Nrf52832 => &[UICR_APPROTECT],
        Variant::Nrf52833 | Variant::Nrf52840 => &[UICR_APPROTECT, UICR_DEBUGCTRL],
    };
    for &word in words {
        if chip.load_word(word)? != 0 {
            chip.nvmc_write_word(word, 0)?;
            return Err(Halt::Reset);
        }
    }
    Ok(())
}
