//! Why a device may have refused a package, as far as the package itself tells, and how to ask for another device.

use gauntlet_package::Image;
use gauntlet_package::keys::PublicKey;
use gauntlet_runner::dfu::DfuOptions;

/// What the package asks for and the device is not, each with the option that changes it.
pub(super) fn of(image: &Image, options: &DfuOptions) -> Vec<String> {
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
    if let Some(&first) = init.sd_req.first() {
        // In front, 0 stands for a device without a SoftDevice; a device with one takes it too.
        let fits =
            first == 0 || options.device.softdevice.is_some_and(|there| init.sd_req.contains(&there.into()));
        let text =
            format!("the package is for another SoftDevice; --softdevice 0x{first:04X} makes such a device");
        hint(!fits, text);
    }
    if let Some(version) = init.fw_version {
        let text = format!("version {version} is older than what was on the device; see --app-version");
        hint(options.device.application.is_some_and(|before| version < before.version), text);
    }
    hints
}
