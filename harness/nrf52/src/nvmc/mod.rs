//! The flash controller: its registers, its operations, and power cuts in the middle of them.

pub(crate) mod controller;
mod cut;
mod journal;
mod tear;
mod wear;

pub(crate) use controller::{Command, Nvmc};
pub use cut::{Cut, CutReport, Tear};
pub(crate) use journal::Journal;
pub use journal::{FlashAction, FlashOp, Outcome, Refusal, Source, Start};
pub use tear::TearPattern;
pub use wear::Overwrite;
pub(crate) use wear::Wear;
