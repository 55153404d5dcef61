//! Arguments of the verbs that run nothing: `list`, `check`, `schema`, `completions`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::filter::FilterArgs;

/// List cases.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet list                  every case that is shipped
  gauntlet list resume           those with a tag
  gauntlet list --json my.yaml   those of a file, with titles, requirements and needs
  gauntlet list --requirement OBJ --need power-cut
  gauntlet list --field-failure FF-064 --field-failure FF-065")]
pub(crate) struct ListArgs {
    /// Which cases, as for `gauntlet run`; without any, all that are shipped
    #[arg(value_name = "ID|PATH|TAG")]
    pub(crate) wanted: Vec<OsString>,

    #[command(flatten)]
    pub(crate) filter: FilterArgs,

    /// Print a JSON array with everything that is known about each case
    #[arg(long)]
    pub(crate) json: bool,
}

/// Check scenario files.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet check my.yaml         one file
  gauntlet check scenarios/      a folder with everything below it

Ends with 96 when there is a mistake. Each is shown with its place and with what would be right.")]
pub(crate) struct CheckArgs {
    /// Files and folders; without any, the shipped suite
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// Print the JSON Schema of scenarios.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet schema > scenario.schema.json          for editors
  gauntlet schema --target > target.schema.json
  gauntlet schema --reference | less              every key with an example")]
pub(crate) struct SchemaArgs {
    /// The schema of target files instead
    #[arg(long, conflicts_with = "reference")]
    pub(crate) target: bool,

    /// The reference page of the language instead, as Markdown
    #[arg(long)]
    pub(crate) reference: bool,
}

/// Print a completion script.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet completions bash > ~/.local/share/bash-completion/completions/gauntlet
  gauntlet completions zsh > ~/.zfunc/_gauntlet")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
