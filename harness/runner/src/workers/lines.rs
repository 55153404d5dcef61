//! What parent and worker say to each other, a JSON object in a line.

use gauntlet_record::{CaseId, Event, Millis, Verdict};
use serde::{Deserialize, Serialize};

/// To a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Order {
    /// Try this case once.
    Run(CaseId),
    /// End what is running in good order.
    Stop,
}

/// From a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Said {
    /// This has happened.
    Told {
        /// Device time.
        device: Option<Millis>,
        /// What.
        event: Event,
    },
    /// The case has ended.
    Ended {
        /// How.
        verdict: Verdict,
        /// Device time that it took.
        took: Millis,
    },
}
