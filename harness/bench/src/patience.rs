//! How long a client waits on a board.

use std::time::Duration;

use gauntlet_engine::{JumpOptions, Pace, UpdateOptions};

/// The bounds of a client's waits, in the time of its runtime: the device's own on a bench with virtual time, else the wall's.
///
/// The defaults are those of the engine. A board behind a Bluetooth service needs more for a connection; one whose device
/// runs faster than the wall needs less for everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// For a connection to the bootloader, with all its attempts.
    pub connect: Duration,
    /// For the answer to a request, a packet or a receipt.
    pub response: Duration,
    /// For the answer to Execute.
    pub execute: Duration,
    /// Before a connection attempt after a loss; it grows by the same amount with every further one.
    pub reconnect_pause: Duration,
    /// For a connection to the application, with all its attempts.
    pub application: Duration,
    /// For an ATT response or an indication of the application.
    pub answer: Duration,
    /// For the application to go down behind a request that it has accepted.
    pub gone: Duration,
    /// How fast data is sent.
    pub pace: Pace,
}

impl Default for Patience {
    fn default() -> Self {
        let (update, jump) = (UpdateOptions::default(), JumpOptions::default());
        Self {
            connect: update.connect_timeout,
            response: update.response_timeout,
            execute: update.execute_timeout,
            reconnect_pause: update.reconnect_pause,
            application: jump.connect,
            answer: jump.answer,
            gone: jump.gone,
            pace: update.pace,
        }
    }
}

impl Patience {
    /// `options` with these bounds.
    #[must_use]
    pub fn of_update(&self, options: UpdateOptions) -> UpdateOptions {
        UpdateOptions {
            connect_timeout: self.connect,
            response_timeout: self.response,
            execute_timeout: self.execute,
            reconnect_pause: self.reconnect_pause,
            pace: self.pace,
            ..options
        }
    }

    /// A jump with these bounds.
    pub fn of_jump(&self) -> JumpOptions {
        JumpOptions {
            connect: self.application,
            answer: self.answer,
            gone: self.gone,
            ..JumpOptions::default()
        }
    }
}
