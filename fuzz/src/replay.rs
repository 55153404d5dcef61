//! Running a target on files.

use crate::Target;
use std::process::ExitCode;

/// Gives the files named on the command line to the target, one after the other. A find panics, as it did when it was
/// found.
#[must_use]
pub fn replay(target: &Target) -> ExitCode {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: {} FILE...   tries each file; a find panics", target.name);
        return ExitCode::from(2);
    }
    for file in files {
        match std::fs::read(&file) {
            Ok(input) => {
                (target.run)(&input);
                println!("{}: {} bytes, nothing wrong", file.display(), input.len());
            }
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}
