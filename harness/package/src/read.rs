//! Reading a package: everything in memory, everything judged before anything is used.

use crate::archive::{Archive, Limits};
use crate::finding::{Finding, PackageError, Reason, Stage, Warning};
use crate::judge;
use crate::keys::PublicKey;
use crate::manifest::{self, MANIFEST_NAME, ManifestKey};
use gauntlet_protocol::init_packet::{FwType, InitPacket};
use std::io::Read;
use std::path::Path;

/// What a reader may know and spend.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The key that the bootloader holds. With it, signatures that it would not accept are refused.
    pub public_key: Option<PublicKey>,
    /// Limits.
    pub limits: Limits,
}

/// A package that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The images in sending order (PKG-029); at least one.
    pub images: Vec<Image>,
    /// What is odd, but no reason to refuse.
    pub warnings: Vec<Warning>,
}

/// One image: one DFU session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Under which key the manifest names it.
    pub key: ManifestKey,
    /// What it is, from the init packet: an external application stands under the key `application`.
    pub kind: FwType,
    /// Name of the firmware entry.
    pub bin_name: String,
    /// Name of the init packet entry.
    pub dat_name: String,
    /// The firmware to send as data objects.
    pub firmware: Vec<u8>,
    /// The init packet to send as command object.
    pub init_packet: Vec<u8>,
    /// The same, decoded.
    pub init: InitPacket,
}

impl Image {
    /// The bytes the signature covers.
    #[must_use]
    pub fn signed_bytes(&self) -> &[u8] {
        self.init.signed_bytes(&self.init_packet)
    }
}

/// Reads a package file without knowing a key.
///
/// # Errors
/// As [`read_with`].
pub fn read(path: impl AsRef<Path>) -> Result<Package, PackageError> {
    read_with(path, &ReadOptions::default())
}

/// Reads a package file.
///
/// # Errors
/// [`PackageError::Read`] when the file can't be read, [`PackageError::Refused`] with place and reason when it is not a
/// package to be sent.
pub fn read_with(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Package, PackageError> {
    let path = path.as_ref();
    let fault = |source| PackageError::Read { file: path.display().to_string(), source };
    let mut bytes = Vec::new();
    let most = options.limits.file as u64 + 1;
    std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(fault)?;
    read_bytes(&path.display().to_string(), &bytes, options)
}

/// Reads a package from memory. `file` is what messages call it.
///
/// # Errors
/// [`PackageError::Refused`].
pub fn read_bytes(file: &str, bytes: &[u8], options: &ReadOptions) -> Result<Package, PackageError> {
    package(bytes, options).map_err(|finding| PackageError::Refused { file: file.to_owned(), finding })
}

/// One image of a package that nobody has judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// Content of the `.dat` entry.
    pub init_packet: Vec<u8>,
    /// Content of the `.bin` entry.
    pub firmware: Vec<u8>,
}

/// Takes a package apart without judging its images: init packet and firmware of each, in sending order. For whoever wants
/// to know what a device says to a package that no careful host would send.
///
/// # Errors
/// [`PackageError::Refused`] when the container or the manifest can't be read, or an entry is missing.
pub fn unpack(file: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Unpacked>, PackageError> {
    let refused = |finding| PackageError::Refused { file: file.to_owned(), finding };
    let mut archive = Archive::open(bytes, limits).map_err(refused)?;
    let manifest = manifest::read(&archive, &mut Vec::new()).map_err(refused)?;
    let mut images = Vec::new();
    for image in manifest {
        let mut entry = |name: &str| {
            let message = format!("`{name}` is not in the package");
            let gone = || Finding::about(Stage::Manifest, MANIFEST_NAME, Reason::MissingFile, message);
            archive.take(name).ok_or_else(gone).map_err(refused)
        };
        images.push(Unpacked { init_packet: entry(&image.dat_file)?, firmware: entry(&image.bin_file)? });
    }
    Ok(images)
}

fn package(bytes: &[u8], options: &ReadOptions) -> Result<Package, Finding> {
    if bytes.len() > options.limits.file {
        let message = format!("the file is larger than {} bytes", options.limits.file);
        return Err(Finding::of_zip(Reason::TooLarge, message));
    }
    let mut archive = Archive::open(bytes, &options.limits)?;
    let mut warnings = std::mem::take(&mut archive.warnings);
    let manifest = manifest::read(&archive, &mut warnings)?;

    for name in archive.names() {
        let used = |image: &manifest::ManifestImage| image.bin_file == name || image.dat_file == name;
        if name != MANIFEST_NAME && !manifest.iter().any(used) {
            let message = "the manifest does not mention this entry";
            warnings.push(Finding::about(Stage::Zip, name, Reason::UnreferencedFile, message));
        }
    }
    let mut images = Vec::new();
    for image in manifest {
        let gone = |name: &str| {
            let message = format!("`{name}` is not in the package");
            Finding::about(Stage::Manifest, MANIFEST_NAME, Reason::MissingFile, message)
        };
        let init_packet = archive.take(&image.dat_file).ok_or_else(|| gone(&image.dat_file))?;
        let firmware = archive.take(&image.bin_file).ok_or_else(|| gone(&image.bin_file))?;
        let key = options.public_key.as_ref();
        let init = judge::image(&image, &init_packet, &firmware, key, &mut warnings)?;
        images.push(Image {
            key: image.key,
            // The judge refuses packets without a type.
            kind: init.init.fw_type.unwrap_or(FwType::Application),
            bin_name: image.bin_file,
            dat_name: image.dat_file,
            firmware,
            init_packet,
            init,
        });
    }
    Ok(Package { images, warnings })
}
