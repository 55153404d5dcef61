//! Arguments of `gauntlet compare`, and of comparing at the end of a run over several backends.

use std::path::PathBuf;

use clap::ValueEnum;
use gauntlet_reports::compare::{Clock, CompareOptions, Threshold};

const EXAMPLES: &str = "\
Examples:
  gauntlet compare reports/latest               a run over several backends
  gauntlet compare before after                 two runs, the first is the baseline
  gauntlet compare before after --threshold device-time=1% --threshold resent=0
  gauntlet compare a/run.jsonl b/run.jsonl --html compare.html --json -

A threshold says how much worse than the baseline a figure may be, in each case: throughput, first-byte,
resent, reconnects, cpu, wall, device-time; in percent (throughput=10%), or in bytes, times or time
(resent=4096, reconnects=1, first-byte=50ms). `total:wall=20%` is about all cases together.

Exit code 100 when a figure is worse than allowed, or when verdicts differ. A case that a backend can't
carry is skipped there, which is no difference.";

/// Compare runs of the same cases: verdicts, throughput, times, host CPU.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareArgs {
    /// Report folders of runs, or their journals (run.jsonl); a folder of a run over several backends is all of them
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,

    /// Write the comparison as JSON to this file; `-` is stdout, without the table
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write the comparison as a page to this file: plots, filter, no network
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Compare runs of different seeds, too
    #[arg(long)]
    pub(crate) any_seed: bool,

    #[command(flatten)]
    pub(crate) how: HowArgs,
}

/// How runs are compared.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Comparing")]
pub(crate) struct HowArgs {
    /// The run that the others are held against, by its name in the table [default: the first]
    #[arg(long, value_name = "NAME")]
    pub(crate) baseline: Option<String>,

    /// How much worse than the baseline a figure may be, like throughput=10%; can be given several times
    #[arg(long, value_name = "FIGURE=LIMIT", value_delimiter = ',')]
    pub(crate) threshold: Vec<Threshold>,

    /// Different verdicts are shown and do not fail the comparison
    #[arg(long)]
    pub(crate) allow_different_verdicts: bool,

    /// The clock of throughput and time to the first byte
    #[arg(long, value_enum, value_name = "CLOCK", default_value_t)]
    pub(crate) clock: ClockChoice,
}

/// A clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ClockChoice {
    /// The device's: the same for the same seed where time is virtual.
    #[default]
    Device,
    /// The wall's: what a person waits for.
    Wall,
}

impl HowArgs {
    /// For the comparison.
    pub(crate) fn options(&self, any_seed: bool) -> CompareOptions {
        CompareOptions {
            baseline: self.baseline.clone(),
            thresholds: self.threshold.clone(),
            allow_verdicts: self.allow_different_verdicts,
            any_seed,
            clock: match self.clock {
                ClockChoice::Device => Clock::Device,
                ClockChoice::Wall => Clock::Wall,
            },
        }
    }
}
