//! A package as a person reads it.

use std::fmt::Write as _;

use super::Answer;
use super::facts::{ImageFacts, SignatureFacts};
use crate::display::tame;

/// Columns of a label.
const LABEL: usize = 18;

pub(super) fn of(answer: &Answer) -> String {
    let mut text = format!("{}\n", tame(&answer.file));
    for image in &answer.images {
        text.push('\n');
        describe(&mut text, image);
    }
    if !answer.warnings.is_empty() {
        text.push('\n');
    }
    for warning in &answer.warnings {
        let entry = warning.entry.as_ref().map(|entry| format!("{entry}: ")).unwrap_or_default();
        let message = tame(&format!("{entry}{}; {}", warning.message, warning.advice));
        let _ = writeln!(text, "  warning: {message} ({})", warning.reason);
    }
    text
}

fn describe(text: &mut String, image: &ImageFacts) {
    let mut row = |label: &str, value: String| {
        let _ = writeln!(text, "  {label:<LABEL$}{}", tame(&value));
    };
    let kind =
        if image.kind == image.key { image.kind.clone() } else { format!("{} ({})", image.key, image.kind) };
    row("image", kind);
    row("firmware", format!("{}, {} bytes", image.firmware_file, image.firmware_bytes));
    row("  SHA-256", image.firmware_sha256.to_string());
    row("init packet", format!("{}, {} bytes", image.init_packet_file, image.init_packet_bytes));
    let number = |value: Option<u32>| value.map_or_else(|| "not given".to_owned(), |value| value.to_string());
    row("  version", number(image.fw_version));
    row("  hardware", number(image.hw_version));
    let ids: Vec<String> = image.sd_req.iter().map(|id| format!("0x{id:04X}")).collect();
    row("  SoftDevices", if ids.is_empty() { "none named".to_owned() } else { ids.join(", ") });
    let sizes =
        [("SoftDevice", image.sd_size), ("bootloader", image.bl_size), ("application", image.app_size)];
    // nrfutil writes the sizes of what is not there as 0.
    let sizes = sizes.iter().filter_map(|(name, size)| Some((name, size.filter(|size| *size > 0)?)));
    let sizes = sizes.map(|(name, size)| format!("{name} {size} bytes"));
    row("  sizes", sizes.collect::<Vec<_>>().join(", "));
    if image.is_debug {
        row("  debug", "yes: a debug bootloader checks no versions".to_owned());
    }
    if let Some(hash) = &image.hash {
        row("  hash", format!("{} {}", hash.kind, hash.digest));
    }
    for validation in &image.boot_validation {
        row("  boot validation", validation.kind.clone());
    }
    row("  signature", image.signature.as_ref().map_or_else(|| "none".to_owned(), signature));
}

fn signature(signature: &SignatureFacts) -> String {
    let verified = match signature.verified {
        Some(true) => "belongs to the key",
        Some(false) => "does not belong to the key",
        None => "not checked: no key was named",
    };
    format!("{}, {verified}", signature.kind)
}
