//! Packet receipts: which write gets one, and what it says (section 3).

use std::fmt;

use super::answers::{CREATE, GET_CRC};
use super::forecast::{Allowed, Forecast};

/// Interval and count, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Receipts {
    target: Option<u16>,
    /// Writes until the next one.
    left: Option<u16>,
}

/// A receipt that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Receipt {
    forecast: Forecast,
    /// Nothing on its way can have swallowed it (PRN-014, SER-012).
    pub(super) sure: bool,
    /// Writes that have been sent behind its own.
    pub(super) behind: usize,
}

impl Receipts {
    /// Those of a device that has just started (PRN-002).
    pub(super) fn none() -> Self {
        Self { target: Some(0), left: Some(0) }
    }

    /// Create and Set PRN begin the count anew when they are received (PRN-003, PRN-005, PRN-013).
    pub(super) fn reload(&mut self, request: &[u8], writes_are_queued: bool) {
        if request.first() != Some(&CREATE) {
            self.target = request.get(1..3).map(|field| u16::from_le_bytes([field[0], field[1]]));
        }
        self.left = if writes_are_queued { None } else { self.target };
    }

    /// Writes may have been counted or not.
    pub(super) fn lose_count(&mut self) {
        self.left = None;
    }

    /// A write has been worked on, refused or not (PRN-006, PRN-007, PRN-015). `answer` is what it leads to.
    pub(super) fn count(&mut self, answer: Vec<Allowed>, nothing_waits: bool) -> Option<Receipt> {
        if self.target == Some(0) {
            return None;
        }
        let left = self.left.as_mut()?;
        *left = left.wrapping_sub(1);
        if *left != 0 {
            return None;
        }
        self.left = self.target;
        let forecast = Forecast::new(GET_CRC, "PRN-001", answer);
        Some(Receipt { forecast, sure: nothing_waits, behind: 0 })
    }

    /// Whether a receipt may come although none is known to be due.
    pub(super) fn may_come(&self, message: &[u8]) -> bool {
        let unknown = self.target.is_none() || self.target != Some(0) && self.left.is_none();
        unknown && matches!(message.len(), 3 | 11)
    }
}

impl Receipt {
    pub(super) fn holds(&self, message: &[u8]) -> bool {
        self.forecast.holds(message)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.forecast.fmt(f)
    }
}
