//! Why the program can't do what it was asked for, and how it ends then.

use std::io;
use std::path::PathBuf;

use gauntlet_package::keys::KeyError;
use gauntlet_package::{Finding, PackageError};
use gauntlet_record::{ExitCode, WriteError};
use gauntlet_reports::compare::Incomparable;
use gauntlet_runner::Trouble;
use gauntlet_scenario::Diagnostics;
use miette::Diagnostic;

use crate::display::tame;
use crate::output;

/// What went wrong, for a person.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(crate) enum Failure {
    /// Mistakes in scenarios; each one is shown with its place.
    #[error("{0}")]
    Scenarios(Diagnostics),
    /// What was asked for chooses no case.
    #[error("{what}")]
    NothingSelected {
        what: String,
        #[help]
        advice: String,
    },
    /// Mistakes in an argument that is a piece of the scenario language.
    #[error("{0}")]
    Argument(Diagnostics),
    /// The bench does not exist.
    #[error("there is no bench `{name}`")]
    #[diagnostic(help(
        "take `virtual`, which needs no hardware, or a bench file that ends in .yaml: docs/hardware-bench.md"
    ))]
    NoBench { name: String },
    /// The bench of a file can't be used. Nothing has been changed on any board.
    #[error("the bench of {} can't be used", path.display())]
    Bench {
        path: PathBuf,
        #[help]
        advice: String,
        source: Box<gauntlet_bench::hardware::BenchError>,
    },
    /// A package can't be read.
    #[error("the package {file} can't be read")]
    PackageUnreadable { file: String, source: io::Error },
    /// No bootloader would take a package, or it is not what it seems.
    #[error("the package {file} is refused: {} ({})", about(finding), finding.reason)]
    PackageRefused {
        file: String,
        finding: Finding,
        #[help]
        advice: String,
    },
    /// A key can't be used.
    #[error("the key {} can't be used", path.display())]
    Key { path: PathBuf, source: KeyError },
    /// A firmware or settings file can't be used.
    #[error("the file {} can't be used", path.display())]
    File { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    /// A run is none, or is damaged.
    #[error("there is nothing to compare")]
    Incomparable {
        #[source]
        cause: Incomparable,
        #[help]
        advice: String,
    },
    /// The command line is well formed, but does not make sense.
    #[error("{what}")]
    Usage {
        what: String,
        #[help]
        advice: String,
    },
    /// The bench could not do its part.
    #[error("the update could not be done")]
    Trouble(#[source] Trouble),
    /// The target does not come up, or does not answer.
    #[error("the target can't be tested")]
    #[diagnostic(help(
        "without an application its bootloader must wait in DFU mode and answer a Ping on its UART"
    ))]
    Target(#[source] Trouble),
    /// The target is not what its file says.
    #[error("the target `{target}` is not what its file says")]
    #[diagnostic(help("{lies}"))]
    TargetLies { target: String, lies: String },
    /// Cases can't be given processes of their own.
    #[error("no process for the cases could be prepared")]
    #[cfg(unix)]
    Workers(#[source] io::Error),
    /// A file could not be written.
    #[error(transparent)]
    Write(WriteError),
    /// The answer could not be printed.
    #[error("the answer could not be written to stdout")]
    Stdout(#[source] io::Error),
}

impl Failure {
    /// How the program ends.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Scenarios(_)
            | Self::PackageUnreadable { .. }
            | Self::PackageRefused { .. }
            | Self::File { .. }
            | Self::Incomparable { .. }
            | Self::TargetLies { .. }
            | Self::Key { .. } => ExitCode::BadScenario,
            Self::NothingSelected { .. } => ExitCode::NothingSelected,
            Self::NoBench { .. } | Self::Bench { .. } => ExitCode::BenchUnusable,
            Self::Usage { .. } | Self::Argument(_) => ExitCode::Usage,
            Self::Target(_) => ExitCode::BenchUnusable,
            #[cfg(unix)]
            Self::Workers(_) => ExitCode::BenchUnusable,
            Self::Trouble(Trouble::Interrupted) => ExitCode::Interrupted,
            Self::Trouble(Trouble::Internal(_)) => ExitCode::Internal,
            Self::Trouble(_) => ExitCode::BenchUnusable,
            Self::Write(_) | Self::Stdout(_) => ExitCode::ReportNotWritten,
        }
    }

    /// Tells it on stderr.
    pub(crate) fn tell(&self) {
        match self {
            Self::Scenarios(mistakes) => output::tell_mistakes(mistakes),
            Self::Argument(mistakes) => output::tell_places(mistakes),
            other => output::tell_of(other),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(mistakes: Diagnostics) -> Self {
        Self::Scenarios(mistakes)
    }
}

impl From<PackageError> for Failure {
    fn from(error: PackageError) -> Self {
        match error {
            PackageError::Read { file, source } => Self::PackageUnreadable { file: tame(&file), source },
            PackageError::Refused { file, finding } => {
                let advice = finding.reason.advice().to_owned();
                Self::PackageRefused { file: tame(&file), finding, advice }
            }
        }
    }
}

/// What was found and in which entry; the advice stands elsewhere.
pub(crate) fn about(finding: &Finding) -> String {
    let entry = finding.entry.as_ref().map(|entry| format!("{entry}: ")).unwrap_or_default();
    tame(&format!("{entry}{}", finding.message))
}
