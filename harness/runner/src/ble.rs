//! A package for a device on the air, by its client alone: what `gauntlet dfu --name` does.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use gauntlet_engine::{
    Buttonless, DfuEntry, JumpOptions, LinkError, UpdateError, UpdateEvent, UpdateOptions, update_images,
};
use gauntlet_links::ble::{BleHost, BleOptions, Party};
use gauntlet_package::Image;

use crate::captures::{self, Captures};
use crate::client::{self, ClientEnd, Ending};
use crate::dfu::DfuProgress;
use crate::run::Stopper;
use crate::trouble::Trouble;

/// How long the device may take to answer a request: as long as the most patient client waits, because what a host has taken
/// may still be on its way (FF-047).
const RESPONSE: Duration = Duration::from_secs(20);

/// The device, and how it is updated.
#[derive(Debug, Clone)]
pub struct BleUpdate {
    /// The device and the adapter.
    pub ble: BleOptions,
    /// Packets per receipt notification; 0 is off.
    pub prn: u16,
    /// Stops the update.
    pub stopper: Stopper,
    /// File or folder for what passes over the link, as packets and as words.
    pub capture: Option<PathBuf>,
}

/// What the client says, and who is to blame.
#[derive(Debug, Clone)]
pub struct BleEnd {
    /// What it says.
    pub end: ClientEnd,
    /// Who is to blame for an update that broke off.
    pub at_fault: Option<Party>,
}

/// Sends the images of a package to the device, one after the other. A device that runs its application is asked to start its
/// bootloader first, if it has the buttonless service.
///
/// # Errors
/// [`Trouble::Link`], which says who is to blame, when the device is not there or this machine can't do its part.
pub fn update_ble(
    images: &[Image],
    options: &BleUpdate,
    progress: &mut dyn FnMut(DfuProgress),
) -> Result<BleEnd, Trouble> {
    let runtime = client::runtime()?;
    let images = client::sendable(images);
    let how = UpdateOptions {
        prn: options.prn,
        connect_timeout: options.ble.longest_connect(),
        response_timeout: RESPONSE,
        cancel: options.stopper.cancel().clone(),
        ..UpdateOptions::default()
    };
    let mut watch = |event: &UpdateEvent| {
        if let Some(at) = DfuProgress::of(event) {
            progress(at);
        }
    };
    let host = BleHost::new(options.ble.clone());
    let captures = options.capture.as_deref().map(Captures::of_update);
    let began = Instant::now();
    let (mut link, tape) =
        captures::running(captures.as_ref(), Box::new(host.link()), move || began.elapsed());
    let bounds = JumpOptions {
        connect: options.ble.longest_connect(),
        answer: options.ble.answer + Duration::from_secs(2),
        ..JumpOptions::default()
    };
    let mut entry = Buttonless::with_options(host.application(), bounds);
    if cfg!(target_vendor = "apple") {
        // This system hides addresses, so a name is the only thing that tells the bootloader from its neighbours.
        entry = entry.with_name(&format!("Dfu{:05}", std::process::id() % 100_000));
    }
    let entry: &mut dyn DfuEntry = &mut entry;
    let result = runtime.block_on(update_images(&mut link, Some(entry), &images, &how, &mut watch));
    if let (Some(captures), Some(tape)) = (&captures, &tape) {
        captures.write(tape)?;
    }
    let at_fault = match &result {
        Err(failed) => at_fault(&failed.error, &host),
        Ok(_) => None,
    };
    match client::ended(result, images.len()) {
        Ok(end) => {
            let broken_off = matches!(end.ending, Ending::BrokenOff(_));
            Ok(BleEnd { at_fault: at_fault.filter(|_| broken_off), end })
        }
        Err(Trouble::Link(words)) => Err(Trouble::Link(match at_fault {
            Some(party) => format!("{party} is at fault: {words}"),
            None => words,
        })),
        Err(other) => Err(other),
    }
}

/// Who is to blame for `error`. A device that says nothing on a link that is up has nobody else to blame.
fn at_fault(error: &UpdateError, host: &BleHost) -> Option<Party> {
    let error = match error {
        UpdateError::Silent { .. } | UpdateError::Protocol { .. } | UpdateError::Transfer { .. } => {
            return Some(Party::Device);
        }
        UpdateError::Link { source, .. } | UpdateError::NotBack { source, .. } => source,
        _ => return None,
    };
    // Only the failure that ended the update counts, not one that was overcome.
    let failure = host.failure().filter(|failure| LinkError::from(failure.clone()) == *error);
    failure.map(|failure| failure.party())
}
