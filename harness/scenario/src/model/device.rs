//! The device as it is before the first step.

use std::time::Duration;

use crate::quantity::{Fwid, Size, Witness};
use crate::word::words;

words! {
    /// The chip that the device is built on.
    "a chip"
    pub enum Chip {
        /// nRF52832: 512 KiB of flash, 64 KiB of RAM.
        Nrf52832 = "nrf52832",
        /// nRF52833: 512 KiB of flash, 128 KiB of RAM.
        Nrf52833 = "nrf52833",
        /// nRF52840: 1 MiB of flash, 256 KiB of RAM.
        Nrf52840 = "nrf52840",
    }
}

words! {
    /// How the bootloader stores an update while it arrives.
    "a bank layout"
    pub enum BankLayout {
        /// The update is received into the second bank while the application stays; it is copied when it is complete.
        Dual = "dual",
        /// The update overwrites the application as it arrives.
        Single = "single",
        /// As `dual`, and the application never gives way to an update that has no room beside it.
        ForcedDual = "forced-dual",
    }
}

words! {
    /// What the bootloader asks of an application update's signature.
    "a signature policy"
    pub enum SignaturePolicy {
        /// Only a signed init packet is accepted.
        Required = "required",
        /// An application update may come without a signature.
        Optional = "optional",
    }
}

words! {
    /// The key pair whose public half the bootloader holds.
    "a key"
    pub enum Key {
        /// The release key: packages with `sign: release` verify.
        Release = "release",
        /// Another key: packages with `sign: other` verify.
        Other = "other",
    }
}

words! {
    /// What the bootloader does with an update that is older than the application.
    "a downgrade policy"
    pub enum Downgrade {
        /// A lower version is refused.
        Refused = "refused",
        /// Any version is accepted.
        Allowed = "allowed",
    }
}

words! {
    /// What the bootloader does with an update of the application's own version.
    "a policy for equal versions"
    pub enum SameVersion {
        /// The same version is accepted again.
        Accepted = "accepted",
        /// The version has to be higher.
        Refused = "refused",
    }
}

words! {
    /// The SDK that the bootloader comes from, where SDKs differ.
    "an SDK generation"
    pub enum Generation {
        /// SDK 14: settings version 1 with init packets of up to 256 bytes.
        Sdk14 = "sdk14",
        /// SDK 15 to 17 as the field reports them: Execute of what was executed is answered 08 (OBJ-041).
        Sdk15To17 = "sdk15-17",
        /// SDK 17.0.2, the specification itself.
        Sdk17 = "sdk17",
    }
}

words! {
    /// Which requests the bootloader knows (CP-005).
    "a range of requests"
    pub enum Requests {
        /// Those that are usual for the transport: the reduced set over BLE, the whole one over serial links.
        Usual = "usual",
        /// All of them, over BLE as well.
        Whole = "whole",
        /// Without 00, 07, 09, 0A and 0B, on serial links as well.
        Reduced = "reduced",
    }
}

words! {
    /// What the bootloader asks of who connects over BLE.
    "a policy for bonds"
    pub enum Bonds {
        /// Nothing: anyone may connect.
        None = "none",
        /// The bond that the application handed over; without one DFU mode is an error.
        Required = "required",
    }
}

words! {
    /// The buttonless service of an application: how it is asked to start the bootloader.
    "a buttonless service"
    pub enum Buttonless {
        /// Anyone may ask.
        Unbonded = "unbonded",
        /// Only a bonded central may ask, and the bootloader takes over the bond.
        Bonded = "bonded",
    }
}

words! {
    /// What is odd about an application with the buttonless service.
    "a habit"
    pub enum Habit {
        /// Its flash driver reports every write as failed.
        WritesFail = "writes-fail",
        /// Its flash driver may not write the settings page.
        WritesForbidden = "writes-forbidden",
        /// It crashes when a name is set.
        NameCrashes = "name-crashes",
        /// It resets without having asked for DFU mode.
        RequestForgotten = "request-forgotten",
    }
}

words! {
    /// What is in a settings page before the first step.
    "a state of a settings page"
    pub enum PageState {
        /// What a factory writes: the application on record, and every checksum right.
        Good = "good",
        /// Nothing, as when only the images were flashed.
        Erased = "erased",
        /// The same as `good` with one bit of its checksum wrong.
        Damaged = "damaged",
    }
}

words! {
    /// The access port, through which a debug probe reads and writes memory (APPROTECT).
    "a state of the access port"
    pub enum AccessPort {
        /// The probe gets at everything.
        Open = "open",
        /// The probe gets at nothing, and can do no more than erase the whole chip.
        Closed = "closed",
    }
}

/// The device before the first step: what is flashed into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The stand-in SoftDevice; by default the one of the chip.
    pub softdevice: SoftDevice,
    /// The bootloader and how it is built.
    pub bootloader: Bootloader,
    /// The application, or `None` for a device without one (which starts in DFU mode). By default witness 1,
    /// 20 KiB, version 1.
    pub application: Option<Application>,
    /// Version of the bootloader on record. 1 by default.
    pub bootloader_version: u32,
    /// The settings page. `good` by default.
    pub settings: PageState,
    /// Its backup. `good` by default.
    pub settings_backup: PageState,
    /// GPREGRET when the device starts for the first step, with a soft reset; nothing is written by default.
    pub retained: Option<u8>,
    /// GPREGRET2, in the same way.
    pub retained_2: Option<u8>,
    /// Whether the access port is closed for debug probes when the first step begins. Off by default.
    pub locked: bool,
}

