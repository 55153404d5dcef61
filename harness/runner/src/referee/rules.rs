//! What a case knows of the device that it talks to, as far as its answers depend on it.

use gauntlet_bench::{Device, Generation, Profile, Variant};

use super::init::InitRules;

/// Which answers this build gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Flash is changed behind the answers, packets have a characteristic of their own, a lost link is noticed.
    pub(crate) ble: bool,
    /// Requests 00, 07, 09, 0A and 0B are left out (CP-005).
    pub(crate) reduced: bool,
    /// Request 00 is answered where the protocol is whole.
    pub(crate) protocol_version: bool,
    /// Request 0B is answered where the protocol is whole.
    pub(crate) firmware_version: bool,
    /// Bytes that an init packet may have: the maximum that Select answers with (CP-014).
    pub(crate) command_max: u32,
    /// What Get MTU answers with (CP-022).
    pub(crate) mtu: u16,
    /// Execute on a boundary that was executed before may be refused (OBJ-041).
    pub(crate) boundary_refused: bool,
    /// Progress of the data is stored after each object (OBJ-040).
    pub(crate) save_progress: bool,
    /// A debug build asserts where a release build answers (FLT-038).
    pub(crate) debug: bool,
    /// The chip, which the hardware version describes (CP-008).
    pub(crate) chip: Variant,
    /// First byte and size of the bootloader (CP-009).
    pub(crate) bootloader: (u32, u32),
    /// What is asked of an init packet, where that is known (7.1).
    pub(super) init: Option<InitRules>,
}

impl Rules {
    /// Of a device as it was flashed.
    pub(crate) fn of(device: &Device) -> Self {
        let build = &device.build;
        let layout = device.layout();
        Self {
            ble: build.profile == Profile::Ble,
            reduced: build.reduced_protocol,
            protocol_version: build.protocol_version_message,
            firmware_version: build.firmware_version_message,
            command_max: build.settings_version.init_packet_max(),
            mtu: build.profile.mtu(),
            boundary_refused: build.generation == Generation::Sdk15To17,
            save_progress: build.save_progress,
            debug: build.debug,
            chip: device.variant,
            bootloader: (layout.bootloader, layout.backup_page - layout.bootloader),
            init: InitRules::of(device),
        }
    }
}
