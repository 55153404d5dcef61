//! A package for a device on a serial port of this machine, by its client alone: what `gauntlet dfu --port` does.

use std::path::PathBuf;
use std::time::Instant;

use gauntlet_engine::{Link, UpdateEvent, UpdateOptions, update_images};
use gauntlet_links::dongle::{DongleLink, DongleOptions, SerialDongle};
use gauntlet_links::serial::{SerialLink, SerialOptions};
use gauntlet_package::Image;

use crate::captures::{self, Captures};
use crate::client::{self, ClientEnd};
use crate::dfu::DfuProgress;
use crate::run::Stopper;
use crate::trouble::Trouble;

/// What is at a port.
#[derive(Debug, Clone)]
pub enum AtPort {
    /// The device itself, with a bootloader for a serial line.
    Device(SerialOptions),
    /// A connectivity dongle, and how the device is found within its reach.
    Dongle(PathBuf, DongleOptions),
}

impl AtPort {
    fn link(&self) -> Box<dyn Link> {
        match self {
            Self::Device(options) => Box::new(SerialLink::new(options.clone())),
            Self::Dongle(path, options) => {
                Box::new(DongleLink::new(SerialDongle(path.clone()), options.clone()))
            }
        }
    }
}

/// The port, and how it is used.
#[derive(Debug, Clone)]
pub struct PortOptions {
    /// What is at it.
    pub port: AtPort,
    /// Packets per receipt notification; 0 is off.
    pub prn: u16,
    /// Stops the update.
    pub stopper: Stopper,
    /// File or folder for what passes over the link, as packets and as words.
    pub capture: Option<PathBuf>,
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
) -> Result<ClientEnd, Trouble> {
    let runtime = client::runtime()?;
    let images = client::sendable(images);
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
    let captures = options.capture.as_deref().map(Captures::of_update);
    let began = Instant::now();
    let (mut link, tape) = captures::running(captures.as_ref(), options.port.link(), move || began.elapsed());
    let result = runtime.block_on(update_images(&mut link, None, &images, &how, &mut watch));
    if let (Some(captures), Some(tape)) = (&captures, &tape) {
        captures.write(tape)?;
    }
    client::ended(result, images.len())
}