impl Default for Device {
    fn default() -> Self {
        Self {
            softdevice: SoftDevice::Default,
            bootloader: Bootloader::default(),
            application: Some(Application::default()),
            bootloader_version: 1,
            settings: PageState::Good,
            settings_backup: PageState::Good,
            retained: None,
            retained_2: None,
            locked: false,
        }
    }
}

/// Which stand-in SoftDevice is flashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftDevice {
    /// The usual one of the chip.
    Default,
    /// None: the application begins behind the start-up page.
    None,
    /// One with this firmware id.
    Fwid(Fwid),
}

/// How the bootloader is built. Every field has the default of the SDK's template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootloader {
    /// `dual` by default.
    pub bank: BankLayout,
    /// `required` by default.
    pub signature: SignaturePolicy,
    /// The hardware version that init packets must name. 52 by default.
    pub hw_version: u32,
    /// `release` by default.
    pub key: Key,
    /// `refused` by default.
    pub downgrade: Downgrade,
    /// `accepted` by default.
    pub same_version: SameVersion,
    /// Whether the progress of a transfer is written to the settings page, so that it survives a reset. Off by default.
    pub save_progress: bool,
    /// Whether updates are taken that are stored and not started. Off by default.
    pub external_application: bool,
    /// Whether an application must bring a signature that is checked at every start. Off by default.
    pub app_signature_check: bool,
    /// Whether it is a debug build, in which a debug packet is taken whatever versions it names. Off by default.
    pub debug: bool,
    /// Time without progress after which DFU mode ends; zero is never. 120 s by default.
    pub inactivity: Duration,
    /// The same while the next image of a package is waited for. 10 s by default.
    pub continuation: Duration,
    /// `none` by default.
    pub bonds: Bonds,
    /// `sdk17` by default.
    pub generation: Generation,
    /// What it makes of the access port when it starts. `open` by default: nothing.
    pub debug_port: AccessPort,
    /// Whether a reset by the reset pin leads to DFU mode. Off by default.
    pub enter_by_pin_reset: bool,
    /// Whether the word of the settings that asks for DFU mode is looked at (SET-022). Off by default.
    pub enter_by_flag: bool,
    /// Whether a button that is held at a reset leads to DFU mode (ACT-026). On by default.
    pub enter_by_button: bool,
    /// Whether the retained register GPREGRET leads to DFU mode (ACT-023). On by default.
    pub enter_by_register: bool,
    /// Whether CRCs go unchecked at a wake-up from System OFF (VAL-031). On by default.
    pub skip_crc_after_off: bool,
    /// Whether CRCs go unchecked once when the application asked for it in GPREGRET2 (VAL-032). On by default.
    pub skip_crc_on_request: bool,
    /// `usual` by default.
    pub requests: Requests,
    /// Whether the request for the protocol's version (00) is among the whole set. On by default.
    pub protocol_version_request: bool,
    /// Whether the request for the version of an image (0B) is among the whole set. On by default.
    pub firmware_version_request: bool,
    /// Whether settings of version 1 are brought up to version 2 (SET-008). On by default.
    pub settings_compatibility: bool,
    /// Whether the application may prepare updates: fewer fields of the settings come from the backup (section 8.2). Off
    /// by default.
    pub update_from_app: bool,
    /// Time between the last flash write and a reset (TMR-010). None by default.
    pub reset_delay: Duration,
    /// Pages that are copied between two commits of the progress, at least 1 (ACT-002). 8 by default.
    pub copy_step: u32,
}

impl Default for Bootloader {
    fn default() -> Self {
        Self {
            bank: BankLayout::Dual,
            signature: SignaturePolicy::Required,
            hw_version: 52,
            key: Key::Release,
            downgrade: Downgrade::Refused,
            same_version: SameVersion::Accepted,
            save_progress: false,
            external_application: false,
            app_signature_check: false,
            debug: false,
            inactivity: Duration::from_secs(120),
            continuation: Duration::from_secs(10),
            bonds: Bonds::None,
            generation: Generation::Sdk17,
            debug_port: AccessPort::Open,
            enter_by_pin_reset: false,
            enter_by_flag: false,
            enter_by_button: true,
            enter_by_register: true,
            skip_crc_after_off: true,
            skip_crc_on_request: true,
            requests: Requests::Usual,
            protocol_version_request: true,
            firmware_version_request: true,
            settings_compatibility: true,
            update_from_app: false,
            reset_delay: Duration::ZERO,
            copy_step: 8,
        }
    }
}

/// The application in the device before the first step: the witness program, padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Application {
    /// The number by which the running program is recognised.
    pub witness: Witness,
    /// Size of the image, padding included. 20 KiB by default.
    pub size: Size,
    /// The version in the settings page. 1 by default.
    pub version: u32,
    /// Its buttonless service. None by default.
    pub buttonless: Option<Buttonless>,
    /// What is odd about that. Nothing by default.
    pub habit: Option<Habit>,
}

impl Default for Application {
    fn default() -> Self {
        Self { witness: Witness::FIRST, size: Size::from_kib(20), version: 1, buttonless: None, habit: None }
    }
}
