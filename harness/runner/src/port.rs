//! A package for a device on a serial port of this machine, by its client alone: what `gauntlet dfu --port` does.

use gauntlet_engine::{
    LinkError, Outcome, UpdateError, UpdateEvent, UpdateImage, UpdateOptions, update_images,
};
use gauntlet_links::serial::{SerialLink, SerialOptions};
use gauntlet_package::Image;

use crate::dfu::DfuProgress;
use crate::figures::Figures;
use crate::run::Stopper;
use crate::trouble::Trouble;

/// The port, and how it is used.
#[derive(Debug, Clone)]
pub struct PortOptions {
    /// The port.
    pub port: SerialOptions,
    /// Packets per receipt notification; 0 is off.
    pub prn: u16,
    /// Stops the update.
    pub stopper: Stopper,
}

/// What the client says. Nobody has looked at the device.
#[derive(Debug, Clone)]
pub struct PortEnd {
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

/// Sends the images of a package to the device on the port, one after the other. Between two of them the device restarts;
/// a USB port goes away meanwhile and is waited for.
///
/// # Errors
/// [`Trouble::Link`] when there is no such port, nobody answers on it, or it fails.
pub fn update_port(
    images: &[Image],
    options: &PortOptions,
    progress: &mut dyn FnMut(DfuProgress),
) -> Result<PortEnd, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Trouble::Internal(error.to_string()))?;
    let images: Vec<UpdateImage<'_>> = images
        .iter()
        .map(|image| UpdateImage { init_packet: &image.init_packet, firmware: &image.firmware })
        .collect();
    let how = UpdateOptions {
        prn: options.prn,
        cancel: options.stopper.cancel().clone(),
        ..UpdateOptions::default()
    };
    let mut watch = |event: &UpdateEvent| {
        if let Some(at) = DfuProgress::of(event) {
            progress(at);
        }
    };
    let mut link = SerialLink::new(options.port.clone());
    let result = runtime.block_on(update_images(&mut link, None, &images, &how, &mut watch));
    let (ending, report) = match result {
        Ok(report) if report.outcome() == Outcome::Completed => (Ending::Completed, report),
        Ok(report) => (Ending::BrokenOff("the answer to the last Execute never came".to_owned()), report),
        Err(failed) => {
            let words = if images.len() > 1 { failed.to_string() } else { failed.error.to_string() };
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
    Ok(PortEnd { ending, figures: Figures::of(&report) })
}
