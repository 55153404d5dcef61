//! What a fault can do to the board itself; whoever owns the board provides it.

use std::fmt;

use async_trait::async_trait;
use thiserror::Error;

/// Resets and power, behind the link's back.
#[async_trait(?Send)]
pub trait BoardAction {
    /// Reset the board.
    ///
    /// # Errors
    /// [`BoardError`] when the board was not reset; the fault then counts as not fired.
    async fn reset(&mut self, kind: BoardReset) -> Result<(), BoardError>;

    /// Cut the supply. Whoever implements it also brings it back, unless nobody is to.
    ///
    /// # Errors
    /// [`BoardError`] when the supply was not cut; the fault then counts as not fired.
    async fn power_cut(&mut self) -> Result<(), BoardError>;
}

/// How a board is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoardReset {
    /// By software: AIRCR.SYSRESETREQ.
    Soft,
    /// By the reset pin.
    Pin,
    /// By the watchdog.
    Watchdog,
    /// By a dip of the supply.
    Brownout,
}

impl fmt::Display for BoardReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Soft => "soft",
            Self::Pin => "pin",
            Self::Watchdog => "watchdog",
            Self::Brownout => "brownout",
        })
    }
}

/// The board could not be made to do it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct BoardError(pub String);
