//! Arguments of `gauntlet bench`.

use std::path::PathBuf;

use clap::Subcommand;

/// What to do about a bench.
#[derive(Debug, Subcommand)]
pub(crate) enum BenchVerb {
    /// Look at each part of a bench and say what is wrong with it, and what to do.
    Doctor(DoctorArgs),
    /// Print the JSON Schema of bench files, for editors.
    Schema,
}

/// Look at a bench.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet bench doctor                          which probes and adapters there are
  gauntlet bench doctor --bench my-board.yaml    each part of this bench

Nothing is erased or flashed. The commands of the bench file are tried: the board loses its supply for a moment
and is reset. The exit code is 0 when everything is in order, and 97 when not.")]
pub(crate) struct DoctorArgs {
    /// The bench file; without it, the probes and the Bluetooth of this machine are looked at
    #[arg(long, value_name = "FILE")]
    pub(crate) bench: Option<PathBuf>,

    /// Print one JSON object instead
    #[arg(long)]
    pub(crate) json: bool,
}
