//! A run over several backends: each by itself, and then all of them beside each other.

use std::path::{Path, PathBuf};

use gauntlet_bench::Bench;
use gauntlet_record::{ExitCode, WriteError};

use super::folder::ReportFolder;
use super::{Files, OneRun};
use crate::args::Way;
use crate::failure::Failure;
use crate::output;
use crate::verb::compare::{self, JOURNAL};

/// Makes the bench of a way.
type BenchOf<'a> = &'a dyn Fn(&Way) -> Result<Box<dyn Bench>, Failure>;

/// Runs the cases over each way, with the reports of each in a folder of its own, and compares the journals.
pub(super) fn run(
    run: &OneRun<'_>,
    ways: &[Way],
    bench_of: BenchOf<'_>,
    folder: &ReportFolder,
) -> Result<ExitCode, Failure> {
    let names: Vec<&str> = ways.iter().map(Way::name).collect();
    let options = run.args.how.options(false);
    if let Some(wanted) = options.baseline.as_ref().filter(|wanted| !names.contains(&wanted.as_str())) {
        return Err(Failure::Usage {
            what: format!("the baseline `{wanted}` is none of the backends"),
            advice: format!("--baseline takes one of {}", names.join(", ")),
        });
    }
    folder.clear_others(&names);
    let mut exit_code = ExitCode::Pass;
    let mut proven = false;
    let mut journals = Vec::new();
    for way in ways {
        if run.options.stopper.is_stopped() {
            break;
        }
        let own = folder.path().join(way.name());
        let junit = run.args.junit.as_ref().map(|path| beside(path, way.name()));
        output::tell(&format!("\n  over {}\n", way.name()));
        let bench = bench_of(way)?;
        let code = run.over(
            way,
            &*bench,
            &Files { folder: &own, junit, json: None, html: None, is_one_of_several: true },
        )?;
        // A backend that can carry none of the cases proves nothing, and nothing is wrong with it; unless it is so with all.
        if code != ExitCode::NothingSelected {
            proven = true;
            exit_code = exit_code.and(code);
        }
        journals.push(own.join(JOURNAL));
    }
    if !proven {
        exit_code = exit_code.and(ExitCode::NothingSelected);
    }
    journals.retain(|journal| journal.is_file());
    if journals.len() < 2 {
        return Ok(exit_code.and(ExitCode::Interrupted));
    }
    let comparison = compare::of(&journals, &options)?;
    output::tell("\n");
    compare::show(&comparison)?;
    Ok(exit_code.and(comparison.exit_code()).and(write(run, folder.path(), &comparison)?))
}

/// Writes the comparison beside the folders of the runs, and where else it is wanted. What can't be written weighs in at
/// the end, and keeps nothing else from being written.
fn write(
    run: &OneRun<'_>,
    folder: &Path,
    comparison: &gauntlet_reports::compare::Comparison,
) -> Result<ExitCode, Failure> {
    let json = [Some(folder.join("compare.json")), run.args.json.clone()];
    let html = [Some(folder.join("compare.html")), run.args.html.clone()];
    let written = json
        .into_iter()
        .flatten()
        .map(|path| (compare::write_json(comparison, &path), path))
        .chain(html.into_iter().flatten().map(|path| (compare::write_html(comparison, &path), path)));
    let mut code = ExitCode::Pass;
    for (written, path) in written {
        match written {
            Ok(()) => output::tell(&format!("  compared  {}\n", path.display())),
            Err(Failure::Write(error)) => {
                code = ExitCode::ReportNotWritten;
                tell_of(&error);
            }
            Err(other) => return Err(other),
        }
    }
    Ok(code)
}

fn tell_of(error: &WriteError) {
    output::tell(&format!("  missing   {error}: {}\n", error.source));
}

/// The path with the name of a backend in front of its ending: `junit-ble.xml`.
fn beside(path: &Path, name: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{name}{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_backend_has_a_file_of_its_own() {
        assert_eq!(beside(Path::new("out/junit.xml"), "ble"), Path::new("out/junit-ble.xml"));
        assert_eq!(beside(Path::new("junit"), "ble"), Path::new("junit-ble"));
    }
}
