//! A suite: all scenarios of some files and folders, or of a program that carries them inside.

mod files;
mod known_failures;
mod selection;

use std::path::{Path, PathBuf};

pub use files::{DiskFiles, NoFiles, PackageFiles};
pub use known_failures::KnownFailures;
pub use selection::{Chosen, Selection, Unmatched};

use crate::case::Case;
use crate::diagnostics::{Diagnostics, Problem, ProblemKind};
use crate::requirements::{Catalogue, is_catalogue};
use crate::scenario::Scenario;
use crate::yaml::Source;

/// Scenarios that have all passed every check, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    scenarios: Vec<Scenario>,
    files: usize,
    warnings: Diagnostics,
}

impl Suite {
    /// The scenarios, in the order of their ids.
    #[must_use]
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// How many files were read, requirement catalogues included.
    #[must_use]
    pub const fn files(&self) -> usize {
        self.files
    }

    /// The cases of all scenarios: by the scenario's id, then in the order of its matrix.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.scenarios.iter().flat_map(Scenario::cases)
    }

    /// What is no mistake but looks like one.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }
}

/// Loads files, and folders with everything below them that ends in `.yaml` or `.yml`.
///
/// Files are named in messages and in [`Case::file`] as they are found: the path that was asked for, and what is below
/// it. Hidden files and folders are left out. A requirement catalogue among them is checked and gives no scenario.
///
/// # Errors
/// Every mistake in every file, when one of them keeps a scenario from being run.
pub fn load(paths: &[PathBuf]) -> Result<Suite, Diagnostics> {
    from_paths(paths, None)
}

/// As [`load`], and requirements that are cited have to be in `catalogue`, unless there is one among the files.
///
/// # Errors
/// Every mistake in every file, when one of them keeps a scenario from being run.
pub fn load_citing(paths: &[PathBuf], catalogue: &Catalogue) -> Result<Suite, Diagnostics> {
    from_paths(paths, Some(catalogue))
}

fn from_paths(paths: &[PathBuf], catalogue: Option<&Catalogue>) -> Result<Suite, Diagnostics> {
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for path in paths {
        files::walk(path, &mut found, &mut problems);
    }
    found.sort();
    found.dedup();
    let mut sources = Vec::new();
    for path in found {
        let name = files::name(&path);
        match files::read(&path).map(|bytes| Source::from_bytes(&name, bytes)) {
            Ok(Ok(source)) => sources.push(source),
            Ok(Err(problem)) => problems.push(*problem),
            Err(error) => problems.push(unreadable(&path, &error)),
        }
    }
    gather(sources, &DiskFiles, catalogue, problems)
}

/// Loads scenarios that are in memory already. Their package files are asked from `files`.
///
/// # Errors
/// Every mistake in every source, when one of them keeps a scenario from being run.
pub fn load_sources(sources: &[Source], files: &dyn PackageFiles) -> Result<Suite, Diagnostics> {
    gather(sources.to_vec(), files, None, Vec::new())
}

fn gather(
    sources: Vec<Source>,
    files: &dyn PackageFiles,
    known: Option<&Catalogue>,
    mut problems: Vec<Problem>,
) -> Result<Suite, Diagnostics> {
    let files_read = sources.len();
    let (catalogues, sources): (Vec<Source>, Vec<Source>) = sources.into_iter().partition(is_catalogue);
    let mut read = Vec::new();
    for catalogue in &catalogues {
        let (catalogue, mut found) = Catalogue::read_with_problems(catalogue);
        read.extend(catalogue);
        problems.append(&mut found);
    }
    // With several catalogues nobody knows which of them an id is from, and with a broken one nothing is known.
    let known = match (read.as_slice(), catalogues.len()) {
        (_, 0) => known,
        ([only], 1) => Some(only),
        _ => None,
    };
    let mut scenarios = read_all(&sources, files, known, &mut problems);
    // A stable sort: of two scenarios with the same id the one of the first file stays in front.
    scenarios.sort_by(|a, b| a.id().cmp(b.id()));
    for pair in scenarios.windows(2).filter(|pair| pair[0].id() == pair[1].id()) {
        let (first, second) = (&pair[0], &pair[1]);
        let message = format!("the id `{}` is taken", second.id());
        problems.push(
            Problem::new(ProblemKind::DuplicateId, second.source(), second.id_span(), message)
                .label("an id names one scenario")
                .help(format!(
                    "it stands in {}:{} too",
                    first.file(),
                    first.source().place(first.id_span().start)
                )),
        );
    }
    let found: Diagnostics = problems.into_iter().collect();
    if found.errors() > 0 { Err(found) } else { Ok(Suite { scenarios, files: files_read, warnings: found }) }
}

/// So many files are worth a thread.
const SHARE: usize = 32;
/// More threads than this only wait for each other's memory.
const MOST_THREADS: usize = 8;

/// Reads scenarios, several at a time. What comes of it is in the order of the sources, however many there are.
fn read_all(
    sources: &[Source],
    files: &dyn PackageFiles,
    known: Option<&Catalogue>,
    problems: &mut Vec<Problem>,
) -> Vec<Scenario> {
    let read = |sources: &[Source]| {
        let mut problems = Vec::new();
        let found: Vec<Scenario> =
            sources.iter().filter_map(|source| Scenario::read(source, files, known, &mut problems)).collect();
        (found, problems)
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(MOST_THREADS).min(sources.len() / SHARE).max(1);
    let mut parts = sources.chunks(sources.len().div_ceil(threads).max(1));
    let own = parts.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| (part, scope.spawn(move || read(part)))).collect();
        let mut all = read(own);
        for (part, other) in others {
            // A reader that panics is a mistake of this program, and shows itself again here.
            let (mut found, mut mistakes) = other.join().unwrap_or_else(|_| read(part));
            all.0.append(&mut found);
            all.1.append(&mut mistakes);
        }
        problems.append(&mut all.1);
        all.0
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let source = Source::new(files::name(path), "");
    Problem::new(ProblemKind::Unreadable, &source, 0..0, format!("{} can't be read: {error}", path.display()))
}
