//! Record events in; reports out.
//!
//! A report is a consumer of the events of a run, live or from a journal that was left by a killed run. It never asks
//! a device and never changes a verdict.
//!
//! | module | what it holds |
//! |---|---|
//! | `account` | [`RunAccount`]: what each case did and how it ended, gathered from the events |
//! | `summary` | [`Summary`]: counts, the slowest cases and the exit code |
//! | `story`   | [`story_line`]: an event as one line for people |
//! | `junit`   | [`JunitReport`]: the JUnit file that CI systems read |
//! | `json`    | [`JsonReport`]: a run as one JSON document |
//! | [`compare`] | [`Comparison`](compare::Comparison): the same cases over several backends, held against each other |
//! | `html`    | [`HtmlReport`] and [`comparison_page`]: pages that need no network |
//! | `atomic_file` | [`write_atomically`]: a report is there as a whole or not at all |
//!
//! ```
//! use gauntlet_record::{CaseId, Event, Millis, Recorder, Verdict};
//! use gauntlet_reports::{RunAccount, Summary};
//!
//! let mut account = RunAccount::default();
//! let mut recorder = Recorder::new(|| Millis::ZERO).with(&mut account);
//! let case = CaseId::new("stream/good-30-kib")?;
//! recorder.emit(Some(&case), None, Event::CaseFinished { verdict: Verdict::Pass, took_ms: Millis::ZERO });
//! assert!(recorder.finish().is_empty());
//! assert_eq!(Summary::of(&account).counts.passed, 1);
//! # Ok::<(), gauntlet_record::CaseIdError>(())
//! ```

mod account;
mod atomic_file;
pub mod compare;
mod html;
mod json;
mod junit;
mod story;
mod summary;

pub use account::{CaseAccount, Ending, RunAccount};
pub use atomic_file::write_atomically;
pub use html::{HtmlReport, comparison_page, run_page};
pub use json::JsonReport;
pub use junit::JunitReport;
pub use story::story_line;
pub use summary::Summary;
