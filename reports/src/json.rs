//! A run as one JSON document, for whoever does not want to read the journal.

use std::path::PathBuf;

use gauntlet_record::{CaseId, Counts, Millis, Record, Sink, Verdict, WriteError};
use serde::Serialize;

use crate::compare::Figures;
use crate::{RunAccount, Summary, write_atomically};

/// Writes the document when the run is finished.
#[derive(Debug)]
pub struct JsonReport {
    path: PathBuf,
    account: RunAccount,
}

#[derive(Serialize)]
struct Document<'a> {
    facts: serde_json::Map<String, serde_json::Value>,
    began_unix_ms: Option<u64>,
    wall_ms: Millis,
    interrupted: bool,
    counts: Counts,
    exit_code: u8,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a CaseId,
    title: &'a str,
    file: Option<&'a str>,
    requirements: &'a [String],
    /// Nothing when the run ended before it had one.
    verdict: Option<&'a Verdict>,
    figures: &'a Figures,
    rerun: String,
}

impl JsonReport {
    /// The document goes to this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), account: RunAccount::default() }
    }

    /// The document of a finished or killed run.
    ///
    /// # Errors
    /// None that is known; serialisation can't fail for these types.
    pub fn json(account: &RunAccount) -> serde_json::Result<String> {
        let summary = Summary::of(account);
        let facts = account.facts().iter().map(|(name, value)| ((*name).to_owned(), value.clone().into()));
        let cases = account.cases().map(|case| Case {
            id: &case.id,
            title: &case.title,
            file: case.file.as_deref(),
            requirements: &case.requirements,
            verdict: case.ending.verdict(),
            figures: case.figures(),
            rerun: account.rerun().for_case(&case.id).to_string(),
        });
        let document = Document {
            facts: facts.collect(),
            began_unix_ms: account.began_unix_ms(),
            wall_ms: account.wall(),
            interrupted: account.was_interrupted(),
            counts: summary.counts,
            exit_code: summary.exit_code.number(),
            cases: cases.collect(),
        };
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }
}

impl Sink for JsonReport {
    fn accept(&mut self, record: &Record) {
        self.account.accept(record);
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        Self::json(&self.account)
            .map_err(std::io::Error::from)
            .and_then(|json| write_atomically(&self.path, json.as_bytes()))
            .map_err(|source| WriteError::new("JSON report", &self.path, source))
    }
}
