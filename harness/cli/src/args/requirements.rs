//! Arguments of `gauntlet requirements`.

/// List requirements.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gauntlet requirements                      all, with a summary in the last line
  gauntlet requirements OBJ-031 PWR          one, and those of an area
  gauntlet requirements --untested SET       the gaps of an area
  gauntlet requirements FF                   failures in the field, and what makes them happen
  gauntlet requirements power/transfer       what a scenario checks; those of a folder: power
  gauntlet requirements --json > all.json    for programs")]
pub(crate) struct RequirementsArgs {
    /// Which requirements, or failures in the field such as FF-041, or scenarios; without any, all requirements
    #[arg(value_name = "ID|AREA|SCENARIO")]
    pub(crate) wanted: Vec<String>,

    /// Show only what neither a shipped scenario nor a test of a crate tests
    #[arg(long)]
    pub(crate) untested: bool,

    /// Show only what no code says that it implements
    #[arg(long)]
    pub(crate) unimplemented: bool,

    /// Print a JSON array with everything that is known about each requirement
    #[arg(long)]
    pub(crate) json: bool,
}
