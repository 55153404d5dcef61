//! Files: where scenarios are found, and where their packages come from.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::unreadable;
use crate::diagnostics::Problem;
use crate::yaml::LARGEST;

/// How deep folders are walked. Links that lead back up end here.
const DEEPEST: usize = 16;

/// Where the package files of scenarios come from.
pub trait PackageFiles: Sync {
    /// The contents of the file at `path`, which is relative to the file of the scenario and uses `/`. `scenario` is
    /// the name under which the scenario was loaded.
    ///
    /// # Errors
    /// What keeps the file from being read.
    fn read(&self, scenario: &str, path: &str) -> io::Result<Arc<[u8]>>;
}

impl<F: Fn(&str, &str) -> io::Result<Arc<[u8]>> + Sync> PackageFiles for F {
    fn read(&self, scenario: &str, path: &str) -> io::Result<Arc<[u8]>> {
        self(scenario, path)
    }
}

/// Package files beside scenarios on the disk.
#[derive(Clone, Copy, Debug)]
pub struct DiskFiles;

impl PackageFiles for DiskFiles {
    fn read(&self, scenario: &str, path: &str) -> io::Result<Arc<[u8]>> {
        let folder = Path::new(scenario).parent().unwrap_or(Path::new(""));
        std::fs::read(folder.join(path)).map(Into::into)
    }
}

/// No package files at all, for scenarios that build everything.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl PackageFiles for NoFiles {
    fn read(&self, _: &str, _: &str) -> io::Result<Arc<[u8]>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// A scenario file, or as much of it as shows that it is too large: a device file has no end.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Finds scenario files. A path that is named itself is taken whatever it is called.
pub(super) fn walk(path: &Path, found: &mut Vec<PathBuf>, problems: &mut Vec<Problem>) {
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => walk_folder(path, 0, found, problems),
        Ok(_) => found.push(path.to_owned()),
        Err(error) => problems.push(unreadable(path, &error)),
    }
}

fn walk_folder(folder: &Path, depth: usize, found: &mut Vec<PathBuf>, problems: &mut Vec<Problem>) {
    let entries = std::fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => return problems.push(unreadable(folder, &error)),
    };
    for path in entries.into_iter().map(|entry| entry.path()) {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if hidden {
            continue;
        }
        if path.is_dir() {
            if depth < DEEPEST {
                walk_folder(&path, depth + 1, found, problems);
            }
        } else if yaml {
            found.push(path);
        }
    }
}

/// The name of a file in messages, with `/` on every system.
pub(super) fn name(path: &Path) -> String {
    let name = path.to_string_lossy();
    if cfg!(windows) { name.replace('\\', "/") } else { name.into_owned() }
}
