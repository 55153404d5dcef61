//! What a sweep found, in numbers.

use std::{collections::BTreeMap, fmt};

use super::{ColdBoot, Landing};

/// Landings, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    landings: BTreeMap<Landing, u64>,
    boots: u64,
}

impl Tally {
    pub(super) fn add(&mut self, boot: &ColdBoot) {
        *self.landings.entry(boot.landing).or_default() += 1;
        self.boots += u64::from(!boot.repeated);
    }

    /// Points that ended there.
    pub fn count(&self, landing: Landing) -> u64 {
        self.landings.get(&landing).copied().unwrap_or(0)
    }

    /// All points.
    pub fn points(&self) -> u64 {
        self.landings.values().sum()
    }

    /// Boards that were booted: states that had come up before are not booted again.
    pub fn boots(&self) -> u64 {
        self.boots
    }

    /// Adds what another worker found.
    pub fn merge(&mut self, other: &Tally) {
        for (&landing, count) in &other.landings {
            *self.landings.entry(landing).or_default() += count;
        }
        self.boots += other.boots;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states, {} boots", self.points(), self.boots)?;
        for (landing, count) in &self.landings {
            let name = match landing {
                Landing::Application => "application runs",
                Landing::Listening => "bootloader listens",
                Landing::ResetLoop => "reset loop",
                Landing::Lockup => "lockup",
                Landing::Asleep => "asleep for ever",
                Landing::Off => "System OFF",
                Landing::PowerLost => "power lost again",
                Landing::Halted => "halted at a breakpoint",
                Landing::Stuck => "stuck",
            };
            write!(f, "; {name}: {count}")?;
        }
        Ok(())
    }
}
