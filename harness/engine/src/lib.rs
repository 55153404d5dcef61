//! The DFU client: one update over one [`Link`].

mod link;

pub use link::{Connected, DfuEntry, Link, LinkError, Shape};
