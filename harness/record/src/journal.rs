//! Records as JSON lines: written while the run goes on, so that a killed run can still be told.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use crate::{Record, Sink, WriteError};

/// What this file is called in messages.
const WHAT: &str = "journal";

/// Writes each record as one line and hands it to the system at once.
#[derive(Debug)]
pub struct JournalWriter<W = File> {
    out: W,
    path: PathBuf,
    line: Vec<u8>,
    failed: Option<io::Error>,
}

impl JournalWriter<File> {
    /// Begins a new journal file; an old one is replaced. The folder is made when it is missing.
    ///
    /// # Errors
    /// [`WriteError`] when the folder or the file can't be made.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, WriteError> {
        let path = path.into();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let made = folder.map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&path));
        match made {
            Ok(file) => Ok(Self::new(file, path)),
            Err(source) => Err(WriteError::new(WHAT, path, source)),
        }
    }
}

impl<W: Write> JournalWriter<W> {
    /// Writes to anything; `path` is only for messages. Each record arrives in a single write, followed by a flush.
    pub fn new(out: W, path: impl Into<PathBuf>) -> Self {
        Self { out, path: path.into(), line: Vec::new(), failed: None }
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, record)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

impl<W: Write> Sink for JournalWriter<W> {
    /// After the first error nothing more is written: a journal with a hole would be worse than a short one.
    fn accept(&mut self, record: &Record) {
        if self.failed.is_none() {
            self.failed = self.write(record).err();
        }
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        let source = self.failed.take();
        source.map_or(Ok(()), |source| Err(WriteError::new(WHAT, &self.path, source)))
    }
}

/// Why a journal can't be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file can't be opened or read.
    #[error("could not read the journal {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line that is not the last one is no record.
    #[error("line {line} of the journal {} is not a record", path.display())]
    BadLine {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Lines are missing, doubled or exchanged.
    #[error("line {line} of the journal {} is record {found}, expected record {expected}", path.display())]
    OutOfOrder {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// The number that should follow.
        expected: u64,
        /// The number it has.
        found: u64,
    },
}

/// The last line of a killed run: begun, but not completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncated {
    /// Number of the line, from 1.
    pub line: u64,
    /// How many bytes of it there are.
    pub bytes: usize,
}

/// A whole journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// All complete records.
    pub records: Vec<Record>,
    /// The incomplete last line, if there is one.
    pub truncated: Option<Truncated>,
}

impl Journal {
    /// Reads a whole journal file.
    ///
    /// # Errors
    /// See [`JournalReader`].
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let mut reader = JournalReader::open(path)?;
        let records = reader.by_ref().collect::<Result<_, _>>()?;
        Ok(Self { records, truncated: reader.truncated() })
    }
}

/// Reads records one by one.
///
/// A last line without a line break that is no record is what a killed run leaves. It ends the reading without an
/// error, and [`JournalReader::truncated`] reports it. After an error nothing more comes.
#[derive(Debug)]
pub struct JournalReader<R = BufReader<File>> {
    input: R,
    path: PathBuf,
    line: u64,
    next: u64,
    ended: bool,
    truncated: Option<Truncated>,
}

impl JournalReader {
    /// Opens a journal file.
    ///
    /// # Errors
    /// [`JournalError::Read`] when it can't be opened.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        match File::open(&path) {
            Ok(file) => Ok(Self::new(BufReader::new(file), path)),
            Err(source) => Err(JournalError::Read { path, source }),
        }
    }
}

impl<R: BufRead> JournalReader<R> {
    /// Reads from anything; `path` is only for messages.
    pub fn new(input: R, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self { input, path, line: 0, next: 0, ended: false, truncated: None }
    }

    /// The incomplete last line; known once the reader has come to its end.
    pub fn truncated(&self) -> Option<Truncated> {
        self.truncated
    }

    fn read(&mut self) -> Result<Option<Record>, JournalError> {
        let mut bytes = Vec::new();
        let path = || self.path.clone();
        self.input
            .read_until(b'\n', &mut bytes)
            .map_err(|source| JournalError::Read { path: path(), source })?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        let line = self.line;
        let record: Record = match serde_json::from_slice(&bytes) {
            Ok(record) => record,
            Err(_) if !bytes.ends_with(b"\n") => {
                self.truncated = Some(Truncated { line, bytes: bytes.len() });
                return Ok(None);
            }
            Err(source) => return Err(JournalError::BadLine { path: path(), line, source }),
        };
        if record.seq != self.next {
            let (expected, found) = (self.next, record.seq);
            return Err(JournalError::OutOfOrder { path: path(), line, expected, found });
        }
        self.next += 1;
        Ok(Some(record))
    }
}

impl<R: BufRead> Iterator for JournalReader<R> {
    type Item = Result<Record, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.read().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}
