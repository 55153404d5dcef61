//! Putting a received image into place: resumable at every flash operation (sections 10.2 and 13).

use gauntlet_nrf52::Chip;
use gauntlet_package::settings::{Bank, BankCode};
use gauntlet_protocol::crc32;

use super::boot::{CYCLES_PER_BYTE, Device};
use super::flash::{self, page_up};
use super::{Halt, mbr, space, watchdog};
use crate::bugs::PlantedBug;
use crate::images::SOFTDEVICE_MAGIC;
use crate::layout::{MBR_END, PAGE};

/// Where a SoftDevice image has its magic.
const MAGIC_IN_IMAGE: u32 = 0x2004;
/// A bootloader of old SDKs stands this far in front of the one that brings a new SoftDevice (ACT-021).
const OLD_BOOTLOADER_OFFSET: u32 = 0x4000;

/// How activation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activated {
    /// There was nothing to activate.
    Nothing,
    /// A reset follows.
    Restart,
    /// The next image of the package is waited for (ACT-010), and not for long (ACT-012).
    ExpectMore,
}

/// A step did not work. It is not reported to anyone: the update is dropped (ACT-017).
struct Failed;

/// Activates what bank 1 holds.
pub(super) fn activate(chip: &mut Chip, device: &mut Device) -> Result<Activated, Halt> {
    let code = device.settings.bank_1.code;
    let with_softdevice = matches!(code, BankCode::SoftDevice | BankCode::SoftDeviceBootloader);
    let _not_reported = match code {
        BankCode::Application => {
            application(chip, device)?;
            Ok(())
        }
        BankCode::ExternalApplication if device.build.has(PlantedBug::ExternalActivated) => {
            application(chip, device)?;
            Ok(())
        }
        BankCode::SoftDevice => softdevice(chip, device)?,
        BankCode::Bootloader => bootloader(chip, device, 0)?,
        BankCode::SoftDeviceBootloader => match softdevice(chip, device)? {
            Ok(()) => bootloader(chip, device, device.settings.sd_size)?,
            Err(Failed) => Err(Failed),
        },
        // An external application stays where it is (ACT-029).
        _ => return Ok(Activated::Nothing),
    };
    // SET-016. This is the second reset on the way to the new application (ACT-006).
    if code == BankCode::Application || !device.build.has(PlantedBug::BankOneNotCleared) {
        let Bank { size, crc, .. } = device.settings.bank_1;
        let kept = device.build.has(PlantedBug::BankOneSizeKept);
        device.settings.bank_1 = if kept { Bank { size, crc, ..Bank::default() } } else { Bank::default() };
    }
    if !device.build.has(PlantedBug::WriteOffsetKept) {
        device.settings.write_offset = 0;
    }
    // What can't be written ends in a reset, and the next start tries again (ACT-018).
    device.commit(chip)?;
    if with_softdevice && device.settings.bank_0.code == BankCode::Application {
        return Ok(Activated::ExpectMore);
    }
    Ok(Activated::Restart)
}

/// Copies the application and, when its CRC is right, puts it on record in bank 0 (ACT-004). After a cut behind the last chunk
/// there is nothing left to copy, and the CRC is checked again (PWR-012).
fn application(chip: &mut Chip, device: &mut Device) -> Result<(), Halt> {
    let source = device.settings.update_start_address();
    let target = space::bank_0_start(chip)?;
    let size = device.settings.bank_1.size;
    copy(chip, device, source, target, size)?;
    if device.build.has(PlantedBug::AppDataErased) {
        chip.nvmc_erase_page(device.layout.image_area_end())?;
    }

    let image = flash::read(chip, target, size)?;
    chip.pass_time(chip.now() + u64::from(size) * CYCLES_PER_BYTE);
    let crc = device.settings.bank_1.crc;
    let unverified =
        device.build.has(PlantedBug::CopyNotResumed) || device.build.has(PlantedBug::CopyNotVerified);
    if crc32(&image) == crc || unverified {
        device.settings.bank_0.size = size;
        if !device.build.has(PlantedBug::BankZeroCrcKept) {
            device.settings.bank_0.crc = crc;
        }
        device.settings.bank_0.code = BankCode::Application;
    } else {
        // The application is lost; the next boot ends in DFU mode (ACT-005).
        device.settings.bank_0.code = BankCode::Invalid;
    }
    Ok(())
}

