//! The packages of a scenario.

use std::sync::Arc;

use super::{Bootloader, Buttonless};
use crate::quantity::{Fwid, PackageName, Size, SoftDeviceVersion, Witness};
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
        /// The init packet names no SoftDevice; it is signed like that.
        NoSdReq = "no-sd-req",
        /// The init packet has no size of a SoftDevice; it is signed like that.
        NoSoftdeviceSize = "no-softdevice-size",
        /// The init packet has no size of a bootloader; it is signed like that.
        NoBootloaderSize = "no-bootloader-size",
        /// The init packet has no hash; it is signed like that.
        NoHash = "no-hash",
        /// The init packet has no boot validation; it is signed like that.
        NoBootValidation = "no-boot-validation",
        /// The bytes of each boot validation are wrong, which matters for `ecdsa`; the packet is signed like that.
        BootValidation = "boot-validation",
    }
}

/// A package that an update sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Package {
    /// Made for the scenario.
    Built(Box<BuiltPackage>),
    /// A zip made by another tool.
    File(PackageFile),
}

impl Package {
    /// The size of the firmware, as the device counts it, when the package is known to be one application.
    ///
    /// Images are padded to whole words when a package is built.
    #[must_use]
    pub fn firmware_size(&self) -> Option<u32> {
        match self {
            Self::Built(package) if package.softdevice.is_none() && package.bootloader.is_none() => {
                package.application.as_ref().map(|application| application.size.bytes().next_multiple_of(4))
            }
            Self::Built(_) | Self::File(_) => None,
        }
    }

    /// The witness in the package's application, when it is known without opening the package.
    #[must_use]
    pub fn witness(&self) -> Option<Witness> {
        match self {
            Self::Built(package) => package.application.as_ref().map(|application| application.witness),
            Self::File(_) => None,
        }
    }

    /// The SoftDevice in the package, when it was made for the scenario.
    #[must_use]
    pub fn softdevice(&self) -> Option<&PackageSoftDevice> {
        match self {
            Self::Built(package) => package.softdevice.as_ref(),
            Self::File(_) => None,
        }
    }

    /// The bootloader in the package, when it was made for the scenario.
    #[must_use]
    pub fn bootloader(&self) -> Option<&Bootloader> {
        match self {
            Self::Built(package) => package.bootloader.as_ref(),
            Self::File(_) => None,
        }
    }
}

/// A package that is built for the scenario: an application, a SoftDevice, a bootloader, SoftDevice and bootloader as one
/// image, or a SoftDevice with or without bootloader and an application as two images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltPackage {
    /// The application, if there is one.
    pub application: Option<PackageApplication>,
    /// The SoftDevice, if there is one.
    pub softdevice: Option<PackageSoftDevice>,
    /// The bootloader, if there is one: how it is built. What the scenario does not say is as in the device's own.
    pub bootloader: Option<Bootloader>,
    /// Firmware version of the application; in a package with a SoftDevice alone, of that. `None` only where there is no
    /// application; a SoftDevice then has the version that nrfutil gives it.
    pub version: Option<u32>,
    /// Firmware version of the bootloader, where there is one.
    pub bootloader_version: Option<u32>,
    /// The application is stored and not started. Off by default.
    pub external: bool,
    /// `release` by default.
    pub sign: Sign,
    /// Hardware version in the init packet; by default the one of the bootloader.
    pub hw_version: u32,
    /// SoftDevices named in the init packet; `None` means the one in the device. In a package with a SoftDevice and an
    /// application, the SoftDevices that the first image can be sent to.
    pub sd_req: Option<Vec<Fwid>>,
    /// `None` means that the init packet has the boot validation that nrfutil gives it without the option. With a
    /// SoftDevice it is about that.
    pub boot_validation: Option<BootValidation>,
    /// What the init packet says of the bootloader, where there is one; `None` is a CRC, as nrfutil makes it.
    pub bootloader_validation: Option<BootValidation>,
    /// Bytes of the bootloader's image, which is filled up to them; `None` is as many as it has.
    pub bootloader_size: Option<Size>,
    /// The `is_debug` flag of the init packet. Off by default.
    pub debug: bool,
    /// What is broken on purpose, in this order; in the first image if there are two.
    pub tamper: Vec<Tamper>,
    /// The finished package is broken like this.
    pub mutate: Option<Mutation>,
}

/// The application in a package: the witness program, padded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageApplication {
    /// The number by which the running application is recognised.
    pub witness: Witness,
    /// Size of the application, before it is padded to whole words.
    pub size: Size,
    /// What it stands behind: that decides its address, and the SoftDevice its init packet names.
    pub behind: Behind,
    /// Its buttonless service. None by default.
    pub buttonless: Option<Buttonless>,
}

/// What an application stands behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// The SoftDevice in the same package, else the one of the device.
    Usual,
    /// The start-up page: there is no SoftDevice.
    None,
    /// The SoftDevice of this package, which is one of the scenario's.
    Package(PackageName),
}

/// The stand-in SoftDevice in a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageSoftDevice {
    /// Its firmware id.
    pub fwid: Fwid,
    /// Its version. 7.3.0 by default, where a device has 7.2.0.
    pub version: SoftDeviceVersion,
    /// Size of the image, at least 12 KiB. 20 KiB by default.
    pub size: Size,
    /// Address of the byte behind all that it occupies, where the application begins; by default that of the chip.
    pub end: Option<u32>,
    /// Which SoftDevice it is: the number of the family. By default that of the chip.
    pub id: Option<u32>,
    /// What makes it recognisable. By default the right word.
    pub magic: Option<u32>,
}

/// The name of a way to break a package, one of [`gauntlet_package::mutate::MUTATIONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutation(pub(crate) &'static str);

impl Mutation {
    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
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
