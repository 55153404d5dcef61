//! One update, over as many sessions as it takes.

use gauntlet_protocol::ExtendedError;
use tokio::time::Instant;

use crate::engine::{Arrival, Engine, Place};
use crate::transfer::Transferred;
use crate::{
    DfuEntry, Link, LinkError, Object, Observer, Outcome, Phase, Unsendable, UpdateError, UpdateEvent,
    UpdateImage, UpdateOptions, UpdateReport,
};

/// Performs one update of a device that is in DFU mode.
///
/// Connects, sends what the device does not hold yet, and connects again when the link is lost, as far as the options
/// allow. The link is closed when this returns. The report is also in the last event, where it comes even when the
/// update fails; an image that can't be sent to any device makes no events.
///
/// # Errors
/// See [`UpdateError`]. Every wait is bounded, so this always returns.
pub async fn update(
    link: &mut dyn Link,
    image: &UpdateImage<'_>,
    options: &UpdateOptions,
    observer: &mut dyn Observer,
) -> Result<UpdateReport, UpdateError> {
    run(link, None, image, options, observer).await
}

/// Like [`update`], for a device that may have to be brought into DFU mode: `entry` is asked to do so whenever the link
/// finds no device there, at the start and after a loss.
///
/// # Errors
/// As for [`update`]; what `entry` runs into is a link error.
pub async fn update_with_entry(
    link: &mut dyn Link,
    entry: &mut dyn DfuEntry,
    image: &UpdateImage<'_>,
    options: &UpdateOptions,
    observer: &mut dyn Observer,
) -> Result<UpdateReport, UpdateError> {
    run(link, Some(entry), image, options, observer).await
}

async fn run<'a>(
    link: &'a mut dyn Link,
    entry: Option<&'a mut dyn DfuEntry>,
    image: &UpdateImage<'a>,
    options: &'a UpdateOptions,
    observer: &'a mut dyn Observer,
) -> Result<UpdateReport, UpdateError> {
    sendable(image).map_err(UpdateError::Unsendable)?;
    let engine = Engine::new(link, entry, image, Place::ONLY, Arrival::Present, options, observer);
    let (result, report) = engine.run().await;
    result.map(|()| report)
}

/// Whether there is anything in the image that can be sent.
pub(crate) fn sendable(image: &UpdateImage<'_>) -> Result<(), Unsendable> {
    if image.init_packet.is_empty() {
        return Err(Unsendable::EmptyInitPacket);
    }
    if image.firmware.is_empty() {
        return Err(Unsendable::EmptyFirmware);
    }
    if u32::try_from(image.firmware.len()).is_err() {
        return Err(Unsendable::FirmwareTooLong);
    }
    Ok(())
}

impl Engine<'_> {
    /// Sessions until one of them ends the update.
    pub(crate) async fn sessions(&mut self) -> Result<Outcome, UpdateError> {
        loop {
            let result = self.session().await;
            let doubted = self.doubts(&result);
            if doubted || (matches!(result, Ok(Outcome::Completed)) && !self.place.is_last()) {
                self.see_it_leave().await;
            }
            self.hang_up().await;
            if doubted {
                self.pause(self.options.reconnect_pause).await?;
                continue;
            }
            let error = match result {
                Err(error) if error.may_reconnect(self.had_connection) || self.never_began(&error) => error,
                result => return self.undoubted(result),
            };
            if let UpdateError::Link { source, .. } = &error {
                let source = source.clone();
                self.emit(UpdateEvent::LinkLost(source));
            }
            if self.awaited_until.is_some_and(|until| Instant::now() < until) {
                // It was still on its way out when it was found, or it restarts once more (ACT-011). Nothing of this
                // image has come to it yet.
                self.pause(self.options.reconnect_pause).await?;
                continue;
            }
            let attempt = self.report.reconnect_attempts + 1;
            if attempt > self.options.reconnects {
                let unconfirmed = self.final_execute_open.then_some(Outcome::CompletionUnconfirmed);
                return self.undoubted(unconfirmed.ok_or(error));
            }
            self.report.reconnect_attempts = attempt;
            self.emit(UpdateEvent::Reconnecting(attempt));
            self.pause(self.options.reconnect_pause * attempt).await?;
        }
    }

    /// Whether the image is to be sent once more, and the device asked this time: it was refused as a whole (OBJ-034),
    /// and nobody knows whether it arrived as it was sent. The device resets now, whatever it answered (OBJ-030).
    fn doubts(&mut self, result: &Result<Outcome, UpdateError>) -> bool {
        let Err(error @ UpdateError::Refused { object: Some(Object::Data(_)), refusal, .. }) = result else {
            return false;
        };
        let whole = refusal.outcome.extended() == Some(ExtendedError::VerificationFailed);
        if !whole || !self.unproven || self.doubt.is_some() {
            return false;
        }
        self.report.image_retries += 1;
        self.doubt = Some(error.clone());
        self.emit(UpdateEvent::SendingAgain(*refusal));
        true
    }

    /// Whether the host's own side failed before the device heard anything at all. Some stacks do that once in a while
    /// (FF-058), so it is tried again, but only once.
    fn never_began(&mut self, error: &UpdateError) -> bool {
        let on_the_host = matches!(
            error,
            UpdateError::Link {
                phase: Phase::Prepare,
                source: LinkError::Host { .. } | LinkError::Refused { .. }
            }
        );
        on_the_host && self.report.requests == 0 && !std::mem::replace(&mut self.began_twice, true)
    }

    /// When the second transfer could not be performed, what the device said of the first one is the result.
    fn undoubted(&mut self, result: Result<Outcome, UpdateError>) -> Result<Outcome, UpdateError> {
        result.map_err(|error| match self.doubt.take() {
            Some(refused) if !matches!(error, UpdateError::Cancelled { .. }) => refused,
            _ => error,
        })
    }

    async fn session(&mut self) -> Result<Outcome, UpdateError> {
        let connected = match self.connect().await {
            Ok(connected) => connected,
            // The device has left DFU mode behind the last Execute.
            Err(UpdateError::Link { .. }) if self.final_execute_open => {
                return Ok(Outcome::CompletionUnconfirmed);
            }
            Err(error) => return Err(error),
        };
        loop {
            self.prepare(&connected).await?;
            let error = match self.transfer().await? {
                Transferred::To(outcome) => return Ok(outcome),
                Transferred::Restarted(error) => error,
            };
            // As often as the link may be lost, for it is the same to the device.
            if self.report.restarts >= self.options.reconnects {
                return Err(error);
            }
            self.report.restarts += 1;
            self.emit(UpdateEvent::DeviceRestarted);
        }
    }
}
