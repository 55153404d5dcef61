//! The JUnit file that CI systems read, made with the crate junit-report.
//!
//! One `testsuite` for each first part of the case ids, one `testcase` for each planned case. The name of a test case
//! is the whole id, so that it can be copied to a command line; its class name is everything before the last part.
//! Times are wall times in seconds, as CI systems expect; the device time is in the text.
//!
//! | verdict | element |
//! |---|---|
//! | Pass | - |
//! | Fail | `failure`: every finding with what was expected and found, and how to run the case again |
//! | Error | `error` with the class as type: the message, its causes, and how to run the case again |
//! | Skipped | `skipped` with the reason |
//! | none, the run was killed during the case | `error` of type `interrupted` |
//! | none, the run ended before the case | `skipped` of type `not-run` |

mod case;
mod complete;
mod text;

use std::io;
use std::path::PathBuf;

use gauntlet_record::{Record, Sink, WriteError};
use junit_report::{Duration, OffsetDateTime, Report, TestSuite};

use crate::{RunAccount, write_atomically};

/// Gathers the events of a run and writes the JUnit file when it is finished.
#[derive(Debug)]
pub struct JunitReport {
    account: RunAccount,
    path: PathBuf,
}

impl JunitReport {
    /// Will write to `path`. The file comes into being as a whole at the end of the run.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { account: RunAccount::default(), path: path.into() }
    }

    /// The XML of a run as far as it is known.
    ///
    /// # Errors
    /// An XML library that fails on writing into memory; not known to happen.
    pub fn xml(account: &RunAccount) -> io::Result<Vec<u8>> {
        let report = report(account);
        let mut plain = Vec::new();
        report.write_xml(&mut plain).map_err(|error| match error {
            junit_report::Error::Io(error) => error,
            junit_report::Error::Xml(error) => io::Error::other(error),
        })?;
        let plain = String::from_utf8(plain).map_err(io::Error::other)?;
        complete::complete(&plain, &report, account)
    }
}

impl Sink for JunitReport {
    fn accept(&mut self, record: &Record) {
        self.account.accept(record);
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        Self::xml(&self.account)
            .and_then(|xml| write_atomically(&self.path, &xml))
            .map_err(|source| WriteError::new("JUnit report", &self.path, source))
    }
}

/// The suites in the order in which their first case is planned.
fn report(account: &RunAccount) -> Report {
    let began = i128::from(account.began_unix_ms().unwrap_or(0)) * 1_000_000;
    // A year beyond 9999 can't be written as a date; the epoch says "unknown" as well as anything.
    let began = OffsetDateTime::from_unix_timestamp_nanos(began).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut suites: Vec<TestSuite> = Vec::new();
    for case in account.cases() {
        let name = text::attribute(case.id.group());
        let index = suites.iter().position(|suite| suite.name == name).unwrap_or_else(|| {
            suites.push(TestSuite {
                package: format!("gauntlet/{name}"),
                name,
                timestamp: began,
                hostname: "localhost".to_owned(),
                testcases: Vec::new(),
                system_out: None,
                system_err: None,
            });
            suites.len() - 1
        });
        suites[index].testcases.push(case::test_case(case, account.rerun()));
    }
    let mut report = Report::new();
    report.add_testsuites(suites);
    report
}

/// A time for the library, which counts with signs.
fn duration(time: gauntlet_record::Millis) -> Duration {
    Duration::microseconds(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}
