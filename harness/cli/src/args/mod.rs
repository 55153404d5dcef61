//! The command line: one file for each verb's arguments.

mod bench;
mod compare;
mod cuts;
mod device;
mod dfu;
mod filter;
mod hold;
mod image;
mod links;
mod list;
pub(crate) mod package;
mod requirements;
mod run;
mod target;
mod twins;
mod virtual_device;
mod words;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use bench::{BenchVerb, DoctorArgs};
pub(crate) use compare::CompareArgs;
pub(crate) use cuts::{CutsArgs, TearsChoice};
pub(crate) use device::{
    ApprotectChoice, DeviceVerb, DongleChoice, PowerChoice, SerialChoice, ServeArgs, TimingChoice,
};
pub(crate) use dfu::{DEFAULT_MTU, DfuArgs, LinkChoice};
pub(crate) use filter::FilterArgs;
pub(crate) use hold::HoldChoice;
pub(crate) use image::ImageChoice;
pub(crate) use links::Way;
pub(crate) use list::{CheckArgs, CompletionsArgs, ListArgs, SchemaArgs};
pub(crate) use package::PackageVerb;
pub(crate) use requirements::RequirementsArgs;
pub(crate) use run::{Bug, RunArgs};
pub(crate) use target::TargetArgs;
pub(crate) use virtual_device::VirtualDeviceArgs;
pub(crate) use words::{Shard, SoftDeviceChoice};

const EXAMPLES: &str = "\
Examples:
  gauntlet run                          the whole shipped suite, without any hardware
  gauntlet run resume                   the scenarios of one area
  gauntlet run my-scenario.yaml         a scenario of your own
  gauntlet run --link direct,dongle     the same cases over several backends, compared
  gauntlet dfu update.zip               one plain update with a package of yours
  gauntlet package show update.zip      what is inside a package, and what is wrong with it

Every option can also be set in the environment: --report-dir is GAUNTLET_REPORT_DIR, --seed is
GAUNTLET_SEED. An option on the command line wins. NO_COLOR turns colours off.";

const EXIT_CODES: &str = "\
Exit codes:
    0  everything that ran passed
    2  the command line is wrong
    4  nothing selected
   96  a scenario, package or key file is wrong
   97  the bench can't be used
   98  a fault did not fire, so a scenario did not test what it is there for; or a known failure passed
   99  internal error
  100  a scenario failed: the device is wrong; or the device refused the update, or did not survive a power cut;
       or runs that were compared differ in their verdicts, or by more than a threshold
  110  a report or another file could not be written
  130  interrupted";

/// Tests nRF52 Secure DFU bootloaders: faults, power cuts and bad packages, judged from the device's flash.
#[derive(Debug, Parser)]
#[command(
    name = "gauntlet",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"),
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run scenarios on a bench and write the reports.
    Run(Box<RunArgs>),
    /// List the cases that would run, one id per line.
    List(ListArgs),
    /// Look for mistakes in scenario files without running them.
    Check(CheckArgs),
    /// List what a bootloader must do, where that is implemented, and what tests it.
    Requirements(RequirementsArgs),
    /// Compare runs of the same cases: verdicts, throughput, times, host CPU.
    Compare(CompareArgs),
    /// Cut the power at every flash operation of an update, and see what becomes of the device.
    Cuts(CutsArgs),
    /// Send a package to a fresh virtual device and verify it through the probe, or to a device on a port.
    Dfu(DfuArgs),
    /// Look at the parts of a bench of your own.
    #[command(subcommand)]
    Bench(BenchVerb),
    /// Offer a virtual device to other programs.
    #[command(subcommand)]
    Device(DeviceVerb),
    /// Look into DFU packages; make and sign them; settings pages and keys.
    #[command(subcommand)]
    Package(PackageVerb),
    /// Print the JSON Schema of scenarios, for editors, or the reference page of the language.
    Schema(SchemaArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
}

impl Cli {
    /// Reads the command line and the environment.
    ///
    /// # Errors
    /// What is wrong with it, or the help that was asked for.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let matches = Self::command_line().try_get_matches()?;
        Self::from_arg_matches(&matches)
    }

    /// The command line with the environment twin of every option.
    pub(crate) fn command_line() -> clap::Command {
        twins::with_twins(Self::command())
    }
}
