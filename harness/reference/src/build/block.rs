//! The block of bytes that a build is inside its image.

use gauntlet_protocol::crc32;

use super::{Build, Entry, Generation, Profile, SettingsVersion, SkipCrc};
use crate::bugs::PlantedBug;
use crate::layout::Layout;

/// Where the block stands, counted from the bootloader's first byte: right behind the vector table.
pub(crate) const BUILD_OFFSET: u32 = 0x100;
const MAGIC: u32 = 0x4442_4C47;

/// Why a build block can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Erased, overwritten or torn: the bootloader is not what was flashed.
    #[error("the bootloader image is damaged")]
    Damaged,
}

/// Where each word stands in the block. What is not used is zero.
mod at {
    use super::Build;

    pub(super) const MAGIC: usize = 0x00;
    pub(super) const FLAGS: usize = 0x04;
    pub(super) const HW_VERSION: usize = 0x08;
    pub(super) const INACTIVITY: usize = 0x0C;
    pub(super) const BUG: usize = 0x10;
    pub(super) const CONTINUATION: usize = 0x14;
    pub(super) const RESET_DELAY: usize = 0x18;
    pub(super) const COPY_STEP: usize = 0x1C;
    pub(super) const PUBLIC_KEY: usize = 0x20;
    pub(super) const MORE_FLAGS: usize = 0x60;
    pub(super) const CRC: usize = Build::SIZE - 4;
}

impl Build {
    /// Bytes of the block.
    pub const SIZE: usize = 0x80;

    /// The block as it stands in the image, closed by its CRC-32.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let Self { entry, skip_crc, .. } = self;
        let flags = word_of([
            self.profile == Profile::Uart,
            self.require_signature,
            self.downgrade_prevention,
            self.accept_same_version,
            self.single_bank,
            self.save_progress,
            self.force_dual_bank,
            self.external_application,
            self.app_signature_check,
            self.debug,
        ]);
        let more = word_of([
            self.profile == Profile::Usb,
            self.generation == Generation::Sdk14,
            self.generation == Generation::Sdk15To17,
            self.requires_bonds,
            entry.button,
            entry.pin_reset,
            entry.gpregret,
            entry.settings_flag,
            skip_crc.system_off,
            skip_crc.gpregret2,
            self.reduced_protocol,
            self.protocol_version_message,
            self.firmware_version_message,
            self.settings_version == SettingsVersion::V1,
            self.settings_compatibility,
            self.update_from_app,
            self.debug_port_disable,
        ]);
        let bug = self.planted_bug.map_or(0, |bug| bug as u32);
        let mut block = [0; Self::SIZE];
        let mut put = |at: usize, word: u32| block[at..at + 4].copy_from_slice(&word.to_le_bytes());
        put(at::MAGIC, MAGIC);
        put(at::FLAGS, flags);
        put(at::HW_VERSION, self.hw_version);
        put(at::INACTIVITY, self.inactivity_ms);
        put(at::BUG, bug);
        put(at::CONTINUATION, self.continuation_ms);
        put(at::RESET_DELAY, self.reset_delay_ms);
        put(at::COPY_STEP, self.copy_step_pages);
        put(at::MORE_FLAGS, more);
        block[at::PUBLIC_KEY..at::PUBLIC_KEY + 64].copy_from_slice(&self.public_key);
        let crc = crc32(&block[..at::CRC]);
        block[at::CRC..].copy_from_slice(&crc.to_le_bytes());
        block
    }

    /// Reads a block back.
    ///
    /// # Errors
    /// [`BuildError::Damaged`] when magic or CRC are not right.
    pub fn from_bytes(block: &[u8; Self::SIZE]) -> Result<Self, BuildError> {
        let word = |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
        if word(at::MAGIC) != MAGIC || word(at::CRC) != crc32(&block[..at::CRC]) {
            return Err(BuildError::Damaged);
        }
        let flag = |bit: u32| word(at::FLAGS) >> bit & 1 == 1;
        let more = |bit: u32| word(at::MORE_FLAGS) >> bit & 1 == 1;
        let mut public_key = [0; 64];
        public_key.copy_from_slice(&block[at::PUBLIC_KEY..at::PUBLIC_KEY + 64]);
        Ok(Self {
            profile: match (flag(0), more(0)) {
                (true, _) => Profile::Uart,
                (false, true) => Profile::Usb,
                (false, false) => Profile::Ble,
            },
            generation: match (more(1), more(2)) {
                (true, _) => Generation::Sdk14,
                (false, true) => Generation::Sdk15To17,
                (false, false) => Generation::Sdk17,
            },
            hw_version: word(at::HW_VERSION),
            require_signature: flag(1),
            downgrade_prevention: flag(2),
            accept_same_version: flag(3),
            single_bank: flag(4),
            save_progress: flag(5),
            force_dual_bank: flag(6),
            external_application: flag(7),
            app_signature_check: flag(8),
            debug: flag(9),
            requires_bonds: more(3),
            entry: Entry { button: more(4), pin_reset: more(5), gpregret: more(6), settings_flag: more(7) },
            skip_crc: SkipCrc { system_off: more(8), gpregret2: more(9) },
            reduced_protocol: more(10),
            protocol_version_message: more(11),
            firmware_version_message: more(12),
            settings_version: if more(13) { SettingsVersion::V1 } else { SettingsVersion::V2 },
            settings_compatibility: more(14),
            update_from_app: more(15),
            debug_port_disable: more(16),
            inactivity_ms: word(at::INACTIVITY),
            continuation_ms: word(at::CONTINUATION),
            reset_delay_ms: word(at::RESET_DELAY),
            copy_step_pages: word(at::COPY_STEP),
            public_key,
            planted_bug: PlantedBug::from_code(word(at::BUG)),
        })
    }

    /// Address of the block in a device.
    pub fn address(layout: &Layout) -> u32 {
        layout.bootloader + BUILD_OFFSET
    }
}

fn word_of<const N: usize>(flags: [bool; N]) -> u32 {
    flags.iter().enumerate().fold(0, |word, (bit, &set)| word | u32::from(set) << bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_survives_its_image_and_damage_is_seen() {
        let mut build = Build::release(Profile::Uart, [7; 64]);
        build.planted_bug = Some(PlantedBug::BackupNotWritten);
        build.single_bank = true;
        build.debug = true;
        build.continuation_ms = 500;
        let block = build.to_bytes();
        assert_eq!(Build::from_bytes(&block), Ok(build));
        for at in 0..block.len() {
            let mut torn = block;
            torn[at] ^= 0x10;
            assert_eq!(Build::from_bytes(&torn), Err(BuildError::Damaged), "byte {at}");
        }
    }

    #[test]
    fn every_profile_and_generation_and_switch_survives() {
        for profile in Profile::ALL {
            for generation in Generation::ALL {
                let build = Build::of_generation(generation, profile, [3; 64]);
                assert_eq!(Build::from_bytes(&build.to_bytes()), Ok(build.clone()));
                let other = Build {
                    requires_bonds: !build.requires_bonds,
                    entry: Entry { button: false, pin_reset: true, gpregret: false, settings_flag: true },
                    skip_crc: SkipCrc { system_off: false, gpregret2: false },
                    reduced_protocol: !build.reduced_protocol,
                    protocol_version_message: false,
                    firmware_version_message: false,
                    settings_compatibility: false,
                    update_from_app: true,
                    debug_port_disable: true,
                    reset_delay_ms: 7,
                    copy_step_pages: 3,
                    ..build
                };
                assert_eq!(Build::from_bytes(&other.to_bytes()), Ok(other));
            }
        }
    }
}
