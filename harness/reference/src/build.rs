//! How a bootloader was built: the configuration of its firmware, as a block of bytes inside its image.

use gauntlet_protocol::crc32;

use crate::bugs::PlantedBug;
use crate::layout::Layout;

/// Where the block stands, counted from the bootloader's first byte: right behind the vector table.
pub(crate) const BUILD_OFFSET: u32 = 0x100;
const MAGIC: u32 = 0x4442_4C47;

/// Which transport the bootloader was built for (section 0.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// BLE, flash through the SoftDevice: queued, reduced protocol.
    Ble,
    /// UART, flash through the NVMC: blocking, whole protocol.
    Uart,
}

/// The configuration a bootloader was built with. The defaults are those of the release examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Transport.
    pub profile: Profile,
    /// The hardware version a packet must name.
    pub hw_version: u32,
    /// An application must be signed (`NRF_DFU_REQUIRE_SIGNED_APP_UPDATE`).
    pub require_signature: bool,
    /// An older application is refused (`NRF_DFU_APP_DOWNGRADE_PREVENTION`).
    pub downgrade_prevention: bool,
    /// The stored version itself is accepted (`NRF_DFU_APP_ACCEPT_SAME_VERSION`).
    pub accept_same_version: bool,
    /// An application replaces the one that is there at once (`NRF_DFU_SINGLE_BANK_APP_UPDATES`).
    pub single_bank: bool,
    /// Progress of the data object is kept in flash (`NRF_DFU_SAVE_PROGRESS_IN_FLASH`).
    pub save_progress: bool,
    /// An application never gives way to a larger update (`NRF_DFU_FORCE_DUAL_BANK_APP_UPDATES`).
    pub force_dual_bank: bool,
    /// Updates that are stored and not activated are taken (`NRF_DFU_SUPPORTS_EXTERNAL_APP`).
    pub external_application: bool,
    /// An application must bring a boot validation signature (`NRF_BL_APP_SIGNATURE_CHECK_REQUIRED`).
    pub app_signature_check: bool,
    /// A debug build: version checks can be switched off by a packet, CRC mismatches at boot pass (VAL-007, VAL-033).
    pub debug: bool,
    /// Milliseconds without progress after which DFU mode ends; 0 is never (`NRF_BL_DFU_INACTIVITY_TIMEOUT_MS`).
    pub inactivity_ms: u32,
    /// The same while the next image of a package is waited for (`NRF_BL_DFU_CONTINUATION_TIMEOUT_MS`).
    pub continuation_ms: u32,
    /// The public key: X then Y, each with its least significant byte first. The only one, for packets and for images
    /// (VAL-035).
    pub public_key: [u8; 64],
    /// A wrong behaviour planted on purpose.
    pub planted_bug: Option<PlantedBug>,
}

/// Why a build block can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Erased, overwritten or torn: the bootloader is not what was flashed.
    #[error("the bootloader image is damaged")]
    Damaged,
}

impl Build {
    /// Bytes of the block.
    pub const SIZE: usize = 0x80;

    /// The release configuration for `profile` that trusts `public_key`.
    pub fn release(profile: Profile, public_key: [u8; 64]) -> Self {
        Self {
            profile,
            hw_version: 52,
            require_signature: true,
            downgrade_prevention: true,
            accept_same_version: true,
            single_bank: false,
            save_progress: false,
            force_dual_bank: false,
            external_application: false,
            app_signature_check: false,
            debug: false,
            inactivity_ms: 120_000,
            continuation_ms: 10_000,
            public_key,
            planted_bug: None,
        }
    }

    /// The block as it stands in the image, closed by its CRC-32.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let flags = [
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
        ];
        let flags = flags.iter().enumerate().fold(0, |word, (bit, &set)| word | u32::from(set) << bit);
        let bug = self.planted_bug.map_or(0, |bug| bug as u32);
        let mut block = [0; Self::SIZE];
        let words = [MAGIC, flags, self.hw_version, self.inactivity_ms, bug, self.continuation_ms];
        for (at, word) in words.into_iter().enumerate() {
            block[4 * at..4 * at + 4].copy_from_slice(&word.to_le_bytes());
        }
        block[0x20..0x60].copy_from_slice(&self.public_key);
        let crc = crc32(&block[..Self::SIZE - 4]);
        block[Self::SIZE - 4..].copy_from_slice(&crc.to_le_bytes());
        block
    }

    /// Reads a block back.
    ///
    /// # Errors
    /// [`BuildError::Damaged`] when magic or CRC are not right.
    pub fn from_bytes(block: &[u8; Self::SIZE]) -> Result<Self, BuildError> {
        let word = |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
        if word(0) != MAGIC || word(Self::SIZE - 4) != crc32(&block[..Self::SIZE - 4]) {
            return Err(BuildError::Damaged);
        }
        let flag = |bit: u32| word(4) >> bit & 1 == 1;
        let mut public_key = [0; 64];
        public_key.copy_from_slice(&block[0x20..0x60]);
        Ok(Self {
            profile: if flag(0) { Profile::Uart } else { Profile::Ble },
            require_signature: flag(1),
            downgrade_prevention: flag(2),
            accept_same_version: flag(3),
            single_bank: flag(4),
            save_progress: flag(5),
            force_dual_bank: flag(6),
            external_application: flag(7),
            app_signature_check: flag(8),
            debug: flag(9),
            continuation_ms: word(20),
            hw_version: word(8),
            inactivity_ms: word(12),
            planted_bug: PlantedBug::from_code(word(16)),
            public_key,
        })
    }

    /// True when `bug` was planted in this build.
    pub(crate) fn has(&self, bug: PlantedBug) -> bool {
        self.planted_bug == Some(bug)
    }

    /// Address of the block in a device.
    pub(crate) fn address(layout: &Layout) -> u32 {
        layout.bootloader + BUILD_OFFSET
    }
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
}
