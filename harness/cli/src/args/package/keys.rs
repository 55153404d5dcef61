//! Arguments of `gauntlet package keys`.

use std::path::PathBuf;

use clap::ValueEnum;

/// What to do with a key.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeysVerb {
    /// Create a signing key.
    Create(CreateKeyArgs),
    /// Show a key.
    Show(ShowKeyArgs),
}

/// Create a signing key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  gauntlet package keys create key.pem

The key is for the curve P-256, in a SEC1 PEM file that only you can read. Keep it safe: who has it can
make updates for your devices, and without it nobody can.")]
pub(crate) struct CreateKeyArgs {
    /// The file to write
    #[arg(value_name = "KEY.pem")]
    pub(crate) file: PathBuf,

    /// Overwrite a file that is there: the key in it is lost
    #[arg(long)]
    pub(crate) force: bool,
}

/// Show a key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet package keys show key.pem                        the public half, as the bootloader stores it
  gauntlet package keys show key.pem --format code > pk.c   for the bootloader's source
  gauntlet package keys show key.pem --format pem > public.pem")]
pub(crate) struct ShowKeyArgs {
    /// The key: a private one, or a public one in PEM
    #[arg(value_name = "KEY.pem")]
    pub(crate) file: PathBuf,

    /// Which half
    #[arg(long, value_enum, value_name = "HALF", default_value_t)]
    pub(crate) half: KeyHalf,

    /// How it is shown
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: KeyFormat,
}

/// The halves of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum KeyHalf {
    /// The public half.
    #[default]
    #[value(alias = "pk")]
    Public,
    /// The private half. Secret.
    #[value(alias = "sk")]
    Private,
}

/// The forms of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum KeyFormat {
    /// Hexadecimal digits, in the byte order of the bootloader.
    #[default]
    Hex,
    /// C source for a bootloader.
    Code,
    /// C source that compiles in debug bootloaders only.
    Dbgcode,
    /// PEM.
    Pem,
}
