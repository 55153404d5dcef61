//! Arguments of `gauntlet package sign`.

use std::path::PathBuf;

/// Sign a package.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  gauntlet package sign unsigned.zip --signing-key key.pem signed.zip

Every image is signed, and ECDSA boot validations are made anew with the same key. Everything else in
the init packets stays as it is.")]
pub(crate) struct SignArgs {
    /// The package to sign
    #[arg(value_name = "PACKAGE")]
    pub(crate) package: PathBuf,

    /// The package to write; it may be the same file
    #[arg(value_name = "SIGNED")]
    pub(crate) signed: PathBuf,

    /// The private key to sign with
    #[arg(long, alias = "key-file", value_name = "KEY.pem")]
    pub(crate) signing_key: PathBuf,

    /// Print what was made as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
