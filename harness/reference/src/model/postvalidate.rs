//! The checks at the final Execute, and what success leaves behind (sections 7.4 and 7.6).

use gauntlet_nrf52::Chip;
use gauntlet_package::settings::{Bank, BankCode, StoredValidation};
use gauntlet_protocol::init_packet::{FwType, InitCommand, ValidationType};
use gauntlet_protocol::{ExtendedError, ResultCode, crc32};
use sha2::{Digest, Sha256};

use super::Halt;
use super::boot::{CYCLES_PER_BYTE, holds};
use super::dfu::Dfu;
use super::flash::{self, page_up};
use super::requests::Refusal;
use super::stored::stored_form;
use super::{space, watchdog};
use crate::bugs::PlantedBug;
use crate::build::Profile;
use crate::images::SOFTDEVICE_MAGIC;
use crate::layout::MBR_END;

/// The information structure inside a SoftDevice image.
const INFO: u32 = 0x2000;
const MAGIC: u32 = 0x2004;
const END: u32 = 0x2008;
const ID: u32 = 0x2010;
const VERSION: u32 = 0x2014;
/// What makes one version another major one.
const MAJOR: u32 = 1_000_000;

/// The records to be stored for the parts of an image that passed.
#[derive(Default)]
struct Accepted {
    application: Option<StoredValidation>,
    softdevice: Option<StoredValidation>,
    bootloader: Option<StoredValidation>,
    /// The application does not fit the new SoftDevice.
    major: bool,
}

/// Judges the received image and records it in bank 1, or clears bank 1.
pub(super) fn check(chip: &mut Chip, dfu: &mut Dfu) -> Result<Result<(), Refusal>, Halt> {
    let image = flash::read(chip, dfu.fw_addr, dfu.fw_size)?;
    watchdog::pass_time(chip, chip.now() + u64::from(dfu.fw_size) * CYCLES_PER_BYTE)?;
    let init = dfu.init.as_ref().map(|packet| packet.init.clone()).unwrap_or_default();
    let digest: [u8; 32] = Sha256::digest(&image).into();
    let expected = dfu.init.as_ref().and(init.hash.as_ref()).map(|hash| hash.digest());
    // The first place where a flipped bit shows when the host ignored the CRC (FLT-028), and where data without any init
    // packet ends (FLT-004). Bank 0 is left as it is: an application that was kept boots again (VAL-022).
    // Without an image there is nothing that a hash could be right for (OBJ-032).
    let tail_ignored =
        dfu.device.build.has(PlantedBug::HashTailIgnored) && only_tail_differs(&image, expected);
    let tail_ignored = tail_ignored || short_hash_holds(dfu, &digest);
    let wrong =
        expected != Some(digest) && !tail_ignored && !dfu.device.build.has(PlantedBug::HashNotChecked);
    if wrong || dfu.fw_size == 0 {
        if dfu.device.build.has(PlantedBug::ApplicationDroppedByBadHash) {
            dfu.device.settings.bank_0 = Bank::default();
        }
        dfu.device.settings.bank_1 = Bank::default();
        return Ok(Err(ExtendedError::VerificationFailed.into()));
    }
    let Some(accepted) = parts(chip, dfu, &init, &image)? else {
        dfu.device.settings.bank_1 = Bank::default();
        if dfu.device.build.has(PlantedBug::RefusedSoftDeviceActivated) && has_softdevice(&init) {
            dfu.device.settings.sd_size = init.sd_size.unwrap_or(0);
            dfu.device.settings.bank_1 =
                Bank { size: dfu.fw_size, crc: crc32(&image), code: BankCode::SoftDevice };
        }
        forget_unfit_softdevice(chip, dfu, &init)?;
        return Ok(Err(ResultCode::InvalidObject.into()));
    };
    record(chip, dfu, &init, accepted, crc32(&image))?;
    Ok(Ok(()))
}

/// A planted bug: whether a hash that is too short is right as far as it goes.
fn short_hash_holds(dfu: &Dfu, digest: &[u8; 32]) -> bool {
    let given = dfu.init.as_ref().and_then(|packet| packet.init.hash.as_ref()).map(|hash| &hash.bytes);
    dfu.device.build.has(PlantedBug::ShortHashAccepted)
        && given.is_some_and(|given| given.iter().eq(digest.iter().rev().take(given.len())))
}

/// A planted bug: whether one flipped bit in the last four bytes would make the hash right.
fn only_tail_differs(image: &[u8], expected: Option<[u8; 32]>) -> bool {
    let tail = image.len().saturating_sub(4)..image.len();
    tail.flat_map(|at| (0..8).map(move |bit| (at, bit))).any(|(at, bit)| {
        let mut other = image.to_vec();
        other[at] ^= 1 << bit;
        expected == Some(Sha256::digest(&other).into())
    })
}

