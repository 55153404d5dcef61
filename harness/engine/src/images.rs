//! A package with several images: one after the other, with the restart of the device between them.

use gauntlet_protocol::Refusal;
use gauntlet_protocol::init_packet::{FwType, decode};
use gauntlet_protocol::{ExtendedError, Opcode};

use crate::engine::{Arrival, Engine, Place};
use crate::update::sendable;
use crate::{
    DfuEntry, ImageReport, Link, Object, Observer, Outcome, PackageError, PackageReport, Unsendable,
    UpdateError, UpdateImage, UpdateOptions,
};

/// How often an image may be sent when the device never confirms it.
const ROUNDS: u32 = 2;

/// Performs all images of a package in their order, as [`update`](crate::update) performs one.
///
/// A SoftDevice or bootloader ends with a reset. The device then copies it, which takes seconds, and waits in DFU mode
/// for the application (ACT-010, ACT-011); in the better case only 10 s (TMR-009). So behind every image but the last
/// the device is awaited for up to [`UpdateOptions::activation_timeout`], and a link that is lost meanwhile does not
/// count as a reconnection. `entry` is asked when that time has passed without it: the device may have started its old
/// application.
///
/// An image in front of another that the device refuses because it has it already is skipped (FF-007), as long as
/// [`UpdateOptions::skip_installed`] is set; the report says which, and the device's reason.
///
/// Every event behind [`UpdateEvent::Image`](crate::UpdateEvent::Image) belongs to the image it names, up to that
/// image's own `Finished`.
///
/// # Errors
/// [`PackageError`] names the image that failed and holds the reports up to it. Nothing is sent when any image cannot
/// be sent.
pub async fn update_images(
    link: &mut dyn Link,
    mut entry: Option<&mut dyn DfuEntry>,
    images: &[UpdateImage<'_>],
    options: &UpdateOptions,
    observer: &mut dyn Observer,
) -> Result<PackageReport, PackageError> {
    let mut report = PackageReport::default();
    if images.is_empty() {
        let error = UpdateError::Unsendable(Unsendable::NoImage);
        return Err(PackageError { image: 1, error, report });
    }
    for (number, image) in (1..).zip(images) {
        if let Err(reason) = sendable(image) {
            return Err(PackageError { image: number, error: UpdateError::Unsendable(reason), report });
        }
    }
    let of = images.len() as u32;
    let mut arrival = Arrival::Present;
    for (number, image) in (1..).zip(images) {
        let place = Place { number, of };
        for round in 1.. {
            // Coerced anew in every round, because the engine borrows it for one image.
            let entry: Option<&mut dyn DfuEntry> = match &mut entry {
                Some(entry) => Some(&mut **entry),
                None => None,
            };
            let engine = Engine::new(link, entry, image, place, arrival, options, observer);
            let (result, figures) = engine.run().await;
            let outcome = figures.outcome;
            report.images.push(ImageReport { figures, skipped: None });
            match result {
                Ok(_) if !place.is_last() => {
                    arrival = Arrival::Restarting;
                    // Nobody knows whether the device took it. It will say so when it is offered once more: a
                    // bootloader of the same version is refused (VAL-015).
                    if outcome == Outcome::CompletionUnconfirmed && round < ROUNDS {
                        continue;
                    }
                }
                Ok(_) => {}
                Err(error) => match already_there(image, &error) {
                    Some(refusal) if !place.is_last() && options.skip_installed => {
                        report.skip(refusal, observer);
                        // It stays in DFU mode behind a refusal (CP-026).
                        arrival = Arrival::Present;
                    }
                    _ => return Err(PackageError { image: number, error, report }),
                },
            }
            break;
        }
    }
    Ok(report)
}

/// The device's refusal, if it means that it holds a SoftDevice or bootloader like this one already: a bootloader that
/// is not newer is refused for its version (VAL-015, FF-006), and a SoftDevice that replaces an older one does not find
/// that older one any more (VAL-017, FF-003). In both cases the next image brings its own conditions with it, and the
/// device checks them.
fn already_there(image: &UpdateImage<'_>, error: &UpdateError) -> Option<Refusal> {
    let UpdateError::Refused { object: Some(Object::Init), refusal, .. } = error else {
        return None;
    };
    let kind = decode(image.init_packet).ok()?.init.fw_type?;
    let extended = refusal.outcome.extended()?;
    let there = match kind {
        FwType::Bootloader => extended == ExtendedError::FwVersionFailure,
        FwType::SoftDevice | FwType::SoftDeviceBootloader => {
            matches!(extended, ExtendedError::FwVersionFailure | ExtendedError::SdVersionFailure)
        }
        _ => false,
    };
    (there && refusal.opcode == Opcode::Execute).then_some(*refusal)
}
