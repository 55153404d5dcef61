//! Arguments of `gauntlet package mutate`.

use std::path::PathBuf;

/// Make a broken package from a good one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet package mutate --list
  gauntlet package mutate good.zip --mutation hash_bit_flip --signing-key key.pem broken.zip

The package that comes out is wrong in the one way that its mutation says. Some are legal, but unusual:
a reader must take them. What has to be signed again is signed with the key.")]
pub(crate) struct MutateArgs {
    /// The good package, with one application
    #[arg(value_name = "PACKAGE", required_unless_present = "list")]
    pub(crate) package: Option<PathBuf>,

    /// The broken package to write
    #[arg(value_name = "BROKEN", required_unless_present = "list")]
    pub(crate) broken: Option<PathBuf>,

    /// What to break
    #[arg(long, value_name = "NAME", required_unless_present = "list")]
    pub(crate) mutation: Option<String>,

    /// The private key of the package [default: the project's published test key]
    #[arg(long, alias = "key-file", value_name = "KEY.pem")]
    pub(crate) signing_key: Option<PathBuf>,

    /// List the mutations
    #[arg(long)]
    pub(crate) list: bool,

    /// List them as JSON
    #[arg(long, requires = "list")]
    pub(crate) json: bool,
}
