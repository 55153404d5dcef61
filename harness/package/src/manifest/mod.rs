//! `manifest.json`: which entry is which image (PKG-028), in sending order (PKG-029).

mod json;

pub(crate) use json::Json;

use crate::archive::{Archive, check_name};
use crate::finding::{Finding, Reason, Stage};
use gauntlet_protocol::init_packet::FwType;
use std::collections::BTreeSet;

/// Name of the manifest in the zip.
pub(crate) const MANIFEST_NAME: &str = "manifest.json";

/// Image keys of the manifest, in sending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ManifestKey {
    /// SoftDevice and bootloader as one image.
    SoftDeviceBootloader,
    /// A SoftDevice.
    SoftDevice,
    /// A bootloader.
    Bootloader,
    /// An application, also an external one.
    Application,
}

impl ManifestKey {
    /// All keys, in sending order.
    pub const ALL: [Self; 4] =
        [Self::SoftDeviceBootloader, Self::SoftDevice, Self::Bootloader, Self::Application];

    /// The key in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SoftDeviceBootloader => "softdevice_bootloader",
            Self::SoftDevice => "softdevice",
            Self::Bootloader => "bootloader",
            Self::Application => "application",
        }
    }

    /// True if an init packet of this type belongs under this key.
    #[must_use]
    pub fn fits(self, kind: FwType) -> bool {
        match self {
            Self::SoftDeviceBootloader => kind == FwType::SoftDeviceBootloader,
            Self::SoftDevice => kind == FwType::SoftDevice,
            Self::Bootloader => kind == FwType::Bootloader,
            Self::Application => matches!(kind, FwType::Application | FwType::ExternalApplication),
        }
    }
}

impl std::fmt::Display for ManifestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One image of the manifest.
#[derive(Debug)]
pub(crate) struct ManifestImage {
    pub(crate) key: ManifestKey,
    pub(crate) bin_file: String,
    pub(crate) dat_file: String,
    /// `info_read_only_metadata`, for information only.
    pub(crate) metadata: Vec<(String, Json)>,
}

/// Reads the manifest of an unpacked zip; the images are in sending order.
pub(crate) fn read(archive: &Archive, warnings: &mut Vec<Finding>) -> Result<Vec<ManifestImage>, Finding> {
    let Some(bytes) = archive.get(MANIFEST_NAME) else {
        let message = "the package holds no manifest.json at its top";
        return Err(Finding { entry: None, ..refuse(Reason::MissingManifest, message) });
    };
    let mut images = parse(bytes, warnings)?;
    images.sort_by_key(|image| image.key);
    check_combination(&images)?;
    let mut used = BTreeSet::new();
    for image in &images {
        for name in [&image.bin_file, &image.dat_file] {
            if archive.get(name).is_none() {
                let message = format!("the {} image names `{name}`, which is not in the package", image.key);
                return Err(refuse(Reason::MissingFile, message));
            }
            if !used.insert(name) || name == MANIFEST_NAME {
                let message = format!("`{name}` is used for two different things");
                return Err(refuse(Reason::SameFile, message));
            }
        }
        if image.bin_file.contains('/') || image.dat_file.contains('/') {
            let message = format!("the files of the {} image lie in a folder of the package", image.key);
            warnings.push(refuse(Reason::Subfolder, message));
        }
    }
    Ok(images)
}

fn refuse(reason: Reason, message: impl Into<String>) -> Finding {
    Finding::about(Stage::Manifest, MANIFEST_NAME, reason, message)
}

