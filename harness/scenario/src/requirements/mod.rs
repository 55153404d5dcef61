//! The requirement catalogue: what a bootloader must do, one sentence for each id that scenarios and code cite.
//!
//! It stands beside the scenarios, in a file with the name [`CATALOGUE`], and is read as they are: every mistake at once,
//! each with its place.

mod catalogue;
mod check;
mod observation;
mod read;

pub use catalogue::{Area, Catalogue, FieldFailure, Requirement};
pub use observation::Observation;

use crate::yaml::Source;

/// The file name of a catalogue. A file that is called so is never taken for a scenario.
pub const CATALOGUE: &str = "requirements.yaml";

/// Whether a file is a catalogue, by its name.
pub(crate) fn is_catalogue(source: &Source) -> bool {
    source.name().rsplit(['/', '\\']).next() == Some(CATALOGUE)
}
