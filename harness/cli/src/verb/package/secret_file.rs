//! A file that only its owner can read, complete or not there at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes the file.
///
/// # Errors
/// What the system said. Without `force` that is [`io::ErrorKind::AlreadyExists`] for a file that is there, which stays as
/// it is. No temporary file stays behind.
pub(super) fn write(path: &Path, content: &[u8], force: bool) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
    let temporary = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let mut file = create(&temporary)?;
    let written = file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| {
        if force {
            return fs::rename(&temporary, path);
        }
        // A second name, unlike a new name, is never given to a file that is there.
        fs::hard_link(&temporary, path)
    });
    // After a rename it is gone already.
    let _ = fs::remove_file(&temporary);
    written
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
