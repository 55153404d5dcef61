//! Making packages: the same bytes nrfutil makes, the same ones every time.
//!
//! [`UpdatePackage`] makes every kind of package from firmware files. [`AppPackage`] is the short way for one application, and
//! can be made wrong in a chosen respect.
//!
//! nrfutil signs with a random number and stamps the zip with the time of the run. Here signatures follow RFC 6979 and the
//! time is fixed, so that equal inputs give equal packages. Everything else is byte for byte the same.
//!
//! ```
//! use gauntlet_package::build::AppPackage;
//! use gauntlet_package::keys::TestKey;
//! let built = AppPackage::new(vec![1, 2, 3])
//!     .version(2)
//!     .sd_req([0x0101])
//!     .sign(TestKey::Release.signing_key())
//!     .build()?;
//! let read = gauntlet_package::read_bytes("app.zip", &built.zip, &Default::default())?;
//! assert_eq!(read.images[0].firmware, [1, 2, 3, 0xFF]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod part;
mod sign;
mod tamper;
mod update;
mod zip_file;

pub use part::Part;
pub use sign::sign;
pub use tamper::{Field, Tamper};
pub use update::{BuiltImage, BuiltUpdate, RequestError, UpdatePackage};
pub use zip_file::{PackedImage, PartSizes, pack};

use crate::image::pad_to_word;
use crate::keys::SigningKey;
use crate::manifest::ManifestKey;
use gauntlet_protocol::init_packet::{
    BootValidation, FwType, Hash, InitCommand, SignatureType, ValidationType, encode_init_command,
    wrap_signed, wrap_unsigned,
};
use sha2::{Digest, Sha256};

/// A package that can't be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No firmware.
    #[error("the firmware is empty")]
    EmptyFirmware,
    /// More than 4 GiB of firmware.
    #[error("the firmware has {size} bytes, more than an init packet can announce")]
    TooLarge {
        /// Size in bytes.
        size: usize,
    },
    /// An ECDSA boot validation without a key.
    #[error("an ECDSA boot validation needs a signing key")]
    KeyNeeded,
    /// A boot validation type that does not exist.
    #[error("nobody knows the boot validation type {code}")]
    UnknownBootValidation {
        /// The type.
        code: u8,
    },
    /// The zip can't be written.
    #[error("the zip can't be written")]
    Zip(#[from] zip::result::ZipError),
}

/// A finished package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltPackage {
    /// The package file.
    pub zip: Vec<u8>,
    /// The content of the `.bin` entry: what goes into the data objects.
    pub firmware: Vec<u8>,
    /// The content of the `.dat` entry: what goes into the command object.
    pub init_packet: Vec<u8>,
}

/// An application package to be made.
#[derive(Debug, Clone)]
pub struct AppPackage {
    firmware: Vec<u8>,
    name: String,
    kind: FwType,
    version: u32,
    hw_version: u32,
    sd_req: Vec<u32>,
    boot_validation: ValidationType,
    debug: bool,
    key: Option<SigningKey>,
    tampers: Vec<Tamper>,
}

impl AppPackage {
    /// A package of this firmware, which is padded to a multiple of four bytes. Version 1, hardware version 52, no
    /// SoftDevice (`[0]`), validated by CRC, unsigned, named `app`.
    #[must_use]
    pub fn new(firmware: Vec<u8>) -> Self {
        Self {
            firmware,
            name: "app".into(),
            kind: FwType::Application,
            version: 1,
            hw_version: 52,
            sd_req: vec![0],
            boot_validation: ValidationType::GeneratedCrc,
            debug: false,
            key: None,
            tampers: Vec::new(),
        }
    }

    /// Base name of the two entries.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Application version.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Hardware version.
    #[must_use]
    pub fn hw_version(mut self, version: u32) -> Self {
        self.hw_version = version;
        self
    }

    /// Acceptable SoftDevice ids, in the order given; `[0]` for none.
    #[must_use]
    pub fn sd_req(mut self, ids: impl Into<Vec<u32>>) -> Self {
        self.sd_req = ids.into();
        self
    }

