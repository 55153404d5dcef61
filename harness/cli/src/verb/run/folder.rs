//! The folder of the reports belongs to one run at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::display::tame;
use crate::failure::Failure;
use crate::output;

/// Where reports go when nobody says otherwise.
const DEFAULT: &str = "reports/latest";
/// How many runs of one place may write beside each other without naming folders.
const BESIDE: usize = 99;

/// A folder for reports. As long as it lives, no other run of this program writes there.
pub(super) struct ReportFolder {
    path: PathBuf,
    /// Held, never read. The file stays: one that is taken away under a lock lets two runs in.
    _lock: Option<File>,
}

impl ReportFolder {
    /// Takes the folder that was asked for, or the default. While another run has the default, the next free one beside it
    /// is taken, so that neither spoils the other's reports.
    ///
    /// # Errors
    /// [`Failure::Usage`] when another run has the folder that was asked for.
    pub(super) fn claim(wanted: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = wanted {
            return Self::take(path.to_owned()).ok_or_else(|| Failure::Usage {
                what: format!(
                    "another run is writing its reports to `{}`",
                    tame(&path.display().to_string())
                ),
                advice: "wait for it, or choose another --report-dir".to_owned(),
            });
        }
        for number in 1..=BESIDE {
            let path = if number == 1 { DEFAULT.to_owned() } else { format!("{DEFAULT}-{number}") };
            if let Some(folder) = Self::take(PathBuf::from(&path)) {
                if number > 1 {
                    output::tell(&format!(
                        "  another run is writing to {DEFAULT}: the reports of this one go to {path}\n"
                    ));
                }
                return Ok(folder);
            }
        }
        Err(Failure::Usage {
            what: format!("{BESIDE} other runs are writing to folders beside `{DEFAULT}`"),
            advice: "choose a folder with --report-dir".to_owned(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What an earlier run over several backends has left here would not belong to the run that follows.
    pub(super) fn clear_comparison(&self) {
        for name in ["compare.json", "compare.html"] {
            let _not_there = fs::remove_file(self.path.join(name));
        }
    }

    /// Reports of an earlier run that would be taken for a part of a run over `names`: its own, and those of other backends.
    pub(super) fn clear_others(&self, names: &[&str]) {
        self.clear_comparison();
        let is_other =
            |path: &Path| path.file_name().is_none_or(|name| !names.iter().any(|own| name == *own));
        let below = fs::read_dir(&self.path).into_iter().flatten().flatten().map(|entry| entry.path());
        let others = below.filter(|path| path.is_dir() && is_other(path));
        for folder in others.chain([self.path.clone()]) {
            // Only where there is a journal; whatever else is in the folder is not ours.
            if fs::remove_file(folder.join(super::JOURNAL)).is_ok() {
                let _not_there = fs::remove_file(folder.join("junit.xml"));
            }
        }
    }

    /// `None` when another run has it. A folder that can't be made or locked is nobody's: that its reports can't be written
    /// is told when they are.
    fn take(path: PathBuf) -> Option<Self> {
        let made = fs::create_dir_all(&path).and_then(|()| File::create(path.join(".lock")));
        let Ok(file) = made else { return Some(Self { path, _lock: None }) };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            Ok(()) | Err(TryLockError::Error(_)) => Some(Self { path, _lock: Some(file) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_run_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("reports");
        let first = ReportFolder::claim(Some(&path)).unwrap();
        assert!(ReportFolder::claim(Some(&path)).is_err());
        drop(first);
        assert!(ReportFolder::claim(Some(&path)).is_ok());
    }

    #[test]
    fn only_journals_and_what_belongs_to_them_go() {
        let place = tempfile::tempdir().unwrap();
        let folder = ReportFolder::claim(Some(place.path())).unwrap();
        for name in [
            "run.jsonl",
            "junit.xml",
            "old/run.jsonl",
            "old/notes.txt",
            "kept/run.jsonl",
            "mine/junit.xml",
            "compare.html",
        ] {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        folder.clear_others(&["kept"]);
        let there = |name: &str| place.path().join(name).exists();
        assert!(["old/notes.txt", "kept/run.jsonl", "mine/junit.xml"].into_iter().all(there));
        assert!(!["run.jsonl", "junit.xml", "old/run.jsonl", "compare.html"].into_iter().any(there));
    }
}
