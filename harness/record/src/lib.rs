//! What a run leaves behind: ids, events, verdicts, the journal.
//!
//! A run is told as a sequence of [`Event`]s. Each one is stamped by a [`Recorder`], which makes it a [`Record`], and
//! goes to every [`Sink`]: the journal, the terminal, the reports. Nothing here touches a device, decides a verdict or
//! prints; this crate only says what can be said about a run and how it is written down.
//!
//! | module | what it holds |
//! |---|---|
//! | `case_id` | [`CaseId`]: the stable, hierarchical name of one case |
//! | `values`  | [`Millis`], [`Word`], [`Sha256`], [`HexBytes`]: numbers in the form people read them |
//! | `verdict` | [`Verdict`], [`Finding`], [`ErrorReport`], [`Counts`] |
//! | `exit_code` | [`ExitCode`] and which one wins when several apply |
//! | `event`   | [`Event`]: everything that can happen in a run |
//! | `record`  | [`Record`]: an event with its number, case and times |
//! | `sink`    | [`Sink`] and [`Recorder`]: from the one who knows to those who want to know |
//! | `plan_order` | [`PlanOrder`]: one order of events, however many boards work at the same time |
//! | `journal` | [`JournalWriter`] and [`JournalReader`]: records as JSON lines |
//! | `rerun`   | [`RerunCommand`]: how to run exactly one case again |
//!
//! # Determinism
//!
//! Everything that depends on the wall clock lies under the single key `wall` of a journal line. Two runs with the same
//! inputs and the same seed leave journals that are equal, byte for byte, once `wall` is removed.
//!
//! ```
//! use gauntlet_record::{CaseId, Collector, Event, Millis, Recorder, Verdict};
//!
//! let case = CaseId::new("stream/disconnect-mid-object")?;
//! let mut collector = Collector::default();
//! let mut recorder = Recorder::new(|| Millis::ZERO).with(&mut collector);
//! recorder.emit(
//!     Some(&case),
//!     Some(Millis::from_micros(1_500)),
//!     Event::CaseFinished { verdict: Verdict::Pass, took_ms: Millis::from_micros(1_500) },
//! );
//! assert!(recorder.finish().is_empty(), "no sink had anything to complain about");
//! assert_eq!(collector.records()[0].case.as_ref(), Some(&case));
//! # Ok::<(), gauntlet_record::CaseIdError>(())
//! ```

mod case_id;
mod event;
mod exit_code;
mod journal;
mod plan_order;
mod record;
mod rerun;
mod sink;
mod values;
mod verdict;

pub use case_id::{CaseId, CaseIdError};
pub use event::{Erased, Event, Region, RegionDigest};
pub use exit_code::ExitCode;
pub use journal::{Journal, JournalError, JournalReader, JournalWriter, Truncated};
pub use plan_order::PlanOrder;
pub use record::{Record, Wall};
pub use rerun::RerunCommand;
pub use sink::{Collector, Recorder, Sink, WriteError};
pub use values::{HexBytes, Millis, Sha256, Word};
pub use verdict::{Counts, ErrorClass, ErrorReport, Finding, Verdict, VerdictClass};
