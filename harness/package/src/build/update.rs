//! Every kind of package, from firmware files and the options that nrfutil knows.

use super::{BuildError, PackedImage, Part, PartSizes, boot_validation, pack, size_of};
use crate::archive::check_name;
use crate::keys::SigningKey;
use crate::manifest::ManifestKey;
use gauntlet_protocol::init_packet::{
    FwType, Hash, InitCommand, MAX_SD_REQ, SD_REQ_ANY, SignatureType, ValidationType, encode_init_command,
    wrap_signed, wrap_unsigned,
};
use sha2::{Digest, Sha256};

/// A request that makes no package, or none that any bootloader takes.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// No firmware. nrfutil makes an empty package.
    #[error("no firmware is named: an application, a bootloader or a SoftDevice is needed")]
    NoFirmware,
    /// Application and bootloader without a SoftDevice.
    #[error("a bootloader and an application do not go into one package; make one package for each")]
    BootloaderAndApplication,
    /// A value that the images need.
    #[error("{what} is missing; {why}")]
    Missing {
        /// What.
        what: &'static str,
        /// For what.
        why: &'static str,
    },
    /// A version without the image it belongs to.
    #[error("there is a version of the {what}, but no {what}")]
    VersionWithoutImage {
        /// The image.
        what: &'static str,
    },
    /// A boot validation without the image it belongs to.
    #[error("there is a boot validation of the {what}, but no {what}")]
    ValidationWithoutImage {
        /// The image.
        what: &'static str,
    },
    /// An external application beside something else, or no application at all.
    #[error("an external application stands alone in its package")]
    ExternalNotAlone,
    /// More SoftDevice ids than the bootloader's decoder holds. nrfutil packs them all.
    #[error("there are {count} SoftDevice ids, a bootloader takes {MAX_SD_REQ}")]
    TooManySdReq {
        /// How many.
        count: usize,
    },
    /// A name that could not be an entry of a package.
    #[error("the name `{name}` can't be used in a package: {why}")]
    BadName {
        /// The name.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// The images themselves.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// A finished image of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltImage {
    /// Its key in the manifest.
    pub key: ManifestKey,
    /// Base name of its two entries.
    pub name: String,
    /// Content of the `.bin` entry.
    pub firmware: Vec<u8>,
    /// Content of the `.dat` entry.
    pub init_packet: Vec<u8>,
    parts: Option<PartSizes>,
}

/// A finished package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltUpdate {
    /// The package file.
    pub zip: Vec<u8>,
    /// Its images in sending order.
    pub images: Vec<BuiltImage>,
}

/// A package of any kind to be made: application, bootloader, SoftDevice, SoftDevice and bootloader (one image), either of
/// the last two with an application (two images), external application.
///
/// ```
/// use gauntlet_package::build::{Part, UpdatePackage};
/// let built = UpdatePackage {
///     bootloader: Some(Part::new("boot", vec![0; 4096])),
///     bootloader_version: Some(2),
///     hw_version: Some(52),
///     sd_req: vec![0x0101],
///     ..Default::default()
/// }
/// .build()?;
/// assert_eq!(built.images[0].name, "boot");
/// # Ok::<(), gauntlet_package::build::RequestError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct UpdatePackage {
    /// The application.
    pub application: Option<Part>,
    /// Its version.
    pub application_version: Option<u32>,
    /// The application is one that the bootloader stores without starting it.
    pub external: bool,
    /// The bootloader.
    pub bootloader: Option<Part>,
    /// Its version.
    pub bootloader_version: Option<u32>,
    /// The SoftDevice, without MBR.
    pub softdevice: Option<Part>,
    /// Hardware version.
    pub hw_version: Option<u32>,
    /// Ids of SoftDevices that the device may have. Their order is kept, which nrfutil does not do; a repeated id counts once.
    pub sd_req: Vec<u32>,
    /// Ids of SoftDevices that the application runs with, if they differ; needed for an application beside a SoftDevice.
    pub sd_id: Vec<u32>,
    /// Sets the debug bit, and makes versions and ids optional.
    pub debug: bool,
    /// What is checked before the application starts; a generated CRC if not given.
    pub app_boot_validation: Option<ValidationType>,
    /// What is checked of the SoftDevice; a generated CRC if not given.
    pub sd_boot_validation: Option<ValidationType>,
    /// What is checked of the bootloader when it has been received; a generated CRC if not given, as nrfutil makes it always.
    pub bl_boot_validation: Option<ValidationType>,
    /// Signs every image.
    pub key: Option<SigningKey>,
    /// Makes also what no bootloader takes and nrfutil makes all the same: no image, more than 16 SoftDevice ids.
    pub even_if_useless: bool,
}

