//! A report is there as a whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Writes a file in one go: into a temporary file beside it, which then takes its name. Whoever reads the path sees
/// the old content or the new one, never half of it. Folders are made when they are missing.
///
/// A path that names something other than a file, for example `/dev/stdout` or a named pipe, is written directly.
///
/// # Errors
/// What the system said; the old file, if there was one, is untouched then and no temporary file stays behind.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    write_with(path, |file| io::Write::write_all(file, content))
}

fn write_with(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let metadata = fs::metadata(path).ok();
    if metadata.is_some_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        return write(&mut File::options().write(true).open(path)?);
    }
    // A link to a file stays a link: the file behind it is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = target.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary = folder.join(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let mut file = File::create(&temporary)?;
    let written =
        write(&mut file).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        // The first error is the one to tell; the rest of the temporary file may stay if even this fails.
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_replaced_and_folders_are_made() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/report.xml");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(path.parent().unwrap()), ["report.xml"]);
    }

    #[test]
    fn a_full_disk_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.xml");
        write_atomically(&path, b"old").unwrap();
        let full = |file: &mut File| {
            io::Write::write_all(file, b"ha")?;
            Err(io::ErrorKind::StorageFull.into())
        };
        assert_eq!(write_with(&path, full).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(dir.path()), ["report.xml"]);
    }

    #[test]
    fn a_folder_in_the_way_is_an_error_without_leftovers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.xml");
        fs::create_dir_all(path.join("full")).unwrap();
        assert!(write_atomically(&path, b"x").is_err());
        assert_eq!(names(dir.path()), ["report.xml"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_devices_are_written_directly() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        write_atomically(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        if Path::new("/dev/full").exists() {
            let error = write_atomically(Path::new("/dev/full"), b"x").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        }
    }
}
