//! Whether the watchdog was left alone (TMR-016).

use super::{Check, Evidence};

/// Neither bootloader nor application starts a watchdog that did not run before; firmware of a target may.
pub(super) fn left_alone(evidence: &Evidence<'_>) -> Option<Check> {
    let ran = evidence.watchdog_started || evidence.before.watchdog != Some(false);
    if ran || evidence.device.firmware.is_some() {
        return None;
    }
    let runs = evidence.after.watchdog?;
    let found = if runs { "it runs" } else { "not started" };
    Some(Check::new("watchdog (TMR-016)", "not started", found, !runs))
}
