//! What the update of a whole package left behind.

use gauntlet_protocol::Refusal;
use thiserror::Error;

use crate::{Observer, Outcome, UpdateError, UpdateEvent, UpdateReport};

/// What became of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReport {
    /// Its figures, and in them its number and outcome.
    pub figures: UpdateReport,
    /// It was passed over because the device refused it in this way, which says that it has it already (FF-007).
    pub skipped: Option<Refusal>,
}

/// What became of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageReport {
    /// One report for each image that was begun, in order. An image whose end the device never confirmed was offered
    /// once more and has two.
    pub images: Vec<ImageReport>,
}

impl PackageReport {
    pub(crate) fn skip(&mut self, refusal: Refusal, observer: &mut dyn Observer) {
        if let Some(image) = self.images.last_mut() {
            image.skipped = Some(refusal);
            observer.event(&UpdateEvent::Skipped { number: image.figures.image, refusal });
        }
    }

    /// How the last image ended that was begun.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.images.last().map(|image| image.figures.outcome).unwrap_or_default()
    }

    /// The images that were passed over, with the device's reasons.
    pub fn skipped(&self) -> impl Iterator<Item = (u32, Refusal)> + '_ {
        self.images.iter().filter_map(|image| Some((image.figures.image, image.skipped?)))
    }

    /// All images as one: counts, bytes and times added up, everything else as in the last image.
    #[must_use]
    pub fn total(&self) -> UpdateReport {
        let mut images = self.images.iter().map(|image| &image.figures);
        let first = images.next().cloned().unwrap_or_default();
        images.fold(first, |sum, figures| sum.followed_by(figures))
    }
}

/// A package that could not be performed to its end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("image {image}: {error}")]
pub struct PackageError {
    /// The image that failed, from 1.
    pub image: u32,
    /// Why.
    #[source]
    pub error: UpdateError,
    /// What was done until then; the image that failed is the last one, unless nothing was sent at all.
    pub report: PackageReport,
}
