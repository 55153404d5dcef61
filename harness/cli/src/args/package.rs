//! Arguments of `gauntlet package`.

use std::path::PathBuf;

/// What to do with a package.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PackageVerb {
    /// Show what is inside a package, and what is wrong or odd about it.
    Show(ShowArgs),
}

/// Show a package.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet package show update.zip
  gauntlet package show update.zip --key public.pem   check the signature too
  gauntlet package show update.zip --json

Ends with 96 when the package is refused: a bootloader would not take it, or it is not what it seems.")]
pub(crate) struct ShowArgs {
    /// The package
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// The public key that the signature must belong to
    #[arg(long, value_name = "PUB.pem")]
    pub(crate) key: Option<PathBuf>,
}
