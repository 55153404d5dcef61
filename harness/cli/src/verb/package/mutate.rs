//! `gauntlet package mutate`.

use gauntlet_package::keys::TestKey;
use gauntlet_package::mutate::{MUTATIONS, MutateError, mutate as broken};
use gauntlet_package::read;
use gauntlet_record::ExitCode;
use serde_json::json;

use super::{signing_key, unusable, write};
use crate::args::package::MutateArgs;
use crate::display::tame;
use crate::failure::Failure;
use crate::output;

pub(super) fn mutate(args: &MutateArgs) -> Result<ExitCode, Failure> {
    let (Some(from), Some(to), Some(name), false) = (&args.package, &args.broken, &args.mutation, args.list)
    else {
        return list(args.json);
    };
    let key = match &args.signing_key {
        Some(path) => signing_key(path)?,
        None => TestKey::Release.signing_key(),
    };
    let package = read(from)?;
    let bytes = broken(name, &package, &key).map_err(|error| match error {
        MutateError::Unknown { .. } => Failure::Usage {
            what: tame(&error.to_string()),
            advice: "`gauntlet package mutate --list` shows all of them".to_owned(),
        },
        error => unusable(from, error),
    })?;
    write("package", to, &bytes)?;
    let about = MUTATIONS.iter().find(|mutation| mutation.name == name).map_or("", |found| found.about);
    output::print(&format!("{}: {about}\n", tame(&to.display().to_string())))?;
    Ok(ExitCode::Pass)
}

fn list(as_json: bool) -> Result<ExitCode, Failure> {
    let text = if as_json {
        let all: Vec<_> = MUTATIONS.iter().map(|m| json!({ "name": m.name, "about": m.about })).collect();
        serde_json::to_string_pretty(&all).map_err(|error| Failure::Stdout(error.into()))? + "\n"
    } else {
        let width = MUTATIONS.iter().map(|mutation| mutation.name.len()).max().unwrap_or(0);
        MUTATIONS.iter().map(|m| format!("{:<width$}  {}\n", m.name, m.about)).collect()
    };
    output::print(&text)?;
    Ok(ExitCode::Pass)
}
