//! The container: a zip, read into memory, distrusted.
//!
//! A zip tells everything twice (a directory at the end, a header in front of each entry), and different programs believe
//! different halves. So the directory is first checked against the headers by [`directory`], and only a zip that is the
//! same for every reader is unpacked. Nothing is ever written, and no name is ever joined to a path.

mod directory;
mod names;

use crate::finding::{Finding, Reason, Stage};
use directory::{DirEntry, Directory};
use gauntlet_protocol::crc32;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

pub(crate) use names::check_name;

/// How much a package may take. The defaults are far above every real package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the package file in bytes.
    pub file: usize,
    /// Number of entries.
    pub entries: usize,
    /// Unpacked size of one entry in bytes.
    pub entry: usize,
    /// Unpacked size of all entries together in bytes.
    pub total: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self { file: 24 * MIB, entries: 256, entry: 16 * MIB, total: 24 * MIB }
    }
}

/// An unpacked zip.
#[derive(Debug)]
pub(crate) struct Archive {
    files: BTreeMap<String, Vec<u8>>,
    folders: Vec<String>,
    /// Names that differ from another one in letter case only.
    look_alikes: BTreeSet<String>,
    pub(crate) warnings: Vec<Finding>,
}

impl Archive {
    /// Checks and unpacks.
    pub(crate) fn open(bytes: &[u8], limits: &Limits) -> Result<Self, Finding> {
        let directory = Directory::parse(bytes, limits)?;
        let mut warnings = Vec::new();
        let look_alikes = check_names(&directory.entries, &mut warnings)?;
        check_contents(&directory.entries, limits)?;
        let body = &bytes[directory.prefix..];
        if directory.prefix > 0 {
            let message = format!("there are {} bytes in front of the zip", directory.prefix);
            warnings.push(Finding::of_zip(Reason::PrefixData, message));
        }
        directory.check_headers(body, &mut warnings)?;

        let broken = |_| Finding::of_zip(Reason::BadZip, "the zip can't be unpacked");
        let mut zip = zip::ZipArchive::new(Cursor::new(body)).map_err(broken)?;
        let (mut files, mut folders, mut total) = (BTreeMap::new(), Vec::new(), 0usize);
        for (index, entry) in directory.entries.iter().enumerate() {
            if entry.name.ends_with('/') {
                folders.push(entry.name.clone());
                continue;
            }
            let data = unpack(&mut zip, index, entry, limits.entry.min(limits.total - total))?;
            total += data.len();
            files.insert(entry.name.clone(), data);
        }
        Ok(Self { files, folders, look_alikes, warnings })
    }

    /// The content of an entry.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// Takes the content of an entry out, to keep it without a copy.
    pub(crate) fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        self.files.remove(name)
    }

    /// Names of all files and folders about which nothing has been said yet.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let all = self.files.keys().chain(&self.folders);
        all.filter(|name| !self.look_alikes.contains(*name)).map(String::as_str)
    }
}

fn zip_finding(entry: &DirEntry, reason: Reason, message: impl Into<String>) -> Finding {
    Finding::about(Stage::Zip, &entry.name, reason, message)
}

/// Refuses bad names; gives those that differ from an earlier one in letter case only.
fn check_names(entries: &[DirEntry], warnings: &mut Vec<Finding>) -> Result<BTreeSet<String>, Finding> {
    let (mut exact, mut folded, mut look_alikes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for entry in entries {
        if let Err(why) = check_name(&entry.name) {
            return Err(zip_finding(entry, Reason::UnsafeName, why));
        }
        if entry.is_symlink() {
            return Err(zip_finding(entry, Reason::Symlink, "the entry is a symbolic link"));
        }
        if !exact.insert(&entry.raw_name) {
            let message = "the zip holds two entries with this name";
            return Err(zip_finding(entry, Reason::DuplicateName, message));
        }
        if !folded.insert(entry.name.to_lowercase()) {
            let message = "another entry differs from this one only in letter case";
            warnings.push(zip_finding(entry, Reason::NamesDifferOnlyInCase, message));
            look_alikes.insert(entry.name.clone());
        }
    }
    Ok(look_alikes)
}

/// What the directory says about the contents, before anything is unpacked.
fn check_contents(entries: &[DirEntry], limits: &Limits) -> Result<(), Finding> {
    let mut total = 0u64;
    for entry in entries {
        if entry.is_encrypted() {
            return Err(zip_finding(entry, Reason::Encrypted, "the entry is encrypted"));
        }
        if !matches!(entry.method, directory::STORED | directory::DEFLATED) {
            let message =
                format!("the entry is packed with method {}; only stored and deflate are read", entry.method);
            return Err(zip_finding(entry, Reason::UnsupportedCompression, message));
        }
        total = total.saturating_add(entry.size);
        let limit = limits.entry.min(limits.total) as u64;
        if entry.size > limit || total > limits.total as u64 {
            let message = format!("the entry announces {} bytes; the limit is {limit}", entry.size);
            return Err(zip_finding(entry, Reason::TooLarge, message));
        }
        if entry.method == directory::STORED && entry.size != entry.packed_size {
            let message = format!(
                "the entry is stored, but has {} bytes packed and {} unpacked",
                entry.packed_size, entry.size
            );
            return Err(zip_finding(entry, Reason::SizeLie, message));
        }
    }
    Ok(())
}

/// Unpacks one entry, reading no more than it announces.
fn unpack(
    zip: &mut zip::ZipArchive<Cursor<&[u8]>>,
    index: usize,
    entry: &DirEntry,
    limit: usize,
) -> Result<Vec<u8>, Finding> {
    let announced = entry.size;
    // The announced size was held against the limits before.
    let capacity = usize::try_from(announced).unwrap_or(limit).min(limit);
    let mut data = Vec::with_capacity(capacity);
    let file = zip.by_index(index).map_err(|_| {
        zip_finding(entry, Reason::BadZip, "the entry can't be opened where the directory says it is")
    })?;
    let outcome = file.take(announced).read_to_end(&mut data);
    if data.len() as u64 == announced && crc32(&data) != entry.crc {
        // The unpacker stops at the announced size, so a longer content looks like a wrong checksum.
        if entry.method == directory::DEFLATED && holds_more(zip, index, announced) {
            let message = format!("the entry announces {announced} bytes, but unpacks to more");
            return Err(zip_finding(entry, Reason::SizeLie, message));
        }
        return Err(zip_finding(entry, Reason::Crc, "the checksum of the entry is wrong"));
    }
    if outcome.is_err() {
        return Err(zip_finding(entry, Reason::CorruptData, "the packed data of the entry is broken"));
    }
    if (data.len() as u64) < announced {
        let message = format!("the entry announces {announced} bytes, but unpacks to {}", data.len());
        return Err(zip_finding(entry, Reason::SizeLie, message));
    }
    Ok(data)
}

/// True if a deflated entry goes on behind its announced size.
fn holds_more(zip: &mut zip::ZipArchive<Cursor<&[u8]>>, index: usize, announced: u64) -> bool {
    let Ok(packed) = zip.by_index_raw(index) else { return false };
    let mut content = flate2::read::DeflateDecoder::new(packed);
    let skipped = std::io::copy(&mut (&mut content).take(announced), &mut std::io::sink());
    skipped.is_ok_and(|count| count == announced) && matches!(content.read(&mut [0]), Ok(1))
}
