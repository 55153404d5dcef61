//! The device under test, where it is not the reference device.

use std::path::PathBuf;

/// Firmware of one's own.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The device under test")]
pub(crate) struct TargetArgs {
    /// The device: `reference`, a target that is shipped, or a target file
    ///
    /// Shipped are `demo-uart`, `demo-uart-nrf52833` and `demo-uart-nrf52840` (the demo bootloader of this project, executed
    /// instruction by instruction), and `nrf52832`, `nrf52833` and `nrf52840`: bare chips for `--image`. What a target file
    /// says is in docs/targets.md.
    #[arg(long, value_name = "NAME|FILE", default_value = "reference")]
    pub(crate) target: String,

    /// Firmware for the target, in place of its own images: .hex files, or .bin files as FILE.bin@ADDRESS
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) image: Vec<String>,

    /// What signs packages that the target accepts: `release`, `other` or a private key in a PEM file
    #[arg(long, value_name = "KEY")]
    pub(crate) target_key: Option<PathBuf>,
}

impl TargetArgs {
    /// Nothing is said of firmware of one's own.
    pub(crate) fn is_reference(&self) -> bool {
        self.target == "reference" && self.image.is_empty() && self.target_key.is_none()
    }
}
