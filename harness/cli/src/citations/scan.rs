// Finds requirement ids in source files. The build script and the program's tests share this file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Folders below `harness/` deeper than this do not exist; links that lead back up end here.
const DEEPEST: usize = 16;

/// An id, and the line where it stands, counted from 1.
pub(crate) type Cited = (String, usize);

/// Every id in a text.
pub(crate) fn everywhere(text: &str) -> BTreeSet<Cited> {
    numbered(text).flat_map(|(number, line)| ids(line).into_iter().map(move |id| (id, number))).collect()
}

/// True for a file that has only tests in it, by its path: `tests.rs`, and everything in a folder `tests`.
pub(crate) fn is_of_tests(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// The ids in the comments of a source file, without its tests: what the code there says that it implements.
pub(crate) fn in_comments(source: &str) -> BTreeSet<Cited> {
    let code = numbered(source).take(code_lines(source));
    let comments = code.filter_map(|(number, line)| Some((number, line.split_once("//")?.1)));
    comments.flat_map(|(number, comment)| ids(comment).into_iter().map(move |id| (id, number))).collect()
}

/// The ids in the tests at the end of a source file: in comments, in what assertions say, and in names of functions.
pub(crate) fn in_test_module(source: &str) -> BTreeSet<Cited> {
    let code = code_lines(source);
    checked(source).into_iter().filter(|(_, line)| *line > code).collect()
}

/// The ids in a file of tests. What only helps tests, such as a stand-in for a device, checks nothing.
pub(crate) fn in_test_file(source: &str) -> BTreeSet<Cited> {
    let is_test = |line: &str| {
        let line = line.trim_start();
        line.starts_with("#[test]") || line.starts_with("#[tokio::test")
    };
    if source.lines().any(is_test) { checked(source) } else { BTreeSet::new() }
}

fn checked(source: &str) -> BTreeSet<Cited> {
    let names = numbered(source).flat_map(|(number, line)| in_name(line).map(move |id| (id, number)));
    everywhere(source).into_iter().chain(names).collect()
}

/// The ids at the beginning of a function's name: `fn pkg_010_011_lengths()` has PKG-010 and PKG-011.
fn in_name(line: &str) -> impl Iterator<Item = String> {
    let name = line.trim_start().strip_prefix("fn ").unwrap_or_default();
    let (area, rest) = name.split_once('_').unwrap_or_default();
    let is_area = (2..=3).contains(&area.len()) && area.bytes().all(|c| c.is_ascii_lowercase());
    let numbers = rest.split('_').take(if is_area { usize::MAX } else { 0 });
    numbers.map_while(number).map(move |number| format!("{}-{number:03}", area.to_ascii_uppercase()))
}

/// How many lines stand in front of the tests of a source file: all, if it has none.
fn code_lines(source: &str) -> usize {
    let lines: Vec<&str> = source.lines().collect();
    let tests =
        |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{');
    lines.windows(2).position(tests).unwrap_or(lines.len())
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line))
}

/// The ids in a line. `OBJ-015..023` stands for all from the first to the last.
fn ids(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c)));
    for word in words {
        let (id, last) = word.split_once("..").unwrap_or((word, ""));
        let Some((area, first)) = parts(id.trim_end_matches(['.', '-'])) else { continue };
        let last = number(last.trim_end_matches(['.', '-'])).filter(|last| *last > first).unwrap_or(first);
        found.extend((first..=last).map(|number| format!("{area}-{number:03}")));
    }
    found
}

/// `OBJ` and 31 of `OBJ-031`.
fn parts(id: &str) -> Option<(&str, u16)> {
    let (area, digits) = id.split_once('-')?;
    let capitals = (2..=3).contains(&area.len()) && area.bytes().all(|c| c.is_ascii_uppercase());
    number(digits).filter(|_| capitals).map(|number| (area, number))
}

fn number(digits: &str) -> Option<u16> {
    let right = digits.len() == 3 && digits.bytes().all(|c| c.is_ascii_digit());
    right.then(|| digits.parse().ok()).flatten()
}

/// The files below a folder whose names end in one of `ends`, in the order of their names; hidden ones are left out.
pub(crate) fn files(folder: &Path, ends: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(folder, ends, 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, ends: &[&str], depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() && depth < DEEPEST {
            walk(&path, ends, depth + 1, found)?;
        } else if path.is_file() && ends.iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
    Ok(())
}
