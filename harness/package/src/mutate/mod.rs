//! Packages that are wrong in one known way, made from a good one.
//!
//! Every kind of damage that a strict reader must notice has a name. Where the damage lies inside of what is signed and its
//! description says "signed again", the signature is right, so that only the damage remains.
//!
//! ```
//! use gauntlet_package::build::AppPackage;
//! use gauntlet_package::keys::TestKey;
//! use gauntlet_package::mutate::{MUTATIONS, mutate};
//! use gauntlet_package::read_bytes;
//! let key = TestKey::Release.signing_key();
//! let good = AppPackage::new(vec![7; 64]).sign(key.clone()).build()?;
//! let package = read_bytes("good.zip", &good.zip, &Default::default())?;
//! let broken = mutate("hash_bit_flip", &package, &key)?;
//! let error = read_bytes("broken.zip", &broken, &Default::default()).unwrap_err();
//! assert_eq!(error.finding().unwrap().reason.name(), "hash_mismatch");
//! assert!(MUTATIONS.iter().all(|mutation| !mutation.about.is_empty()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod base;
mod catalogue;
mod container;
mod manifest;
mod packet;
mod raw_zip;
mod signature;
mod wire;

pub use catalogue::MUTATIONS;

use crate::Package;
use crate::keys::SigningKey;
use base::Base;

/// One kind of damage.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// Its name.
    pub name: &'static str,
    /// What is wrong with the package it makes.
    pub about: &'static str,
    make: fn(&Base) -> Vec<u8>,
}

/// A package that can't be made wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MutateError {
    /// No such damage.
    #[error("there is no mutation `{name}`")]
    Unknown {
        /// The name given.
        name: String,
    },
    /// Several images, no application, or one of less than 8 bytes.
    #[error("mutations start from a package with one application of at least 8 bytes and nothing else")]
    NotOneApplication,
    /// An init packet that could not be changed field by field.
    #[error("mutations start from an init packet with plain fields only")]
    OddInitPacket,
}

/// The package with one thing wrong. What has to be signed is signed with `key`, so it should be the key of the package.
///
/// # Errors
/// [`MutateError`].
pub fn mutate(name: &str, package: &Package, key: &SigningKey) -> Result<Vec<u8>, MutateError> {
    let mutation = MUTATIONS.iter().find(|mutation| mutation.name == name);
    let mutation = mutation.ok_or_else(|| MutateError::Unknown { name: name.to_owned() })?;
    Ok((mutation.make)(&Base::of(package, key)?))
}
