//! From the one who knows to those who want to know.

use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{CaseId, Event, Millis, Record, Wall};

/// A consumer of records: the journal, the terminal, a report.
///
/// A sink never disturbs the run. One that can't do its work keeps the first error and gives it when it is finished;
/// the run then ends with [`ExitCode::ReportNotWritten`](crate::ExitCode::ReportNotWritten) at least.
pub trait Sink {
    /// Takes the next record.
    fn accept(&mut self, record: &Record);

    /// No more records will come: completes the work.
    ///
    /// # Errors
    /// The first thing that could not be written.
    fn finish(&mut self) -> Result<(), WriteError> {
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn accept(&mut self, record: &Record) {
        (**self).accept(record);
    }
    fn finish(&mut self) -> Result<(), WriteError> {
        (**self).finish()
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn accept(&mut self, record: &Record) {
        (**self).accept(record);
    }
    fn finish(&mut self) -> Result<(), WriteError> {
        (**self).finish()
    }
}

/// A file of the run could not be written.
#[derive(Debug, thiserror::Error)]
#[error("could not write the {what} to {}", path.display())]
pub struct WriteError {
    /// What should have been written, for example "journal" or "JUnit report".
    pub what: &'static str,
    /// Where to.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl WriteError {
    /// Names what was written where.
    pub fn new(what: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self { what, path: path.into(), source }
    }
}

/// Numbers the events, stamps them with the wall clock and gives them to every sink.
pub struct Recorder<'a> {
    next: u64,
    began_unix_ms: Option<u64>,
    clock: Box<dyn FnMut() -> Millis + Send + 'a>,
    sinks: Vec<Box<dyn Sink + Send + 'a>>,
}

impl<'a> Recorder<'a> {
    /// `clock` tells the wall time since the run began.
    pub fn new(clock: impl FnMut() -> Millis + Send + 'a) -> Self {
        Self { next: 0, began_unix_ms: None, clock: Box::new(clock), sinks: Vec::new() }
    }

    /// Tells when the run began, for the first record.
    #[must_use]
    pub fn began(mut self, at: SystemTime) -> Self {
        self.began_unix_ms =
            at.duration_since(UNIX_EPOCH).ok().and_then(|since| u64::try_from(since.as_millis()).ok());
        self
    }

    /// Adds a sink, owned or as `&mut`; sinks get the records in the order in which they were added.
    #[must_use]
    pub fn with(mut self, sink: impl Sink + Send + 'a) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    /// The wall time since the run began.
    pub fn now(&mut self) -> Millis {
        (self.clock)()
    }

    /// Something happened just now. `case` is missing for events of the whole run, `device` is the device time since
    /// the case's device was switched on.
    pub fn emit(&mut self, case: Option<&CaseId>, device: Option<Millis>, event: Event) {
        let now = self.now();
        self.emit_at(now, case, device, event);
    }

    /// Something happened at `wall`, and is only told now.
    pub fn emit_at(&mut self, wall: Millis, case: Option<&CaseId>, device: Option<Millis>, event: Event) {
        self.emit_timed(wall, None, case, device, event);
    }

    /// The same, and this host has spent `cpu` of its processors' time on the case until then.
    pub fn emit_timed(
        &mut self,
        wall: Millis,
        cpu: Option<Millis>,
        case: Option<&CaseId>,
        device: Option<Millis>,
        event: Event,
    ) {
        let wall = Wall { ms: wall, began_unix_ms: self.began_unix_ms.take(), cpu_ms: cpu };
        let record = Record { seq: self.next, case: case.cloned(), wall, device_ms: device, event };
        self.next += 1;
        for sink in &mut self.sinks {
            sink.accept(&record);
        }
    }

    /// Finishes every sink, even when one fails, and returns what could not be written.
    #[must_use]
    pub fn finish(mut self) -> Vec<WriteError> {
        self.sinks.iter_mut().filter_map(|sink| sink.finish().err()).collect()
    }
}

/// A sink that keeps everything: for tests, and for callers who judge a single case.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    records: Vec<Record>,
}

impl Collector {
    /// What has come so far.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// What has come, given away.
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }
}

impl Sink for Collector {
    fn accept(&mut self, record: &Record) {
        self.records.push(record.clone());
    }
}
