//! Options that choose among cases: the same for `list` and `run`.

/// What the chosen cases must have. Several of one kind: any of them. Several kinds: each of them.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Only cases that")]
pub(crate) struct FilterArgs {
    /// have this tag
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,

    /// check this requirement, or one of this area: OBJ-031, OBJ
    #[arg(long = "requirement", value_name = "ID|AREA")]
    pub(crate) requirements: Vec<String>,

    /// come from this failure in the field: FF-064
    #[arg(long = "field-failure", value_name = "ID")]
    pub(crate) field_failures: Vec<String>,

    /// need this of a bench: ble, serial, power-cut
    #[arg(long = "need", value_name = "CAPABILITY")]
    pub(crate) needs: Vec<String>,
}

impl FilterArgs {
    /// Nothing is left out.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.tags, &self.requirements, &self.field_failures, &self.needs].into_iter().all(Vec::is_empty)
    }
}
