//! Where code and tests cite a requirement: collected when the program is built.
//!
//! A comment in code that names a requirement says that the code below it does what the requirement asks for. A test that names
//! one, in a comment or in what an assertion says, checks it without a scenario. Crates that only describe, run and judge cite
//! requirements too, but implement none: they are left out.

#[cfg(test)]
mod scan;
#[cfg(test)]
mod tests;

use serde::Serialize;

// `static CLAIMS` and `static CHECKS`, both `&[(&str, &str, u32)]`: id, path from the root of the project, with `/`, and
// line; sorted.
include!(concat!(env!("OUT_DIR"), "/citations.rs"));

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// The path from the root of the project.
    pub(crate) file: &'static str,
    /// The line, counted from 1.
    pub(crate) line: u32,
}

/// Where a requirement is implemented, in the order of files and lines.
pub(crate) fn implementing(id: &str) -> Vec<Place> {
    of(CLAIMS, id)
}

/// Where tests of the crates check a requirement, in the order of files and lines.
pub(crate) fn checking(id: &str) -> Vec<Place> {
    of(CHECKS, id)
}

fn of(table: &[(&str, &'static str, u32)], id: &str) -> Vec<Place> {
    let from = table.partition_point(|(cited, ..)| *cited < id);
    let own = table[from..].iter().take_while(|(cited, ..)| *cited == id);
    own.map(|&(_, file, line)| Place { file, line }).collect()
}
