//! Arguments of `gauntlet package`.

mod build;
mod keys;
mod mutate;
mod settings;
mod sign;
mod words;

use std::path::PathBuf;

pub(crate) use build::BuildArgs;
pub(crate) use keys::{CreateKeyArgs, KeyFormat, KeyHalf, KeysVerb, ShowKeyArgs};
pub(crate) use mutate::MutateArgs;
pub(crate) use settings::{GenerateSettingsArgs, SettingsVerb, ShowSettingsArgs};
pub(crate) use sign::SignArgs;
pub(crate) use words::Validation;

/// What to do with a package.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PackageVerb {
    /// Show what is inside a package, and what is wrong or odd about it.
    Show(ShowArgs),
    /// Make a package from firmware files.
    Build(Box<BuildArgs>),
    /// Sign a package, or sign it with another key.
    Sign(SignArgs),
    /// Make a broken package from a good one, wrong in one known way.
    Mutate(MutateArgs),
    /// Make and read bootloader settings pages.
    #[command(subcommand)]
    Settings(SettingsVerb),
    /// Create and show keys.
    #[command(subcommand)]
    Keys(KeysVerb),
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
