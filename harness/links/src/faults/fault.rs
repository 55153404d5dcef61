//! One fault: a position and an action that fits it.

use std::fmt;

use thiserror::Error;

use super::{Action, Position};

/// Something that goes wrong at a counted position, once unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    at: Position,
    action: Action,
    times: u32,
}

/// A position that does not exist, or an action that means nothing there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnfitFault {
    /// Counting begins at 1.
    #[error("there is no {at}: counting begins at 1")]
    NoSuchPosition {
        /// The position.
        at: Position,
    },
    /// For example: corrupt a byte at a notification.
    #[error("`{action}` cannot happen at {at}")]
    Mismatch {
        /// The position.
        at: Position,
        /// The action.
        action: Action,
    },
}

impl Fault {
    /// A fault that fires once.
    ///
    /// # Errors
    /// [`UnfitFault`] when the two do not go together.
    pub fn new(at: Position, action: Action) -> Result<Self, UnfitFault> {
        if !at.is_countable() {
            return Err(UnfitFault::NoSuchPosition { at });
        }
        if !action.act().fits(&at) {
            return Err(UnfitFault::Mismatch { at, action });
        }
        Ok(Self { at, action, times: 1 })
    }

    /// Let it fire this many times: at the n-th position and those right after it, or, inside an object, whenever the
    /// position is passed again.
    #[must_use]
    pub fn repeated(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Where it happens.
    #[must_use]
    pub fn at(&self) -> Position {
        self.at
    }

    /// What happens.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// How often it is meant to fire.
    #[must_use]
    pub fn times(&self) -> u32 {
        self.times
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A request's position says by itself that it is before or after.
        let preposition = if matches!(self.at, Position::Request { .. }) { "" } else { "at " };
        write!(f, "{} {preposition}{}", self.action, self.at)?;
        if self.times != 1 {
            write!(f, ", {} times", self.times)?;
        }
        Ok(())
    }
}
