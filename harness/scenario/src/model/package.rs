//! The packages of a scenario.

use std::sync::Arc;

use crate::quantity::{Fwid, Size, Witness};
use crate::word::words;

words! {
    /// The key that signs a package.
    "a signing key"
    pub enum Sign {
        /// The release key, which a device has by default.
        Release = "release",
        /// A key that a device does not have by default.
        Other = "other",
        /// The init packet is not signed.
        None = "none",
    }
}

words! {
    /// What the init packet asks the bootloader to verify at every start of the application.
    "a boot validation"
    pub enum BootValidation {
        /// Nothing.
        None = "none",
        /// A CRC-32 made by the bootloader.
        Crc = "crc",
        /// A SHA-256 in the init packet.
        Sha256 = "sha256",
        /// An ECDSA signature of the image in the init packet.
        Ecdsa = "ecdsa",
    }
}

words! {
    /// One way to break a package on purpose.
    "a way to tamper with a package"
    pub enum Tamper {
        /// One bit of the firmware differs from the firmware that was hashed.
        Firmware = "firmware",
        /// One bit of the hash in the init packet is wrong; the packet is signed with the wrong hash.
        Hash = "hash",
        /// The hash type is not SHA-256; the packet is signed like that.
        HashType = "hash-type",
        /// The size in the init packet is larger than the firmware; the packet is signed like that.
        Size = "size",
        /// One bit of the signature is wrong.
        Signature = "signature",
        /// The signature type is not ECDSA P-256.
        SignatureType = "signature-type",
        /// The two halves of the signature are big-endian instead of little-endian.
        SignatureByteOrder = "signature-byte-order",
        /// One bit of the init command is changed after it was signed.
        InitPacket = "init-packet",
        /// The init packet has no firmware version; it is signed like that.
        NoVersion = "no-version",
        /// The init packet has no hardware version; it is signed like that.
        NoHwVersion = "no-hw-version",
        /// The init packet has no firmware type; it is signed like that.
        NoType = "no-type",
    }
}

/// A package that an update sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Package {
    /// Made for the scenario.
    Built(BuiltPackage),
    /// A zip made by another tool.
    File(PackageFile),
}

impl Package {
    /// The size of the firmware, as the device counts it, when it is known without opening the package.
    ///
    /// Images are padded to whole words when a package is built.
    #[must_use]
    pub fn firmware_size(&self) -> Option<u32> {
        match self {
            Self::Built(package) => Some(package.size.bytes().next_multiple_of(4)),
            Self::File(_) => None,
        }
    }

    /// The witness in the package's application, when it is known without opening the package.
    #[must_use]
    pub fn witness(&self) -> Option<Witness> {
        match self {
            Self::Built(package) => Some(package.witness),
            Self::File(_) => None,
        }
    }
}

/// A package that is built for the scenario: one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltPackage {
    /// The number by which the running application is recognised.
    pub witness: Witness,
    /// Size of the application, before it is padded to whole words.
    pub size: Size,
    /// Firmware version in the init packet.
    pub version: u32,
    /// `release` by default.
    pub sign: Sign,
    /// Hardware version in the init packet; by default the one of the bootloader.
    pub hw_version: u32,
    /// SoftDevices named in the init packet; `None` means the one in the device.
    pub sd_req: Option<Vec<Fwid>>,
    /// `None` means that the init packet has no boot validation field, as nrfutil leaves it without the option.
    pub boot_validation: Option<BootValidation>,
    /// The `is_debug` flag of the init packet. Off by default.
    pub debug: bool,
    /// What is broken on purpose, in this order.
    pub tamper: Vec<Tamper>,
}

/// A package made by another tool.
#[derive(Clone, PartialEq, Eq)]
pub struct PackageFile {
    /// The path as the scenario writes it, relative to the scenario file, with `/`.
    pub path: String,
    /// What is in the file.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for PackageFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackageFile").field("path", &self.path).field("bytes", &self.bytes.len()).finish()
    }
}
