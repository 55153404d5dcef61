//! `gauntlet check`: mistakes in scenarios, without running them.

use gauntlet_record::ExitCode;

use crate::args::CheckArgs;
use crate::failure::Failure;
use crate::{output, shipped};

pub(super) fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let suite = if args.paths.is_empty() {
        shipped::load()?
    } else {
        gauntlet_scenario::load_citing(&args.paths, &shipped::catalogue()?)?
    };
    output::tell_mistakes(suite.warnings());
    let count = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let scenarios = count(suite.scenarios().len(), "scenario");
    let cases = count(suite.cases().count(), "case");
    output::print(&format!("{scenarios}, {cases}\n"))?;
    Ok(ExitCode::Pass)
}
