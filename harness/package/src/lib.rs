//! DFU packages: read, judge, build, sign, break on purpose; keys; firmware files; settings pages.

mod archive;
mod finding;
pub mod image;
mod judge;
pub mod keys;
mod manifest;
mod read;
pub mod settings;

pub use archive::Limits;
pub use finding::{Finding, PackageError, Reason, Stage, Warning};
pub use manifest::ManifestKey;
pub use read::{Image, Package, ReadOptions, read, read_bytes, read_with};
