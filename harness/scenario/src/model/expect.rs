//! Where the device must be in the end.

use super::Place;
use crate::quantity::{PackageName, Witness};
use crate::word::words;

words! {
    /// What the device runs.
    "a mode"
    pub enum Mode {
        /// The application runs.
        Application = "application",
        /// The bootloader waits for an update.
        Dfu = "dfu",
    }
}

words! {
    /// What the settings page says about bank 0.
    "a state of bank 0"
    pub enum BankZero {
        /// A valid application.
        Application = "application",
        /// Nothing valid.
        Invalid = "invalid",
    }
}

words! {
    /// What the settings page says about bank 1.
    "a state of bank 1"
    pub enum BankOne {
        /// Nothing waits for its activation.
        None = "none",
        /// An application waits for its activation.
        Application = "application",
        /// A SoftDevice waits for its activation.
        Softdevice = "softdevice",
        /// A bootloader waits for its activation.
        Bootloader = "bootloader",
        /// SoftDevice and bootloader wait for their activation.
        SoftdeviceBootloader = "softdevice-bootloader",
        /// An external application is stored.
        External = "external",
    }
}

words! {
    /// A region of the device's flash.
    "a region"
    pub enum Region {
        /// The start-up page at address 0.
        StartUp = "start-up",
        /// The SoftDevice.
        Softdevice = "softdevice",
        /// The application in bank 0.
        Application = "application",
        /// The application's data, below the bootloader.
        AppData = "app-data",
        /// The bootloader.
        Bootloader = "bootloader",
        /// The settings page.
        Settings = "settings",
        /// The backup of the settings page.
        SettingsBackup = "settings-backup",
        /// The user information configuration registers.
        Uicr = "uicr",
    }
}

impl Region {
    /// The regions that are compared in every scenario, whether it names them or not.
    pub const ALWAYS: &'static [Self] =
        &[Self::StartUp, Self::Softdevice, Self::Bootloader, Self::AppData, Self::Uicr];
}

words! {
    /// How the clean second update must end.
    "an outcome of the closing update"
    pub enum ClosingUpdate {
        /// It completes: the device can still be updated.
        Completed = "completed",
    }
}

/// Where the device must be after the last step. A field that is `None` is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Where the expectation stands in the scenario file; the scenario's start when it has none.
    pub place: Place,
    /// What the device runs.
    pub mode: Option<Mode>,
    /// Which application is in bank 0.
    pub application: Option<ExpectedApplication>,
    /// Which SoftDevice is in the device. `None` means the previous one.
    pub softdevice: Option<ExpectedSoftDevice>,
    /// Which bootloader is in the device. `None` means the previous one.
    pub bootloader: Option<ExpectedBootloader>,
    /// What the settings page says.
    pub settings: ExpectedSettings,
    /// Regions that must be as they were before the first step, beside [`Region::ALWAYS`].
    pub unchanged: Vec<Region>,
    /// `completed` by default.
    pub closing_update: ClosingUpdate,
}

/// Which application is in bank 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedApplication {
    /// The one with this witness, which is in the device or in one of the packages.
    Witness(Witness),
    /// The firmware of this package, which is one of the scenario's.
    Package(PackageName),
    /// The one from before the first step.
    Previous,
    /// None that is valid.
    None,
    /// None is started, whatever the record of bank 0 says.
    NotStarted,
}

/// Which SoftDevice is in the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedSoftDevice {
    /// The one of this package, which is one of the scenario's and has one.
    Package(PackageName),
    /// The one from before the first step.
    Previous,
    /// None that is recognisable.
    None,
}

/// Which bootloader is in the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedBootloader {
    /// The one of this package, which is one of the scenario's and has one.
    Package(PackageName),
    /// The one from before the first step.
    Previous,
}

/// What the settings page says. A field that is `None` is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectedSettings {
    /// State of bank 0.
    pub bank_0: Option<BankZero>,
    /// State of bank 1.
    pub bank_1: Option<BankOne>,
    /// Version of the application.
    pub app_version: Option<u32>,
    /// Version of the bootloader.
    pub bootloader_version: Option<u32>,
    /// Bytes of the image in bank 0.
    pub bank_0_size: Option<u32>,
    /// Bytes of the image in bank 1.
    pub bank_1_size: Option<u32>,
    /// Bytes of firmware that were received and executed of an update that has not ended.
    pub progress: Option<u32>,
}
