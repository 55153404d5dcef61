//! The `gauntlet` program: arguments, terminal, exit codes. Everything else is in the crates below.
//!
//! | module | what |
//! |---|---|
//! | `args`      | the command line, a file for each verb; every option has a twin in the environment |
//! | `verb`      | what the verbs do, a file for each |
//! | `choice`    | from ids, tags, paths to the cases that are meant |
//! | `citations` | where code cites a requirement |
//! | `shipped`   | the suite inside the program |
//! | `targets`   | the device under test, where it is not the reference device |
//! | `display`   | a run, as a person sees it while it goes on |
//! | `output`    | stdout for what was asked for, stderr for people |
//! | `failure`   | why something can't be done, and the exit code for it |
//! | `interrupt` | Ctrl-C |

mod args;
mod benches;
mod choice;
mod citations;
mod display;
mod failure;
mod filter;
mod interrupt;
mod output;
mod shipped;
mod targets;
mod verb;

use std::panic;
use std::process;

use gauntlet_record::ExitCode;

fn main() -> process::ExitCode {
    let cli = match args::Cli::read() {
        Ok(cli) => cli,
        Err(asked_or_wrong) => {
            // Help goes to stdout, mistakes to stderr; whoever closed it does not want to read it.
            let _unread = asked_or_wrong.print();
            let wrong = asked_or_wrong.use_stderr();
            return if wrong { ExitCode::Usage } else { ExitCode::Pass }.into();
        }
    };
    match panic::catch_unwind(|| verb::perform(&cli.verb)) {
        Ok(Ok(code)) => code.into(),
        Ok(Err(failure)) => {
            failure.tell();
            failure.exit_code().into()
        }
        Err(_panic) => {
            output::tell(
                "\nthis is a bug of gauntlet: please report it, with the lines above and the command\n",
            );
            ExitCode::Internal.into()
        }
    }
}