    /// What the bootloader checks before it starts the application. [`ValidationType::EcdsaP256Sha256`] needs a key.
    #[must_use]
    pub fn boot_validation(mut self, kind: ValidationType) -> Self {
        self.boot_validation = kind;
        self
    }

    /// Sets the debug bit.
    #[must_use]
    pub fn debug(mut self, debug: bool) -> Self {
        self.debug = debug;
        self
    }

    /// Makes it an external application, which the bootloader stores without activating it.
    #[must_use]
    pub fn external(mut self) -> Self {
        self.kind = FwType::ExternalApplication;
        self
    }

    /// Signs the package.
    #[must_use]
    pub fn sign(mut self, key: SigningKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Makes the package wrong in one respect. Several are applied in the order given.
    #[must_use]
    pub fn tamper(mut self, tamper: Tamper) -> Self {
        self.tampers.push(tamper);
        self
    }

    /// Makes the package.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(&self) -> Result<BuiltPackage, BuildError> {
        if self.firmware.is_empty() {
            return Err(BuildError::EmptyFirmware);
        }
        let mut firmware = pad_to_word(self.firmware.clone());
        let init = self.init_command(&firmware)?;
        let init_packet = seal(init, &mut firmware, self.key.as_ref(), &self.tampers);
        let image = PackedImage {
            key: ManifestKey::Application,
            name: &self.name,
            firmware: &firmware,
            init_packet: &init_packet,
            parts: None,
        };
        let zip = pack(&[image])?;
        Ok(BuiltPackage { zip, firmware, init_packet })
    }

    fn init_command(&self, firmware: &[u8]) -> Result<InitCommand, BuildError> {
        let size = size_of(firmware)?;
        let validation = boot_validation(self.boot_validation, firmware, self.key.as_ref())?;
        Ok(InitCommand {
            fw_version: Some(self.version),
            hw_version: Some(self.hw_version),
            sd_req: self.sd_req.clone(),
            fw_type: Some(self.kind),
            sd_size: Some(0),
            bl_size: Some(0),
            app_size: Some(size),
            hash: Some(Hash::sha256(Sha256::digest(firmware).into())),
            is_debug: self.debug,
            boot_validation: vec![validation],
        })
    }
}

/// Encodes and signs an init command, and makes packet and firmware wrong in the order of `tampers`.
pub fn seal(
    mut init: InitCommand,
    firmware: &mut [u8],
    key: Option<&SigningKey>,
    tampers: &[Tamper],
) -> Vec<u8> {
    tampers.iter().for_each(|tamper| tamper.before_signing(&mut init));
    let mut init_command = encode_init_command(&init);
    let mut signature = key.map(|key| (SignatureType::EcdsaP256Sha256, key.sign(&init_command).to_vec()));
    for tamper in tampers {
        tamper.after_signing(&mut init, &mut init_command, &mut signature);
    }
    let mut init_packet = match &signature {
        Some((kind, bytes)) => wrap_signed(&init_command, *kind, bytes),
        None => wrap_unsigned(&init_command),
    };
    for tamper in tampers {
        tamper.finished(&init_command, &mut init_packet, firmware);
    }
    init_packet
}

/// The size as an init packet announces it.
fn size_of(firmware: &[u8]) -> Result<u32, BuildError> {
    u32::try_from(firmware.len()).map_err(|_| BuildError::TooLarge { size: firmware.len() })
}

/// The record of a check before start; only the ECDSA one brings its value along.
fn boot_validation(
    kind: ValidationType,
    image: &[u8],
    key: Option<&SigningKey>,
) -> Result<BootValidation, BuildError> {
    let bytes = match kind {
        ValidationType::EcdsaP256Sha256 => key.ok_or(BuildError::KeyNeeded)?.sign(image).to_vec(),
        ValidationType::Other(code) => return Err(BuildError::UnknownBootValidation { code }),
        ValidationType::None | ValidationType::GeneratedCrc | ValidationType::Sha256 => Vec::new(),
    };
    Ok(BootValidation { kind, bytes })
}
