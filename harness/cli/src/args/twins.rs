//! The environment twin of every option: `--report-dir` is `GAUNTLET_REPORT_DIR`.

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command};

/// Gives every option its twin, here and below. So none can be forgotten.
pub(super) fn with_twins(command: Command) -> Command {
    command.mut_args(with_twin).mut_subcommands(with_twins)
}

fn with_twin(arg: Arg) -> Arg {
    let Some(name) = arg.get_long().map(twin) else { return arg };
    // A switch can be turned on and off by the usual words.
    let arg = if matches!(arg.get_action(), ArgAction::SetTrue) {
        arg.value_parser(BoolishValueParser::new())
    } else {
        arg
    };
    // CI systems set variables to nothing when they mean "not set".
    if std::env::var_os(&name).is_some_and(|value| value.is_empty()) {
        return arg;
    }
    arg.env(name).hide_env(true)
}

fn twin(long: &str) -> String {
    format!("GAUNTLET_{}", long.replace('-', "_").to_uppercase())
}

#[cfg(test)]
mod tests {
    use crate::args::Cli;

    fn options(command: &clap::Command, visit: &mut impl FnMut(&clap::Arg)) {
        command.get_arguments().for_each(&mut *visit);
        command.get_subcommands().for_each(|below| options(below, visit));
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command_line().debug_assert();
    }

    #[test]
    fn every_option_has_its_twin() {
        let mut seen = 0;
        options(&Cli::command_line(), &mut |arg| {
            let Some(long) = arg.get_long() else { return };
            let twin = arg.get_env().map(|name| name.to_string_lossy().into_owned());
            assert_eq!(twin, Some(super::twin(long)), "--{long}");
            seen += 1;
        });
        assert!(seen > 20, "{seen} options");
        assert_eq!(super::twin("report-dir"), "GAUNTLET_REPORT_DIR");
    }

    #[test]
    fn every_option_and_verb_is_explained() {
        options(&Cli::command_line(), &mut |arg| assert!(arg.get_help().is_some(), "{}", arg.get_id()));
        for verb in Cli::command_line().get_subcommands() {
            assert!(verb.get_about().is_some(), "{}", verb.get_name());
        }
    }
}
