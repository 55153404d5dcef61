//! Where a received image goes (section 9, MEM-012).

use gauntlet_nrf52::Chip;
use gauntlet_package::settings::BankCode;
use gauntlet_protocol::InitCommand;
use gauntlet_protocol::init_packet::FwType;

use super::Halt;
use super::boot::Device;
use super::flash::page_up;
use crate::bugs::PlantedBug;
use crate::build::Profile;
use crate::images::SOFTDEVICE_MAGIC;
use crate::layout::{MBR_END, PAGE};

const SD_MAGIC_WORD: u32 = 0x3004;
const SD_END_WORD: u32 = 0x3008;

/// Where an image may be received, and what giving it that place costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: u32,
    /// The application in bank 0 has to go (MEM-015), for a bootloader as well (MEM-016).
    pub(super) drops_application: bool,
    /// The SoftDevice has to go as well.
    pub(super) drops_softdevice: bool,
}

/// MEM-002: behind the SoftDevice, or behind the MBR without one. A SoftDevice that is being received in its own place counts
/// as soon as its information has come (MEM-021).
pub(super) fn bank_0_start(chip: &mut Chip) -> Result<u32, Halt> {
    if chip.load_word(SD_MAGIC_WORD)? != SOFTDEVICE_MAGIC {
        return Ok(MBR_END);
    }
    Ok(page_up(chip.load_word(SD_END_WORD)?))
}

/// MEM-003: behind bank 0, whatever its code says.
pub(super) fn bank_1_start(chip: &mut Chip, device: &Device) -> Result<u32, Halt> {
    let end = bank_0_start(chip)?.wrapping_add(device.settings.bank_0.size);
    if device.build.has(PlantedBug::BankOneTooEarly) {
        return Ok(end / PAGE * PAGE);
    }
    Ok(page_up(end))
}

/// The place for an image of `size` bytes; `None` when there is none (VAL-020). Nothing is changed here, so that no bank has
/// suffered when nothing fits (MEM-013).
pub(super) fn place(
    chip: &mut Chip,
    device: &Device,
    init: &InitCommand,
    size: u32,
) -> Result<Option<Place>, Halt> {
    let data = device.build.has(PlantedBug::AppDataCountsAsFree);
    let end = if data { device.layout.bootloader } else { device.layout.image_area_end() };
    // The subtraction wraps, as in a release build: a bank 1 behind the end counts as endless.
    let room = |start: u32| {
        let room = end.wrapping_sub(start);
        if device.build.has(PlantedBug::PageTooMuchAccepted) { room.saturating_add(PAGE) } else { room }
    };
    let too_strict = |start: u32| device.build.has(PlantedBug::ExactFitRefused) && size == room(start);
    let fits = |start: u32| {
        size <= room(start) && !too_strict(start) || device.build.has(PlantedBug::SpaceNotChecked)
    };
    let single = device.build.single_bank
        && !device.build.has(PlantedBug::SingleBankIgnored)
        && matches!(init.fw_type, Some(FwType::Application | FwType::SoftDevice));
    let keep_application = device.build.force_dual_bank
        && device.settings.bank_0.code == BankCode::Application
        && !device.build.has(PlantedBug::ForcedDualIgnored);
    let bank_1 = bank_1_start(chip, device)?;
    if fits(bank_1) && !single || keep_application {
        // Behind the application, which stays valid until the final Execute (MEM-014).
        let place = Place { start: bank_1, drops_application: false, drops_softdevice: false };
        return Ok(fits(bank_1).then_some(place));
    }
    let bank_0 = bank_0_start(chip)?;
    let softdevice = device.softdevice_present(chip)?;
    let gives_way = device.build.has(PlantedBug::SoftDeviceGivesWay);
    let keep_softdevice = device.build.profile == Profile::Ble && !gives_way
        || init.sd_req.first().is_some_and(|&first| first != 0);
    if fits(bank_0) && !single || keep_softdevice || !softdevice {
        return Ok(fits(bank_0).then_some(Place {
            start: bank_0,
            drops_application: true,
            drops_softdevice: false,
        }));
    }
    Ok(fits(MBR_END).then_some(Place { start: MBR_END, drops_application: true, drops_softdevice: true }))
}

/// Makes the SoftDevice unrecognisable (level 2, non-SD builds only), at once: a cut before the commit that follows leaves the
/// settings of before without it (PWR-021, PWR-022).
pub(super) fn forget_softdevice(chip: &mut Chip) -> Result<(), Halt> {
    Ok(chip.nvmc_write_word(SD_MAGIC_WORD, 0)?)
}
