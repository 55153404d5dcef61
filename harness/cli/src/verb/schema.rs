//! `gauntlet schema`: the language, for editors and for people.

use gauntlet_record::ExitCode;

use crate::args::SchemaArgs;
use crate::failure::Failure;
use crate::output;

pub(super) fn schema(args: &SchemaArgs) -> Result<ExitCode, Failure> {
    let text = if args.reference {
        gauntlet_scenario::reference()
    } else if args.target {
        gauntlet_scenario::target_schema_text()
    } else {
        gauntlet_scenario::schema_text()
    };
    output::print(&text)?;
    Ok(ExitCode::Pass)
}
