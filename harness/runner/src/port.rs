//! One update of a device on a serial port of this machine, by its client alone: what `gauntlet dfu --port` does.

use std::cell::Cell;
use std::time::Duration;

use gauntlet_engine::{
    LinkError, Object, Outcome, Phase, UpdateError, UpdateEvent, UpdateImage, UpdateOptions, UpdateReport,
    update,
};
use gauntlet_links::serial::{SerialLink, SerialOptions};
use gauntlet_package::Image;

use crate::dfu::DfuProgress;
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
    /// Nothing when everything was accepted, else the device's or the client's words.
    pub update: Result<(), String>,
    /// The device said no, in contrast to a link or transfer that failed.
    pub refused: bool,
    /// The client's figures.
    pub report: UpdateReport,
}

impl PortEnd {
    /// Time spent in bringing the firmware across.
    pub fn data_time(&self) -> Duration {
        self.report.time_in(Phase::Data) + self.report.time_in(Phase::Finish)
    }
}

/// Sends `image` to the device on the port.
///
/// # Errors
/// [`Trouble::Link`] when there is no such port, nobody answers on it, or it fails; [`Trouble::Interrupted`].
pub fn update_port(
    image: &Image,
    options: &PortOptions,
    progress: &mut dyn FnMut(DfuProgress),
) -> Result<PortEnd, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Trouble::Internal(error.to_string()))?;
    let image = UpdateImage { init_packet: &image.init_packet, firmware: &image.firmware };
    let how = UpdateOptions {
        prn: options.prn,
        cancel: options.stopper.cancel().clone(),
        ..UpdateOptions::default()
    };
    let last = Cell::new(None);
    let mut watch = |event: &UpdateEvent| match event {
        UpdateEvent::Progress { object: Object::Data(_), sent, total } => {
            progress(DfuProgress::Sending { sent: *sent, total: *total });
        }
        UpdateEvent::Reconnecting(_) => progress(DfuProgress::Reconnecting),
        UpdateEvent::Finished(report) => last.set(Some((**report).clone())),
        _ => {}
    };
    let mut link = SerialLink::new(options.port.clone());
    let result = runtime.block_on(update(&mut link, &image, &how, &mut watch));
    let report = last.take().unwrap_or_default();
    let (update, refused) = match result {
        Ok(report) if report.outcome == Outcome::Completed => (Ok(()), false),
        Ok(_) => (Err("the answer to the last Execute never came".to_owned()), false),
        Err(UpdateError::Cancelled { .. }) => return Err(Trouble::Interrupted),
        Err(UpdateError::Link {
            source: source @ (LinkError::Host { .. } | LinkError::NotFound { .. }),
            ..
        }) => return Err(Trouble::Link(source.to_string())),
        Err(error) => (Err(error.to_string()), error.refusal().is_some()),
    };
    Ok(PortEnd { update, refused, report })
}
