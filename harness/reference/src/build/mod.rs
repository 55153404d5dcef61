//! How a bootloader was built: the configuration of its firmware, as a block of bytes inside its image.

mod block;

use crate::bugs::PlantedBug;

pub(crate) use block::BUILD_OFFSET;
pub use block::BuildError;

/// Which transport the bootloader was built for (section 0.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// BLE, flash through the SoftDevice: queued, reduced protocol.
    Ble,
    /// UART, flash through the NVMC: blocking, whole protocol.
    Uart,
    /// USB CDC ACM: as [`Profile::Uart`] with larger frames and no line speed, and it notices when the cable is removed.
    Usb,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::Ble, Self::Uart, Self::Usb];

    /// True for the SLIP transports (section 5), which need no SoftDevice.
    #[must_use]
    pub fn is_serial(self) -> bool {
        self != Self::Ble
    }

    /// The MTU that a serial build answers with, in bytes (CP-022, section 5.1), and ATT_MTU of a BLE build.
    #[must_use]
    pub fn mtu(self) -> u16 {
        match self {
            Self::Ble => 247,
            Self::Uart => 131,
            Self::Usb => 2051,
        }
    }

    /// Bytes of object data that a host puts into one Write (section 5.1).
    #[must_use]
    pub fn write_payload(self) -> usize {
        match self {
            Self::Ble => usize::from(self.mtu()) - 3,
            Self::Uart | Self::Usb => (usize::from(self.mtu()) - 1) / 2 - 1,
        }
    }
}

/// Generations of the SDK as far as a difference is on record. [`Generation::Sdk17`] is the specification itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Generation {
    /// SDK 14: settings version 1 with init packets of up to 256 bytes; Execute on an executed boundary is answered 01.
    Sdk14,
    /// SDK 15 to 17 as public reports describe them: Execute on an executed boundary is answered 08 (OBJ-041).
    Sdk15To17,
    /// SDK 17.0.2 as specified: Execute on an executed boundary is answered 01 (OBJ-031).
    #[default]
    Sdk17,
}

impl Generation {
    /// Every generation.
    pub const ALL: [Self; 3] = [Self::Sdk14, Self::Sdk15To17, Self::Sdk17];

    /// The settings version that its bootloaders write.
    #[must_use]
    pub fn settings_version(self) -> SettingsVersion {
        match self {
            Self::Sdk14 => SettingsVersion::V1,
            Self::Sdk15To17 | Self::Sdk17 => SettingsVersion::V2,
        }
    }
}

/// Layout of the settings pages that a bootloader writes (`NRF_DFU_SETTINGS_VERSION`, section 8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SettingsVersion {
    /// 256 bytes of init packet, no boot validation records (SDK 12.0 to 15.2).
    V1,
    /// 512 bytes of init packet, boot validation records (SDK 15.3 and later).
    V2,
}

impl SettingsVersion {
    /// Largest init packet, in bytes: the maximum that Select answers with (CP-014).
    #[must_use]
    pub fn init_packet_max(self) -> u32 {
        match self {
            Self::V1 => 256,
            Self::V2 => 512,
        }
    }
}

/// What leads to DFU mode beside the lack of a valid application (section 10.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The button reads low at reset (`NRF_BL_DFU_ENTER_METHOD_BUTTON`, ACT-026).
    pub button: bool,
    /// Reset by the reset pin (`NRF_BL_DFU_ENTER_METHOD_PINRESET`).
    pub pin_reset: bool,
    /// The retained register (`NRF_BL_DFU_ENTER_METHOD_GPREGRET`, ACT-023).
    pub gpregret: bool,
    /// The flag in the settings (`NRF_BL_DFU_ENTER_METHOD_BUTTONLESS`, SET-022).
    pub settings_flag: bool,
}

/// When the CRC check of the application is left out for one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SkipCrc {
    /// At a wake-up from System OFF (VAL-031).
    pub system_off: bool,
    /// When the application asked for it in GPREGRET2 (VAL-032).
    pub gpregret2: bool,
}

