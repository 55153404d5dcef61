//! `gauntlet completions`

use gauntlet_record::ExitCode;

use crate::args::{Cli, CompletionsArgs};
use crate::failure::Failure;
use crate::output;

pub(super) fn completions(args: &CompletionsArgs) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command_line(), "gauntlet", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Pass)
}
