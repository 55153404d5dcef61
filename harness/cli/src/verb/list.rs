//! `gauntlet list`: which cases would run.

use gauntlet_record::ExitCode;
use gauntlet_scenario::Case;
use serde::Serialize;

use crate::args::ListArgs;
use crate::choice::Choice;
use crate::failure::Failure;
use crate::output;

/// A case, for programs.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    scenario: &'a str,
    title: &'a str,
    file: &'a str,
    chip: String,
    /// What a bench must be able to do.
    needs: Vec<String>,
    requirements: Vec<&'a str>,
    /// Field failures behind the scenario.
    from: Vec<&'a str>,
    tags: Vec<&'a str>,
}

pub(super) fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    let choice = Choice::of(&args.wanted)?;
    let cases = choice.filtered(&args.filter)?;
    let text = if args.json {
        let listed: Vec<Listed<'_>> = cases.into_iter().map(listed).collect();
        // Names and lists of names have nothing in them that JSON could not hold.
        let json = serde_json::to_string_pretty(&listed).map_err(|error| Failure::Stdout(error.into()))?;
        json + "\n"
    } else {
        cases.into_iter().map(|case| format!("{}\n", case.id)).collect()
    };
    output::print(&text)?;
    Ok(ExitCode::Pass)
}

fn listed(case: &Case) -> Listed<'_> {
    Listed {
        id: case.id.as_str(),
        scenario: case.scenario.as_str(),
        title: &case.title,
        file: &case.file,
        chip: case.chip.to_string(),
        needs: case.capabilities().iter().map(ToString::to_string).collect(),
        requirements: case.requirements.iter().map(|id| id.as_str()).collect(),
        from: case.from.iter().map(|id| id.as_str()).collect(),
        tags: case.tags.iter().map(|tag| tag.as_str()).collect(),
    }
}
