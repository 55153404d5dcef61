//! Putting a received image into place: resumable at every flash operation (sections 10.2 and 13).

use gauntlet_nrf52::Chip;
use gauntlet_protocol::crc32;

use super::Halt;
use super::boot::{CYCLES_PER_BYTE, Device};
use super::flash::{self, page_up};
use super::space;
use crate::bugs::PlantedBug;
use crate::layout::PAGE;
use gauntlet_package::settings::{Bank, BankCode};

/// Pages that are copied between two commits of the progress (`NRF_BL_FW_COPY_PROGRESS_STORE_STEP`).
const CHUNK_PAGES: u32 = 8;

/// Activates what bank 1 holds; false when there is nothing to activate.
pub(super) fn activate(chip: &mut Chip, device: &mut Device) -> Result<bool, Halt> {
    if device.settings.bank_1.code != BankCode::Application {
        return Ok(false);
    }
    application(chip, device)?;
    device.settings.bank_1 = Bank::default();
    device.settings.write_offset = 0;
    device.commit(chip)?;
    Ok(true)
}

fn application(chip: &mut Chip, device: &mut Device) -> Result<(), Halt> {
    let source = device.settings.progress.fw_crc;
    let target = space::bank_0_start(chip)?;
    let size = device.settings.bank_1.size;
    copy(chip, device, source, target, size)?;
    if device.build.has(PlantedBug::AppDataErased) {
        chip.nvmc_erase_page(device.layout.image_area_end())?;
    }

    let image = flash::read(chip, target, size)?;
    chip.pass_time(chip.now() + u64::from(size) * CYCLES_PER_BYTE);
    let crc = device.settings.bank_1.crc;
    if crc32(&image) == crc || device.build.has(PlantedBug::CopyNotResumed) {
        device.settings.bank_0.size = size;
        device.settings.bank_0.crc = crc;
        device.settings.bank_0.code = BankCode::Application;
    } else {
        // The application is lost; the next boot ends in DFU mode (ACT-005).
        device.settings.bank_0.code = BankCode::Invalid;
    }
    Ok(())
}

/// ACT-002: chunk by chunk, each one committed; the source of a chunk is never erased by the chunk itself.
fn copy(chip: &mut Chip, device: &mut Device, source: u32, target: u32, size: u32) -> Result<(), Halt> {
    if source == target {
        return Ok(());
    }
    let chunk = (source.abs_diff(target) / PAGE).clamp(1, CHUNK_PAGES) * PAGE;
    if device.build.has(PlantedBug::CopyNotResumed) && device.settings.write_offset != 0 {
        return Ok(());
    }
    while device.settings.write_offset < size {
        let offset = device.settings.write_offset;
        let length = chunk.min(size - offset);
        if device.build.has(PlantedBug::CopyNotResumed) {
            // The wrong order: progress is on record before the bytes are.
            device.settings.write_offset = offset + length;
            device.commit(chip)?;
        }
        for page in (0..page_up(length)).step_by(PAGE as usize) {
            chip.nvmc_erase_page(target + offset + page)?;
        }
        for word in (0..length).step_by(4) {
            let value = chip.load_word(source + offset + word)?;
            chip.nvmc_write_word(target + offset + word, value)?;
        }
        device.settings.write_offset = offset + length;
        device.commit(chip)?;
    }
    Ok(())
}
