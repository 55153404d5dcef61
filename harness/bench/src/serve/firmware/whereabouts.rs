//! Where bootloader and application stand, as the chip itself says it.

use gauntlet_nrf52::Chip;

/// Where the MBR keeps the bootloader's address (MEM-017), and where UICR does.
const MBR_BOOTLOADER_WORD: u32 = 0xFF8;
const UICR_BOOTLOADER_WORD: u32 = 0x1000_1014;
/// Where an application begins on a chip without a SoftDevice.
const MBR_END: u32 = 0x1000;
/// Magic number in the information of a SoftDevice, and behind it its end.
const SOFTDEVICE_MAGIC_WORD: u32 = 0x3004;
const SOFTDEVICE_MAGIC: u32 = 0x51B1_E5DB;
const SOFTDEVICE_END_WORD: u32 = 0x3008;

/// Where the CPU may be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whereabouts {
    /// First byte of the application.
    pub application: u32,
    /// First byte of the bootloader, which ends with the flash.
    pub bootloader: u32,
}

impl Whereabouts {
    /// What the words in MBR page and UICR say; none without the address of a bootloader.
    pub fn of(chip: &Chip) -> Option<Self> {
        let array = chip.non_volatile();
        let flash_size = chip.profile().flash_size;
        let word = |address| array.word(address);
        let plausible =
            |address: &u32| address.is_multiple_of(4096) && (MBR_END..flash_size).contains(address);
        let bootloader =
            [MBR_BOOTLOADER_WORD, UICR_BOOTLOADER_WORD].into_iter().filter_map(word).find(plausible)?;
        let softdevice = word(SOFTDEVICE_MAGIC_WORD) == Some(SOFTDEVICE_MAGIC);
        let end = word(SOFTDEVICE_END_WORD).filter(|end| softdevice && (MBR_END..bootloader).contains(end));
        Some(Self { application: end.unwrap_or(MBR_END), bootloader })
    }

    /// Whether an address is one of the application. None where either may be found: the MBR, the SoftDevice, RAM.
    pub(super) fn is_application(&self, pc: u32, flash_size: u32) -> Option<bool> {
        if (self.bootloader..flash_size).contains(&pc) {
            Some(false)
        } else {
            (self.application..self.bootloader).contains(&pc).then_some(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_nrf52::Variant;

    use super::*;

    #[test]
    fn the_chip_says_where_its_bootloader_is() {
        let mut chip = Chip::new(Variant::Nrf52832, 1);
        assert_eq!(Whereabouts::of(&chip), None);
        assert!(chip.put_image(UICR_BOOTLOADER_WORD, &0x78000u32.to_le_bytes()));
        assert_eq!(Whereabouts::of(&chip), Some(Whereabouts { application: 0x1000, bootloader: 0x78000 }));
        // The word of the MBR page wins, if it can be one.
        assert!(chip.put_image(MBR_BOOTLOADER_WORD, &0x7_0000u32.to_le_bytes()));
        assert_eq!(Whereabouts::of(&chip).map(|found| found.bootloader), Some(0x70000));
        assert!(chip.put_image(MBR_BOOTLOADER_WORD, &0x7_0010u32.to_le_bytes()));
        assert_eq!(Whereabouts::of(&chip).map(|found| found.bootloader), Some(0x78000));
        assert!(chip.put_image(SOFTDEVICE_MAGIC_WORD, &SOFTDEVICE_MAGIC.to_le_bytes()));
        assert!(chip.put_image(SOFTDEVICE_END_WORD, &0x26000u32.to_le_bytes()));
        let found = Whereabouts::of(&chip).unwrap();
        assert_eq!(found.application, 0x26000);
        let at = |pc| found.is_application(pc, 512 << 10);
        assert_eq!(
            [0x100, 0x1_0000, 0x26000, 0x77FFE, 0x78000, 0x2000_0000].map(at),
            [None, None, Some(true), Some(true), Some(false), None]
        );
    }
}
