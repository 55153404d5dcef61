//! Arguments of `gauntlet run`.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use gauntlet_bench::PlantedBug;

use super::compare::HowArgs;
use super::filter::FilterArgs;
use super::hold::HoldChoice;
#[cfg(unix)]
use super::links::Tool;
use super::links::{Links, Way};
use super::target::TargetArgs;
use super::words::{self, Shard};
use crate::display::ProgressChoice;
use crate::targets;

const EXAMPLES: &str = "\
Examples:
  gauntlet run                                   everything that is shipped
  gauntlet run resume power                      two areas
  gauntlet run 'resume/mid-object[at=2048]' --seed 7
  gauntlet run OBJ-031                           by requirement, or by tag
  gauntlet run '*/*nrf52840*'                    by pattern
  gauntlet run scenarios/resume my.yaml          from files and folders on the disk
  gauntlet run --planted-bug version-not-checked see a broken bootloader being found out
  gauntlet run --all-planted-bugs                prove that the suite finds every bug that can be planted
  gauntlet run --client 'nrfutil dfu serial -pkg {package} -p {port} -cd 0'
  gauntlet run good --link direct,ble,dongle     the same cases over several backends, compared
  gauntlet run client --link 'direct,nrfutil=nrfutil dfu serial -pkg {package} -p {port} -cd 0'
  gauntlet run --target demo-uart                on real firmware, instruction by instruction
  gauntlet run --target my-board.yaml            on yours; docs/targets.md says how
  gauntlet run --bench my-board.yaml good resume on a board of yours; docs/hardware-bench.md says how
  gauntlet run --field-failure FF-064            what was learnt from failures in the field
  gauntlet run --shard 2/4 --report-dir out      the second of four machines

Reports: DIR/run.jsonl tells everything that happened, DIR/junit.xml is for CI systems. Over several
backends each has these in a folder of its own, DIR/NAME, with DIR/compare.html and DIR/compare.json.
The run is the same, byte for byte, for the same seed, apart from wall times.
Ctrl-C stops cleanly and still writes the reports; a second Ctrl-C ends at once.";

/// Run scenarios.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArgs {
    /// Cases to run: ids, beginnings of ids, tags, requirements, patterns with `*`, or files and folders with scenarios
    ///
    /// What exists on the disk is loaded from there; everything else chooses among these, or else from the suite that is
    /// shipped inside the program. Without any, the whole shipped suite runs.
    #[arg(value_name = "ID|PATH|TAG")]
    pub(crate) wanted: Vec<OsString>,

    /// What every choice of chance is derived from
    #[arg(long, value_name = "S", default_value = "1", value_parser = words::seed)]
    pub(crate) seed: u64,

    /// Cases at a time [default: one for each processor]
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Plant this bug into the device: at least one scenario must find it
    #[arg(long, value_name = "NAME", value_parser = any_bug(), hide_possible_values = true)]
    pub(crate) planted_bug: Option<Bug>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Plant every bug, one after the other, and say which case finds it; exit code 100 when one is not found
    ///
    /// Cases that fail without any bug prove nothing and are left out.
    #[arg(long, conflicts_with_all = ["planted_bug", "hold", "shard"])]
    pub(crate) all_planted_bugs: bool,

    /// Let this client do the updates: a command for the shell with {port} and {package}; without names, cases tagged `client`
    ///
    /// It is given a serial port and judged by what the device has afterwards, never by its exit code alone. A command with
    /// {name} or {address} is that of a BLE client: its port is that of a connectivity dongle with the device within reach.
    #[cfg(unix)]
    #[arg(long, value_name = "[NAME=]CMD", conflicts_with_all = ["all_planted_bugs", "hold", "link"], value_parser = client)]
    pub(crate) client: Option<Links>,

    /// Seconds after which a client is ended, with everything that it has started
    #[cfg(unix)]
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) client_timeout: u64,

    /// Cases that have to fail: one id or pattern in a line, the reason behind a `#`
    ///
    /// Such a case is told as skipped when it fails, and as an error (exit code 98) when it passes.
    #[arg(long, value_name = "FILE")]
    pub(crate) known_failures: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) filter: FilterArgs,

    /// Print the bugs that can be planted, and do nothing else
    #[arg(long)]
    pub(crate) list_bugs: bool,

    /// Where the reports go; the folder is made when it is missing [default: reports/latest]
    ///
    /// While another run writes there, the default moves to reports/latest-2, and a folder that was asked for is refused.
    #[arg(long, value_name = "DIR")]
    pub(crate) report_dir: Option<PathBuf>,

    /// Write the JUnit report to this file too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,

    /// Write what the run came to as JSON to this file; over several backends, the comparison
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write what the run came to as a page to this file: plots, filter, no network; over several backends, the comparison
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Write what passes over the links of each case to this folder: packets for Wireshark, and a text with the faults
    #[arg(long, value_name = "DIR")]
    pub(crate) capture: Option<PathBuf>,

    /// How progress is shown on the terminal
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) progress: ProgressChoice,

    /// How often a case that ended with an error is tried again; a case that failed never is
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) retries: u32,

    /// Where to test: `virtual` needs no hardware; a bench file names a board on your desk, its probe, link and supply
    #[arg(long, value_name = "NAME|FILE", default_value = "virtual")]
    pub(crate) bench: String,

    /// What the client's traffic passes on its way to the device: direct, ble, dongle, serial, or a command [default: direct]
    ///
    /// Several, with commas between them: the cases run over each, and the runs are compared. Cases whose transport can't go
    /// that way are skipped. A command is that of another client, like `--client`; `nrfutil=CMD` gives it a name.
    #[arg(long, value_name = "NAME|[NAME=]CMD,...", value_parser = links)]
    pub(crate) link: Option<Links>,

    /// Keep the device as the case left it, for a debug tool: probe-rs or pyocd, with a port if you like
    ///
    /// The tool is told what is printed here; it shares nothing with the probe-rs inside this program when it is pyOCD.
    #[arg(long, value_name = "TOOL[:PORT]")]
    pub(crate) hold: Option<HoldChoice>,

    /// Run only one of several equal parts, for several machines
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,

    #[command(flatten)]
    pub(crate) how: HowArgs,
}

/// A bug, and where it can be planted. Some are known by the same name in both places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bug {
    /// Into the reference device.
    pub(crate) reference: Option<PlantedBug>,
    /// Into firmware that is shipped: an image of its own.
    pub(crate) firmware: Option<String>,
}

/// The one command of `--client`.
#[cfg(unix)]
fn client(text: &str) -> Result<Links, String> {
    let way = Way::Tool(text.parse::<Tool>()?);
    Ok(Links(vec![way]))
}

/// What `--link` names.
fn links(text: &str) -> Result<Links, String> {
    text.parse()
}

/// The names of the bugs of the reference device, and of shipped firmware.
fn any_bug() -> impl TypedValueParser<Value = Bug> {
    let names = PlantedBug::ALL.iter().map(|bug| PossibleValue::new(bug.name()).help(bug.description()));
    let firmware = targets::bugs().map(|(bug, _)| PossibleValue::new(bug));
    PossibleValuesParser::new(names.chain(firmware)).map(|name| Bug {
        reference: name.parse::<PlantedBug>().ok(),
        firmware: targets::bugs().any(|(bug, _)| bug == name).then_some(name),
    })
}

/// The names of the bugs; clap then says which one was probably meant.
pub(super) fn planted_bug() -> impl TypedValueParser<Value = PlantedBug> {
    let names = PlantedBug::ALL.iter().map(|bug| PossibleValue::new(bug.name()).help(bug.description()));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<PlantedBug>())
}
