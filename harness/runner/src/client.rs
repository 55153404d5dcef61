//! What a client says of an update when there is no probe: nobody has looked at the device.

use gauntlet_engine::{LinkError, Outcome, PackageError, PackageReport, UpdateError, UpdateImage};
use gauntlet_package::Image;
use tokio::runtime::Runtime;

use crate::figures::Figures;
use crate::trouble::Trouble;

/// What the client says. Nobody has looked at the device.
#[derive(Debug, Clone)]
pub struct ClientEnd {
    /// How it ended.
    pub ending: Ending,
    /// The client's figures, in wall time.
    pub figures: Figures,
}

/// How it ended, in the client's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The device accepted everything.
    Completed,
    /// The device said no.
    Refused(String),
    /// Neither a yes nor a no: the device or the link has gone.
    BrokenOff(String),
    /// Stopped from outside. The device keeps what it has, and the next update goes on from there.
    Stopped,
}

/// A runtime in wall time, with one thread.
pub(crate) fn runtime() -> Result<Runtime, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Trouble::Internal(error.to_string()))
}

/// Images as the engine takes them.
pub(crate) fn sendable(images: &[Image]) -> Vec<UpdateImage<'_>> {
    images
        .iter()
        .map(|image| UpdateImage { init_packet: &image.init_packet, firmware: &image.firmware })
        .collect()
}

/// How an update of so many images ended.
///
/// # Errors
/// [`Trouble::Link`] when the host's side failed, or nobody was there.
pub(crate) fn ended(
    result: Result<PackageReport, PackageError>,
    images: usize,
) -> Result<ClientEnd, Trouble> {
    let (ending, report) = match result {
        Ok(report) if report.outcome() == Outcome::Completed => (Ending::Completed, report),
        Ok(report) => (Ending::BrokenOff("the answer to the last Execute never came".to_owned()), report),
        Err(failed) => {
            let words = if images > 1 { failed.to_string() } else { failed.error.to_string() };
            let ending = match &failed.error {
                UpdateError::Cancelled { .. } => Ending::Stopped,
                UpdateError::Link { source: source @ LinkError::Host { .. }, .. } => {
                    return Err(Trouble::Link(source.to_string()));
                }
                // Before anything was sent nobody has been there; later it is the device that does not come back.
                UpdateError::Link { source: source @ LinkError::NotFound { .. }, .. }
                    if failed.report.total().requests == 0 =>
                {
                    return Err(Trouble::Link(source.to_string()));
                }
                error if error.refusal().is_some() => Ending::Refused(words),
                _ => Ending::BrokenOff(words),
            };
            (ending, failed.report)
        }
    };
    Ok(ClientEnd { ending, figures: Figures::of(&report) })
}
