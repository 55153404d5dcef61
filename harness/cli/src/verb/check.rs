//! `gauntlet check`: mistakes in scenarios, without running them.

use gauntlet_record::ExitCode;

use crate::args::CheckArgs;
use crate::choice::no_scenario;
use crate::display::counted;
use crate::failure::Failure;
use crate::{output, shipped};

pub(super) fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let suite = if args.paths.is_empty() {
        shipped::load()?
    } else {
        gauntlet_scenario::load_citing(&args.paths, &shipped::catalogue()?)?
    };
    output::tell_mistakes(suite.warnings());
    if suite.files() == 0 {
        return Err(no_scenario(&args.paths));
    }
    let scenarios = counted(suite.scenarios().len(), "scenario");
    let cases = counted(suite.cases().count(), "case");
    output::print(&format!("{scenarios}, {cases}\n"))?;
    Ok(ExitCode::Pass)
}
