//! How soon a reset follows what was written last: at once (TMR-010), behind a link that is closed first 200 ms later (TMR-011).

use gauntlet_bench::Profile;
use gauntlet_bench::flash_log::{FlashOp, Reset, cycles_from_ms};
use gauntlet_package::settings::{BankCode, Settings};

use super::work::Work;
use super::{Audit, Wrong, wrong};

/// Milliseconds between the end of a link and what follows (TMR-011).
const CLOSE_MS: u64 = 200;
/// Milliseconds that a bootloader may spend otherwise.
const SLACK_MS: u64 = 50;

/// What a settings page that was written leads to a reset by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The last Execute of an update was accepted (OBJ-030).
    Received,
    /// What was received has been activated (10.1, step 6).
    Activated,
}

impl Ending {
    /// Of a main page that says `new` in place of `old`; `None` when the device may go on.
    pub(super) fn of(work: &Work, old: &Settings, new: &Settings) -> Option<Self> {
        let cleared = new.bank_1.code == BankCode::Invalid && old.bank_1.code != BankCode::Invalid;
        match work {
            Work::Receive { .. } if new.bank_1.code != BankCode::Invalid && new.bank_1 != old.bank_1 => {
                Some(Self::Received)
            }
            // Behind a SoftDevice the next image is waited for, if there is an application to go back to (ACT-010).
            Work::Copy(_) | Work::Bootloader { .. } if cleared => {
                let more = matches!(old.bank_1.code, BankCode::SoftDevice | BankCode::SoftDeviceBootloader)
                    && new.bank_0.code == BankCode::Application;
                (!more).then_some(Self::Activated)
            }
            _ => None,
        }
    }
}

impl Audit<'_> {
    /// Judges the reset behind `last`, the last operation of a start.
    pub(super) fn reset_follows(&mut self, last: &FlashOp) -> Result<(), Wrong> {
        let Some(ending) = self.ending.take().filter(|_| self.device.firmware.is_none()) else {
            return Ok(());
        };
        // Any other reset is somebody else's, and may come before its own.
        let next = self.starts.iter().find(|start| start.boot == last.boot + 1);
        let Some(start) = next.filter(|start| start.kind == Reset::Soft) else { return Ok(()) };
        let build = &self.shadow.build;
        let closes = ending == Ending::Received && build.profile == Profile::Ble;
        let least = u64::from(build.reset_delay_ms) + if closes { CLOSE_MS } else { 0 };
        let waited = start.at.saturating_sub(last.end);
        if (cycles_from_ms(least)..=cycles_from_ms(least + SLACK_MS)).contains(&waited) {
            return Ok(());
        }
        let rule = match ending {
            Ending::Received if closes => {
                "the device resets 200 ms after the link was closed (TMR-010, TMR-011)"
            }
            _ => "the device resets after its reset delay and no later (TMR-010)",
        };
        wrong(rule, format!("{} ms after the last write in place of {least}", waited / cycles_from_ms(1)))
    }
}