/// Steps 2 to 8 of 7.4; `None` when one of them fails.
fn parts(chip: &mut Chip, dfu: &Dfu, init: &InitCommand, image: &[u8]) -> Result<Option<Accepted>, Halt> {
    let mut accepted = Accepted::default();
    let kind = init.fw_type;
    let with_softdevice = has_softdevice(init);
    let sd_size = if with_softdevice { init.sd_size.unwrap_or(0) } else { 0 };
    if with_softdevice {
        match softdevice_fits(chip, dfu, init, sd_size)? {
            None => return Ok(None),
            Some(major) => accepted.major = major,
        }
        accepted.softdevice =
            component(chip, dfu, init, image, (0, 0), sd_size, ValidationType::GeneratedCrc)?;
        if accepted.softdevice.is_none() {
            return Ok(None);
        }
    }
    if matches!(kind, Some(FwType::Bootloader | FwType::SoftDeviceBootloader)) {
        let size = init.bl_size.unwrap_or(0);
        let mistaken = dfu.device.build.has(PlantedBug::BootloaderRecordMistaken);
        let place = (usize::from(with_softdevice && !mistaken), sd_size);
        accepted.bootloader = component(chip, dfu, init, image, place, size, ValidationType::None)?;
        if accepted.bootloader.is_none() {
            return Ok(None);
        }
    }
    if kind == Some(FwType::Application) {
        let size = dfu.fw_size;
        accepted.application = component(chip, dfu, init, image, (0, 0), size, ValidationType::GeneratedCrc)?;
        let signed = |stored: &StoredValidation| stored.kind == ValidationType::EcdsaP256Sha256;
        let required = dfu.device.build.app_signature_check
            && !dfu.device.build.has(PlantedBug::AppSignatureNotRequired);
        accepted.application = accepted.application.filter(|stored| !required || signed(stored));
        if accepted.application.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(accepted))
}

fn has_softdevice(init: &InitCommand) -> bool {
    matches!(init.fw_type, Some(FwType::SoftDevice | FwType::SoftDeviceBootloader))
}

/// The validation record of the part of `size` bytes at `(record number, offset)`, if it is known and holds now.
fn component(
    chip: &mut Chip,
    dfu: &Dfu,
    init: &InitCommand,
    image: &[u8],
    (number, offset): (usize, u32),
    size: u32,
    otherwise: ValidationType,
) -> Result<Option<StoredValidation>, Halt> {
    let Some(part) = image.get(offset as usize..offset.wrapping_add(size) as usize) else {
        return Ok(None);
    };
    let Some(mut stored) = stored_form(init.boot_validation.get(number), part, otherwise) else {
        return Ok(None);
    };
    if let Some(given) = init.boot_validation.get(number)
        && stored.kind == ValidationType::Sha256
        && given.bytes.len() == 32
        && dfu.device.build.has(PlantedBug::BootHashTakenOver)
    {
        stored.bytes[..32].copy_from_slice(&given.bytes);
        return Ok(Some(stored));
    }
    let unchecked = stored.kind == ValidationType::EcdsaP256Sha256
        && dfu.device.build.has(PlantedBug::BootSignatureNotChecked);
    let holds = unchecked || holds(chip, &dfu.device, stored, dfu.fw_addr + offset, size, false)?;
    Ok(holds.then_some(stored))
}

/// Steps 2 to 5: whether the SoftDevice may be installed, and if so whether it is another major version.
fn softdevice_fits(
    chip: &mut Chip,
    dfu: &Dfu,
    init: &InitCommand,
    sd_size: u32,
) -> Result<Option<bool>, Halt> {
    let new = SoftDevice::at(chip, dfu.fw_addr)?;
    let unfit = new.magic != SOFTDEVICE_MAGIC || new.end < page_up(sd_size.wrapping_add(MBR_END));
    if unfit && !dfu.device.build.has(PlantedBug::SoftDeviceInfoNotChecked) {
        return Ok(None);
    }
    let mut major = true;
    if dfu.device.softdevice_present(chip)? {
        let installed = SoftDevice::at(chip, MBR_END)?;
        if installed.id != new.id && !dfu.device.build.has(PlantedBug::OtherFamilyAccepted) {
            return Ok(None);
        }
        major = installed.version / MAJOR != new.version / MAJOR;
    }
    let alone = init.fw_type == Some(FwType::SoftDevice);
    // VAL-024.
    let refused = major
        && alone
        && dfu.device.build.profile == Profile::Ble
        && !dfu.device.build.has(PlantedBug::MajorSoftDeviceAloneAccepted);
    Ok((!refused).then_some(major))
}

/// What a SoftDevice says of itself. It is read from flash, also behind the end of a short image.
struct SoftDevice {
    magic: u32,
    end: u32,
    id: u32,
    version: u32,
}

