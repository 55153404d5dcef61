//! What a case says of its device beside the images: the settings pages that a factory wrote, or did not, and the registers
//! with which the device starts.

use gauntlet_bench::{Board, Device, DeviceImage, ProbeError};
use gauntlet_package::settings::Settings;
use gauntlet_scenario::model::{self, PageState};

/// Registers of POWER that survive a soft reset.
const GPREGRET: u32 = 0x4000_051C;
const GPREGRET2: u32 = 0x4000_0520;

/// What is otherwise than on a device fresh from the factory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factory {
    bootloader_version: u32,
    settings: PageState,
    backup: PageState,
    retained: [(u32, Option<u8>); 2],
}

impl Default for Factory {
    fn default() -> Self {
        Self::of(&model::Device::default())
    }
}

impl Factory {
    /// What the language says of a device.
    pub(crate) fn of(device: &model::Device) -> Self {
        Self {
            bootloader_version: device.bootloader_version,
            settings: device.settings,
            backup: device.settings_backup,
            retained: [(GPREGRET, device.retained), (GPREGRET2, device.retained_2)],
        }
    }

    /// Whether the application on record is known to the bootloader: one good page is enough (SET-005).
    pub(crate) fn knows_application(&self) -> bool {
        [self.settings, self.backup].contains(&PageState::Good)
    }

    /// Makes the settings pages of an image what they are to be.
    pub(crate) fn write(&self, device: &Device, image: &mut DeviceImage) {
        let layout = device.layout();
        for (page, state) in [(layout.settings_page, self.settings), (layout.backup_page, self.backup)] {
            if state == PageState::Erased {
                image.segments.retain(|segment| segment.address != page);
                continue;
            }
            for segment in image.segments.iter_mut().filter(|segment| segment.address == page) {
                let Ok(mut settings) = Settings::parse(&segment.bytes) else { continue };
                settings.bootloader_version = self.bootloader_version;
                settings.update_crcs();
                if state == PageState::Damaged {
                    settings.crc ^= 1;
                }
                segment.bytes = settings.factory_bytes();
            }
        }
    }

    /// Lets the device start with the registers that are asked for. Returns whether it was started anew.
    pub(crate) fn start(&self, board: &dyn Board) -> Result<bool, ProbeError> {
        if self.retained.iter().all(|(_, value)| value.is_none()) {
            return Ok(false);
        }
        let mut debugger = board.attach()?;
        for (register, value) in self.retained {
            if let Some(value) = value {
                debugger.write_word(register, u32::from(value))?;
            }
        }
        debugger.reset()?;
        debugger.detach()?;
        Ok(true)
    }
}
