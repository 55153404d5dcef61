//! Holding a device as a case left it, so that somebody else's debug tool can look at it.

use std::time::Duration;

use gauntlet_bench::{Board, BoardError, Protocol};

use crate::run::Stopper;

/// How often it is looked whether the holding shall end.
const LOOK: Duration = Duration::from_millis(50);

/// Offer the device to debug tools until it is released or the run is stopped.
#[derive(Debug, Clone)]
pub struct Hold {
    /// How the tool talks to its probe.
    pub protocol: Protocol,
    /// TCP port on the loopback interface; 0 takes a free one.
    pub port: u16,
    /// Told what the tool wants to be told to find the device.
    pub announce: fn(selector: &str),
    /// Ends the holding; the run goes on as if nothing had happened.
    pub release: Stopper,
}

impl Hold {
    /// Serves `board` until it is released or `stopper` says stop. Time on the device passes only with the tool's polls.
    pub(crate) fn until_stopped(&self, board: &dyn Board, stopper: &Stopper) -> Result<(), BoardError> {
        let server = board.serve(self.protocol, self.port)?;
        (self.announce)(&server.selector());
        while !stopper.is_stopped() && !self.release.is_stopped() {
            // Somebody works with a debugger: this is the wall's time.
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}
