//! Where things stand in flash (MEM-001..007).

use gauntlet_nrf52::Variant;

use crate::build::Profile;

/// Bytes of a flash page.
pub const PAGE: u32 = 0x1000;
/// End of the MBR page: where a SoftDevice, or an application without one, begins.
pub const MBR_END: u32 = 0x1000;
/// UICR word with the bootloader's start address.
pub const UICR_BOOTLOADER: u32 = 0x1000_1014;
/// UICR word with the MBR params page, which is also the settings backup page.
pub const UICR_PARAMS: u32 = 0x1000_1018;

/// The flash map of a device. All values are byte addresses or byte counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The chip.
    pub variant: Variant,
    /// End of flash.
    pub flash_end: u32,
    /// First byte of the bootloader.
    pub bootloader: u32,
    /// MBR params page and settings backup page.
    pub backup_page: u32,
    /// Settings page.
    pub settings_page: u32,
    /// Bytes below the bootloader that belong to the application's data and are never touched by DFU (MEM-005).
    pub app_data: u32,
    /// End of the SoftDevice that fits the chip.
    pub softdevice_end: u32,
    /// Firmware id of that SoftDevice.
    pub softdevice_fwid: u16,
    /// SoftDevice id word.
    pub softdevice_id: u32,
    /// Pin of the button that asks for DFU mode: button 4 of the development kit.
    pub dfu_button: u8,
}

impl Layout {
    /// The layout of the release examples for `variant` with its usual SoftDevice.
    pub fn of(variant: Variant) -> Self {
        match variant {
            Variant::Nrf52832 => Self {
                variant,
                flash_end: 0x8_0000,
                bootloader: 0x7_8000,
                backup_page: 0x7_E000,
                settings_page: 0x7_F000,
                app_data: 0x3000,
                softdevice_end: 0x2_6000,
                softdevice_fwid: 0x0101,
                softdevice_id: 132,
                dfu_button: 16,
            },
            Variant::Nrf52833 => Self {
                variant,
                flash_end: 0x8_0000,
                bootloader: 0x7_8000,
                backup_page: 0x7_E000,
                settings_page: 0x7_F000,
                app_data: 0x3000,
                softdevice_end: 0x2_7000,
                softdevice_fwid: 0x0100,
                softdevice_id: 140,
                dfu_button: 25,
            },
            Variant::Nrf52840 => Self {
                variant,
                flash_end: 0x10_0000,
                bootloader: 0xF_8000,
                backup_page: 0xF_E000,
                settings_page: 0xF_F000,
                app_data: 0x3000,
                softdevice_end: 0x2_7000,
                softdevice_fwid: 0x0100,
                softdevice_id: 140,
                dfu_button: 25,
            },
        }
    }

    /// The layout of the release examples for `profile`: a USB bootloader is larger and begins earlier (section 9.2).
    pub fn for_profile(variant: Variant, profile: Profile) -> Self {
        let layout = Self::of(variant);
        match (variant, profile) {
            (Variant::Nrf52840, Profile::Usb) => Self { bootloader: 0xF_4000, ..layout },
            _ => layout,
        }
    }

    /// End of the area that images may occupy (MEM-004).
    pub fn image_area_end(&self) -> u32 {
        self.bootloader - self.app_data
    }

    /// ACT-021: the chip and transport whose old bootloaders stand elsewhere.
    pub(crate) fn accepts_old_bootloader(&self, profile: Profile) -> bool {
        self.variant == Variant::Nrf52832 && profile == Profile::Ble
    }

    /// Where the application stands, with a SoftDevice or without.
    pub fn application(&self, softdevice: bool) -> u32 {
        if softdevice { self.softdevice_end } else { MBR_END }
    }
}
