//! Quantities and names: what a single value of a scenario can be, beside a [word](crate::Word).
//!
//! Each is a newtype that can only hold a value in its range, reads itself from the text of a YAML scalar, and prints
//! itself in the form in which a scenario writes it.

mod comparison;
mod hex;
mod name;
mod number;
mod period;
mod size;
mod version;

pub use comparison::{Comparison, Relation};
pub use hex::{HexBytes, HexPattern};
pub use name::{AreaId, FailureId, PackageName, RequirementId, ScenarioId, Section, Tag};
pub use number::{Fwid, Witness};
pub use period::Period;
pub use size::Size;
pub use version::SoftDeviceVersion;

pub(crate) use comparison::BytesCompared;
pub(crate) use number::{number, whole};
pub(crate) use size::Bytes;

/// Why a text is not a value of a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The text has another form.
    #[error("expected {expected}")]
    Form {
        /// What it should have been, with examples.
        expected: &'static str,
    },
    /// The form is right, the value is outside of its range.
    #[error("{value} is out of range: {what} is {low} to {high}")]
    Range {
        /// The value as it was written.
        value: String,
        /// What the value is, with its article.
        what: &'static str,
        /// The lowest value, in the form in which it is written.
        low: String,
        /// The highest value, in the form in which it is written.
        high: String,
    },
}
