//! Why a case could not be brought to an end: never the device's fault.

use gauntlet_bench::{BoardError, ProbeError};
use gauntlet_package::PackageError;
use gauntlet_record::{ErrorClass, ErrorReport};

/// Something outside the device failed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The probe failed.
    #[error("the probe failed")]
    Probe(#[from] ProbeError),
    /// The board failed.
    #[error("the board could not be used")]
    Board(#[from] BoardError),
    /// A package of the scenario can't be sent.
    #[error("package `{name}` can't be used")]
    Package {
        /// Its name in the scenario.
        name: String,
        /// Why.
        #[source]
        cause: PackageError,
    },
    /// A package can't be built.
    #[error("package `{name}` can't be built: {why}")]
    Build {
        /// Its name in the scenario.
        name: String,
        /// Why.
        why: String,
    },
    /// The device did not come up after it was flashed.
    #[error("the freshly flashed device did not come up: {found}")]
    NotPrepared {
        /// What it did.
        found: String,
    },
    /// A fault of the scenario never fired.
    #[error("the fault `{fault}` did not fire: {why}")]
    FaultMissed {
        /// The fault.
        fault: String,
        /// Why not, as far as it is known.
        why: String,
    },
    /// The bench can't run this firmware.
    #[error("the bench can't run the firmware: {0}")]
    Stuck(String),
    /// The link could not do its part although the device is not to blame.
    #[error("the link failed: {0}")]
    Link(String),
    /// A capture could not be written.
    #[error("the capture {} could not be written: {why}", path.display())]
    Capture {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        why: String,
    },
    /// The user stopped the run.
    #[error("stopped by the user")]
    Interrupted,
    /// The harness contradicts itself.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Trouble {
    /// For the verdict.
    pub(crate) fn report(&self) -> ErrorReport {
        let class = match self {
            Self::Probe(_) | Self::Board(_) | Self::NotPrepared { .. } | Self::Stuck(_) | Self::Link(_) => {
                ErrorClass::Bench
            }
            Self::Package { .. } | Self::Build { .. } | Self::Capture { .. } => ErrorClass::Tool,
            Self::FaultMissed { fault, .. } => {
                return ErrorReport::fault_did_not_fire(fault, self.to_string());
            }
            Self::Interrupted => ErrorClass::Interrupted,
            Self::Internal(_) => ErrorClass::Internal,
        };
        ErrorReport::from_error(class, self)
    }
}
