//! DFU packages: read, judge, build, sign, break on purpose; keys; firmware files; settings pages.
//!
//! | module | what |
//! |---|---|
//! | this one | [`read`], [`read_with`], [`read_bytes`]: a [`Package`] with its images, or a refusal with its reason; [`unpack`]: the images of one that nobody has judged |
//! | [`build`] | packages of every kind, and application packages that are wrong in a chosen respect; signing |
//! | [`mutate`] | every known kind of broken package, by name, from a good one |
//! | [`keys`] | signing keys, public keys, signatures, in every form; two public test keys |
//! | [`image`] | Intel HEX and binary firmware files |
//! | [`settings`] | the bootloader settings page and its backup, read and made |
//!
//! Reading is strict: a package that the bootloader would refuse for reasons that lie in the package is refused before any
//! device is touched, and so is one that is not what it seems. A refusal names file, stage, entry and [`Reason`], and says
//! what to do. What is merely odd becomes a [`Warning`].
//!
//! ```
//! use gauntlet_package::{ReadOptions, read_bytes};
//! let error = read_bytes("update.zip", b"no zip", &ReadOptions::default()).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "the package update.zip is refused: this is not a zip file, or its end is missing; \
//!      the file was damaged on its way; fetch or make it again"
//! );
//! ```

mod archive;
pub mod build;
mod finding;
pub mod image;
mod judge;
pub mod keys;
mod manifest;
pub mod mutate;
mod read;
pub mod settings;

pub use archive::Limits;
pub use finding::{Finding, PackageError, Reason, Stage, Warning};
pub use gauntlet_protocol::init_packet::ValidationType;
pub use manifest::ManifestKey;
pub use read::{Image, Package, ReadOptions, Unpacked, read, read_bytes, read_with, unpack};
