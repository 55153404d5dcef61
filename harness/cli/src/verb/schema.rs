//! `gauntlet schema`

use gauntlet_record::ExitCode;

use crate::failure::Failure;
use crate::output;

pub(super) fn schema() -> Result<ExitCode, Failure> {
    output::print(&gauntlet_scenario::schema_text())?;
    Ok(ExitCode::Pass)
}