fn parse(bytes: &[u8], warnings: &mut Vec<Finding>) -> Result<Vec<ManifestImage>, Finding> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| refuse(Reason::BadJson, format!("byte {} is not UTF-8", error.valid_up_to())))?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => {
            warnings.push(refuse(Reason::Bom, "there is a byte order mark in front"));
            rest
        }
        None => text,
    };
    let depth = json::depth(text);
    if depth > json::MAX_DEPTH {
        return Err(refuse(Reason::BadShape, format!("it is nested {depth} levels deep")));
    }
    let root: Json = serde_json::from_str(text).map_err(|error| {
        let message = format!("it is not JSON from line {}, column {} on", error.line(), error.column());
        refuse(Reason::BadJson, message)
    })?;
    let mut manifest = None;
    for (key, value) in object("the file", root)? {
        if key == "manifest" {
            manifest = Some(object("`manifest`", value)?);
        } else {
            warnings
                .push(refuse(Reason::UnknownKey, format!("nobody knows the key `{key}` beside `manifest`")));
        }
    }
    let manifest = manifest.ok_or_else(|| refuse(Reason::BadShape, "the key `manifest` is missing"))?;
    let mut images = Vec::new();
    for (key, value) in manifest {
        let Some(known) = ManifestKey::ALL.into_iter().find(|known| known.name() == key) else {
            return Err(match key.as_str() {
                "dfu_version" => refuse(Reason::LegacyFormat, "the key `dfu_version` marks a legacy package"),
                _ => refuse(Reason::UnknownKey, format!("nobody knows the image key `{key}`")),
            });
        };
        images.push(image(known, value, warnings)?);
    }
    Ok(images)
}

fn image(key: ManifestKey, value: Json, warnings: &mut Vec<Finding>) -> Result<ManifestImage, Finding> {
    let (mut bin_file, mut dat_file, mut metadata) = (None, None, Vec::new());
    for (name, value) in object(&format!("`{key}`"), value)? {
        match name.as_str() {
            "bin_file" => bin_file = Some(file_name(key, &name, value)?),
            "dat_file" => dat_file = Some(file_name(key, &name, value)?),
            "info_read_only_metadata" => metadata = object("`info_read_only_metadata`", value)?,
            _ => {
                let message = format!("nobody knows the key `{name}` in `{key}`");
                warnings.push(refuse(Reason::UnknownKey, message));
            }
        }
    }
    let missing = |name| refuse(Reason::BadShape, format!("`{key}` has no `{name}`"));
    Ok(ManifestImage {
        key,
        bin_file: bin_file.ok_or_else(|| missing("bin_file"))?,
        dat_file: dat_file.ok_or_else(|| missing("dat_file"))?,
        metadata,
    })
}

fn file_name(key: ManifestKey, name: &str, value: Json) -> Result<String, Finding> {
    let file = match value {
        Json::String(file) if !file.is_empty() => file,
        other => {
            let found = if matches!(other, Json::String(_)) { "empty" } else { other.kind() };
            let message = format!("`{name}` of `{key}` must be a file name, but is {found}");
            return Err(refuse(Reason::BadShape, message));
        }
    };
    check_name(&file).map_err(|why| {
        let message = format!("`{name}` of `{key}` is {file:?}: {why}");
        refuse(Reason::UnsafeName, message)
    })?;
    Ok(file)
}

/// The members of an object without duplicates.
fn object(what: &str, value: Json) -> Result<Vec<(String, Json)>, Finding> {
    let members = match value {
        Json::Object(members) => members,
        other => {
            let message = format!("{what} must be an object, but is {}", other.kind());
            return Err(refuse(Reason::BadShape, message));
        }
    };
    let mut seen = BTreeSet::new();
    match members.iter().find(|(key, _)| !seen.insert(key)) {
        None => Ok(members),
        Some((key, _)) => {
            Err(refuse(Reason::DuplicateKey, format!("the key `{key}` stands twice in {what}")))
        }
    }
}

/// The combinations nrfutil makes; each of the others would stop in the middle.
fn check_combination(images: &[ManifestImage]) -> Result<(), Finding> {
    use ManifestKey::{Application, SoftDevice, SoftDeviceBootloader};
    let keys: Vec<ManifestKey> = images.iter().map(|image| image.key).collect();
    match keys.as_slice() {
        [] => Err(refuse(Reason::NoImages, "the package holds no image")),
        [_] | [SoftDeviceBootloader | SoftDevice, Application] => Ok(()),
        several => {
            let names: Vec<&str> = several.iter().map(|key| key.name()).collect();
            let message = format!("{} can't be sent from one package", names.join(" and "));
            Err(refuse(Reason::UnsupportedCombination, message))
        }
    }
}