/// Values that all images share.
struct Common {
    hw_version: u32,
    sd_req: Vec<u32>,
    sd_id: Vec<u32>,
}

impl UpdatePackage {
    /// Makes the package.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn build(&self) -> Result<BuiltUpdate, RequestError> {
        self.check()?;
        let common = self.common()?;
        let mut images = Vec::new();
        if self.softdevice.is_some() || self.bootloader.is_some() {
            images.push(self.system_image(&common)?);
        }
        if let Some(application) = &self.application {
            images.push(self.application_image(application, &common)?);
        }
        name_apart(&mut images)?;
        let packed: Vec<PackedImage<'_>> = images
            .iter()
            .map(|image| PackedImage {
                key: image.key,
                name: &image.name,
                firmware: &image.firmware,
                init_packet: &image.init_packet,
                parts: image.parts,
            })
            .collect();
        Ok(BuiltUpdate { zip: pack(&packed)?, images })
    }

    fn check(&self) -> Result<(), RequestError> {
        let (app, boot, soft) = (&self.application, &self.bootloader, &self.softdevice);
        if self.external && (app.is_none() || boot.is_some() || soft.is_some()) {
            return Err(RequestError::ExternalNotAlone);
        }
        if app.is_some() && boot.is_some() && soft.is_none() {
            return Err(RequestError::BootloaderAndApplication);
        }
        for (what, version, image) in
            [("application", self.application_version, app), ("bootloader", self.bootloader_version, boot)]
        {
            if version.is_some() && image.is_none() {
                return Err(RequestError::VersionWithoutImage { what });
            }
        }
        for (what, validation, image) in
            [("application", self.app_boot_validation, app), ("SoftDevice", self.sd_boot_validation, soft)]
        {
            if validation.is_some() && image.is_none() {
                return Err(RequestError::ValidationWithoutImage { what });
            }
        }
        if app.is_some() && soft.is_some() && self.sd_id.is_empty() {
            return Err(RequestError::Missing {
                what: "the id of the new SoftDevice (sd-id)",
                why: "the application beside it runs with that one",
            });
        }
        if app.is_none() && boot.is_none() && soft.is_none() && !self.even_if_useless {
            return Err(RequestError::NoFirmware);
        }
        Ok(())
    }

    fn common(&self) -> Result<Common, RequestError> {
        let hw_version = self.or_debug(self.hw_version, "the hardware version", "every package names one")?;
        let sd_req = match self.sd_req.as_slice() {
            [] if self.external || self.debug => vec![SD_REQ_ANY],
            [] => {
                let why = "a package names the SoftDevices it can be sent to, or 0 for none";
                return Err(RequestError::Missing { what: "the list of SoftDevice ids (sd-req)", why });
            }
            ids => once(ids.iter().copied()),
        };
        Ok(Common { hw_version, sd_req, sd_id: once(self.sd_id.iter().copied()) })
    }

    /// The value, or what a debug package has in its place.
    fn or_debug(
        &self,
        value: Option<u32>,
        what: &'static str,
        why: &'static str,
    ) -> Result<u32, RequestError> {
        value.or(self.debug.then_some(u32::MAX)).ok_or(RequestError::Missing { what, why })
    }

    /// SoftDevice, bootloader, or both as one image.
    fn system_image(&self, common: &Common) -> Result<BuiltImage, RequestError> {
        let parts = [self.softdevice.as_ref(), self.bootloader.as_ref()];
        let [softdevice, bootloader] = parts.map(|part| part.map_or(&[][..], |part| &part.image));
        let mut validations = Vec::new();
        if self.softdevice.is_some() {
            let kind = self.sd_boot_validation.unwrap_or(ValidationType::GeneratedCrc);
            validations.push(boot_validation(kind, softdevice, self.key.as_ref())?);
        }
        let mut fw_version = u32::MAX;
        if self.bootloader.is_some() {
            fw_version =
                self.or_debug(self.bootloader_version, "the bootloader version", "a bootloader needs one")?;
            let kind = self.bl_boot_validation.unwrap_or(ValidationType::GeneratedCrc);
            validations.push(boot_validation(kind, bootloader, self.key.as_ref())?);
        }
        let (key, fw_type, name) = match parts {
            [Some(_), Some(_)] => (ManifestKey::SoftDeviceBootloader, FwType::SoftDeviceBootloader, "sd_bl"),
            [Some(part), None] => (ManifestKey::SoftDevice, FwType::SoftDevice, part.name.as_str()),
            [None, Some(part)] => (ManifestKey::Bootloader, FwType::Bootloader, part.name.as_str()),
            [None, None] => return Err(RequestError::NoFirmware),
        };
        // An update that breaks off behind the SoftDevice can be repeated: the new SoftDevice is taken for an old one.
        let repeatable = common.sd_id.iter().filter(|_| self.softdevice.is_some());
        let sd_req = once(common.sd_req.iter().chain(repeatable).copied());
        let sizes = PartSizes { sd_size: size_of(softdevice)?, bl_size: size_of(bootloader)? };
        let init = InitCommand {
            fw_version: Some(fw_version),
            hw_version: Some(common.hw_version),
            sd_req,
            fw_type: Some(fw_type),
            sd_size: Some(sizes.sd_size),
            bl_size: Some(sizes.bl_size),
            app_size: Some(0),
            hash: None,
            is_debug: self.debug,
            boot_validation: validations,
        };
        let parts = (key == ManifestKey::SoftDeviceBootloader).then_some(sizes);
        self.finish(key, name, [softdevice, bootloader].concat(), init, parts)
    }

    fn application_image(&self, part: &Part, common: &Common) -> Result<BuiltImage, RequestError> {
        let fw_version =
            self.or_debug(self.application_version, "the application version", "an application needs one")?;
        let kind = self.app_boot_validation.unwrap_or(ValidationType::GeneratedCrc);
        let init = InitCommand {
            fw_version: Some(fw_version),
            hw_version: Some(common.hw_version),
            sd_req: if common.sd_id.is_empty() { common.sd_req.clone() } else { common.sd_id.clone() },
            fw_type: Some(if self.external { FwType::ExternalApplication } else { FwType::Application }),
            sd_size: Some(0),
            bl_size: Some(0),
            app_size: Some(size_of(&part.image)?),
            hash: None,
            is_debug: self.debug,
            boot_validation: vec![boot_validation(kind, &part.image, self.key.as_ref())?],
        };
        self.finish(ManifestKey::Application, &part.name, part.image.clone(), init, None)
    }

    /// Hash and signature.
    fn finish(
        &self,
        key: ManifestKey,
        name: &str,
        firmware: Vec<u8>,
        mut init: InitCommand,
        parts: Option<PartSizes>,
    ) -> Result<BuiltImage, RequestError> {
        if firmware.is_empty() {
            return Err(BuildError::EmptyFirmware.into());
        }
        let count = init.sd_req.len();
        if count > MAX_SD_REQ && !self.even_if_useless {
            return Err(RequestError::TooManySdReq { count });
        }
        init.hash = Some(Hash::sha256(Sha256::digest(&firmware).into()));
        let command = encode_init_command(&init);
        let init_packet = match &self.key {
            Some(key) => wrap_signed(&command, SignatureType::EcdsaP256Sha256, &key.sign(&command)),
            None => wrap_unsigned(&command),
        };
        Ok(BuiltImage { key, name: name.to_owned(), firmware, init_packet, parts })
    }
}

/// The numbers in their order, each once.
fn once(ids: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut kept = Vec::new();
    for id in ids {
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    kept
}

/// Two files of one name get two names: nrfutil packs one of them twice and the other not at all.
fn name_apart(images: &mut [BuiltImage]) -> Result<(), RequestError> {
    for image in images.iter() {
        let refuse = |why| RequestError::BadName { name: image.name.clone(), why };
        check_name(&image.name).map_err(refuse)?;
    }
    if let [system, application] = images
        && system.name.to_lowercase() == application.name.to_lowercase()
    {
        for image in [system, application] {
            image.name = format!("{}_{}", image.name, image.key);
        }
    }
    Ok(())
}