impl SoftDevice {
    /// The one whose first byte is at `base`. Fields that its structure is too short for are 0 (section 9.3).
    fn at(chip: &mut Chip, base: u32) -> Result<Self, Halt> {
        let mut word = |offset: u32| chip.load_word(base.wrapping_add(offset));
        let size = word(INFO)? & 0xFF;
        Ok(Self {
            magic: word(MAGIC)?,
            end: word(END)?,
            id: if size > ID - INFO { word(ID)? } else { 0 },
            version: if size > VERSION - INFO { word(VERSION)? } else { 0 },
        })
    }
}

/// 7.6, last row: a SoftDevice received at its own place that may not stay there.
fn forget_unfit_softdevice(chip: &mut Chip, dfu: &mut Dfu, init: &InitCommand) -> Result<(), Halt> {
    let in_place = dfu.device.build.profile != Profile::Ble && dfu.fw_addr == MBR_END;
    let stays = dfu.device.build.has(PlantedBug::UnfitSoftDeviceStays);
    if stays || !in_place || !has_softdevice(init) {
        return Ok(());
    }
    if dfu.device.softdevice_present(chip)? {
        space::forget_softdevice(chip)?;
    }
    let grown = chip.load_word(dfu.fw_addr + END)?.wrapping_sub(MBR_END);
    let bank = &mut dfu.device.settings.bank_0;
    bank.size = bank.size.wrapping_add(grown);
    Ok(())
}

/// 7.6: what success leaves in the settings.
fn record(
    chip: &mut Chip,
    dfu: &mut Dfu,
    init: &InitCommand,
    accepted: Accepted,
    crc: u32,
) -> Result<(), Halt> {
    if let Some(validation) = accepted.application {
        give_up_softdevice(chip, dfu, init)?;
        dfu.device.settings.validation_app = validation;
        dfu.device.settings.bank_0.code = BankCode::Invalid;
    }
    let settings = &mut dfu.device.settings;
    if let Some(validation) = accepted.softdevice {
        let build = &dfu.device.build;
        let dropped = accepted.major && !build.has(PlantedBug::MajorUpdateKeepsApplication)
            || build.has(PlantedBug::MinorUpdateDropsApplication);
        if dropped {
            settings.bank_0 = Bank::default();
        }
        settings.validation_sd = validation;
        if !build.has(PlantedBug::SoftDeviceSizeNotRecorded) {
            settings.sd_size = init.sd_size.unwrap_or(0);
        }
    }
    if let Some(validation) = accepted.bootloader {
        settings.validation_bootloader = validation;
    }
    let version = init.fw_version.unwrap_or(0);
    let code = match init.fw_type {
        Some(FwType::Application) => BankCode::Application,
        Some(FwType::SoftDevice) => BankCode::SoftDevice,
        Some(FwType::Bootloader) => BankCode::Bootloader,
        Some(FwType::SoftDeviceBootloader) => BankCode::SoftDeviceBootloader,
        Some(FwType::ExternalApplication) => BankCode::ExternalApplication,
        _ => BankCode::Invalid,
    };
    // VAL-007: a debug packet does not change what versions are on record.
    let unrecorded = dfu.device.build.debug && init.is_debug;
    if !unrecorded || dfu.device.build.has(PlantedBug::DebugVersionRecorded) {
        match code {
            BankCode::Application if dfu.device.build.has(PlantedBug::VersionNotRecorded) => {}
            BankCode::Application => settings.app_version = version,
            BankCode::SoftDevice if dfu.device.build.has(PlantedBug::SoftDeviceRaisesVersion) => {
                settings.app_version = version;
            }
            BankCode::Bootloader | BankCode::SoftDeviceBootloader
                if dfu.device.build.has(PlantedBug::BootloaderVersionNotRaised) => {}
            BankCode::Bootloader | BankCode::SoftDeviceBootloader => settings.bootloader_version = version,
            _ => {}
        }
    }
    settings.bank_1 = Bank { size: dfu.fw_size, crc, code };
    Ok(())
}

/// A serial build's application that names no SoftDevice takes the place of the one that is there. In a BLE build the
/// SoftDevice stays, and the application goes behind it as usual (VAL-037).
fn give_up_softdevice(chip: &mut Chip, dfu: &mut Dfu, init: &InitCommand) -> Result<(), Halt> {
    let named = init.sd_req.first().is_some_and(|&first| first != 0);
    if named || dfu.device.build.profile == Profile::Ble || !dfu.device.softdevice_present(chip)? {
        return Ok(());
    }
    let grown = chip.load_word(MBR_END + END)?.wrapping_sub(MBR_END);
    space::forget_softdevice(chip)?;
    let bank = &mut dfu.device.settings.bank_0;
    bank.size = bank.size.wrapping_add(grown);
    Ok(())
}
