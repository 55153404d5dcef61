//! What the settings page and its backup say.

use gauntlet_package::settings::BankCode;
use gauntlet_scenario::model::{BankOne, BankZero, ExpectedSettings};

use super::{Check, Evidence};

/// A device at rest has both pages, and they say the same (SET-005).
pub(super) fn backup(evidence: &Evidence<'_>) -> Check {
    let (main, equal) = evidence.after.settings();
    let found = match (main.is_some(), equal) {
        (false, _) => "a settings page that is not valid",
        (true, false) => "a backup page that differs",
        (true, true) => "both pages alike",
    };
    Check::new("settings backup", "both pages alike", found, main.is_some() && equal)
}

pub(super) fn expected(evidence: &Evidence<'_>, expected: &ExpectedSettings) -> Vec<Check> {
    let (settings, _) = evidence.after.settings();
    let Some(settings) = settings else { return Vec::new() };
    let mut checks = Vec::new();
    if let Some(wanted) = expected.bank_0 {
        let code = settings.bank_0.code;
        let ok = match wanted {
            BankZero::Application => code == BankCode::Application,
            BankZero::Invalid => code == BankCode::Invalid,
        };
        checks.push(Check::new("bank 0", wanted, code, ok));
    }
    if let Some(wanted) = expected.bank_1 {
        let code = settings.bank_1.code;
        let ok = match wanted {
            BankOne::None => code == BankCode::Invalid,
            BankOne::Application => code == BankCode::Application,
            BankOne::Softdevice => code == BankCode::SoftDevice,
            BankOne::Bootloader => code == BankCode::Bootloader,
            BankOne::SoftdeviceBootloader => code == BankCode::SoftDeviceBootloader,
            BankOne::External => code == BankCode::ExternalApplication,
        };
        checks.push(Check::new("bank 1", wanted, code, ok));
    }
    let numbers = [
        ("application version", expected.app_version, settings.app_version),
        ("bootloader version", expected.bootloader_version, settings.bootloader_version),
        ("bytes in bank 0", expected.bank_0_size, settings.bank_0.size),
        ("bytes in bank 1", expected.bank_1_size, settings.bank_1.size),
        ("progress on record", expected.progress, settings.progress.fw_offset_last),
    ];
    for (name, wanted, found) in numbers {
        if let Some(wanted) = wanted {
            checks.push(Check::new(name, wanted, found, found == wanted));
        }
    }
    checks
}
