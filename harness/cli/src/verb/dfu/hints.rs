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
            options.require_signature,
            "the package is not signed; --unsigned makes a device that takes it".to_owned(),
        ),
        Some(signature) => {
            let key = PublicKey::from_le_bytes(&options.public_key).ok();
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
        hint(version != options.hw_version, text);
    }
    // 0 stands for "without a SoftDevice".
    let there = options.softdevice.map_or(0, u32::from);
    if let Some(&wanted) = init.sd_req.first() {
        let option = if wanted == 0 { "none".to_owned() } else { format!("0x{wanted:04X}") };
        let text =
            format!("the package is for another SoftDevice; --softdevice {option} makes such a device");
        hint(!init.sd_req.contains(&there), text);
    }
    if let Some(version) = init.fw_version {
        let text = format!("version {version} is older than what was on the device; see --app-version");
        hint(version < options.app_version, text);
    }
    hints
}
