//! What stands in for the MBR: replacing the bootloader, with a record in the params page until it is done (10.4).

use gauntlet_nrf52::Chip;

use super::Halt;
use crate::bugs::PlantedBug;
use crate::build::Build;
use crate::images::{COPY_PENDING, START_UP_HAND_OVER};
use crate::layout::{Layout, PAGE};

/// Words of the record: mark, source, number of words, and both again inverted, so that a torn record is none.
const RECORD_WORDS: u32 = 5;

/// The start-up stub asks for a copy that its params page holds.
pub(super) fn is_called(trap: u8) -> bool {
    trap == START_UP_HAND_OVER
}

/// COPY_BL: the params page says what is to be done. It is the settings backup as well, which the next bootloader makes anew
/// when it repeats the activation (SET-024, ACT-016, PWR-015). The reset that follows is the caller's.
pub(super) fn request_bootloader_copy(
    chip: &mut Chip,
    layout: &Layout,
    source: u32,
    words: u32,
) -> Result<(), Halt> {
    chip.nvmc_erase_page(layout.backup_page)?;
    // The mark comes last: it makes the record one.
    let record = [COPY_PENDING, source, words, !source, !words];
    for (at, word) in record.into_iter().enumerate().rev() {
        chip.nvmc_write_word(layout.backup_page + 4 * at as u32, word)?;
    }
    Ok(())
}

/// Finishes the copy in the params page (PWR-014). Cut anywhere, it begins again at the next start: the source stays as it is.
pub(super) fn finish_bootloader_copy(chip: &mut Chip, layout: &Layout) -> Result<(), Halt> {
    let mut block = [0; Build::SIZE];
    chip.load(Build::address(layout), &mut block)?;
    let early = Build::from_bytes(&block).is_ok_and(|build| build.has(PlantedBug::CopyRecordDroppedEarly));
    let mut record = [0; RECORD_WORDS as usize];
    for (at, word) in record.iter_mut().enumerate() {
        *word = chip.load_word(layout.backup_page + 4 * at as u32)?;
    }
    let [_, source, words, not_source, not_words] = record;
    let room = (layout.backup_page - layout.bootloader) / 4;
    if source == !not_source && words == !not_words && words <= room {
        if early {
            chip.nvmc_erase_page(layout.backup_page)?;
        }
        let end = layout.bootloader + 4 * words;
        for page in (layout.bootloader..end).step_by(PAGE as usize) {
            chip.nvmc_erase_page(page)?;
        }
        for at in (0..4 * words).step_by(4) {
            let value = chip.load_word(source + at)?;
            chip.nvmc_write_word(layout.bootloader + at, value)?;
        }
    }
    Ok(chip.nvmc_erase_page(layout.backup_page)?)
}
