//! `gauntlet bench`: what can be said about a bench without testing on it.

mod doctor;

use gauntlet_record::ExitCode;

use crate::args::BenchVerb;
use crate::failure::Failure;
use crate::output;

pub(super) fn perform(verb: &BenchVerb) -> Result<ExitCode, Failure> {
    match verb {
        BenchVerb::Doctor(args) => doctor::doctor(args),
        BenchVerb::Schema => {
            output::print(&gauntlet_scenario::bench_schema_text())?;
            Ok(ExitCode::Pass)
        }
    }
}
