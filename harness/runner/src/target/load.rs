//! From what a target file says, and the files it names, to a target.

use std::io;
use std::sync::Arc;

use gauntlet_bench::{
    Firmware, FlowControl, Profile, Segment, StatedLayout, Target, TargetError, UartOptions,
};
use gauntlet_package::image::{ImageError, read_hex};
use gauntlet_package::keys::{KeyError, SigningKey};
use gauntlet_scenario::model::{self, SoftDevice, TargetKey};

use crate::device::{build, test_key, variant};

/// A target that can't be used. Its file is right as such; something that it names is not.
#[derive(Debug, thiserror::Error)]
pub enum BadTarget {
    /// A file can't be read.
    #[error("the target names {file}{place}, which can't be read")]
    File {
        /// As the target names it.
        file: String,
        /// Where, in brackets; empty for one from the command line.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// An image is no firmware file.
    #[error("the image {file} can't be used")]
    Image {
        /// As the target names it.
        file: String,
        /// Why.
        source: ImageError,
    },
    /// The key can't be used.
    #[error("the key {file} can't be used")]
    Key {
        /// As the target names it.
        file: String,
        /// Why.
        source: KeyError,
    },
    /// The images make no device.
    #[error("the images of the target make no device")]
    Firmware(#[from] TargetError),
    /// `softdevice: default`, which means one of ours.
    #[error(
        "the SoftDevice of a target is in its images: state its firmware id, or `none`, and not `default`"
    )]
    SoftDevice,
}

/// Makes the target called `name` of what its file says. `read` gives the files that it names.
///
/// # Errors
/// [`BadTarget`].
pub fn load(
    name: &str,
    model: &model::Target,
    read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<Target, BadTarget> {
    let file = |file: &str, place: &model::Place| {
        read(file).map_err(|source| BadTarget::File {
            file: file.to_owned(),
            // A file of the command line stands nowhere in the target.
            place: if place.line == 0 { String::new() } else { format!(" (line {place})") },
            source,
        })
    };
    let mut segments = Vec::new();
    for image in &model.images {
        let bytes = file(&image.file, &image.place)?;
        if let Some(at) = image.at {
            segments.push(Segment::new(at, bytes));
            continue;
        }
        let parts =
            read_hex(&bytes).map_err(|source| BadTarget::Image { file: image.file.clone(), source })?;
        segments.extend(parts.into_iter().map(|part| Segment::new(part.address, part.data)));
    }
    let key = match &model.key {
        TargetKey::Test(key) => Some(test_key(*key).signing_key()),
        TargetKey::File(path, place) => {
            let pem = String::from_utf8_lossy(&file(path, place)?).into_owned();
            let key = SigningKey::from_pem(&pem);
            Some(key.map_err(|source| BadTarget::Key { file: path.clone(), source })?)
        }
        TargetKey::Unknown => None,
    };
    let softdevice = match model.softdevice {
        SoftDevice::None => None,
        SoftDevice::Fwid(fwid) => Some(fwid.get()),
        SoftDevice::Default => return Err(BadTarget::SoftDevice),
    };
    let model::TargetLayout { bootloader, settings, backup, app_data } = model.layout;
    let stated = StatedLayout { bootloader, settings, backup, app_data };
    let variant = variant(model.chip);
    Ok(Target {
        name: name.to_owned(),
        variant,
        firmware: Arc::new(Firmware::of(variant, segments, &stated, key)?),
        build: build(&model.bootloader, Profile::Uart, None),
        softdevice,
        stores_last_bytes: model.differs.contains(&model::Difference::StoresLastBytes),
        uart: UartOptions {
            port: model.uart.port.map(|port| port as usize),
            baud: model.uart.baud,
            flow_control: match model.uart.flow_control {
                model::FlowControl::Automatic => FlowControl::AsTheFirmware,
                model::FlowControl::RtsCts => FlowControl::Obeyed,
                model::FlowControl::None => FlowControl::Ignored,
            },
        },
    })
}
