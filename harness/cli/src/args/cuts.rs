//! Arguments of `gauntlet cuts`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;

use super::target::TargetArgs;
use super::words;
use crate::targets;

/// Cut the power at every flash operation of an update.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet cuts                                        the demo bootloader, whole and torn operations
  gauntlet cuts --planted-bug pages-erased-together    a bug that only power cuts find: exit code 100
  gauntlet cuts --target boards/pump.yaml --tears all
  gauntlet cuts --target nrf52840 --image mbr.hex bootloader.hex --target-key my-key.pem
  gauntlet cuts --from-op 1200 --to-op 1300 --json > states.json

The target is updated once, in the virtual chip, and every flash operation is written down. Then power
fails at each of them; a device is booted cold from what flash holds then, and must end in an application
that is whole, or in DFU mode where the update had to give the previous application up. Some of those that
do are updated once more.

What a cut in the middle of an operation leaves behind is not specified by the chip's vendor. The torn
states are declared hypotheses, not physics: docs/targets.md says which.")]
pub(crate) struct CutsArgs {
    /// The device: a target that is shipped, or a target file
    #[arg(long, value_name = "NAME|FILE", default_value = "demo-uart", help_heading = DEVICE)]
    target: String,

    /// Firmware for the target, in place of its own images: .hex files, or .bin files as FILE.bin@ADDRESS
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = DEVICE)]
    image: Vec<String>,

    /// What signs packages that the target accepts: `release`, `other` or a private key in a PEM file
    #[arg(long, value_name = "KEY", help_heading = DEVICE)]
    target_key: Option<PathBuf>,

    /// Plant this bug into the demo bootloader; `gauntlet run --list-bugs` names them
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(targets::bugs().map(|(bug, _)| bug)), help_heading = DEVICE)]
    pub(crate) planted_bug: Option<String>,

    /// Send this package with an application [default: one of 8 KiB, signed with the target's key]
    #[arg(long, value_name = "ZIP")]
    pub(crate) package: Option<PathBuf>,

    /// The states that a cut may leave
    #[arg(long, value_enum, value_name = "STATES", default_value_t)]
    pub(crate) tears: TearsChoice,

    /// Only every so many flash operations
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) every: NonZeroUsize,

    /// The first flash operation, counted from 1 as in scenarios
    #[arg(long, value_name = "A", default_value = "1")]
    pub(crate) from_op: NonZeroUsize,

    /// The last flash operation [default: that of the update]
    #[arg(long, value_name = "B")]
    pub(crate) to_op: Option<NonZeroUsize>,

    /// So many devices of each good ending are updated once more
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) updates: usize,

    /// DFU mode is a good ending although there is room to keep the previous application
    #[arg(long)]
    pub(crate) may_lose_application: bool,

    /// Devices at a time [default: the number of processors]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// What every choice of chance is derived from
    #[arg(long, value_name = "S", default_value = "1", value_parser = words::seed)]
    pub(crate) seed: u64,

    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

const DEVICE: &str = "The device under test";

impl CutsArgs {
    /// The device under test.
    pub(crate) fn target(&self) -> TargetArgs {
        TargetArgs {
            target: self.target.clone(),
            image: self.image.clone(),
            target_key: self.target_key.clone(),
        }
    }

    /// The options that choose the device, to be written on a command line again.
    pub(crate) fn device(&self) -> Vec<String> {
        let mut words = vec!["--target".to_owned(), self.target.clone()];
        let mut option = |name: &str, values: &[String]| {
            if !values.is_empty() {
                words.push(name.to_owned());
                words.extend_from_slice(values);
            }
        };
        let path = |path: &Option<PathBuf>| path.iter().map(|p| p.display().to_string()).collect::<Vec<_>>();
        option("--image", &self.image);
        option("--target-key", &path(&self.target_key));
        option("--planted-bug", self.planted_bug.as_slice());
        option("--package", &path(&self.package));
        words
    }
}

/// The states that a cut may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum TearsChoice {
    /// Between two operations.
    Clean,
    /// Between two operations, and one torn state of each: half of the bits, picked by chance.
    #[default]
    Random,
    /// Between two operations, and every declared torn state.
    All,
}

impl TearsChoice {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Random => "random",
            Self::All => "all",
        }
    }
}
