//! Cases in processes of their own, for benches whose libraries keep one state for each process.
//!
//! A worker is this program once more: it reads which case to run, and writes what happens as JSON lines. The parent tells
//! all of it as if it had happened here, so that reports look like those of any other run. A worker serves case after case;
//! one that dies or falls silent costs the case that it was at, and the next case gets another one.

mod lines;
mod process;
mod serve;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use serve::serve;

pub(crate) use process::Worker;

/// A worker that says nothing for so long is ended. Steps that compute for long say something far more often.
const SILENCE: Duration = Duration::from_secs(300);

/// How workers are started.
#[derive(Clone, Debug)]
pub struct Workers {
    program: PathBuf,
    arguments: Vec<OsString>,
    folder: Arc<tempfile::TempDir>,
    number: Arc<AtomicU64>,
    silence: Duration,
}

impl Workers {
    /// Workers that are `program` with these arguments, and call [`serve`].
    ///
    /// # Errors
    /// What the system says about a folder for their buses.
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("gauntlet-").tempdir()?;
        Ok(Self { program, arguments, folder: Arc::new(folder), number: Arc::default(), silence: SILENCE })
    }

    /// Ends a worker that says nothing for so long.
    #[must_use]
    pub fn with_silence(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// The place of a bus that nobody else has.
    fn bus(&self) -> PathBuf {
        self.folder.path().join(format!("bus-{}", self.number.fetch_add(1, Ordering::Relaxed)))
    }
}
