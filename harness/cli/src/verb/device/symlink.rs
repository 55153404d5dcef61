//! A lasting name for a port whose own name is another one each time.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A symbolic link that lives as long as this.
pub(super) struct Symlink {
    path: PathBuf,
    target: PathBuf,
}

impl Symlink {
    /// Makes `path` lead to `target`. An older link is replaced; a file is not.
    pub(super) fn new(path: &Path, target: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink()) {
            fs::remove_file(path)?;
        }
        symlink(target, path)?;
        Ok(Self { path: path.to_owned(), target: target.to_owned() })
    }
}

impl Drop for Symlink {
    fn drop(&mut self) {
        // Somebody may have made it lead elsewhere by now; and one that has gone is what is wanted.
        if fs::read_link(&self.path).is_ok_and(|target| target == self.target) {
            let _gone = fs::remove_file(&self.path);
        }
    }
}
