//! The scenario language: model, diagnostics, matrix expansion.

mod case;
pub mod model;
pub mod quantity;
mod word;

pub use case::{Case, CaseId};
pub use word::Word;
