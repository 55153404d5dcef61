//! From what a user names to the cases that are meant.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use gauntlet_scenario::{Case, Selection, Suite, Unmatched, load_citing};

use crate::args::{FilterArgs, Shard};
use crate::display::tame;
use crate::failure::Failure;
use crate::{output, shipped};

/// Cases from the disk, and cases from inside the program.
///
/// Every name that exists on the disk is loaded from there. Every other name is a pattern: it chooses among the cases
/// from the disk when it fits one of these, and else among the shipped ones. Without patterns of the first kind all cases
/// from the disk are meant; without any names at all, the whole shipped suite.
pub(crate) struct Choice {
    sources: Vec<String>,
    disk: Option<(Suite, Selection)>,
    shipped: Option<(Suite, Selection)>,
}

impl Choice {
    /// Finds out what is meant.
    ///
    /// # Errors
    /// [`Failure::Scenarios`] for mistakes in files, [`Failure::NothingSelected`] for a name that nothing fits.
    pub(crate) fn of(wanted: &[OsString]) -> Result<Self, Failure> {
        let (paths, patterns): (Vec<_>, Vec<_>) = wanted.iter().partition(|name| Path::new(name).exists());
        let mut patterns: Vec<String> =
            patterns.into_iter().map(|name| name.to_string_lossy().into_owned()).collect();
        let sources = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let mut disk = None;
        if !paths.is_empty() {
            let suite = from_disk(&paths)?;
            let unmatched = Selection::new(patterns.as_slice()).choose(&suite).unmatched;
            let (elsewhere, here) = patterns
                .into_iter()
                .partition(|pattern| unmatched.iter().any(|unmatched| unmatched.pattern == *pattern));
            patterns = elsewhere;
            disk = Some((suite, Selection::new::<String>(here)));
        }
        let mut shipped = None;
        if disk.is_none() || !patterns.is_empty() {
            let suite = shipped::load()?;
            let selection = Selection::new(patterns);
            let unmatched = selection.choose(&suite).unmatched;
            if !unmatched.is_empty() {
                return Err(nothing_fits(&unmatched, disk.as_ref().map(|(suite, _)| suite)));
            }
            shipped = Some((suite, selection));
        }
        Ok(Self { sources, disk, shipped })
    }

    /// The files and folders on the disk that were named.
    pub(crate) fn sources(&self) -> Vec<String> {
        self.sources.clone()
    }

    /// The cases, those from the disk first. An id names one case: a shipped one makes room for one from the disk.
    pub(crate) fn cases(&self) -> Vec<&Case> {
        let mut cases: Vec<&Case> = Vec::new();
        for (suite, selection) in self.disk.iter().chain(&self.shipped) {
            let taken = cases.len();
            for case in selection.choose(suite).cases {
                if !cases[..taken].iter().any(|known| known.id == case.id) {
                    cases.push(case);
                }
            }
        }
        cases
    }

    /// Every suite that cases were chosen from.
    pub(crate) fn suites(&self) -> impl Iterator<Item = &Suite> + Clone {
        self.disk.iter().chain(&self.shipped).map(|(suite, _)| suite)
    }

    /// The cases that have what the filters ask for.
    ///
    /// # Errors
    /// [`Failure::NothingSelected`] for a word that no case has, and when nothing is left.
    pub(crate) fn filtered(&self, filter: &FilterArgs) -> Result<Vec<&Case>, Failure> {
        crate::filter::apply(self.cases(), filter)
    }

    /// The part of the chosen cases that one of several machines runs.
    ///
    /// # Errors
    /// [`Failure::NothingSelected`] for filters that leave nothing, and for more machines than cases.
    pub(crate) fn part(&self, filter: &FilterArgs, shard: Option<Shard>) -> Result<Vec<&Case>, Failure> {
        let cases = self.filtered(filter)?;
        let Some(shard) = shard else { return Ok(cases) };
        let count = cases.len();
        let share = shard.share(cases);
        if share.is_empty() {
            return Err(Failure::NothingSelected {
                what: format!("nothing is selected: shard {shard} of {count} cases is empty"),
                advice: "use fewer shards, or select more cases".to_owned(),
            });
        }
        Ok(share)
    }
}

/// Loads what exists, and tells what looks odd.
fn from_disk(paths: &[&OsString]) -> Result<Suite, Failure> {
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let suite = load_citing(&paths, &shipped::catalogue()?)?;
    output::tell_mistakes(suite.warnings());
    if suite.scenarios().is_empty() { Err(no_scenario(&paths)) } else { Ok(suite) }
}

/// Nothing is in these files and folders that could be looked at.
pub(crate) fn no_scenario(paths: &[PathBuf]) -> Failure {
    let names: Vec<String> =
        paths.iter().map(|path| format!("`{}`", tame(&path.display().to_string()))).collect();
    Failure::NothingSelected {
        what: format!("nothing is selected: there is no scenario in {}", names.join(", ")),
        advice: "a scenario is a file that ends in .yaml or .yml".to_owned(),
    }
}

fn nothing_fits(unmatched: &[Unmatched], disk: Option<&Suite>) -> Failure {
    let quoted = |name: &str| format!("`{}`", tame(name));
    let names: Vec<String> = unmatched.iter().map(|unmatched| quoted(&unmatched.pattern)).collect();
    let what = if unmatched.iter().any(|unmatched| looks_like_a_path(&unmatched.pattern)) {
        "there is no such file and no such case"
    } else {
        "no case, tag or file is named"
    };
    let nearest = |unmatched: &Unmatched| {
        let on_disk = disk.and_then(|suite| {
            Selection::new([unmatched.pattern.as_str()]).choose(suite).unmatched.pop()?.nearest
        });
        on_disk.or_else(|| unmatched.nearest.clone())
    };
    let advice: Vec<String> =
        unmatched.iter().filter_map(nearest).map(|name| format!("did you mean {}?", quoted(&name))).collect();
    let list = "`gauntlet list` shows every id".to_owned();
    Failure::NothingSelected {
        what: format!("nothing is selected: {what}: {}", names.join(", ")),
        advice: advice.into_iter().chain([list]).collect::<Vec<_>>().join("\n"),
    }
}

fn looks_like_a_path(name: &str) -> bool {
    let path = Path::new(name);
    path.is_absolute()
        || name.starts_with('.')
        || path.extension().is_some_and(|end| end == "yaml" || end == "yml")
}