/// ACT-008, ACT-009. A cut is made good as with an application (PWR-013), unless the copy overlaps its source (PWR-016).
fn softdevice(chip: &mut Chip, device: &mut Device) -> Result<Result<(), Failed>, Halt> {
    let source = device.settings.update_start_address();
    // Looked at in every boot, also when the copy has begun to overwrite it (ACT-030).
    if chip.load_word(source.wrapping_add(MAGIC_IN_IMAGE) & !3).unwrap_or(0) != SOFTDEVICE_MAGIC {
        return Ok(Err(Failed));
    }
    let mut size = page_up(device.settings.sd_size);
    if device.build.has(PlantedBug::SoftDeviceCopiedShort) {
        size = size.saturating_sub(PAGE);
    }
    copy(chip, device, source, MBR_END, size)?;
    Ok(Ok(()))
}

/// ACT-014, ACT-015: done when the bytes are there already, else the MBR is asked for them, which ends in a reset.
/// The application is not concerned (ACT-019). Bytes behind the last whole word are never copied, so that a bootloader which has
/// such is asked for again at every start (ACT-020).
fn bootloader(chip: &mut Chip, device: &Device, skipped: u32) -> Result<Result<(), Failed>, Halt> {
    let source = device.settings.update_start_address().wrapping_add(skipped);
    let length = device.settings.bank_1.size.wrapping_sub(skipped);
    if length > device.layout.backup_page - device.layout.bootloader {
        return Ok(Err(Failed));
    }
    let image = flash::read(chip, source, length)?;
    chip.pass_time(chip.now() + u64::from(length) * CYCLES_PER_BYTE);
    if device.build.has(PlantedBug::BootloaderTakenForDone) {
        return Ok(Ok(()));
    }
    // The places where it may stand already; the second is from upgrades of old SDKs.
    let mut places = vec![device.layout.bootloader];
    if skipped > 0 && device.layout.accepts_old_bootloader(device.build.profile) {
        places.push(source.wrapping_sub(OLD_BOOTLOADER_OFFSET));
    }
    for place in places {
        if flash::read(chip, place, length)? == image {
            return Ok(Ok(()));
        }
    }
    // What the MBR does takes its time, and the MBR feeds nothing.
    if !device.build.has(PlantedBug::BootloaderCopyNotFed) {
        watchdog::feed(chip)?;
    }
    mbr::request_bootloader_copy(chip, &device.layout, source, length / 4)?;
    Err(Halt::Reset)
}

/// ACT-002: chunk by chunk, each one committed; the source of a chunk is never erased by the chunk itself, so that after a cut
/// the chunk that was interrupted can be copied again (PWR-011).
fn copy(chip: &mut Chip, device: &mut Device, source: u32, target: u32, size: u32) -> Result<(), Halt> {
    // Received where it belongs (ACT-003).
    if source == target {
        return Ok(());
    }
    let step = device.build.copy_step_pages.max(1);
    let chunk = (source.abs_diff(target) / PAGE).clamp(1, step) * PAGE;
    let chunk = if device.build.has(PlantedBug::CopyChunksOverlap) { step * PAGE } else { chunk };
    if device.build.has(PlantedBug::CopyNotResumed) && device.settings.write_offset != 0 {
        return Ok(());
    }
    if device.build.has(PlantedBug::CopyBeginsAnew) {
        device.settings.write_offset = 0;
    }
    while device.settings.write_offset < size {
        let offset = device.settings.write_offset;
        let length = chunk.min(size - offset);
        if device.build.has(PlantedBug::CopyNotResumed) {
            // The wrong order: progress is on record before the bytes are.
            device.settings.write_offset = offset + length;
            device.commit(chip)?;
        }
        // The last chunk: erased to the end of its page, programmed to the end of its last word (ACT-007).
        let last = offset + length == size && device.build.has(PlantedBug::CopyErasesTooFar);
        let pages = page_up(length) + if last { PAGE } else { 0 };
        let fed = !device.build.has(PlantedBug::CopyNotFed);
        for page in (0..pages).step_by(PAGE as usize) {
            if fed || offset + page == 0 {
                watchdog::feed(chip)?;
            }
            chip.nvmc_erase_page(target + offset + page)?;
        }
        for word in (0..length).step_by(4) {
            if word % PAGE == 0 && fed {
                watchdog::feed(chip)?;
            }
            let value = chip.load_word(source + offset + word)?;
            chip.nvmc_write_word(target + offset + word, value)?;
        }
        device.settings.write_offset = offset + length;
        if device.build.has(PlantedBug::ChunkMissesBackup) {
            let _blocking = device.commit_page(chip, device.layout.settings_page)?;
        } else {
            device.commit(chip)?;
        }
    }
    Ok(())
}
