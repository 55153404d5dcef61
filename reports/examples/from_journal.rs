//! Makes the JUnit report of a run from its journal, for example of a run that was killed:
//! `cargo run -p gauntlet-reports --example from_journal -- reports/latest/run.jsonl junit.xml`

use std::env::args_os;
use std::error::Error;

use gauntlet_record::{Journal, Sink};
use gauntlet_reports::JunitReport;

fn main() -> Result<(), Box<dyn Error>> {
    let (Some(journal), Some(junit)) = (args_os().nth(1), args_os().nth(2)) else {
        return Err("usage: from_journal JOURNAL JUNIT".into());
    };
    let mut report = JunitReport::new(junit);
    for record in &Journal::read(journal)?.records {
        report.accept(record);
    }
    Ok(report.finish()?)
}