/// The configuration a bootloader was built with. The defaults are those of the release examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Transport.
    pub profile: Profile,
    /// What it inherits from its SDK where SDKs differ.
    pub generation: Generation,
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
    /// Only a bonded peer may update, over an encrypted link (`NRF_DFU_BLE_REQUIRES_BONDS`).
    pub requires_bonds: bool,
    /// What leads to DFU mode.
    pub entry: Entry,
    /// When the CRC check at boot is left out.
    pub skip_crc: SkipCrc,
    /// Requests 00, 07, 09, 0A and 0B are left out (`NRF_DFU_PROTOCOL_REDUCED`, CP-005).
    pub reduced_protocol: bool,
    /// Request 00 is answered where the protocol is whole (`NRF_DFU_PROTOCOL_VERSION_MSG`).
    pub protocol_version_message: bool,
    /// Request 0B is answered where the protocol is whole (`NRF_DFU_PROTOCOL_FW_VERSION_MSG`).
    pub firmware_version_message: bool,
    /// Layout of the settings pages (`NRF_DFU_SETTINGS_VERSION`).
    pub settings_version: SettingsVersion,
    /// Pages of version 1 are turned into version 2 (`NRF_DFU_SETTINGS_COMPATIBILITY_MODE`, SET-008).
    pub settings_compatibility: bool,
    /// The application may prepare updates: fewer fields of the settings come from the backup
    /// (`NRF_BL_DFU_ALLOW_UPDATE_FROM_APP`, section 8.2).
    pub update_from_app: bool,
    /// The first boot closes the debug port (`NRF_BL_DEBUG_PORT_DISABLE`, section 10.1 step 3).
    pub debug_port_disable: bool,
    /// Milliseconds without progress after which DFU mode ends; 0 is never (`NRF_BL_DFU_INACTIVITY_TIMEOUT_MS`).
    pub inactivity_ms: u32,
    /// The same while the next image of a package is waited for (`NRF_BL_DFU_CONTINUATION_TIMEOUT_MS`).
    pub continuation_ms: u32,
    /// Milliseconds between the last flash write and a reset (`NRF_BL_RESET_DELAY_MS`, TMR-010).
    pub reset_delay_ms: u32,
    /// Pages that are copied between two commits of the progress, at least 1
    /// (`NRF_BL_FW_COPY_PROGRESS_STORE_STEP`, ACT-002).
    pub copy_step_pages: u32,
    /// The public key: X then Y, each with its least significant byte first. The only one, for packets and for images
    /// (VAL-035).
    pub public_key: [u8; 64],
    /// A wrong behaviour planted on purpose.
    pub planted_bug: Option<PlantedBug>,
}

impl Build {
    /// The release configuration for `profile` that trusts `public_key`.
    pub fn release(profile: Profile, public_key: [u8; 64]) -> Self {
        Self {
            profile,
            generation: Generation::Sdk17,
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
            requires_bonds: false,
            entry: Entry { button: true, pin_reset: false, gpregret: true, settings_flag: false },
            skip_crc: SkipCrc { system_off: true, gpregret2: true },
            reduced_protocol: !profile.is_serial(),
            protocol_version_message: true,
            firmware_version_message: true,
            settings_version: SettingsVersion::V2,
            settings_compatibility: true,
            update_from_app: false,
            debug_port_disable: false,
            inactivity_ms: 120_000,
            continuation_ms: 10_000,
            reset_delay_ms: 0,
            copy_step_pages: 8,
            public_key,
            planted_bug: None,
        }
    }

    /// The release configuration of another generation.
    pub fn of_generation(generation: Generation, profile: Profile, public_key: [u8; 64]) -> Self {
        let settings_version = generation.settings_version();
        Self { generation, settings_version, ..Self::release(profile, public_key) }
    }

    /// True when `bug` was planted in this build.
    pub(crate) fn has(&self, bug: PlantedBug) -> bool {
        self.planted_bug == Some(bug)
    }
}
