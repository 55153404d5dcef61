//! Why a device may have refused a package, as far as the package itself tells, and how to ask for another device.

use gauntlet_package::Image;
use gauntlet_package::keys::PublicKey;
use gauntlet_runner::dfu::{DfuEnd, DfuOptions};

/// What the refused image asks for and the device is not, each with the option that changes it.
pub(super) fn of(images: &[Image], options: &DfuOptions, end: &DfuEnd) -> Vec<String> {
    let number = end.figures.images.last().map_or(1, |image| image.number);
    let Some(image) = images.get(number.saturating_sub(1) as usize) else { return Vec::new() };
    let mut hints = Vec::new();
    let mut hint = |mismatch: bool, text: String| {
        if mismatch {
            hints.push(text);
        }
    };
    let init = &image.init.init;
    match &image.init.signature {
        None => hint(
            options.device.build.require_signature,
            "the package is not signed; --unsigned makes a device that takes it".to_owned(),
        ),
        Some(signature) => {
            let key = PublicKey::from_le_bytes(&options.device.build.public_key).ok();
            let belongs = key.is_some_and(|key| key.verify(image.signed_bytes(), &signature.bytes).is_ok());
            hint(
                !belongs,
                "the package is not signed with the key that the device trusts; --key names another one"
                    .to_owned(),
            );
        }
    }
    if let Some(version) = init.hw_version {
        let text =
            format!("the package is for hardware {version}; --hw-version {version} makes such a device");
        hint(version != options.device.build.hw_version, text);
    }
    // An image behind another one may find the SoftDevice of that one.
    if let (1, Some(&first)) = (number, init.sd_req.first()) {
        // In front, 0 stands for a device without a SoftDevice; a device with one takes it too.
        let fits =
            first == 0 || options.device.softdevice.is_some_and(|there| init.sd_req.contains(&there.into()));
        let text =
            format!("the package is for another SoftDevice; --softdevice 0x{first:04X} makes such a device");
        hint(!fits, text);
    }
    if let Some(version) = init.fw_version {
        let older = format!("version {version} is older than what was on the device; see --app-version");
        let older_application = options.device.application.is_some_and(|before| version < before.version);
        hint(image.kind.name() == "application" && older_application, older);
        let held = end.versions.map(|versions| versions.bootloader);
        let text = format!("bootloader version {version} is not newer than what is on the device");
        hint(image.kind.name() == "bootloader" && held.is_some_and(|held| version <= held), text);
    }
    hints
}
